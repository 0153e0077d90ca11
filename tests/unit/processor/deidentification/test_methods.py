"""The output of each method."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.checks.columns import CheckedBatch, RowCheck
from processor.contract.model import Contract
from processor.deidentification.cmac import CmacTokens
from processor.deidentification.hmac import HmacTokens
from processor.deidentification.mask import mask
from processor.deidentification.methods import Deidentification, output_schema
from processor.deidentification.pseudonyms import ContractKeys, PseudonymKeys
from processor.deidentification.shortening import shorten
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import EXAMPLES, column, make_batch, make_contract

EVERY_METHOD = make_contract(
    column("id", "integer", required=True, method="hmac", output="token"),
    column("number", "integer", method="pseudonymize", output="other_token"),
    column("iban", method="mask", keep_first=2, keep_last=3),
    column("name", required=True, method="drop"),
    column("born", "date"),
    column("paid", "decimal", precision=6, scale=2, required=True),
    column("street", method="truncate", options={"length": 3}),
    column("note", method="redact", options={"patterns": ["phone", "email"]}),
    column("age", "integer", "generalize", {"width": "10"}),
)


def check(contract: Contract, *rows: list[str]) -> CheckedBatch:
    """Check rows against a contract."""
    header = [found.name for found in contract.columns]
    return RowCheck(contract, header).check(make_batch(*rows))


@pytest.fixture(name="kms")
def make_kms() -> Any:
    """A key with known material."""
    return HmacKey()


def test_each_method_leaves_what_it_says(kms: Any) -> None:
    batch = check(
        EVERY_METHOD,
        ["17", "17", "DE01234567", "ann", "1990-02-28", "1.5", "Acacia", "to a@b.example!", "39"],
        ["no number", *[""] * 8],
        ["18", "", "", "bob", "", "2", "", "", ""],
    )
    keys = PseudonymKeys(kms, "a-key")
    output = Deidentification(EVERY_METHOD, keys).apply(batch)
    of_contract = ContractKeys(keys, "people", 1)
    hmac = HmacTokens(of_contract.derive("HMAC-SHA256", "id", None))
    cmac = CmacTokens(of_contract.derive("AES-256-CMAC", "number", None))
    tokens = hmac.tokens(pa.array(["17", "18"])).to_pylist()
    assert json.loads(json.dumps(output.to_pylist(), default=str)) == [
        {
            "token": tokens[0],
            "other_token": cmac.tokens(pa.array(["17"]))[0].as_py(),
            "iban": "DE*****567",
            "born": "1990-02-28",
            "paid": "1.50",
            "street": "Aca",
            "note": "to [email]!",
            "age": 30,
        },
        {"token": tokens[1], "other_token": None, "iban": None, "born": None, "paid": "2.00"}
        | {"street": None, "note": None, "age": None},
    ]


def test_the_schema_says_what_leaves_and_under_which_contract() -> None:
    schema = output_schema(EVERY_METHOD)
    assert [(found.name, found.type, found.nullable) for found in schema] == [
        ("token", pa.string(), False),
        ("other_token", pa.string(), True),
        ("iban", pa.string(), True),
        ("born", pa.date32(), True),
        ("paid", pa.decimal128(6, 2), False),
        ("street", pa.string(), True),
        ("note", pa.string(), True),
        ("age", pa.int64(), True),
    ]
    assert schema.metadata == {
        b"dataset": b"people",
        b"contract_id": b"a-contract",
        b"contract_version": b"1.2.0",
        b"pseudonym_epoch": b"1",
    }


def test_kms_is_not_asked_when_no_column_needs_it(kms: Any) -> None:
    contract = make_contract(column("id"), column("name", method="mask"))
    output = Deidentification(contract, PseudonymKeys(kms, "a-key")).apply(
        check(contract, ["1", "ann"])
    )
    assert output.to_pylist() == [{"id": "1", "name": "***"}]
    assert kms.messages == []


@EXAMPLES
@given(st.lists(st.none() | st.text(max_size=8)), st.integers(0, 4), st.integers(0, 4))
def test_a_mask_shows_no_more_than_it_says(texts: list[str | None], first: int, last: int) -> None:
    masked = mask(pa.array(texts, pa.string()), first, last).to_pylist()
    for text, found in zip(texts, masked, strict=True):
        if text is None:
            assert found is None
        elif len(oracle.unpadded(text, "0")) < 2 * (first + last):
            assert found == "*" * len(text)
        else:
            assert len(found) == len(text)
            end = len(text) - last
            assert found[:first] + found[end:] == text[:first] + text[end:]
            assert set(found[first:end]) <= {"*"}


@pytest.mark.parametrize(
    "fill", [" ", "0", "\u00a0", "\t", "-", "*", "\u200b", "\ufeff", "\u3000"]
)
def test_padding_does_not_make_a_secret_long_enough(fill: str) -> None:
    for text in (f"{fill * 9}1234", f"1234{fill * 9}", f"{fill * 5}1234{fill * 5}"):
        for first, last in ((0, 4), (4, 0), (2, 2), (0, 3)):
            shown = mask(pa.array([text]), first, last).to_pylist()
            assert shown == ["*" * len(text)], (text, first, last)
        if fill != "0":  # a postcode may begin or end with zeros
            assert shorten(pa.array([text]), 3).to_pylist() == [""], text
    assert mask(pa.array([f"{fill}12345678"]), 0, 4).to_pylist() == ["*****5678"]
    assert shorten(pa.array(["01067", "10000"]), 2).to_pylist() == ["01", "10"]


# Every method of the reference implementation, with values of its column.
PLAIN = st.text(st.characters(max_codepoint=0x24F, exclude_characters="\0"), max_size=6)
CONCEALED: list[tuple[dict[str, Any], st.SearchStrategy[str]]] = [
    (column("c", method="hmac"), PLAIN),
    (column("c", method="hmac", options={"domain": "person"}), PLAIN),
    (
        column("c", method="hmac", options={"normalize": ["nfc", "trim", "lowercase"]}),
        st.lists(st.sampled_from(["E\u0301", "É", "e", " ", "\u00a0", "\t", "ß", "Σ"]))
        .map("".join)
        .filter(bool),
    ),
    (column("c", method="pseudonymize"), PLAIN),
    (column("c", method="pseudonymize", options={"domain": "person"}), PLAIN),
    (
        column("c", method="pseudonymize", options={"normalize": ["nfc", "trim", "lowercase"]}),
        st.lists(st.sampled_from(["E\u0301", "É", "e", " ", "\u00a0", "\t", "ß", "Σ"]))
        .map("".join)
        .filter(bool),
    ),
    (column("c", method="truncate", options={"length": 3}), PLAIN),
    (column("c", method="generalize", options={"prefix": 2}), PLAIN),
    (column("c", "date", method="generalize", options={"to": "month"}), st.dates().map(str)),
    (column("c", "date", method="generalize", options={"to": "year"}), st.dates().map(str)),
    *(
        (
            column("c", "timestamp", method="generalize", options={"to": unit}),
            st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds") + "Z"),
        )
        for unit in ("hour", "day", "month", "year")
    ),
    *(
        (
            column("c", "integer", method="generalize", options={"width": width}),
            st.integers(-(2**63), 2**63 - 1).map(str) | st.integers(-20, 20).map(str),
        )
        for width in ("1", "7", "1000", str(2**63 - 1))
    ),
    *(
        (
            column(
                "c",
                "decimal",
                "generalize",
                {"width": width},
                precision=precision,
                scale=scale,
            ),
            st.decimals(
                -(10 ** (precision - scale)) + 1,
                10 ** (precision - scale) - 1,
                places=scale,
                allow_nan=False,
            ).map(lambda number: f"{number:f}"),
        )
        for width, precision, scale in (
            ("0.05", 5, 2),
            ("500", 3, 0),
            ("250", 18, 4),
            ("0.3", 18, 17),
        )
    ),
]


@pytest.mark.parametrize(
    ("rules", "values"), CONCEALED, ids=[str(rules["deidentify"]) for rules, _ in CONCEALED]
)
def test_the_output_is_what_the_reference_implementation_says(
    kms: Any, rules: dict[str, Any], values: st.SearchStrategy[str]
) -> None:
    contract = make_contract(rules)
    deidentification = Deidentification(contract, PseudonymKeys(kms, "a-key"))
    key = oracle.derive(HmacKey().material, {"dataset": "people", "epoch": 1}, rules)

    @EXAMPLES
    @given(st.lists(values, max_size=10))
    def compare(texts: list[str]) -> None:
        texts = ["", *texts]
        batch = check(contract, *[[text] for text in texts])
        assert not batch.rejects
        output = deidentification.apply(batch)
        assert output.schema == output_schema(contract)
        expected = []
        for text in texts:
            value, _ = oracle.judge(text, rules)
            expected.append(oracle.conceal(text, value, rules, key))
        assert output.column(0).to_pylist() == expected

    compare()  # pylint: disable=no-value-for-parameter


TOKENS = pytest.mark.parametrize("method", ["pseudonymize", "hmac"])


def leaves(rules: dict[str, Any], *texts: str) -> list[Any]:
    """Return the output of some values."""
    kms: Any = HmacKey()
    contract = make_contract(rules)
    batch = check(contract, *[[text] for text in texts])
    output = Deidentification(contract, PseudonymKeys(kms, "a-key")).apply(batch)
    return [*output.column(0).to_pylist()]


def test_a_class_is_known_by_its_least_value() -> None:
    month = column("c", "date", method="generalize", options={"to": "month"})
    assert leaves(month, "1990-02-28", "0001-01-31") == [date(1990, 2, 1), date(1, 1, 1)]
    day = column("c", "timestamp", method="generalize", options={"to": "day"})
    assert leaves(day, "2024-01-01T00:30:00+01:00") == [datetime(2023, 12, 31, tzinfo=UTC)]
    tens = column("c", "integer", method="generalize", options={"width": "10"})
    assert leaves(tens, "19", "-1", "-10", str(-(2**63))) == [10, -10, -10, -(2**63)]


@TOKENS
def test_one_person_has_one_token_however_the_name_is_written(method: str) -> None:
    rules = column("c", method=method, options={"normalize": ["nfc", "trim", "lowercase"]})
    tokens = leaves(rules, "Zoë@example.com", " zoe\u0308@EXAMPLE.com\u00a0", "zoe@example.com")
    assert tokens[0] == tokens[1] != tokens[2]
    plain = leaves(column("c", method=method), "Zoë", "zoë", "Zoë ")
    assert len(set(plain)) == 3


@TOKENS
def test_what_is_blank_once_normalized_has_no_token(method: str) -> None:
    blank = column("c", method=method, options={"normalize": ["trim"]})
    assert leaves(blank, "\u200b", "x")[0] is None


@TOKENS
def test_only_columns_of_one_domain_join_and_a_domain_is_no_dataset(kms: Any, method: str) -> None:
    contract = make_contract(
        column("own", method=method),
        column("sibling", method=method),
        column("shared", method=method, options={"domain": "people"}),
        column("same", method=method, options={"domain": "people"}),
        column("other", method=method, options={"domain": "animals"}),
    )
    batch = check(contract, ["x"] * 5)
    (row,) = Deidentification(contract, PseudonymKeys(kms, "a-key")).apply(batch).to_pylist()
    assert row["shared"] == row["same"]
    assert len(set(row.values())) == 4
    of = "AES-256-CMAC/" if method == "pseudonymize" else ""
    assert [message.decode() for message in kms.messages] == [
        f"zero-trust-data-pipeline/pseudonym/v2/{of}people/1",
        f"zero-trust-data-pipeline/pseudonym/v2/{of}domain/people/1",
        f"zero-trust-data-pipeline/pseudonym/v2/{of}domain/animals/1",
    ]


@pytest.mark.parametrize("domain", [None, "people"])
def test_two_methods_share_no_token(kms: Any, domain: str | None) -> None:
    options = {} if domain is None else {"domain": domain}
    contract = make_contract(
        column("one", method="pseudonymize", options=options),
        column("other", method="hmac", options=options),
    )
    batch = check(contract, ["x", "x"])
    (row,) = Deidentification(contract, PseudonymKeys(kms, "a-key")).apply(batch).to_pylist()
    assert row["one"] != row["other"]
    of_contract = ContractKeys(PseudonymKeys(kms, "a-key"), "people", 1)
    algorithms = ("AES-256-CMAC", "HMAC-SHA256")
    assert len({of_contract.derive(one, "a", domain) for one in algorithms}) == 2
