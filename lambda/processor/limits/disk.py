"""The disk: what does not fit is the file's fault, and the next attempt would have no more room.

Rows may be shorter than what is kept of them, so the size of a file does not tell beforehand.
"""

import errno
import os
import sqlite3
from contextlib import suppress
from io import UnsupportedOperation
from typing import IO

from processor.reasons import FileRefusedError, Reason

# What writing to a temporary file, or to a database, fails with.
WRITE_ERRORS = (OSError, sqlite3.OperationalError)


def is_full(error: Exception) -> bool:
    """Tell whether there was no room for what was to be written."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def full(rows_read: int) -> FileRefusedError:
    """Return the refusal of a file, of which so many rows were read, that needs more room."""
    return FileRefusedError(
        Reason.FILE_NEEDS_TOO_MUCH_DISK, rows_read=rows_read, setting="ephemeralStorageMb"
    )


def clear(*files: IO[bytes]) -> None:
    """Make files empty, even if the disk is full: what is still buffered needs room first."""
    for file in files:
        with suppress(UnsupportedOperation):  # of a file in memory
            os.ftruncate(file.fileno(), 0)
    for file in files:
        file.seek(0)
        file.truncate()
