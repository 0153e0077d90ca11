"""Tables: how a query sees the outputs of each dataset."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from lib.contracts import ContractError, compile_contracts, read_sources
from lib.contracts.classification import read_classification
from lib.contracts.source import Source
from processor.contract.model import Contract
from processor.deidentification.methods import output_schema

# https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
MOST_BYTES = 255  # of a name
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-glue-table-column.html
LONGEST_COMMENT = 255  # UTF-16 code units, as the patterns there count
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-glue-table-tableinput.html
LONGEST_DESCRIPTION = 2_048
# Control characters, halves of a surrogate pair, and what is not a character.
REFUSED = re.compile("[^\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Athena's name for each Arrow type of the outputs, except decimals. A timestamp of Athena's is a
# moment without a zone, which is UTC here, and has milliseconds.
# https://docs.aws.amazon.com/athena/latest/ug/data-types.html
TYPES = {
    pa.string(): "string",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us", "UTC"): "timestamp",
}


@dataclass(frozen=True)
class TableColumn:
    """A column of clean rows: its name and type in Athena, and what its contract says about it."""

    name: str
    type: str
    comment: str
    classification: str


@dataclass(frozen=True)
class Table:
    """The table of the clean rows of a dataset.

    Attributes:
        dataset: the dataset.
        description: its contract's.
        columns: those of the current version of the contract. Other versions write no column that
            it does not have; what an older file lacks is null.
    """

    dataset: str
    description: str
    columns: tuple[TableColumn, ...]

    @property
    def name(self) -> str:
        """Its name: Athena's names have underscores instead of hyphens."""
        return self.dataset.replace("-", "_").lower()

    @property
    def manifests(self) -> str:
        """The name of the table of the dataset's manifests."""
        return manifests_name(self.name)

    @property
    def compacted(self) -> str:
        """The name of the table of the same rows in a few large files, if they are compacted."""
        return compacted_name(self.name)


def manifests_name(name: str) -> str:
    """The name of the table of manifests next to the table of this name."""
    return f"{name}_manifests"


def compacted_name(name: str) -> str:
    """The name of the compacted table next to the table of this name."""
    return f"{name}_compacted"


def athena_type(type_: pa.DataType) -> str:
    """Athena's name for the type of an output's column.

    Raises:
        KeyError: no output has the type.
    """
    if pa.types.is_decimal128(type_):
        return f"decimal({type_.precision},{type_.scale})"
    return TYPES[type_]


def read_tables(directory: Path) -> list[Table]:
    """The table of each dataset that has a contract in ``directory``.

    Raises:
        ContractError: a contract is not valid, or two tables or columns cannot be named apart.
    """
    contracts = {
        name: contract
        for name, contract in compile_contracts(directory).items()
        if name == contract.dataset  # not one of its other versions
    }
    sources = {source.name: source for source in read_sources(directory)}
    tables = [_describe(sources[name], contract) for name, contract in contracts.items()]
    problems = [*_collisions(tables), *_long_names(tables)]
    if problems:
        raise ContractError("\n".join(problems))
    return tables


def _describe(source: Source, contract: Contract) -> Table:
    (described,) = source.document["schema"]
    written: Mapping[str, Any] = {one["name"]: one for one in described["properties"]}
    sources = {column.output: written[column.name] for column in contract.columns}
    return Table(
        contract.dataset,
        _line(described.get("description"), LONGEST_DESCRIPTION),
        tuple(
            TableColumn(
                field.name.lower(),
                athena_type(field.type),
                _line(sources[field.name].get("description"), LONGEST_COMMENT),
                str(read_classification(sources[field.name]["classification"])),
            )
            for field in output_schema(contract)
        ),
    )


def _line(text: str | None, longest: int) -> str:
    """A text on one line, without what Glue refuses, cut at ``longest`` UTF-16 code units."""
    line = " ".join(REFUSED.sub(" ", text or "").split())
    units = line.encode("utf-16-le")  # two bytes each
    if len(units) <= 2 * longest:
        return line
    return units[: 2 * (longest - 1)].decode("utf-16-le", "ignore") + "…"


def _collisions(tables: list[Table]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for table in tables:
        for name in (table.name, table.manifests, table.compacted):
            other = owners.setdefault(name, table.dataset)
            if other != table.dataset:
                yield (
                    f"contracts: the datasets {other!r} and {table.dataset!r} both need a table "
                    f"named {name!r} in Athena; rename one of them."
                )


def _long_names(tables: list[Table]) -> Iterator[str]:
    for table in tables:
        for column in table.columns:
            if len(column.name.encode()) > MOST_BYTES:
                yield (
                    f"contracts: the name of column {column.name!r} of {table.dataset} has more "
                    f"than {MOST_BYTES} bytes in UTF-8, which Athena does not allow; shorten it."
                )
