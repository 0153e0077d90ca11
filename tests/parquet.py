"""Parquet as the tests read it: in the calling thread, so that no other holds the file."""

from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq


def read_parquet(source: Path | IO[bytes]) -> pa.Table:
    """Return the rows of a file."""
    return pq.ParquetFile(source, pre_buffer=False).read(use_threads=False)
