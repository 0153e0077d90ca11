"""What a change of a contract breaks."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.contracts.difference import CONSUMERS, PRODUCERS, Change, compare, name_of, read
from pipeline.outcomes import WrongContractError
from tests.unit.pipeline.contracts.contracts import document, prop, write

OTHER = prop("other")
DECIMAL: dict[str, Any] = {"logicalType": "number", "physicalType": "decimal(12,2)"}
WIDER: dict[str, Any] = {"logicalType": "number", "physicalType": "decimal(22,2)"}
FINER: dict[str, Any] = {"logicalType": "number", "physicalType": "decimal(12,4)"}
DOUBLE: dict[str, Any] = {"logicalType": "number", "physicalType": "double"}
INTEGER: dict[str, Any] = {"logicalType": "integer"}
JSON: dict[str, Any] = {"logicalType": "array", "physicalType": "json"}
TOKEN = {"method": "pseudonymize"}
ENCRYPTED = {"method": "encrypt", "reidentification": "fraud"}
SHARED = TOKEN | {"domain": "people"}


def changes(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The differences of two contracts."""
    return compare(read(write(folder / "old", old)), read(write(folder / "new", new)))


def options(**rules: Any) -> dict[str, Any]:
    """A text with rules."""
    return {"logicalTypeOptions": rules}


def whole(**rules: Any) -> dict[str, Any]:
    """A whole number with rules."""
    return INTEGER | options(**rules)


def words(*values: str) -> dict[str, Any]:
    """A text with an enum."""
    return {"enum": [{"value": value} for value in values]}


@pytest.mark.parametrize(
    ("before", "after", "breaking", "what"),
    [
        ({}, {"required": True}, True, "is required"),
        ({"required": True}, {}, False, "no longer required"),
        ({}, {"unique": True}, True, "must be unique"),
        ({"unique": True}, {}, False, "need not be unique"),
        ({}, {"physicalName": "X"}, True, "is called 'X' in files, and no longer 'x'"),
        ({}, INTEGER, True, "has the type integer, and no longer string"),
        (INTEGER, {}, False, "has the type string"),
        (INTEGER, DECIMAL, True, "has the type decimal(12,2)"),
        (INTEGER, WIDER, False, "has the type decimal(22,2)"),
        (INTEGER, DOUBLE, False, "has the type double"),
        (DECIMAL, WIDER, False, "has the type decimal(22,2)"),
        (DECIMAL, FINER, True, "has the type decimal(12,4)"),
        (WIDER, DECIMAL, True, "has the type decimal(12,2)"),
        (DECIMAL, INTEGER, True, "has the type integer"),
        ({"logicalType": "date"}, {"logicalType": "timestamp"}, True, "has the type timestamp"),
        ({}, words("a"), True, "has an enum of 1 values"),
        (words("a"), {}, False, "has no enum any more"),
        (words("a", "b"), words("a"), True, "does not allow 'b' any more"),
        (words("a"), words("a", "b"), False, "also allows 'b'"),
        ({}, options(pattern="^a$"), True, "has the pattern ^a$"),
        (options(pattern="^a$"), options(pattern="^b$"), True, "has the pattern ^b$"),
        (options(pattern="^a$"), {}, False, "has no pattern any more"),
        ({}, options(format="uuid"), True, "has the format uuid"),
        (options(minLength=1), options(minLength=2), True, "has the minLength 2"),
        (options(minLength=2), options(minLength=1), False, "has the minLength 1"),
        (options(maxLength=2), options(maxLength=1), True, "has the maxLength 1"),
        (options(maxLength=1), options(maxLength=2), False, "has the maxLength 2"),
        (whole(minimum=9), whole(minimum=10), True, "has the minimum 10, and no longer 9"),
        (whole(minimum=10), whole(minimum=9), False, "has the minimum 9, and no longer 10"),
        (whole(maximum=10), whole(maximum=9), True, "has the maximum 9"),
        (whole(maximum=9), whole(maximum=10), False, "has the maximum 10"),
        (whole(exclusiveMaximum=9), whole(exclusiveMaximum=8), True, "the exclusiveMaximum 8"),
        (whole(exclusiveMinimum=9), whole(exclusiveMinimum=8), False, "the exclusiveMinimum 8"),
        (whole(multipleOf=10), whole(multipleOf=5), False, "has the multipleOf 5"),
        (whole(multipleOf=5), whole(multipleOf=10), True, "has the multipleOf 10"),
        (whole(minimum=1), WIDER | options(minimum=0), False, "has the minimum 0"),
        (whole(minimum=1), whole(exclusiveMinimum=0), False, "has the exclusiveMinimum 0"),
        (whole(exclusiveMaximum=9), whole(maximum=8), False, "has the maximum 8"),
        (whole(minimum=1), whole(exclusiveMinimum=1), True, "has the exclusiveMinimum 1"),
        (INTEGER, whole(minimum=-(2**63)), False, "has the minimum"),
        (INTEGER, whole(maximum=2**62), True, "has the maximum"),
        (INTEGER, whole(multipleOf=2), True, "has the multipleOf 2"),
        (DECIMAL, DECIMAL | options(minimum=0), True, "has the minimum 0"),
        (DECIMAL, DECIMAL | options(exclusiveMaximum=5), True, "has the exclusiveMaximum 5"),
        (
            DECIMAL | options(minimum=1),
            DECIMAL | options(exclusiveMinimum=1),
            True,
            "has the exclusiveMinimum 1",
        ),
        (
            DECIMAL | options(exclusiveMinimum=1),
            DECIMAL | options(minimum=1),
            False,
            "has the minimum 1",
        ),
        ({}, options(minLength=0), False, "has the minLength 0"),
        ({}, options(minLength=1), True, "has the minLength 1"),
        ({}, options(maxLength=2**20), False, "has the maxLength 1048576"),
        ({}, options(maxLength=2**20 - 1), True, "has the maxLength 1048575"),
        (JSON, {}, True, "has the type string, and no longer array"),
        (
            {"logicalType": "date", "logicalTypeOptions": {"minimum": "2024-01-01"}},
            {
                "logicalType": "timestamp",
                "logicalTypeOptions": {"minimum": "2023-01-01T00:00:00Z"},
            },
            True,
            "has the minimum 2023",
        ),
    ],
)
def test_a_column_for_producers(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], breaking: bool, what: str
) -> None:
    old, new = (document(OTHER, prop("x", **fields)) for fields in (before, after))
    if before.get("logicalTypeOptions") == after.get("logicalTypeOptions"):
        assert before != after
    found = [one for one in changes(tmp_path, old, new) if one.concerns == PRODUCERS]
    (change,) = (one for one in found if what in one.what)
    assert (change.where, change.breaking) == ("x", breaking)


X, Y = prop("x"), prop("y")
ANONYMOUS: dict[str, Any] = {"k": 5, "quasiIdentifiers": ["x"]}
Z = prop("z", deidentify=TOKEN)
NEEDED = prop("needed", required=True)
WHOLE = prop("whole", required=True, **INTEGER)
CODED = prop("coded", required=True, enum=[{"value": "a"}, {"value": "b"}])
RULE = {"name": "few", "metric": "rowCount", "mustBeGreaterThan": 1, "type": "library"}

DAILY = [{"property": "frequency", "value": 1, "unit": "d"}]


def with_quality(**rule: Any) -> dict[str, Any]:
    """A contract with a quality rule."""
    content = document(X, Y)
    content["schema"][0]["quality"] = [RULE | {"severity": "error"} | rule]
    return content


@pytest.mark.parametrize(
    ("old", "new", "where", "breaking"),
    [
        (document(X), document(X, prop("n", required=True)), "n", True),
        (document(X), document(X, prop("n")), "n", False),
        (document(X, Y), document(X), "y", True),
        (document(X, Y), document(X, unknownColumns="drop"), "y", False),
        (document(X, unknownColumns="drop"), document(X), "unknownColumns", True),
        (document(X), document(X, unknownColumns="drop"), "unknownColumns", False),
        (document(X), document(X, maxRejectedShare=0.5), "maxRejectedShare", True),
        (document(X, maxRejectedShare=0.5), document(X), "maxRejectedShare", False),
        (document(X), document(X, csv={"delimiter": ";"}), "csv", True),
        (document(X), document(X, csv={"nulls": ["NULL"]}), "csv", False),
        (document(X, csv={"nulls": ["NULL"]}), document(X), "csv", True),
        (document(NEEDED), document(NEEDED, csv={"nulls": ["NA"]}), "csv", True),
        (document(X, Y), document(X, NEEDED, csv={"nulls": ["NA"]}), "csv", False),
        (document(WHOLE), document(WHOLE, csv={"nulls": ["NA"]}), "csv", False),
        (document(WHOLE), document(WHOLE, csv={"nulls": ["0"]}), "csv", True),
        (document(CODED), document(CODED, csv={"nulls": ["NA"]}), "csv", False),
        (document(CODED), document(CODED, csv={"nulls": ["a"]}), "csv", True),
        (document(X), document(X, csv={"thousands": "'"}), "csv", False),
        (document(X, csv={"thousands": "'"}), document(X), "csv", True),
        (document(X), document(X) | {"version": "2.0.0"}, "version", True),
        (
            document(X, unknownColumns="drop"),
            document(X, prop("n", **INTEGER), unknownColumns="drop"),
            "n",
            True,
        ),
        (
            document(X, unknownColumns="drop"),
            document(X, prop("n"), unknownColumns="drop"),
            "n",
            False,
        ),
        (document(X, Y), document(X, prop("z", physicalName="y", unique=True)), "y", True),
        (with_quality(), with_quality(mustBeGreaterThan=0), "quality few", False),
        (with_quality(), with_quality(name="many"), "quality many", False),
        (with_quality(severity="warning"), with_quality(), "quality few", True),
        (document(X, Y), document(Y, X, csv={"header": False}), "columns", True),
        (document(X, Y), with_quality(), "quality few", True),
        (document(X, Y), with_quality(severity="warning"), "quality few", False),
        (with_quality(), with_quality(mustBeGreaterThan=2), "quality few", True),
        (with_quality(), document(X, Y), "quality few", False),
        (document(X), document(X, kAnonymity=ANONYMOUS), "kAnonymity", True),
        (
            document(X, kAnonymity=ANONYMOUS),
            document(X, kAnonymity=ANONYMOUS | {"k": 2}),
            "kAnonymity",
            False,
        ),
        (
            document(X, Z, kAnonymity=ANONYMOUS | {"subject": "z"}),
            document(X, Z, kAnonymity=ANONYMOUS),
            "kAnonymity",
            False,
        ),
    ],
)
def test_a_file_as_a_whole_for_producers(
    tmp_path: Path, old: dict[str, Any], new: dict[str, Any], where: str, breaking: bool
) -> None:
    found = changes(tmp_path, old, new)
    whats = [one for one in found if (one.concerns, one.where) == (PRODUCERS, where)]
    assert [one.breaking for one in whats] == [breaking]


@pytest.mark.parametrize(
    ("before", "after", "breaking", "what"),
    [
        (TOKEN, SHARED, True, "has other tokens"),
        (TOKEN, TOKEN | {"domain": "x"}, True, "has other tokens"),
        (TOKEN, {"method": "hmac"}, True, "has other tokens"),
        (TOKEN, TOKEN | {"normalize": ["trim"]}, True, "has other tokens"),
        (TOKEN, {"method": "drop"}, True, "is not written any more; it was 'x'"),
        ({"method": "drop"}, {"method": "keep"}, True, "was dropped: {method: keep}"),
        ({"method": "drop"}, TOKEN, False, "was dropped: {method: pseudonymize}"),
        ({"method": "drop"}, ENCRYPTED, True, "was dropped: {method: encrypt, "),
        ({"method": "keep"}, TOKEN, True, "hides more"),
        ({"method": "keep"}, ENCRYPTED, True, "hides more"),
        ({"method": "mask"}, ENCRYPTED, True, "may show more"),
        (
            ENCRYPTED,
            ENCRYPTED | {"reidentification": "audit"},
            True,
            "can be reversed for 'audit', and no longer for 'fraud'",
        ),
        (TOKEN, {"method": "keep"}, True, "may show more"),
        ({"method": "mask"}, {"method": "redact"}, True, "may show more"),
    ],
)
def test_deidentification_for_consumers(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], breaking: bool, what: str
) -> None:
    old, new = (document(OTHER, prop("x", deidentify=one)) for one in (before, after))
    (change,) = changes(tmp_path, old, new)
    assert (change.concerns, change.where, change.breaking) == (CONSUMERS, "x", breaking)
    assert what in change.what


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (TOKEN, ENCRYPTED, "can be reversed for 'fraud'"),
        (ENCRYPTED, TOKEN, "cannot be reversed any more, as it could be for 'fraud'"),
    ],
)
def test_whether_tokens_can_be_reversed(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], what: str
) -> None:
    old, new = (document(OTHER, prop("x", deidentify=one)) for one in (before, after))
    found = changes(tmp_path, old, new)
    assert [one.what.partition(",")[0] for one in found] == [
        "has other tokens",
        what.partition(",")[0],
    ]
    assert found[1] == Change("things", CONSUMERS, "x", what, True)


@pytest.mark.parametrize(
    ("subject", "top", "moved"),
    [
        (TOKEN, {"pseudonymEpoch": 2}, True),
        (SHARED, {}, True),
        (TOKEN | {"normalize": ["trim"]}, {}, True),
        (ENCRYPTED, {}, False),  # the days have a key of their own
    ],
)
def test_whether_intervals_hold_across_earlier_files(
    tmp_path: Path, subject: dict[str, Any], top: dict[str, Any], moved: bool
) -> None:
    day = {"logicalType": "date", "deidentify": {"method": "shift", "days": 30, "by": "x"}}
    old = document(prop("x", deidentify=TOKEN), prop("y", **day))
    new = document(prop("x", deidentify=subject), prop("y", **day), **top)
    what = "is moved by other numbers of days: no interval holds across earlier files"
    found = [one for one in changes(tmp_path, old, new) if one.where == "y"]
    assert found == ([Change("things", CONSUMERS, "y", what, True)] if moved else [])


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "breaking"),
    [
        (document(X, Y), document(X), "y", "is not written any more", True),
        (document(X), document(X, Y), "y", "is written as 'y'", False),
        (document(X), document(prop("x", **INTEGER)), "x", "has the type int64", True),
        (document(prop("x", required=True)), document(X), "x", "may be null", True),
        (
            document(prop("x", deidentify=TOKEN)),
            document(prop("x", deidentify=TOKEN, encryptedName="t")),
            "x",
            "is written as 't', and no longer as 'x'",
            True,
        ),
        (
            document(prop("x", deidentify=TOKEN)),
            document(prop("x", deidentify=TOKEN), pseudonymEpoch=2),
            "x",
            "has other tokens, which do not join with earlier ones",
            True,
        ),
        (
            document(X, kAnonymity=ANONYMOUS),
            document(X),
            "kAnonymity",
            "is removed; k was 5",
            True,
        ),
        (
            document(X, kAnonymity=ANONYMOUS),
            document(X, kAnonymity=ANONYMOUS | {"k": 2}),
            "kAnonymity",
            "protects less: k is 2, and no longer 5",
            True,
        ),
        (
            document(X, Z, kAnonymity=ANONYMOUS | {"subject": "z"}),
            document(X, Z, kAnonymity=ANONYMOUS),
            "kAnonymity",
            "it counts rows, and no longer 'z'",
            True,
        ),
        (
            document(X, Z, kAnonymity=ANONYMOUS | {"subject": "z"}),
            document(X, prop("y", deidentify=TOKEN), kAnonymity=ANONYMOUS | {"subject": "y"}),
            "kAnonymity",
            "it counts 'y', and no longer 'z'",
            True,
        ),
        (document(X), document(X, csv={"nulls": ["NA"]}), "x", "may be null for 'NA'", True),
        (
            document(X, csv={"nulls": ["NA"]}),
            document(X),
            "x",
            "is no longer null for 'NA'",
            True,
        ),
        (
            document(Z | INTEGER, csv={"thousands": "'"}),
            document(Z, csv={"thousands": "'"}),
            "z",
            "has other tokens",
            True,
        ),
        (
            document(X) | {"slaProperties": DAILY},
            document(X),
            "slaProperties",
            "is due within any time, and no longer 1 day",
            True,
        ),
        (document(X), document(X) | {"slaProperties": DAILY}, "slaProperties", "1 day", False),
        (
            document(X, Y, kAnonymity={"k": 5, "quasiIdentifiers": ["x", "y"]}),
            document(X, Y, kAnonymity=ANONYMOUS),
            "kAnonymity",
            "fewer quasiIdentifiers",
            True,
        ),
    ],
)
def test_the_output_for_consumers(
    tmp_path: Path,
    old: dict[str, Any],
    new: dict[str, Any],
    where: str,
    what: str,
    breaking: bool,
) -> None:
    found = [one for one in changes(tmp_path, old, new) if one.concerns == CONSUMERS]
    (change,) = (one for one in found if one.where == where)
    assert what in change.what
    assert change.breaking == breaking


@pytest.mark.parametrize("after", [{"k": 6}, {"quasiIdentifiers": ["x", "y"]}])
def test_stricter_anonymity_breaks_nothing_for_consumers(
    tmp_path: Path, after: dict[str, Any]
) -> None:
    old = document(X, Y, kAnonymity=ANONYMOUS)
    new = document(X, Y, kAnonymity=ANONYMOUS | after)
    assert {one.concerns for one in changes(tmp_path, old, new)} == {PRODUCERS}


def test_equal_contracts_have_no_difference(tmp_path: Path) -> None:
    content = document(X, prop("y", deidentify=SHARED), kAnonymity=ANONYMOUS)
    content["schema"][0]["quality"] = with_quality()["schema"][0]["quality"]
    assert changes(tmp_path, content, content) == []


def test_a_version_that_is_kept_is_not_refused(tmp_path: Path) -> None:
    old, folder = read(write(tmp_path, document(X))), tmp_path / "new"
    kept = write(folder, document(X)).rename(folder / "things@1.0.0.odcs.yaml")
    assert kept == write(folder, document(X) | {"version": "2.0.0"}).with_name(kept.name)
    assert [one.what for one in compare(old, read(folder))] == ["is new"]


def test_a_dropped_column_may_be_renamed_in_the_contract_alone(tmp_path: Path) -> None:
    drop = {"method": "drop"}
    old, new = prop("x", deidentify=drop), prop("n", physicalName="x", deidentify=drop)
    assert changes(tmp_path, document(Y, old), document(Y, new)) == []


def test_contracts_come_and_go(tmp_path: Path) -> None:
    contract = read(write(tmp_path, document(X)))
    assert [one.breaking for one in compare(contract, {})] == [True, True]
    (new,) = compare({}, contract)
    assert (new.dataset, new.what, new.breaking) == ("things", "is new", False)


def test_a_contract_may_have_any_name_of_a_file(tmp_path: Path) -> None:
    file = write(tmp_path, document(X))
    for name in ("old.yaml", "things@1.0.0.odcs.yaml"):
        assert [*read(file.rename(file.with_name(name)))] == ["things"]
        file = file.with_name(name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"schema: [{name: a/b}]", "a_b"),
        (b'schema: [{name: "a\\0b"}]', "a_b"),
        (b"schema: [{name: " + b"x" * 300 + b"}]", "own"),
        (b"schema: {name: x}", "own"),
        (b"schema: x", "own"),
        (b"[" * 100_000, "own"),
        (b"\xff", "own"),
    ],
)
def test_any_contract_has_a_name_that_a_file_can_have(
    tmp_path: Path, content: bytes, name: str
) -> None:
    file = tmp_path / "own@1.0.0.odcs.yaml"
    file.write_bytes(content)
    assert name_of(file) == name
    with pytest.raises(WrongContractError):
        read(file)


def test_a_contract_of_several_datasets_keeps_its_name(tmp_path: Path) -> None:
    content = document(X)
    content["schema"].append(document(prop("x"))["schema"][0] | {"name": "others"})
    file = write(tmp_path, content)
    for name in ("shop.odcs.yaml", "shop@1.0.0.odcs.yaml"):
        file = file.rename(file.with_name(name))
        assert [*read(file)] == ["things", "others"]
    file.write_text(file.read_text().replace("status: active", "status: 1"))
    with pytest.raises(WrongContractError, match=r"/shop.odcs.yaml, line "):
        read(file)


@pytest.mark.parametrize("text", ["", "[]", "{", "schema: []", "schema: [{name: ../x}]"])
def test_a_contract_that_is_not_valid_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "things.odcs.yaml"
    file.write_text(text)
    with pytest.raises(WrongContractError, match=rf"{tmp_path.name}/.*odcs.yaml, line 1: "):
        read(file)
    with pytest.raises(WrongContractError, match=r"things.odcs.yaml, line 1: "):
        read(tmp_path)
