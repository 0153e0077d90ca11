"""What a physicalType says of a column without a logicalType, and what it contradicts."""

import json
from pathlib import Path

import pytest

from lib.contracts import compile_contracts
from lib.contracts.physical import FORMS
from processor.contracts import dump
from tests.unit.contracts.orders import edited, mistakes

COLUMN = "        logicalType: boolean\n"
FOLLOWS = {
    "varchar(80)": {"type": "string", "maxLength": 80},
    "VARCHAR2(80 CHAR)": {"type": "string", "maxLength": 80},
    "character varying( 7 )": {"type": "string", "maxLength": 7},
    "nvarchar(max)": {"type": "string"},
    "TEXT": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "BIGINT": {"type": "integer"},
    "int(11)": {"type": "integer"},
    "INT64": {"type": "integer"},
    "NUMBER(10,2)": {"type": "decimal", "precision": 10, "scale": 2},
    "numeric( 12 , 0 )": {"type": "decimal", "precision": 12, "scale": 0},
    "NUMBER(38)": {"type": "decimal", "precision": 38, "scale": 0},
    "double precision": {"type": "double"},
    "Float64": {"type": "double"},
    "bool": {"type": "boolean"},
    "date": {"type": "date"},
    "timestamp with time zone": {"type": "timestamp"},
    "timestamp(6) with time zone": {"type": "timestamp"},
    "TIMESTAMP_TZ(9)": {"type": "timestamp"},
    "timestamp_ntz": {"type": "timestamp", "timezone": False},
    "timestamp(3) without time zone": {"type": "timestamp", "timezone": False},
    "datetime2(7)": {"type": "timestamp", "timezone": False},
    "time(0)": {"type": "time"},
}


def of_type(physical: str, *more: str) -> str:
    """The valid contract whose last column has a physicalType and maybe more, but no boolean."""
    lines = (f"physicalType: {physical}", *more)
    return edited(COLUMN, "".join(f"        {line}\n" for line in lines))


def test_a_logical_type_follows_from_a_physical_one(directory: Path) -> None:
    head, _, tail = edited(COLUMN, "").partition("      - name: gift\n")
    columns = "".join(
        f"      - name: c{number}\n        physicalType: {physical}\n"
        "        classification: internal\n"
        for number, physical in enumerate(FOLLOWS)
    )
    _, _, tail = tail.partition("\n")
    assert mistakes(directory, head + columns + tail) == []
    found = dump(compile_contracts(directory)["orders"])["columns"][-len(FOLLOWS) :]
    own = ("name", "required", "deidentify", "output")
    rules = [{rule: value for rule, value in one.items() if rule not in own} for one in found]
    assert dict(zip(FOLLOWS, rules, strict=True)) == FOLLOWS


@pytest.mark.parametrize(
    ("physical", "complaint"),
    [
        ("timestamp", "which has a zone in BigQuery and Spark, but none in PostgreSQL; add "),
        ("timestamp(6)", "which has a zone in BigQuery and Spark, but none in PostgreSQL; add "),
        ("LONG", "which is text in Oracle and MySQL and a number in Spark; add "),
        ("timetz", "which has an offset, for which there is no type; write times without one"),
        ("tinyint(1)", "which is a number in some databases and a boolean in others; add "),
        ("BIT", "which is a number in some databases and a boolean in others; add "),
        ("numeric", "which has as many digits as the database likes; write it with precision "),
        ("jsonb", "which may be an object or a list; add the logicalType object or array"),
        ("bytea", "which is binary, for which there is no type; remove the column, or "),
    ],
)
def test_what_means_several_things_is_not_guessed(
    directory: Path, physical: str, complaint: str
) -> None:
    (sentence,) = mistakes(directory, of_type(physical))
    told = f"line 64: column 'gift' has the physicalType {physical!r}, {complaint}"
    assert sentence.startswith(f"contracts/orders.odcs.yaml, {told}")


@pytest.mark.parametrize(
    "physical",
    [
        *("point", "varchar(x)", "int unsigned", "struct<a:int>", "(3)", "NUMBER(*,2)", "money"),
        *("text[]", "ENUM('a')"),
    ],
)
def test_what_is_not_known_needs_a_logical_type(directory: Path, physical: str) -> None:
    (sentence,) = mistakes(directory, of_type(json.dumps(physical)))
    what = f"line 64: column 'gift' has the physicalType {physical!r}, which is not understood "
    assert f"{what}here; add a logicalType: one of string, integer" in sentence


def test_a_date_of_oracle_has_a_time_of_day(directory: Path) -> None:
    host = "type: oracle\n    host: h\n    port: 1521\n    serviceName: s\n"
    text = of_type("DATE").replace(
        "type: s3\n    location: s3://bucket/incoming/orders/\n    format: csv\n", host
    )
    (sentence,) = mistakes(directory, text)
    assert "'DATE', which has a time of day in Oracle; add the logicalType date or " in sentence
    stated = text.replace("physicalType: DATE\n", "physicalType: DATE\n        logicalType: %s\n")
    for logical in ("date", "timestamp"):
        assert mistakes(directory, stated % logical) == []
    (sentence,) = mistakes(directory, stated % "time")
    assert "use the logicalType date or timestamp, or another physicalType" in sentence


@pytest.mark.parametrize(
    ("physical", "logical", "kind"),
    [
        *[("bigint", "number", "integer"), ("NUMBER(38,0)", "integer", "integer")],
        *[("timestamp", "timestamp", "timestamp"), ("bit", "boolean", "boolean")],
        *[("long", "string", "string"), ("long", "integer", "integer")],
        *[("varchar", "date", "date"), ("geometry", "string", "string")],
        *[("json", "string", "string"), ("varchar(10)", "integer", "integer")],
    ],
)
def test_both_types_may_agree(directory: Path, physical: str, logical: str, kind: str) -> None:
    assert mistakes(directory, of_type(physical, f"logicalType: {logical}")) == []
    assert dump(compile_contracts(directory)["orders"])["columns"][-1]["type"] == kind


@pytest.mark.parametrize(
    ("physical", "logical", "remedy"),
    [
        ("bigint", "string", "use the logicalType integer or number, or another physicalType"),
        ("decimal(10,2)", "integer", "use the logicalType number, or another physicalType"),
        ("timestamptz", "date", "use the logicalType timestamp, or another physicalType"),
        ("boolean", "integer", "use the logicalType boolean, or another physicalType"),
        ("timetz", "time", "use another physicalType"),
    ],
)
def test_both_types_may_contradict_each_other(
    directory: Path, physical: str, logical: str, remedy: str
) -> None:
    assert mistakes(directory, of_type(physical, f"logicalType: {logical}")) == [
        f"contracts/orders.odcs.yaml, line 65: column 'gift' has the logicalType {logical!r}, but "
        f"the physicalType {physical!r}; {remedy}."
    ]


@pytest.mark.parametrize(
    ("physical", "option", "complaint"),
    [
        (
            "varchar(80)",
            "maxLength: 81",
            "maxLength 81, but the physicalType 'varchar(80)' means 80",
        ),
        ("varchar(80)", "maxLength: 79", None),
        (
            "timestamptz",
            "timezone: false",
            "timezone false, but the physicalType 'timestamptz' means true",
        ),
        (
            "datetime",
            "timezone: true",
            "timezone true, but the physicalType 'datetime' means false",
        ),
        ("datetime", "timezone: false", None),
        ("uuid", "format: email", "format email, but the physicalType 'uuid' means uuid"),
    ],
)
def test_an_option_may_contradict_the_physical_type(
    directory: Path, physical: str, option: str, complaint: str | None
) -> None:
    found = mistakes(directory, of_type(physical, f"logicalTypeOptions: {{{option}}}"))
    assert found == (
        [
            f"contracts/orders.odcs.yaml, line 65: column 'gift' has the {complaint}; make them "
            "agree."
        ]
        if complaint
        else []
    )


def test_no_name_has_two_meanings() -> None:
    names = [name for form in FORMS for name in form.names]
    assert len({*names}) == len(names)
    assert all(form.logical or form.instead for form in FORMS)
