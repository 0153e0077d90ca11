"""Recognition: what a column probably holds, by its name and by the form of its values.

It errs towards personal data. Names are recognised in English, German, French and Spanish, values
by what ``redact`` finds. Only what has a name of harmless words alone, and values to match, is
harmless.
"""

import re
import unicodedata
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.contracts.vocabularies import VOCABULARIES

Method = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """What a column may hold.

    Attributes:
        what: in words.
        words: a pattern of words that name such a column, of which each must be whole.
        parts: a pattern of what is part of a word in such a name, such as in German compounds.
        methods: which methods would do, the first that fits the column's type is suggested.
        as_text: whether it is a text even if all of its values look like numbers.
    """

    what: str
    words: str = "(?!)"
    parts: str = "(?!)"
    methods: tuple[Method, ...] = ()
    as_text: bool = False

    def names(self, name: str) -> bool:
        """Tell whether a column of this name probably holds it."""
        words, joined = _words(name)
        return bool(re.search(rf"\b(?:{self.words})\b", words) or re.search(self.parts, joined))

    def says_all(self, name: str) -> bool:
        """Tell whether a name says this and nothing else: each of its words is harmless."""
        words, _ = _words(name)
        found = [bool(re.fullmatch(self.words, word)) for word in words.split()]
        return any(found) and all(
            known or re.fullmatch(NEUTRAL, word)
            for known, word in zip(found, words.split(), strict=True)
        )


_TOKEN: Method = {"method": "pseudonymize"}
_SAME_TEXT: Method = {"method": "pseudonymize", "normalize": ["trim", "lowercase"]}
_LAST_FOUR: Method = {"method": "mask", "keepLast": 4}
_YEAR: Method = {"method": "generalize", "to": "year"}
_MONTH: Method = {"method": "generalize", "to": "month"}
_REGION: Method = {"method": "generalize", "prefix": 2}
_REDACTED: Method = {"method": "redact"}

SECRET = Kind(
    "a password or another secret",
    "pin|pwd|cvv|cvc|otp|token",
    "passw(?:or[dt])?$|passw|kennwort|motdepasse|contrasena|secret|geheim|apikey",
)
EMAIL = Kind("e-mail addresses", "mail|mel|correo", "email|mailad|courriel|correoe", (_SAME_TEXT,))
BIRTH = Kind(
    "dates of birth",
    "dob|geb|born|birthday|age|alter|edad",
    "birth|geburt|gebdat|naissance|nacimiento|nascita",
    (_YEAR,),
)
PHONE = Kind(
    "telephone numbers",
    "tel|telf|cell|mobile?|movil|portable|handy|fax|gsm",
    "phone|telefon|telephon|mobilnummer|mobiltel|handynummer|celular|whatsapp",
    (_LAST_FOUR, _TOKEN),
    as_text=True,
)
CARD = Kind(
    "card numbers",
    "pan|cb|cc",
    "cardn|creditcard|cardid|kreditkart|kartennummer|cartebancaire|numerodecarte|tarjeta",
    (_LAST_FOUR, _TOKEN),
    as_text=True,
)
ACCOUNT = Kind(
    "bank accounts",
    "iban|bic|account|konto|compte|cuenta|rib|clabe|sort code",
    "iban|bankaccount|accountn|kontonummer|kontoinhaber|bankverbindung",
    (_TOKEN,),
    as_text=True,
)
NATIONAL_ID = Kind(
    "numbers that a state gives to people",
    "ssn|sin|nin|nino|svnr|tin|dni|nif|nie|nir|insee|curp|rfc|cpf|bsn|vat id|ust ?id(?: ?nr)?",
    "socialsec|sozialvers|steuer(?:id|nr|n)|taxid|taxn|passport|reisepass|passeport|pasaporte"
    "|ausweis|nationalid|securitesociale|seguridadsocial|licen[cs]e(?:n|id)|fuhrerschein"
    "|permisdeconduire|carnetdeconducir|fiscal",
    (_TOKEN,),
    as_text=True,
)
SENSITIVE = Kind(
    "what laws protect most, or what people keep to themselves",
    "sex|sexe|sexo|gender|race|income|wage|lohn|paie|pay|union|health|geschlecht|weight|height"
    "|heart|hiv|vih|sida|aids|cd4|bmi|covid|sick|arzt|rente|retraite|church|eglise|iglesia"
    "|child|children|kinder|enfants?|hijos?|loans?|debts?|faith|caste|tribe|welfare",
    "religio|konfession|ethni|nationalit|nacionalidad|staatsang|geschlecht|gender|health"
    "|gesundheit|sante|salud|diagnos|disease|krankh|maladie|enfermedad|blood|blutgr|medic"
    "|allerg|disab|behinder|handicap|discapac|salary|salaire|salario|gehalt|einkommen|revenu"
    "|ingresos|marital|familienstand|civil|politic|partei|gewerkschaft|syndicat|sindicato"
    "|orientation|pregnan|schwanger|criminal|biometr|genetic|genetisch|creditscore|schufa"
    "|sexual|asyl|refugee|fluchtling|citizen|burgerschaft|ciudadan|citoyen|muttersprache|langue"
    "|mothertongue|language|sprache|idioma|cancer|krebs|tumor|vaccin|impf|vacuna|therap|insulin"
    "|depress|abort|avortement|heartrate|parole|convict|vorstraf|kirche|pension|darlehen|kredit"
    "|schulden|unterhalt|alimony|prestamo|insolven|addict|countryoforigin",
)
PLACE = Kind(
    "places where people live or are",
    "city|town|ort|stadt|ville|ciudad|commune|region|state|province|provincia|county|lat|lon|lng"
    "|latitude|longitude|latitud|longitud|geo|location|place",
    "wohnort|hometown|bundesland|municip|localidad|localite|gemeinde|coordinat|koordinat|birthpl",
)
POSTCODE = Kind(
    "postal codes",
    "zip|plz|cp|postcode|postal",
    "zipcode|postcode|postalcode|postleitzahl|codepostal|codigopostal",
    (_REGION,),
    as_text=True,
)
ADDRESS = Kind(
    "addresses",
    "rue|street|calle|via|avenue|apartment|flat|floor|house",
    "address|adresse|anschrift|strasse|strase|straße|direccion|domicil|hausn|wohnung",
)
DEVICE = Kind(
    "addresses of machines, which lead to people",
    "ip|ipv4|ipv6|mac|imei|imsi|udid|idfa|gaid|cookie|session|device|host|hostname|url|uri",
    "ipadd|macadd|deviceid|sessionid|useragent|cookieid|adresseip|direccionip|gerat",
    (_TOKEN,),
)
PERSON = Kind(
    "names of people",
    "name|nom|nombre|nombres|apellidos?|vorname|nachname|prenom|surname|forename|initials|alias"
    "|title|anrede|civilite|customer|kunde|client|cliente|patient|paciente|employee|mitarbeiter"
    "|user|usuario|member|mitglied|contact|kontakt|person|persona|spouse|owner|holder|driver"
    "|student|author|manager|salesperson|agent|login|nick",
    "firstname|lastname|fullname|familyname|givenname|middlename|maiden|vorname|nachname|zuname"
    "|familienname|geburtsname|nomdefamille|prenom|apellido|username|nickname|benutzername"
    "|nutzername|inhaber|ansprechpartner|kundenname|displayname",
)
TEXT = Kind(
    "free text, in which anything may be",
    "text|note|notes|memo|message|subject|reason|comment|comments|remark|remarks|feedback|details",
    "comment|remark|descri|beschreib|bemerk|notiz|anmerk|kommentar|nachricht|hinweis|mensaje"
    "|observaci|remarque|freetext|freitext|feedback|betreff|verwendungszweck",
    (_REDACTED,),
)
IDENTIFIER = Kind(
    "identifiers",
    "id|ids|nr|no|num|number|numero|nummer|key|code|ref|reference|uuid|guid|sku|ean|isbn|serial"
    "|(?!(?:un|pre|over|re)?paid\\b|(?:in)?valid\\b"
    "|(?:[abkm]|avo|flu|gr|hybr|liqu|rap|sol|vo)id\\b)[a-z]+id",
    "kundennr|nummer$|number$|numero|kennung|schlussel|identif|referenz|referencia",
    (_TOKEN,),
    as_text=True,
)
MOMENT = Kind(
    "times, which point to what happened to a person",
    "date|datum|fecha|day|tag|jour|dia|time|zeit|heure|hora|timestamp|at|on|created|updated"
    "|modified|month|year|monat|jahr",
    "datum|zeitpunkt|timestamp|date$|time$|fecha|[a-z]_at$",
    (_MONTH,),
)

SENSITIVE_KINDS = (
    *(SECRET, EMAIL, BIRTH, PHONE, CARD, ACCOUNT, NATIONAL_ID, SENSITIVE, POSTCODE, DEVICE),
    *(ADDRESS, TEXT, PLACE, IDENTIFIER, PERSON, MOMENT),
)
"""In the order in which they are tried: the most telling first."""

VAGUE = (TEXT, PLACE, IDENTIFIER, PERSON, MOMENT)
"""Names by which values can still be recognised more exactly."""

VARIED = (EMAIL, PHONE, ACCOUNT, POSTCODE, ADDRESS, PERSON, TEXT)
"""What has many structures, of which a file may have only one."""

BY_VALUE = {"email": EMAIL, "iban": ACCOUNT, "card": CARD, "ssn": NATIONAL_ID, "phone": PHONE}
"""What a pattern of ``redact`` finds."""

NEUTRAL = (
    "order|item|line|product|article|unit|invoice|shipping|refund|purchase|sales?|code|iso|per"
    "|rate|in|is|ist|est|es|artikel|produkt|rechnung|bestellung|commande|produit|facture"
    "|pedido|producto|articulo|factura|linea|de|du|der|des|del"
)
"""Words that may stand beside a harmless one, and say nothing of people in any company."""

AMOUNTS = Kind(
    "amounts",
    "quantity|qty|count|pieces|units|amount|total|subtotal|sum|price|cost|vat|discount"
    "|menge|anzahl|stuck|betrag|summe|preis|kosten|mwst|ust|rabatt|quantite|montant"
    "|prix|cout|tva|remise|cantidad|importe|monto|precio|coste|iva|descuento"
    "|unitprice|unitcost|stuckpreis|einzelpreis|gesamtpreis|gesamtbetrag|rechnungsbetrag"
    "|bestellmenge|warenwert|versandkosten|listenpreis",
)
FLAGS = Kind(
    "whether something is so",
    "active|aktiv|actif|activo|enabled|valid|paid|unpaid|prepaid|bezahlt|paye|pagado|shipped"
    "|versendet|delivered|geliefert|gift|geschenk|returned|cancelled|canceled|storniert|stock"
    "|available",
)
CODES = {
    "currency": Kind(
        "codes of currencies",
        "currency|wahrung|waehrung|wahrungscode|waehrungscode|devise|moneda|ccy",
    ),
    "country": Kind(
        "codes of countries", "country|land|landercode|laendercode|landcode|pays|pais"
    ),
    "status": Kind(
        "states", "status|state|zustand|estado|statut|etat|bestellstatus|lieferstatus|orderstate"
    ),
    "unit": Kind("units", "unit|uom|einheit|unite|unidad|mengeneinheit"),
    "channel": Kind("channels", "channel|kanal|canal|vertriebskanal|saleschannel"),
    "flag": FLAGS,
}
"""Languages are not among them: a language tells where people come from."""


def named_kind(name: str) -> Kind | None:
    """Return what a column of this name may hold that is not harmless, if anything."""
    return next((kind for kind in SENSITIVE_KINDS if kind.names(name)), None)


def vocabulary_of(name: str, values: Set[str]) -> Kind | None:
    """Return what a column holds whose values are all in the public vocabulary of its name."""
    for code, kind in CODES.items():
        known = VOCABULARIES[code]
        if kind.says_all(name) and values and all(value.casefold() in known for value in values):
            return kind
    return None


@cache
def _words(name: str) -> tuple[str, str]:
    """Return the words of a name, and the same without spaces, in plain small letters."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})", " ", name)
    folded = unicodedata.normalize("NFKD", apart.casefold())
    plain = "".join(one for one in folded if not unicodedata.combining(one))
    words = " ".join(re.findall(r"[^\W_]+", plain))
    return words, words.replace(" ", "")
