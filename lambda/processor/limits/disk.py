"""The disk: a file that fills it is refused, because the next attempt would have no more room.

What is kept of a row may be longer than the row, so a file's size does not predict it.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import UnsupportedOperation
from typing import IO

from processor.reasons import FileRefusedError, Reason


@contextmanager
def refused_when_full() -> Iterator[None]:
    """Refuse a file if temporary files and databases fill the disk.

    Raises:
        FileRefusedError: the disk was full inside the block.
    """
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if not _is_full(error):
            raise
        raise FileRefusedError(
            Reason.FILE_NEEDS_TOO_MUCH_DISK, setting="ephemeralStorageMb"
        ) from None


def _is_full(error: OSError | sqlite3.OperationalError) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode == sqlite3.SQLITE_FULL
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def clear(*files: IO[bytes]) -> None:
    """Empty files, even if the disk is full: flushing what is still buffered needs room first."""
    for file in files:
        with suppress(UnsupportedOperation):  # of a file in memory
            os.ftruncate(file.fileno(), 0)
    for file in files:
        file.seek(0)
        file.truncate()
