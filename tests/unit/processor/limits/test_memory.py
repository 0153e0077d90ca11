"""A file that would take too much memory is refused before it does."""

import resource
from typing import Any

import pyarrow as pa
import pytest

from processor.readers import parquet
from processor.readers.detection import open_records
from processor.reasons import FileRefusedError
from tests.unit.processor.examples import (
    column,
    make_contract,
)
from tests.unit.processor.formats import (
    parquet_of,
)
from tests.unit.processor.outcomes import LIMIT

ID = make_contract(*map(column, ["id", "more", "a", "b", "c"]))
REPEATED = pa.DictionaryArray.from_arrays([0] * 4096, ["x" * 1_000_000])


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (
            ["x" * 1_000_000] * 200,
            {"use_dictionary": False, "data_page_size": 1 << 30, "compression": "zstd"},
        ),
        # A text of one MB that 4,096 rows refer to: nothing states the total size.
        (REPEATED, {"store_schema": False}),
        (REPEATED, {}),
    ],
    ids=["a page of 200 MB", "a dictionary", "categories"],
)
def test_parquet_that_unfolds_to_too_much_is_refused_before_it_takes_the_memory(
    values: Any, options: dict[str, Any]
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    file = parquet_of(values, **options)
    assert len(file.getbuffer()) < 2_000_000
    with (
        open_records(file, "a", ID, LIMIT) as records,
        pytest.raises(FileRefusedError, match="file:needs-too-much-memory") as caught,
    ):
        list(records)
    assert caught.value.limit == parquet.MEMORY_LIMIT
    assert resource.getrlimit(resource.RLIMIT_DATA) == limits
