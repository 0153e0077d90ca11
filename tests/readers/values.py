"""The values that tools are compared by: of every type of an output, null and at both ends."""

from pathlib import Path
from tempfile import TemporaryDirectory

from lib.contracts import compile_contracts
from processor.contract.model import Contract
from tests.parquet import read_parquet
from tests.readers import Row
from tests.readers.processed import process

CONTRACT = """\
apiVersion: v3.2.0
kind: DataContract
id: 22222222-2222-4222-8222-222222222222
version: 1.0.0
status: active
schema:
  - name: everything
    properties:
      - {name: id, logicalType: integer, required: true, classification: public}
      - name: person
        logicalType: string
        classification: restricted
        encryptedName: token
        customProperties: [{property: deidentify, value: {method: pseudonymize}}]
      - {name: text, logicalType: string, classification: public}
      - {name: count, logicalType: integer, classification: public}
      - {name: short, physicalType: "decimal(9,2)", classification: public}
      - {name: long, physicalType: "decimal(18,0)", classification: public}
      - {name: wide, physicalType: "decimal(38,18)", classification: public}
      - {name: ratio, physicalType: double, classification: public}
      - {name: flag, logicalType: boolean, classification: public}
      - {name: day, logicalType: date, classification: public}
      - {name: moment, logicalType: timestamp, classification: public}
      - {name: clock, logicalType: time, classification: public}
      - {name: list, logicalType: array, physicalType: json, classification: public}
"""

LINES = r"""
{"id": 1}
{"id": 2, "person": "a", "text": " ", "count": -9223372036854775808, "short": -9999999.99,
 "long": -999999999999999999, "wide": -99999999999999999999.999999999999999999,
 "ratio": -1.7976931348623157e308, "flag": false, "day": "0001-01-01",
 "moment": "0001-01-01T00:00:00Z", "clock": "00:00:00", "list": []}
{"id": 3, "person": "b", "text": "\u00df \"\ud834\udd1e\" \\N\n", "count": 9223372036854775807,
 "short": 9999999.99, "long": 999999999999999999,
 "wide": 99999999999999999999.999999999999999999, "ratio": 5e-324, "flag": true,
 "day": "9999-12-31", "moment": "9999-12-31T23:59:59.999999Z", "clock": "23:59:59.999999",
 "list": [1, null]}
{"id": 4, "person": "a", "text": "NULL", "count": 0, "short": 0.1, "long": 7, "wide": 1.5,
 "ratio": 0.1, "flag": true, "day": "1582-10-10",
 "moment": "1900-01-01T00:00:00.000001+01:00", "clock": "12:30:00", "list": ["ü"]}
"""
"""Rows of the contract, as JSON on several lines each."""

VALUES = {
    "id": ("1", "2", "3", "4"),
    "text": (None, " ", 'ß "𝄞" \\N\n', "NULL"),
    "count": (None, "-9223372036854775808", "9223372036854775807", "0"),
    "short": (None, "-9999999.99", "9999999.99", "0.10"),
    "long": (None, "-999999999999999999", "999999999999999999", "7"),
    "wide": (
        None,
        "-99999999999999999999.999999999999999999",
        "99999999999999999999.999999999999999999",
        "1.500000000000000000",
    ),
    "ratio": (None, "-1.7976931348623157e+308", "5e-324", "0.1"),
    "flag": (None, "False", "True", "True"),
    "day": (None, "0001-01-01", "9999-12-31", "1582-10-10"),
    "moment": (
        None,
        "0001-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59.999999+00:00",
        "1899-12-31T23:00:00.000001+00:00",
    ),
    "clock": (None, "00:00:00.000000", "23:59:59.999999", "12:30:00.000000"),
    "list": (None, "[]", "[1, null]", '["ü"]'),
}
"""What everybody must read of those rows, column by column; tokens are what they are."""

TYPES: dict[str, tuple[str, *tuple[int, ...]]] = {
    "id": ("integer",),
    "token": ("string",),
    "text": ("string",),
    "count": ("integer",),
    "short": ("decimal", 9, 2),
    "long": ("decimal", 18, 0),
    "wide": ("decimal", 38, 18),
    "ratio": ("double",),
    "flag": ("boolean",),
    "day": ("date",),
    "moment": ("timestamp",),
    "clock": ("string",),
    "list": ("string",),
}
"""The type of each column, with the digits of a decimal."""


WORDS = {
    "duckdb": {
        "integer": "BIGINT",
        "string": "VARCHAR",
        "decimal": "DECIMAL({},{})",
        "double": "DOUBLE",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP WITH TIME ZONE",
    },
    "pandas": {
        "integer": "int64[pyarrow]",
        "string": "string[pyarrow]",
        "decimal": "decimal128({}, {})[pyarrow]",
        "double": "double[pyarrow]",
        "boolean": "bool[pyarrow]",
        "date": "date32[day][pyarrow]",
        "timestamp": "timestamp[us, tz=UTC][pyarrow]",
    },
    "polars": {
        "integer": "Int64",
        "string": "String",
        "decimal": "Decimal(precision={}, scale={})",
        "double": "Float64",
        "boolean": "Boolean",
        "date": "Date",
        "timestamp": "Datetime(time_unit='us', time_zone='UTC')",
    },
    "spark": {
        "integer": "bigint",
        "string": "string",
        "decimal": "decimal({},{})",
        "double": "double",
        "boolean": "boolean",
        "date": "date",
        "timestamp": "timestamp",
    },
    "iceberg": {
        "integer": "long",
        "string": "string",
        "decimal": "decimal({}, {})",
        "double": "double",
        "boolean": "boolean",
        "date": "date",
        "timestamp": "timestamptz",
    },
}
"""Each tool's word for each type of an output."""


def types_of(tool: str) -> dict[str, str]:
    """A tool's words for the types of the columns."""
    words = WORDS[tool]
    return {name: words[kind].format(*digits) for name, (kind, *digits) in TYPES.items()}


def write(folder: Path, *copies: int) -> set[Row]:
    """Process a file of this many copies of the rows for each number, and return the rows."""
    contract = _contract()
    lines = LINES.strip().replace("\n ", " ") + "\n"
    for index, number in enumerate(copies):
        account = process(contract, lines.encode() * number, "jsonl", folder / f"{index}.parquet")
        assert account.clean == 4 * number, account
    return _rows(folder / "0.parquet")


def _contract() -> Contract:
    with TemporaryDirectory() as directory:
        (Path(directory) / "everything.odcs.yaml").write_text(CONTRACT, encoding="utf-8")
        return compile_contracts(Path(directory))["everything"]


def _rows(file: Path) -> set[Row]:
    found = read_parquet(file)
    assert found.column_names == [*TYPES]
    of_id = dict(zip(map(str, found["id"].to_pylist()), found["token"].to_pylist(), strict=True))
    assert [len({*of_id.values()}), of_id["1"]] == [3, None]
    tokens = {"token": tuple(of_id[str(id_)] for id_ in VALUES["id"])}
    return {*zip(*((VALUES | tokens)[name] for name in TYPES), strict=True)}
