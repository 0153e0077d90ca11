"""Compressed files: what is damaged, and what is not."""

import gzip
import io
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from processor.readers.detection import open_records
from tests.unit.processor import hostile
from tests.unit.processor.aws import MemoryBucket
from tests.unit.processor.formats import (
    zstd,
)
from tests.unit.processor.outcomes import CONTRACT, LIMIT


class Broken:
    """A network that fails after a number of bytes."""

    def __init__(self, data: bytes, good: int) -> None:
        self.file = io.BytesIO(data[:good])

    def read(self, amount: int, /) -> bytes:
        """Read, and lose the connection at the end."""
        found = self.file.read(amount)
        if not found:
            raise ConnectionResetError
        return found


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
@pytest.mark.parametrize("good", [1, 50, 100_000])
def test_a_failure_of_the_network_is_no_damage_of_the_file(compress: Any, good: int) -> None:
    noise = "".join(f"P{hash((n, 1))},a{n:x}\n" for n in range(40_000))
    data = compress(f"id,name\n{noise}".encode())
    assert good < len(data)
    with (
        pytest.raises(ConnectionResetError),
        open_records(Broken(data, good), "a", CONTRACT, LIMIT) as records,
    ):
        list(records)


@pytest.mark.parametrize("compress", [gzip.compress, zstd, bytes])
def test_a_file_that_holds_too_much_is_refused_with_the_number_and_the_setting(
    monkeypatch: pytest.MonkeyPatch,
    index: ModuleType,
    bucket: MemoryBucket,
    compress: Callable[[bytes], bytes],
) -> None:
    hostile.check_size(monkeypatch, index, bucket, compress)
