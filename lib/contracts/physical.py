"""Physical types: what the type of a column in a database says of its values.

Names are those of the SQL standard, PostgreSQL, MySQL, SQL Server, Oracle, Snowflake, BigQuery and
Spark. A name that means different things in them has no logicalType of its own.

- https://www.postgresql.org/docs/current/datatype.html
- https://dev.mysql.com/doc/refman/8.4/en/data-types.html
- https://learn.microsoft.com/en-us/sql/t-sql/data-types/data-types-transact-sql
- https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/Data-Types.html
- https://docs.snowflake.com/en/sql-reference/intro-summary-data-types
- https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types
- https://spark.apache.org/docs/latest/sql-ref-datatypes.html
"""

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lib.contracts.source import Location, Source

_TYPE = re.compile(
    r"([a-z][\w ]*?) ?(?:\( ?([^()]*?) ?\) ?)?((?:with|without)(?: local)? time zone)?"
)
_ARGUMENT = re.compile(r"([0-9]{1,9})(?: (?:char|byte))?")


@dataclass(frozen=True)
class Form:
    """Types of one meaning.

    Attributes:
        names: in lower case.
        logical: the logicalType; None if the names mean different things.
        fits: other values of logicalType that do not contradict them.
        options: the logicalTypeOptions that follow.
        digits, length: whether arguments are precision and scale, or the most characters.
        instead: why there is no logicalType, and what to write.
    """

    names: tuple[str, ...]
    logical: str | None
    fits: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    digits: bool = False
    length: bool = False
    instead: str = ""


# fmt: off
FORMS = (
    Form(
        (
            "varchar", "character varying", "char varying", "nvarchar", "varchar2", "nvarchar2",
            "national character varying", "char", "character", "nchar", "national character",
            "bpchar", "string", "text", "tinytext", "mediumtext", "longtext", "ntext", "citext",
            "clob", "nclob", "character large object",
        ),
        "string",
        # Text can be the form of everything that is not more than text to the database.
        fits=("integer", "boolean", "date", "timestamp", "time"),
        length=True,
    ),
    Form(("uuid", "uniqueidentifier", "guid"), "string", options={"format": "uuid"}),
    Form(
        (
            "int", "integer", "bigint", "smallint", "mediumint", "byteint", "short",
            "int2", "int4", "int8", "int16", "int32", "int64",
            "serial", "smallserial", "bigserial",
        ),
        "integer",
        fits=("number",),
    ),
    Form(("decimal", "numeric", "dec", "number"), "number", fits=("integer",), digits=True),
    Form(
        ("double", "double precision", "float", "real", "float4", "float8", "float32", "float64"),
        "number",
    ),
    Form(("boolean", "bool"), "boolean"),
    Form(("date",), "date"),
    Form(
        (
            "timestamptz", "timestamp with time zone", "timestamp with local time zone",
            "timestamp_tz", "timestamp_ltz", "datetimeoffset",
        ),
        "timestamp",
        options={"timezone": True},
    ),
    Form(
        ("timestamp without time zone", "timestamp_ntz", "datetime", "datetime2", "smalldatetime"),
        "timestamp",
        options={"timezone": False},
    ),
    Form(("time", "time without time zone"), "time"),
    Form(
        ("timestamp",), None, fits=("timestamp",),
        instead="has a zone in BigQuery and Spark, but none in PostgreSQL; add the logicalType "
        "timestamp, with the option timezone: false if the files have no zone",
    ),
    Form(
        ("timetz", "time with time zone"), None,
        instead="has an offset, for which there is no type; write times without one, or whole "
        "timestamps",
    ),
    Form(
        ("tinyint", "bit"), None, fits=("integer", "boolean"),
        instead="is a number in some databases and a boolean in others; add the logicalType "
        "integer if the files have 0 and 1, or boolean if they have true and false",
    ),
    Form(
        ("long",), None, fits=("integer", "string"),
        instead="is text in Oracle and MySQL and a number in Spark; add the logicalType string or "
        "integer",
    ),
    Form(
        ("json", "jsonb", "variant"), None, fits=("object", "array", "string"),
        instead="may be an object or a list; add the logicalType object or array",
    ),
    Form(
        ("binary", "varbinary", "bytes", "bytea", "blob", "raw", "image"), None,
        instead="is binary, for which there is no type; remove the column, or have it written as "
        "text and add the logicalType string",
        fits=("string",),
    ),
)
# fmt: on
ORACLE_DATE = Form(
    ("date",),
    None,
    fits=("date", "timestamp"),
    instead="has a time of day in Oracle; add the logicalType date or timestamp, as the files are",
)
_BY_NAME = {name: form for form in FORMS for name in form.names}


class Physical(NamedTuple):
    """A physicalType: its form, and its arguments."""

    form: Form
    arguments: tuple[int, ...]

    @property
    def digits(self) -> tuple[int, int] | None:
        """The precision and scale, if it states them; the scale is 0 if only that is missing."""
        if not self.form.digits or not self.arguments:
            return None
        return self.arguments[0], (*self.arguments, 0)[1]

    @property
    def logical(self) -> str | None:
        """The logicalType that follows; None if none does."""
        return None if self.form.digits and not self.arguments else self.form.logical

    @property
    def options(self) -> dict[str, Any]:
        """The logicalTypeOptions that follow."""
        length = {"maxLength": self.arguments[0]} if self.form.length and self.arguments else {}
        return self.form.options | length

    @property
    def instead(self) -> str:
        """Why no logicalType follows, and what to write."""
        return self.form.instead or (
            "has as many digits as the database likes; write it with precision and scale, such as "
            "decimal(12,2), or double"
        )


def read_physical(source: Source, text: Any) -> Physical | None:
    """What a physicalType says; None if it is not known here."""
    found = _TYPE.fullmatch(" ".join(str(text).lower().split()))
    if not found:
        return None
    name, given, zone = found.groups()
    form = _BY_NAME.get(f"{name} {zone}" if zone else name)
    if form and form.names == ORACLE_DATE.names and _is_oracle(source):
        form = ORACLE_DATE
    arguments = [_ARGUMENT.fullmatch(one.strip()) for one in (given or "max").split(",")]
    if form is None or (given and given != "max" and not all(arguments)):
        return None
    return Physical(form, tuple(int(one[1]) for one in arguments if one))


def _is_oracle(source: Source) -> bool:
    servers = source.document.get("servers") or ()
    return any(isinstance(one, dict) and one.get("type") == "oracle" for one in servers)


def derive_types(source: Source) -> None:
    """Add to the document what the physicalType of a column says and the column does not."""
    document = source.document
    for described in _mappings(document.get("schema") if isinstance(document, dict) else None):
        for column in _mappings(described.get("properties")):
            physical = read_physical(source, column.get("physicalType"))
            logical = column.get("logicalType")
            if physical is None or (logical is None and physical.logical is None):
                continue
            if logical is None:
                logical = column["logicalType"] = physical.logical
            options = column.get("logicalTypeOptions") or {}
            if logical == physical.logical and physical.options and isinstance(options, dict):
                column["logicalTypeOptions"] = physical.options | options


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def tell_type(source: Source, column: Location, document: dict[str, Any]) -> str:
    """Why a column has no logicalType, for people; empty if it has no physicalType either."""
    written = source.text((*column, "physicalType"))
    if not written:
        return ""
    physical = read_physical(source, document.get("physicalType"))
    instead = physical.instead if physical else "is not understood here; add a logicalType"
    return f"has the physicalType {written!r}, which {instead}"
