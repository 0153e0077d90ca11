"""What a column may hold, by its name."""

import pytest

from pipeline.contracts import recognition
from pipeline.contracts.recognition import Kind, named_kind, vocabulary_of


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ("email E-Mail mail_address kundenEmail courriel correo_electronico", recognition.EMAIL),
        ("phone Telefon tel_privat mobileNumber téléphone teléfono Handy fax", recognition.PHONE),
        ("birthDate dob Geburtsdatum date_de_naissance fecha_nacimiento", recognition.BIRTH),
        ("IBAN Kontonummer compte cuenta bank_account_no", recognition.ACCOUNT),
        ("credit_card Kreditkartennummer tarjeta card_number", recognition.CARD),
        (
            "ssn Steuernummer passport_no DNI n°_insee Personalausweisnummer",
            recognition.NATIONAL_ID,
        ),
        ("gender Geschlecht salaire religión diagnosis gehalt", recognition.SENSITIVE),
        ("zip PLZ code_postal codigo_postal postCode", recognition.POSTCODE),
        ("street Straße adresse dirección Hausnummer", recognition.ADDRESS),
        ("name Vorname nachname prénom apellidos userName Kunde", recognition.PERSON),
        ("city Wohnort ville ciudad latitude", recognition.PLACE),
        ("ip_address device_id url", recognition.DEVICE),
        ("comment Bemerkung description observaciones", recognition.TEXT),
        ("id order_id orderid ORDERID itemid Kundennummer ref item_no", recognition.IDENTIFIER),
        ("created_at Bestelldatum fecha orderDate", recognition.MOMENT),
        ("password PIN Kennwort", recognition.SECRET),
    ],
    ids=lambda value: value.what if isinstance(value, Kind) else None,
)
def test_personal_columns_are_known_by_name(names: str, kind: Kind) -> None:
    assert {
        name: found.what for name in names.split() if (found := named_kind(name)) and found
    } == (dict.fromkeys(names.split(), kind.what))


@pytest.mark.parametrize(
    "name",
    [
        *("quantity", "Betrag", "status", "currency", "Menge", "precio", "", "paid", "valid"),
        *("bid", "prepaid", "unpaid", "invalid", "isPaid", "is_valid", "grid", "void", "PAID"),
    ],
)
def test_harmless_names_are_not_personal(name: str) -> None:
    assert named_kind(name) is None


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("Währung", {"EUR", "usd"}, True),
        ("currency", {"EUR", "EURO"}, False),
        ("currency", set(), False),
        ("country_code", {"AT", "de"}, True),
        ("status", {"open", "geliefert"}, True),
        ("colour", {"EUR"}, False),
    ],
)
def test_a_vocabulary_goes_with_a_name(name: str, values: set[str], found: bool) -> None:
    assert (vocabulary_of(name, values) is not None) == found
