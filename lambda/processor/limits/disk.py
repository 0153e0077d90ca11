"""The disk: what does not fit is the file's fault, and the next attempt would have no more room.

Rows may be shorter than what is kept of them, so the size of a file does not tell beforehand.
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
    """Refuse a file if there is no room for what is written to temporary files and databases.

    Raises:
        FileRefusedError: there was none inside the block.
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
    """Make files empty, even if the disk is full: what is still buffered needs room first."""
    for file in files:
        with suppress(UnsupportedOperation):  # of a file in memory
            os.ftruncate(file.fileno(), 0)
    for file in files:
        file.seek(0)
        file.truncate()
