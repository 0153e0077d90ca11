"""Keep: the value is written as it is.

A time is written as text, always with six digits of the second: Spark has no TIME before 4.1 and
refuses the whole file, Athena's tables have none, and pyarrow 20 can only write one of UTC, which
DuckDB shows with a zone and Spark 4.3 still refuses.
https://github.com/apache/spark/pull/50389 https://github.com/apache/arrow/issues/41476
https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-supported-data-types.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import get_args

import pyarrow as pa
import pyarrow.compute as pc

from processor.checks.types import column_type
from processor.contract.column import Column, Keys, OutputColumn, Written
from processor.contract.vocabulary import Type


@dataclass(frozen=True, kw_only=True)
class Keep(
    Written, takes=get_args(Type), says={"{method: keep}": "the value"}, distinguishes=True
):
    """The value."""

    def check(self, column: Column) -> Iterator[tuple[str, str]]:
        """Take any column."""
        return iter(())

    def output_type(self, column: Column) -> pa.DataType:
        """Return the column's own type; for a time, that of texts."""
        return pa.string() if column.type == "time" else column_type(column).type

    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what writes values unchanged."""
        return OutputColumn("values", partial(pc.cast, target_type=self.output_type(column)))
