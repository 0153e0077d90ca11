"""Quality rules over whole files, against counts in plain Python."""

import gzip
import io
import json
import sqlite3
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor import batches
from processor.account import RowAccount
from processor.checks import uniqueness
from processor.contract.model import ContractError
from processor.contract.quality import OPERATORS, QualityRule
from processor.contracts import parse, read
from processor.reasons import Measured, Reason
from processor.terms import digest
from tests.unit.processor.examples import EXAMPLES, column, document
from tests.unit.processor.outcomes import run

COLUMNS = (
    column("id", required=True, maxLength=3),
    column("mail", method="hmac", options={"normalize": ["trim", "lowercase"]}, output="token"),
    column("name", method="drop"),
    column("paid", "decimal", precision=4, scale=1),
)
HEADER = "id,mail,name,paid"
NAMES = HEADER.split(",")


def rule(metric: str, *columns: str, **more: Any) -> dict[str, Any]:
    """A rule of a compiled contract; by default no row may count."""
    condition = {"operator": "mustBe", "bounds": [0]}
    return {"name": metric, "metric": metric, "columns": columns} | condition | more


def contract(*rules: dict[str, Any], **more: Any) -> Any:
    """A compiled contract with rules."""
    return parse(document(*COLUMNS) | {"quality": list(rules)} | more)


def of(data: bytes | str, *rules: dict[str, Any], **more: Any) -> RowAccount:
    """The account of a file."""
    content = data.encode() if isinstance(data, str) else data
    return run(content, contract(*rules, **more))[0]


def measured(data: bytes | str, *rules: dict[str, Any]) -> list[float]:
    """What rules measure in a file, that only count."""
    found = of(data, *(one | {"severity": "info"} for one in rules))
    assert found.refusal is None
    return [one.measured for one in found.quality]


RULES = [
    rule("rowCount"),
    rule("nullValues", "mail", name="no-mail"),
    rule("nullValues", "paid", name="unpaid", unit="percent"),
    rule("missingValues", "name", missing=["N/A", "-"]),
    rule("invalidValues", "paid", valid=["1", "2.5"], name="amount"),
    rule("invalidValues", "name", pattern="^(a|b)$", name="letters"),
    rule("invalidValues", "name", pattern="^.*$", valid=["a", "N/A"], name="both"),
    rule("duplicateValues", "name", name="twins"),
    rule("duplicateValues", "mail", name="one-mail", unit="percent"),
    rule("duplicateValues", "id", "paid", "name", name="key"),
]
FIELDS = st.tuples(
    st.sampled_from(["1", "2", "12", "long", ""]),
    st.sampled_from(["a@x", " A@X ", " ", "b@x", ""]),
    st.sampled_from(["a", "b", "ab", "N/A", "-", "", " "]),
    st.sampled_from(["1", "1.0", "2.5", "x", "", "12345"]),
).map(list)
ROWS = st.lists(FIELDS | st.lists(st.sampled_from(["a", ""]), max_size=3), max_size=12)


def amount(text: str) -> Decimal | None:
    """The value of a field of the column ``paid``."""
    return Decimal(text) if text in ("1", "1.0", "2.5") else None


def repeated(keys: Sequence[Any]) -> int:
    """How many keys are complete and came before."""
    known = [key for key in keys if None not in key]
    return len(known) - len(set(known))


@EXAMPLES
@given(rows=ROWS)
def test_metrics_are_those_of_a_naive_count(
    monkeypatch: pytest.MonkeyPatch, rows: list[list[str]]
) -> None:
    monkeypatch.setattr(uniqueness, "MEMORY_LIMIT", 9)
    monkeypatch.setattr(batches, "BLOCK_SIZE", 64)
    monkeypatch.setattr(batches, "RECORD_LIMIT", 64)
    text = "".join(f"{line}\n" for line in [HEADER, *map(",".join, rows), "1,m,n,1"])
    rows = [*rows, ["1", "m", "n", "1"]]
    # Every row with all of its fields, rejected or not.
    known = [row for row in rows if len(row) == 4]
    names = [row[2] for row in known]
    paid = [amount(row[3]) for row in known]
    mails = [row[1].strip().lower() or None for row in known]
    twice = repeated([(mail,) for mail in mails])
    expected = [
        len(rows),
        mails.count(None),
        float(Fraction(100 * sum(not row[3] for row in known), len(known))),
        sum(name in ("", "N/A", "-") for name in names),
        sum(
            row[3] != "" and value not in (1, Decimal("2.5"))
            for row, value in zip(known, paid, strict=True)
        ),
        sum(name not in ("", "a", "b") for name in names),
        sum(name not in ("", "a", "N/A") for name in names),
        repeated([(name or None,) for name in names]),
        float(Fraction(100 * twice, len(known))),
        repeated(
            [
                (row[0] or None, value, row[2] or None)
                for row, value in zip(known, paid, strict=True)
            ]
        ),
    ]
    found = of(text, *(one | {"severity": "warning"} for one in RULES))
    assert [one.measured for one in found.quality] == expected
    assert {one.rows for one in found.quality[1:]} == {len(known)}
    assert found.quality[0].rows == len(rows) == found.read
    assert found.refusal is None


OUTCOMES = {
    "mustBe": (False, True, False, False, False),
    "mustNotBe": (True, False, True, True, True),
    "mustBeGreaterThan": (False, False, True, True, True),
    "mustBeGreaterOrEqualTo": (False, True, True, True, True),
    "mustBeLessThan": (True, False, False, False, False),
    "mustBeLessOrEqualTo": (True, True, False, False, False),
    "mustBeBetween": (False, False, True, False, False),
    "mustNotBeBetween": (True, True, False, True, True),
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_condition_holds_where_the_standard_says(operator: str) -> None:
    bounds = [2, 4][: OPERATORS[operator].bounds]
    for number, expected in zip((1, 2, 3, 4, 5), OUTCOMES[operator], strict=True):
        found = of(
            "\n".join([HEADER, *["1,a,b,1"] * number]),
            rule("rowCount", operator=operator, bounds=bounds),
        )
        assert (found.refusal is None) is expected
        assert found.quality[0].passed is expected
    assert found.quality[0].condition.endswith(" rows")


@pytest.mark.parametrize(
    ("bound", "passed"), [(33.3, False), (33.33333333333333, False), (33.4, True), (100, True)]
)
def test_a_percentage_is_exact(bound: float, passed: bool) -> None:
    data = f"{HEADER}\n1,,,1\n2,,,1\n3,,,\n"
    share = rule("nullValues", "paid", unit="percent", operator="mustBeLessOrEqualTo")
    (found,) = of(data, share | {"bounds": [bound]}).quality
    assert (found.passed, found.rows) == (passed, 3)
    assert found.measured == pytest.approx(100 / 3)
    assert found.condition == f"at most {bound} percent"


def test_an_error_refuses_the_file_and_says_which_rule() -> None:
    """It is named, and so is everything else that was measured; no value is."""
    rules = (
        rule("rowCount", operator="mustBeGreaterThan", bounds=[0]),
        rule("invalidValues", "name", name="known names", valid=["ann"]),
        rule("duplicateValues", "name", severity="warning"),
    )
    account, rows, lines = run(f"{HEADER}\n1,,SECRET,1\n2,,SECRET,\n".encode(), contract(*rules))
    assert account.refusal is not None
    assert account.refusal.reason == "file:quality-known names"
    assert Reason.of(account.refusal.reason) is Reason.FILE_QUALITY
    assert (account.read, account.clean, account.rejected, rows) == (2, 0, 2, [])
    assert account.by_reason == {"file:quality-known names": 2}
    assert [line["reason"] for line in lines] == ["file:quality-known names"]
    assert account.quality == (
        Measured("rowCount", "rowCount", (), 2, 2, "more than 0 rows", True, "error"),
        Measured(
            "known names", "invalidValues", ("name",), 2, 2, "exactly 0 rows", False, "error"
        ),
        Measured(
            "duplicateValues",
            "duplicateValues",
            ("name",),
            1,
            2,
            "exactly 0 rows",
            False,
            "warning",
        ),
    )
    assert "SECRET" not in repr(account)


@pytest.mark.parametrize("severity", ["warning", "info"])
def test_nothing_else_refuses_it(severity: str) -> None:
    account = of(f"{HEADER}\n1,,,1\n", rule("rowCount", severity=severity))
    assert account.refusal is None
    assert (account.clean, account.quality[0].passed) == (1, False)


def test_the_share_of_rejects_comes_first_and_k_anonymity_last() -> None:
    broken = rule("rowCount")
    anonymity = {"anonymity": {"k": 9, "quasiIdentifiers": ["paid"]}}
    account = of(f"{HEADER}\n,,,\n1,,,\n", broken, maxRejectedShare="0", **anonymity)
    assert account.refusal is not None
    assert account.refusal.reason == "file:rejected-share"
    assert [one.passed for one in account.quality] == [False]
    account = of(f"{HEADER}\n1,,,1\n", broken, **anonymity)
    assert account.refusal is not None
    assert (account.refusal.reason, account.anonymity) == ("file:quality-rowCount", None)
    account = of(f"{HEADER}\n1,,,1\n", broken | {"bounds": [1]}, **anonymity)
    assert account.refusal is not None
    assert account.refusal.reason == "file:k-anonymity"
    assert [one.passed for one in account.quality] == [True]


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_a_file_without_rows_has_none_and_nothing_wrong_with_them(end: str) -> None:
    rules = [one | {"unit": "percent"} for one in RULES[1:]]
    assert measured(HEADER + end, RULES[0], *rules) == [0] * len(RULES)
    at_least_one = rule("rowCount", operator="mustBeGreaterThan", bounds=[0])
    account = of(HEADER + end, at_least_one)
    assert account.refusal is not None
    assert account.refusal.reason == "file:quality-rowCount"
    assert (account.read, account.by_reason) == (0, {})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "file:empty"),
        (b"\xff\xfe", "encoding:utf-16"),
        (b"other\n1\n", "header:unknown-column"),
        (f'{HEADER}\n1,,,\n"'.encode(), "record:malformed"),
        (gzip.compress(HEADER.encode(), mtime=0)[:-9], "file:damaged-gzip"),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_not_measured(data: bytes, reason: str) -> None:
    account = of(data, *RULES)
    assert account.refusal is not None
    assert (account.refusal.reason, account.quality) == (reason, ())


def test_rows_that_are_no_rows_of_the_table_are_read_and_no_more() -> None:
    data = f"{HEADER}\n1,,a\x00,1\n\n2,,,\n3\n{{\n"
    assert measured(data, rule("rowCount"), rule("nullValues", "name")) == [5, 1]
    half = rule("nullValues", "name", unit="percent", operator="mustBe", bounds=[100])
    assert of(data, half).refusal is None


def parquet(table: pa.Table) -> bytes:
    """A file of several row groups."""
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=2)
    return file.getvalue()


def test_every_format_is_measured_alike() -> None:
    values: dict[str, list[str | None]] = {
        "id": ["1", "2", "3", "4", "5"],
        "mail": ["a", "A ", None, "c", " "],
        "name": ["x", None, "N/A", "x", "x"],
        "paid": ["1", "1", "1.0", None, "9"],
    }
    rows = [
        {name: text for name in NAMES if (text := values[name][place]) is not None}
        for place in range(5)
    ]
    lines = "\n".join([HEADER, *(",".join(row.get(name, "") for name in NAMES) for row in rows)])
    expected = [5, 2, 20, 2, 1, 4, 3, 2, 20, 0]
    for data in (
        lines.encode(),
        gzip.compress(lines.encode()),
        "\n".join(map(json.dumps, rows)).encode(),
        parquet(pa.table(values)),
    ):
        assert measured(data, *RULES) == expected


def test_a_value_without_a_text_is_neither_empty_nor_valid() -> None:
    data = parquet(
        pa.table(
            {
                "id": ["1", "2", "3"],
                "name": [float("nan"), 1.0, None],
                "paid": [float("inf"), None, 2.0],
            }
        )
    )
    rules = [
        rule(metric, name, name=f"{metric} {name}", **more)
        for name in ("name", "paid")
        for metric, more in (
            ("nullValues", {}),
            ("invalidValues", {"valid": ["1", "2"] if name == "paid" else ["1.0", "2"]}),
            ("duplicateValues", {}),
        )
    ]
    assert measured(data, *rules, rule("nullValues", "mail", name="absent")) == [
        *(1, 2, 0),
        *(1, 1, 0),
        3,
    ]


@pytest.mark.parametrize("kind", ["list", "fixed-size-binary"])
def test_a_dropped_column_that_cannot_be_read_cannot_be_measured(kind: str) -> None:
    """Without a rule nobody needs its values."""
    values = {"list": [[1], None], "fixed-size-binary": pa.array([b"ab", None], pa.binary(2))}
    data = parquet(pa.table({"id": ["1", "2"], "name": values[kind]}))
    assert of(data).refusal is None
    account = of(data, rule("nullValues", "name", severity="info"))
    assert account.refusal is not None
    assert (account.refusal.reason, account.refusal.name) == (f"header:column-type-{kind}", "name")


def test_listed_texts_are_those_of_the_file_and_equal_ones_are_normalized() -> None:
    data = f"{HEADER}\n1,N/A,,\n2,n/a ,,\n3,n/a,,\n"
    rules = (
        rule("missingValues", "mail", missing=["N/A"]),
        rule("invalidValues", "mail", pattern="^n/a$"),
        rule("duplicateValues", "mail"),
    )
    assert measured(data, *rules) == [1, 2, 2]


def test_all_columns_empty() -> None:
    data = parquet(pa.table({"id": ["1"] * 5, "name": pa.nulls(5), "paid": pa.nulls(5)}))
    assert measured(data, *RULES) == [5, 5, 100, 5, 0, 0, 0, 0, 0, 0]


def test_values_that_run_together_are_not_equal() -> None:
    data = f"{HEADER}\n1,,12,\n11,,2,\n1,,12,\n,,12,\n,,12,\n"
    assert measured(data, rule("duplicateValues", "id", "name")) == [1]


@pytest.mark.parametrize(("rules", "databases"), [(1, 0), (4, 4)])
def test_the_rules_share_the_memory_of_one_column(
    monkeypatch: pytest.MonkeyPatch, rules: int, databases: int
) -> None:
    """And the answer stays exact when they move to the disk."""
    monkeypatch.setattr(uniqueness, "MEMORY_LIMIT", 160)
    opened: list[str] = []
    connect = sqlite3.connect

    def watched(name: str, **options: Any) -> sqlite3.Connection:
        opened.append(name)
        connection: sqlite3.Connection = connect(name, **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", watched)
    duplicates = [rule("duplicateValues", "id", name=f"rule {number}") for number in range(rules)]
    data = "\n".join([HEADER, *(f"{number % 50},,," for number in range(99))])
    assert measured(data, *duplicates) == [49] * rules
    assert len(opened) == databases


def test_a_contract_without_rules_remembers_and_counts_nothing() -> None:
    assert not of(f"{HEADER}\n1,,,\n").quality


@pytest.mark.parametrize(
    "change",
    [
        {"metric": "distinctValues"},
        {"operator": "mustBeeBetween"},
        {"bounds": []},
        {"bounds": [1, 2]},
        {"unit": "share"},
        {"severity": "fatal"},
        {"schedule": "0 20 * * *"},
    ],
    ids=str,
)
def test_a_rule_that_nobody_knows_is_an_error(tmp_path: Any, change: dict[str, Any]) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps(document(*COLUMNS) | {"quality": [rule("rowCount") | change]}))
    with pytest.raises(ContractError, match=r"^people\.json: "):
        read(path)


def test_what_was_processed_under_other_rules_is_processed_again() -> None:
    """A replay finds it by the digest of the contract."""
    plain = rule("nullValues", "paid")
    changes: list[dict[str, Any]] = [
        {},
        {"name": "other"},
        {"bounds": [1]},
        {"operator": "mustNotBe"},
        {"unit": "percent"},
        {"severity": "warning"},
        {"columns": ["name"]},
        {"metric": "missingValues"},
        {"metric": "missingValues", "missing": ["-"]},
        {"metric": "invalidValues", "valid": ["1"]},
        {"metric": "invalidValues", "valid": ["2"]},
        {"metric": "invalidValues", "pattern": "^1$"},
    ]
    digests = [digest(contract(plain | change)) for change in changes] + [digest(contract())]
    assert len(set(digests)) == len(changes) + 1


def test_words_say_what_holds() -> None:
    words = {
        operator: QualityRule(
            name="a", metric="rowCount", operator=operator, bounds=(1_000, 2_000)[: found.bounds]
        ).condition
        for operator, found in OPERATORS.items()
    }
    assert words == {
        "mustBe": "exactly 1,000 rows",
        "mustNotBe": "not 1,000 rows",
        "mustBeGreaterThan": "more than 1,000 rows",
        "mustBeGreaterOrEqualTo": "at least 1,000 rows",
        "mustBeLessThan": "less than 1,000 rows",
        "mustBeLessOrEqualTo": "at most 1,000 rows",
        "mustBeBetween": "more than 1,000 and less than 2,000 rows",
        "mustNotBeBetween": "at most 1,000 or at least 2,000 rows",
    }
