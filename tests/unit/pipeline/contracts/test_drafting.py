"""Drafts: they compile, the file passes them, and nothing of the file is in them."""

import gzip
import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.contracts import compile_contracts
from pipeline.contracts.drafting import Draft, draft, name_of
from pipeline.contracts.dry_run import run
from pipeline.outcomes import WrongContractError
from processor.account import RowAccount
from processor.contract.model import Contract

EMAIL = "{method: pseudonymize, normalize: [trim, lowercase]}"


def compiled(folder: Path, text: str) -> Contract:
    """Compile a draft of the dataset ``things``."""
    folder.mkdir(exist_ok=True)
    (folder / "things.odcs.yaml").write_text(text, encoding="utf-8")
    return compile_contracts(folder)["things"]


def passed(file: Path) -> tuple[Draft, Contract, RowAccount]:
    """Draft from a file, and run it under the draft."""
    found = draft(file, "things")
    contract = compiled(file.parent / "contracts", found.text)
    return found, contract, run(contract, file).account


def from_text(folder: Path, text: str, name: str = "a.csv", encoding: str = "utf-8") -> Any:
    """Draft from text."""
    file = folder / name
    file.write_bytes(text.encode(encoding))
    found, contract, account = passed(file)
    assert account.refusal is None
    assert (account.read, account.rejected) == (found.rows, 0)
    return found.text, {one.name: one for one in contract.columns}, contract


def properties(text: str) -> dict[str, Any]:
    """The properties of a draft by name."""
    return {one["name"]: one for one in yaml.safe_load(text)["schema"][0]["properties"]}


def suggested(text: str, name: str) -> str | None:
    """The method that a comment suggests for a column."""
    part = text.partition(f"- name: {name}\n")[2].partition("- name: ")[0]
    found = re.search("# or value: (.*)", part)
    return found[1] if found else None


def test_excels_habits_are_found_out(tmp_path: Path) -> None:
    text = "sep=;\r\nKunde;Betrag;Menge;Währung\r\n" + "".join(
        f"Müller {n};{1 + n}.234,50;{n};EUR\r\n" for n in range(5)
    )
    for encoding in ("windows-1252", "utf-8-sig", "utf-16"):
        _, columns, contract = from_text(tmp_path, text, encoding=encoding)
        assert columns["betrag"].type == "decimal"
        assert columns["menge"].type == "integer"
        assert columns["wahrung"].rules.enum == ("EUR",)
        assert columns["kunde"].dropped
        csv = contract.csv
        assert (csv.delimiter, csv.decimal, csv.thousands) == (";", ",", ".")
        assert csv.preamble_lines == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("packing", ["", ".gz"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str, packing: str) -> None:
    rows = ["quantity,note", "1,'a; b'", "2,c"]
    text = "\n".join(rows).replace(",", delimiter).replace("'", '"') + "\n"
    file = tmp_path / f"a.csv{packing}"
    file.write_bytes(gzip.compress(text.encode()) if packing else text.encode())
    _, contract, account = passed(file)
    assert (contract.csv.delimiter, account.clean) == (delimiter, 2)


def test_null_markers_are_found_out(tmp_path: Path) -> None:
    text = "quantity,price,country,note\n1,NA,AT,-\nNULL,1.5,DE,NA\n2,2,AT,x\n"
    _, columns, contract = from_text(tmp_path, text)
    assert {*contract.csv.nulls} == {"NULL", "NA"}
    assert not columns["quantity"].required
    assert (columns["quantity"].type, columns["price"].type) == ("integer", "decimal")
    assert columns["country"].required
    assert not columns["note"].required


@pytest.mark.parametrize("price", ["NA", "1"])
def test_namibia_is_not_taken_for_nothing_in_silence(tmp_path: Path, price: str) -> None:
    text, _, contract = from_text(tmp_path, f"country,price\nNA,{price}\nAT,2\n")
    assert ("NA" in contract.csv.nulls) == ("Namibia" in text) == (price == "NA")


def test_without_a_header_columns_have_numbers(tmp_path: Path) -> None:
    for text in ("1,Anna,a@b.example\n2,Ben,b@b.example\n", "x,Anna\ny,Anna\n"):
        draft_text, columns, contract = from_text(tmp_path, text)
        assert not contract.csv.header
        assert [*columns] == [f"column_{n + 1}" for n in range(text.index("\n") and len(columns))]
        assert "Anna" not in draft_text


def test_names_that_sql_takes_only_in_quotes_become_physical_names(tmp_path: Path) -> None:
    labels = ["Order", "2nd", "Größe", "\u540d", "\u304c", "Name"]
    text = f"{','.join(labels)}\n{'x,' * len(labels)}".rstrip(",") + "\n"
    names = ["column_order", "column_2nd", "grosse", "\u540d", "\u304c", "name"]
    _, columns, _ = from_text(tmp_path, text)
    assert [*columns] == names
    assert [one.label for one in columns.values()] == labels


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Pre\u0301nom", "prenom"),  # as macOS writes it
        ("\u0130l kodu", "il_kodu"),  # Turkish, whose small letter has a dot of its own
        ("\u1ec6", "e"),
        ("\u2116", "no"),
        ("\u0928\u093e\u092e", "\u0928\u093e\u092e"),  # Hindi, whose vowels are marks
        ("\uc774\ub984", "\uc774\ub984"),
        ("L\u00f8n", "l\u00f8n"),
        ("\u00b4", "column_2"),
    ],
)
def test_only_accents_of_latin_letters_are_left_out(tmp_path: Path, label: str, name: str) -> None:
    _, columns, _ = from_text(tmp_path, f"Order no.,{label}\nx,y\n")
    assert [*columns] == ["order_no", name]


@pytest.mark.parametrize(
    ("other", "name"),
    [
        *(("end_", "OrderId"), ("End", "orderid"), ("1st", "orderid"), ("Straße", "orderid")),
        *((word, "orderid") for word in ("json_array", "json_table", "Primary", "unescape")),
    ],
)
def test_one_such_name_is_enough_for_all(tmp_path: Path, other: str, name: str) -> None:
    assert next(iter(from_text(tmp_path, f"OrderId,{other}\nx,y\n")[1])) == name


def test_names_that_a_contract_cannot_have_become_physical_names(tmp_path: Path) -> None:
    text = '"E-Mail: ",,"a\nb",A B,a b\nx@y.example,1,2,3,4\n'
    _, columns, _ = from_text(tmp_path, text)
    assert {name: one.label for name, one in columns.items()} == {
        "e_mail": "E-Mail: ",
        "column_2": "",
        "a_b": "a\nb",
        "a_b_2": "A B",
        "a_b_3": "a b",
    }


@pytest.mark.parametrize(
    ("name", "values", "type_", "method"),
    [
        ("email", ["a@b.example", "c@d.example"], "string", EMAIL),
        ("x", ["a@b.example", "c@d.example"], "string", EMAIL),
        ("Telefonnummer", ["0043 1 5550123", "+4915112345678"], "string", "mask"),
        ("x", ["+43 1 5550123", "+49 151 12345678"], "string", "mask"),
        ("x", ["4111111111111111", "5500005555555559"], "string", "mask"),
        ("x", ["123-45-6789", "219-09-9999"], "string", "{method: pseudonymize}"),
        ("x", ["GB82WEST12345698765432", "DE89370400440532013000"], "string", "pseudonymize"),
        ("Geburtsdatum", ["1990-01-02", "1985-03-04"], "date", "{method: generalize, to: year}"),
        ("date_naissance", ["1990-01-02"], "date", "{method: generalize, to: year}"),
        ("x", ["1950-01-02", "2001-03-04"], "date", "{method: generalize, to: year}"),
        ("fecha_pedido", ["2024-01-02"], "date", "{method: generalize, to: month}"),
        ("x", ["2024-01-02T00:00:00Z"], "timestamp", "{method: generalize, to: month}"),
        ("PLZ", ["10115", "80331"], "string", "{method: generalize, prefix: 2}"),
        ("Kundennummer", ["K00001", "K00002"], "string", "{method: pseudonymize}"),
        ("Bemerkung", ["ruft an", "call a@b.example"], "string", "{method: redact}"),
        ("x", ["ruft an", "call a@b.example"], "string", "{method: redact}"),
        ("apellidos", ["Garcia", "Lopez"], "string", None),
        ("salaire", ["1200", "3400"], "integer", None),
        ("password", ["a8/x", "b9/y"], "string", None),
        ("x", ["one", "two"], "string", None),
        ("x", ["1", "2"], "integer", None),
        ("x", ["31.12.1999", "1.2.2003"], "date", "{method: generalize, to: month}"),
        ("x", ["31.12.99", "01.02.03"], "string", None),
        ("amount", ["219099998", "219099999"], "string", "{method: pseudonymize}"),
    ],
)
def test_what_a_column_may_hold(
    tmp_path: Path, name: str, values: list[str], type_: str, method: str | None
) -> None:
    rows = "".join(f"{value},{n}\n" for n, value in enumerate(values))
    text, columns, _ = from_text(tmp_path, f"{name},quantity\n{rows}")
    assert (columns[name].type, columns[name].dropped) == (type_, True)
    assert properties(text)[name]["classification"] == "restricted"
    found = suggested(text, name)
    assert (found is None) == (method is None)
    assert (method or "") in (found or "")
    assert not [rule for rule in vars(columns[name].rules) if rule in ("enum", "minimum")] or (
        columns[name].rules.enum is columns[name].rules.minimum is None
    )


def test_what_is_suggested_compiles(tmp_path: Path) -> None:
    text = (
        "email,phone,birth_date,plz,customer_id,note,quantity\n"
        "a@b.example,+43 1 5550123,1990-01-02,10115,C0000001,hi,1\n"
    )
    found, _, _ = from_text(tmp_path, text)
    uncommented = re.sub(r" +value: {method: drop}\n( +)# or value", r"\1value", found)
    columns = compiled(tmp_path / "contracts", uncommented).columns
    assert not any(column.dropped for column in columns)
    assert (
        run(compiled(tmp_path / "contracts", uncommented), tmp_path / "a.csv").account.clean == 1
    )


def test_what_is_harmless_is_kept(tmp_path: Path) -> None:
    header = "quantity,unit_price,refund_amount,vat_rate,active,currency_code,Land,status,"
    header += "is_paid,paid\n"
    rows = "1,9.99,-1,1e3,true,EUR,AT,shipped,true,WAHR\n"
    rows += "120,100,-2,2.5,false,USD,NO,Open,false,FALSCH\n"
    text, columns, _ = from_text(tmp_path, header + rows)
    assert not any(one.dropped for one in columns.values())
    assert {one["classification"] for one in properties(text).values()} == {"internal"}
    rules = {name: one.rules for name, one in columns.items()}
    assert (rules["quantity"].minimum, rules["quantity"].maximum) == ("0", "1000")
    assert (rules["refund_amount"].minimum, rules["refund_amount"].maximum) == (None, "10")
    assert columns["vat_rate"].type == "double"
    assert rules["Land"].enum == ("AT", "NO")
    assert rules["status"].enum == ("Open", "shipped")
    assert rules["paid"].enum == ("FALSCH", "WAHR")


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (["36574261809", "86095742719"], False),
        (["4366412345678", "4915112345678"], False),
        (["1234567", "7654321"], False),
        (["0", "7654321", "1234567"], False),
        (["36574261809.0", "86095742719.0"], False),
        (["-36574261809", "1"], False),
        (["3.6574261809E10", "1"], False),
        (["43664123456.5", "12.25"], False),
        (["999999", "123456"], True),
        (["1234567.25", "7654321.75"], True),
        (["1234567", "12", "13"], True),
    ],
)
def test_numbers_as_long_as_identifiers_are_no_amounts(
    tmp_path: Path, values: list[str], kept: bool
) -> None:
    rows = "".join(f"{value};1\n" for value in values)
    for text in (rows, rows.replace(".", ",")):
        _, columns, _ = from_text(tmp_path, f"amount;quantity\n{text}")
        assert columns["amount"].dropped != kept


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("value", "names"),
    [
        (
            "12",
            "CD4 count|net pay|church tax|heart_rate|heartRate|abortion count|insulin_units"
            "|antidepressant discount|Kirchensteuer Betrag|child support amount|loan_amount"
            "|pension_amount|Anzahl Kinder|Anzahl-Kinder|anzahlKinder|nombre d'enfants montant"
            "|importe pensión|gross|Netto|brutto|tax|rate|price of drugs|HIVCount|amount2",
        ),
        ("true", "sexually active|paid sick leave|active cancer|krank aktiv|aktivDepression"),
        ("unknown", "HIV status|asylum status|cancer_status|vaccination status|parole_status"),
        ("unknown", "asylumStatus|estado civil|Impfstatus|statut vaccinal|member status"),
        (
            "TR",
            "citizenship country|country_of_origin|Land der Geburt|pays d'origine|birthCountry",
        ),
        ("tr", "native_language|language|Muttersprache|sprache|langue|idioma"),
    ],
)
def test_one_word_that_is_not_harmless_suffices_to_drop(
    tmp_path: Path, value: str, names: str
) -> None:
    header, row = (",".join(one) for one in (names.split("|"), [value] * (names.count("|") + 1)))
    _, columns, _ = from_text(tmp_path, f"quantity,{header}\n3,{row}\n")
    assert [name for name, one in columns.items() if not one.dropped] == ["quantity"]


def test_what_is_not_in_a_vocabulary_is_not_written(tmp_path: Path) -> None:
    header = "status,currency,country_of_birth,quantity,active\n"
    rows = "open,EUR,AT,+1,perhaps\nfrozen,CANARY,DE,2,nein\n"
    text, columns, _ = from_text(tmp_path, header + rows)
    assert [name for name, one in columns.items() if not one.dropped] == ["status"]
    assert "frozen" not in text
    assert "only" not in text


CANARIES = ["CANARY{}", "canary{}@mail.example", "+4366455501{}", "19{}-02-03", "77{}", "7{}.25"]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "names",
    [
        *(["quantity", "email", "phone", "birth_date", "amount", "price"],),
        *(["status", "x", "y", "order_date", "age", "salary"],),
        *(["currency", "user", "tel", "z", "customer_id", "w"],),
        *(["country", "a", "b", "c", "d", "e"],),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_no_value_of_the_file_is_in_a_draft(tmp_path: Path, names: list[str], ending: str) -> None:
    rows = [[one.format(n) for one in CANARIES] for n in range(53, 73)]
    file = tmp_path / f"a.{ending}"
    if ending == "csv":
        file.write_text("\n".join(map(",".join, [names, *rows])) + "\n")
    elif ending == "jsonl":
        file.write_text(
            "".join(f"{json.dumps(dict(zip(names, one, strict=True)))}\n" for one in rows)
        )
    else:
        pq.write_table(
            pa.Table.from_pylist([dict(zip(names, one, strict=True)) for one in rows]), file
        )
    found, _, account = passed(file)
    assert (account.read, account.rejected) == (20, 0)
    body = re.sub(r"(?m)^( *#.*|id: .*)$", "", found.text)
    for value in (value for row in rows for value in row):
        assert value not in body
        assert value not in found.text
    assert "CANARY" not in found.text.upper()


@pytest.mark.parametrize(
    ("days", "form"),
    [
        ("31.12.1999 01.02.2003", "DD.MM.YYYY"),
        ("31.12.1999 1.2.2003", "D.M.YYYY"),
        ("31/12/1999 01/02/2003", "DD/MM/YYYY"),
        ("12/31/1999 1/2/2003", "M/D/YYYY"),
        ("1999-12-31 2003-02-01", "YYYY-MM-DD"),
    ],
)
def test_the_form_of_days_is_found_out(tmp_path: Path, days: str, form: str) -> None:
    first, second = days.split()
    text = f"date_of_birth,day,quantity\n{first},{second},1\n{second},{first},2\n"
    _, columns, contract = from_text(tmp_path, text)
    assert columns["day"].type == columns["date_of_birth"].type == "date"
    assert contract.csv.dates == form


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("31.12.99 01.02.03", "Its days have no form that dates of csv may be, so it is a text."),
        ("01/02/2003 03/04/2003", "it cannot be seen which part is the month."),
    ],
)
def test_days_whose_form_is_unknown_are_texts(tmp_path: Path, days: str, said: str) -> None:
    rows = "".join(f"{day},{n}\n" for n, day in enumerate(days.split()))
    text, columns, contract = from_text(tmp_path, f"day,quantity\n{rows}")
    assert (columns["day"].type, contract.csv.dates) == ("string", "YYYY-MM-DD")
    assert said in " ".join(text.replace("#", "").split())


@pytest.mark.parametrize(
    ("values", "units"),
    [
        *((one, True) for one in ("$9,233.57", "-$5", "($1,000.00)", "11,5 %", "4%", "EUR 3.50")),
        *(
            (one, True)
            for one in ("1.234,50 \u20ac", "12\u00a0USD", "chf 1'000", "\u20b95", "12 kg")
        ),
        *((one, False) for one in ("9,233.57", "5", "A4", "DE 12a", "%", "EUR", "ABC 12")),
    ],
)
def test_numbers_with_units_are_told(tmp_path: Path, values: str, units: bool) -> None:
    text, columns, _ = from_text(tmp_path, f'sum,quantity\n"{values}",1\n"{values}",2\n')
    said = "Its values are numbers with a unit, so it is a text."
    assert (said in " ".join(text.replace("#", "").split())) == units
    assert not units or columns["sum"].type == "string"


@pytest.mark.parametrize(("values", "said"), [(["WAHR"] * 2, True), (["WAHR", "FALSCH"], False)])
def test_a_flag_that_is_always_the_same_is_told(
    tmp_path: Path, values: list[str], said: bool
) -> None:
    text, columns, _ = from_text(tmp_path, "paid,quantity\n" + ",1\n".join([*values, ""]))
    assert set(columns["paid"].rules.enum or ()) == {*values}
    assert ("add the other value to its enum" in " ".join(text.replace("#", "").split())) == said


def test_an_empty_column_has_no_days(tmp_path: Path) -> None:
    for rows in ("1,,#N/A\n2,,#N/A\n", ""):
        text, _, _ = from_text(tmp_path, f"quantity,note,remark\n{rows}")
        assert "days" not in text
        assert "It is empty in this file." in " ".join(text.replace("#", "").split())


def test_a_day_that_does_not_exist_is_no_telephone_number(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("order date;quantity\n00.01.1900;1\n" + "01.02.2026;1\n" * 2_000)
    found, contract, _ = passed(file)
    assert contract.columns[0].type == "date"
    assert "telephone" not in found.text
    assert suggested(found.text, "order_date") == "{method: generalize, to: month}"


WRONG = (
    *(["#REF!", "3", "1.02.2003"], ["2", "#DIV/0!", "01.02.2003"], ["2", "?", "01.02.2003"]),
    *(["2", "3", "31.02.2026"], ["2", "3", "00.01.1900"]),
)


def test_a_few_wrong_values_do_not_make_a_column_a_text(tmp_path: Path) -> None:
    sound = [["1,50", "2", "01.02.2003"]] * 4_995
    file = tmp_path / "a.csv"
    rows = [*sound[:2_000], *WRONG, *sound[2_000:]]
    file.write_text("\n".join(map(";".join, [["price", "quantity", "day"], *rows])))
    found, contract, account = passed(file)
    assert [column.type for column in contract.columns] == ["decimal", "integer", "date"]
    assert (found.rows, found.broken, account.rejected) == (5_000, 5, 5)
    text = " ".join(found.text.replace("#", "").split())
    assert "2 of its values are not of this type, so their rows are rejected." in text
    assert "3 of its values are not of this type, so their rows are rejected." in text
    file.write_text("\n".join(map(";".join, [["price", "quantity", "day"], *rows[:4_000]])))
    _, contract, account = passed(file)
    assert [column.type for column in contract.columns] == ["decimal", "integer", "date"]
    file.write_text("\n".join(map(";".join, [["price", "quantity", "day"], *rows[1_500:2_400]])))
    _, contract, account = passed(file)
    assert [column.type for column in contract.columns] == ["string", "string", "string"]
    assert account.rejected == 0


@pytest.mark.parametrize("code", ["007", "12 pcs", "1-2"])
def test_a_column_with_a_code_is_a_text(tmp_path: Path, code: str) -> None:
    rows = "".join(f"{n},{code if n == 3_000 else n}\n" for n in range(5_000))
    _, columns, _ = from_text(tmp_path, f"quantity,x\n{rows}")
    assert (columns["quantity"].type, columns["x"].type) == ("integer", "string")


def test_a_column_that_is_hardly_ever_empty_may_be_required(tmp_path: Path) -> None:
    rows = "".join(f"{'' if n == 7 else n},{'' if n % 9 else 'x'}\n" for n in range(1_002))
    text, columns, _ = from_text(tmp_path, f"quantity,note\n{rows}")
    assert not columns["quantity"].required
    said = "It is empty in just 1 of 1,002 rows: it may be required."
    assert " ".join(text.replace("#", "").split()).count(said) == 1


def test_a_line_of_json_may_be_no_object(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"quantity": 1}\n[1]\n{\n')
    found, _, account = passed(file)
    assert (found.rows, found.broken, account.clean) == (3, 2, 1)


def test_a_name_is_needed_for_each_column(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"]), file)
    with pytest.raises(WrongContractError, match="such as the one of column 1"):
        draft(file, "things")


def test_json_may_nest_and_leave_out(tmp_path: Path) -> None:
    text = '{"id": "a1", "tags": ["x"], "more": {"y": 1}}\n{"id": null, "quantity": 3}\n'
    _, columns, _ = from_text(tmp_path, text, "a.jsonl")
    assert {name: one.type for name, one in columns.items()} == {
        **{"id": "string", "tags": "array", "more": "object", "quantity": "integer"},
    }
    assert not any(one.required for one in columns.values())


def test_parquet_has_types_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    moments = pa.array([0, 86_400_000_000], pa.timestamp("us"))
    table = pa.table(
        {
            "quantity": pa.array([1, 2], pa.int32()),
            "amount": [1.5, float("nan")],
            "day": moments,
            "list": [[1], [2]],
            "struct": [{"a": 1}, {"a": 2}],
            "raw": pa.array([b"12345678", b"12345678"], pa.binary(8)),
        }
    )
    pq.write_table(table, file)
    _, contract, account = passed(file)
    assert (account.read, account.clean) == (2, 2)
    kept = {one.name: one.type for one in contract.columns if not one.dropped}
    assert kept == {"quantity": "integer"}


def test_the_first_of_nothing_but_comments_is_a_header(tmp_path: Path) -> None:
    _, columns, _ = from_text(tmp_path, "# a\n# b\n")
    assert list(columns) == ["a"]


@pytest.mark.parametrize(
    ("header", "row", "kept"),
    [
        ("customer_id,name", "C1,x", "customer_id"),
        ("name,birth_date", "x,1990-01-02", "name"),
        ("birth_date", "1990-01-02", "birth_date"),
        ("secret,password", ",", "secret"),
    ],
)
def test_something_is_always_kept(tmp_path: Path, header: str, row: str, kept: str) -> None:
    _, columns, _ = from_text(tmp_path, f"{header}\n{row}\n")
    assert [name for name, one in columns.items() if not one.dropped] == [kept]
    assert columns[kept].deidentify.name == "pseudonymize"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "is empty. Draft from"),
        ("a.parquet", b"", "is empty. Draft from"),
        ("a.xlsx", b"PK\x03\x04" + b"x" * 20, "format:zip"),
        ("a.csv", b"quantity\n\x81\n", "neither UTF-8, UTF-16 nor windows-1252"),
        ("a.csv", b'quantity\n1\n"2', "record:malformed (line 3)"),
        ("a.csv.gz", gzip.compress(b"quantity\n1\n", mtime=0)[:-6], "Copy or export it"),
        ("a.parquet", b"PAR1" + b"x" * 40, "cannot be read: file:not-what"),
        ("a.csv", b"\n\r\n \n", "is empty. Draft from"),
        ("a.csv", b"sep=;\n", "is empty. Draft from"),
        ("a.json", b'\xef\xbb\xbf[{"a": 1}, {"a": 2}]', "format:json-array"),
        ("a.json", b'{\n  "a": 1\n}\n', "Write each row as one object on a line of its own"),
        ("a.csv", b"a," * 1_001 + b"b\n", "has 1,002 columns; a contract has 1 to 1,000."),
        ("a.jsonl", b'{"a\\u0007": 1}\n', "The name of column 1 is not a name"),
        ("a.jsonl", b"{\n", "has no line that is a JSON object"),
    ],
)
def test_what_cannot_be_drafted_from_is_refused(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises((WrongContractError, OSError)) as refusal:
        draft(file, "things")
    assert said in str(refusal.value)


def test_a_file_of_nested_columns_alone_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"a": [1]}\n')
    with pytest.raises(WrongContractError, match="Nothing of the file could be kept"):
        draft(file, "things")


def test_broken_rows_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("quantity,note\n1,x\n2\n3,y\n")
    found, _, account = passed(file)
    assert (found.rows, found.broken, account.rejected) == (3, 1, 1)


@pytest.mark.parametrize(
    ("text", "labels", "options"),
    [
        ("id,note\n1,a\\,b\n2,\\N\n", "id note", {"escape": "\\", "nulls": ("\\N",)}),
        ('id,note\n1,"say \\"hi\\""\n2,"x"\n', "id note", {"escape": "\\"}),
        ("id,note\n1,C:\\new\n2,\\N\n", "id note", {"escape": "", "nulls": ("\\N",)}),
        ("id,note\n1,C:\\,x\n2,y\n3,D\\x\n", "id note", {"escape": ""}),
        ("preis\n1,5\n2,75\n", "preis", {"delimiter": ";", "decimal": ","}),
        ("preis;menge\n1,5;2\n", "preis menge", {"delimiter": ";", "decimal": ","}),
        ("Report 2024\n\nid,amount\n1,2\n", "id amount", {"preamble_lines": 2}),
        ("# comment\nname,city\nAnna,Graz\n", "name city", {"preamble_lines": 1}),
        ("# a, b, c\n# d\nname,city\nA,B\nC,D\n", "name city", {"preamble_lines": 2}),
        ("Umsatz 2024;;\nid;betrag;x\n1;2,5;a\n", "id betrag x", {"preamble_lines": 1}),
        ("by, me, today\nid,amount\n1,2\n2,3\n", "id amount", {"preamble_lines": 1}),
        ("sep=;\nReport\nid;amount\n1;2\n", "id amount", {"preamble_lines": 2}),
        ("#,name\n1,Anna\n2,Ben\n", "column_1 name", {"preamble_lines": 0}),
        ("Report\nAnna,1\nBen,2\n", "column_1 column_2", {"preamble_lines": 1}),
        ("name,\nAnna,Graz\nBen,Linz\n", "name column_2", {"preamble_lines": 0}),
    ],
)
def test_dialects_are_found_out(
    tmp_path: Path, text: str, labels: str, options: dict[str, Any]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    found, contract, account = passed(file)
    assert [one.name for one in contract.columns] == labels.split()
    assert {name: vars(contract.csv)[name] for name in options} == options
    assert (account.refusal, found.broken) == (None, account.rejected)
    assert found.broken == text.count("C:\\,x")


@pytest.mark.parametrize(
    ("values", "type_", "broken"),
    [
        (['["a"]', '"b"'], "array", 1),
        (['"x"', '"x"', '{"a": 1}'], "string", 1),
        (["1", '["a"]', "[]", "null", "null", "null"], "array", 1),
        (['{"a": 1}', "[2]", '{"b": {}}', "true"], "object", 2),
        (["null", "[1]"], "array", 0),
        (["null", "null"], "string", 0),
    ],
)
def test_a_key_is_of_the_type_that_most_lines_have(
    tmp_path: Path, values: list[str], type_: str, broken: int
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("".join(f'{{"id": "A{n}", "v": {one}}}\n' for n, one in enumerate(values)))
    found, contract, account = passed(file)
    assert {one.name: one.type for one in contract.columns}["v"] == type_
    assert (found.rows, found.broken, account.rejected) == (len(values), broken, broken)


@pytest.mark.parametrize(
    ("name", "dataset"),
    [("Orders_2024.csv.gz", "orders"), ("2024.csv", "dataset"), ("my file.csv", "my-file")],
)
def test_a_dataset_is_named_as_its_file(name: str, dataset: str) -> None:
    assert name_of(Path("x") / name) == dataset


VALUES = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    st.sampled_from(["", "NULL", "NA", "-", "true", "false", "EUR", "1.234,50", "1'000", "007"]),
    st.emails(),
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12).filter(
        lambda text: "~{" not in text and "\x1b" not in text
    ),
)
NAMES = st.sampled_from(["quantity", "price", "email", "status", "id", "x", "date", "Betrag"])
INT64 = st.integers(-(2**63), 2**63 - 1)
CELLS = st.one_of(*(st.lists(one, min_size=1, max_size=6) for one in (VALUES, INT64)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    table=st.dictionaries(NAMES, CELLS, min_size=2, max_size=4),
    kind=st.sampled_from(["csv", ";csv", "jsonl", "parquet"]),
)
def test_any_table_passes_its_own_draft(
    tmp_path: Path, table: dict[str, list[Any]], kind: str
) -> None:
    length = min(map(len, table.values()))
    rows = [[str(column[n]) for column in table.values()] for n in range(length)]
    file = tmp_path / f"a.{kind.removeprefix(';')}"
    if kind.endswith("csv"):
        out = io.StringIO()
        delimiter = ";" if kind.startswith(";") else ","
        for row in [[*table], *rows]:
            quoted = ('"' + one.replace('"', '""') + '"' for one in row)
            out.write(delimiter.join(quoted) + "\n")
        file.write_text(out.getvalue(), encoding="utf-8", newline="")
    elif kind == "jsonl":
        lines = (json.dumps(dict(zip(table, row, strict=True))) for row in rows)
        file.write_text("".join(f"{line}\n" for line in lines))
    else:
        pq.write_table(pa.table({name: column[:length] for name, column in table.items()}), file)
    found, contract, account = passed(file)
    assert account.refusal is None
    assert (account.read, account.rejected, found.broken) == (found.rows, 0, 0)
    assert len(contract.columns) == len(table)
