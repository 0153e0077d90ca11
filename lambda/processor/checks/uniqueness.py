"""Uniqueness: which values of a column occurred in an earlier row of the file.

A value is remembered as a 128-bit hash under a random key for each file, so nobody can make two
values collide on purpose, and none will by chance. The latest hashes are in memory. When there are
too many, they move to a temporary database on disk: memory is bounded, and the answer stays exact.
"""

import hashlib
import secrets
import sqlite3
import weakref
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import plain

# That many hashes take about 25 MiB.
MEMORY_LIMIT = 1 << 18
_CACHE_KIB = 1 << 14  # of the database


class Seen:
    """The values that a column had so far."""

    def __init__(self, share: int = 1) -> None:
        """Begin with no values; this many columns share the memory of one."""
        self._share = share
        self._hash = hashlib.blake2b(key=secrets.token_bytes(32), digest_size=16)
        self._recent: set[bytes] = set()
        self._stored = False

    def close(self) -> None:
        """Forget them; this frees the disk."""
        if "_database" in vars(self):
            self._database.close()

    def repeated(self, values: pa.Array) -> pa.BooleanArray:
        """Tell for each value whether an equal one came before it; null equals nothing."""
        return pa.array([self._repeats(value) for value in _texts(values).to_pylist()], pa.bool_())

    def _repeats(self, value: bytes | None) -> bool:
        if value is None:
            return False
        state = self._hash.copy()
        state.update(value)
        digest = state.digest()
        if digest in self._recent or (self._stored and self._is_stored(digest)):
            return True
        self._recent.add(digest)
        if len(self._recent) >= MEMORY_LIMIT // self._share:
            self._store()
        return False

    @cached_property
    def _database(self) -> sqlite3.Connection:
        # A database without a name is a temporary file, gone with the connection. The function's
        # runtime has SQLite 3.7.17 of 2013: no WITHOUT ROWID, no ON CONFLICT, no RETURNING.
        # A thread checks the rows; whoever lets go of this may be another, as after an error.
        database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, database.close)
        for setting in (
            "journal_mode = OFF",
            "synchronous = OFF",
            f"cache_size = -{_CACHE_KIB // self._share}",
        ):
            database.execute(f"PRAGMA {setting}")
        database.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY)")
        return database

    def _is_stored(self, digest: bytes) -> bool:
        found = self._database.execute("SELECT 1 FROM seen WHERE digest = ?", (digest,))
        return found.fetchone() is not None

    def _store(self) -> None:
        rows = ((digest,) for digest in sorted(self._recent))  # in the order of the index
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO seen VALUES (?)", rows)
        self._database.execute("COMMIT")
        self._recent.clear()
        self._stored = True


def _texts(values: pa.Array) -> pa.BinaryArray:
    """Return a text for each value, equal for equal values."""
    return pc.cast(pc.cast(plain(values), pa.string()), pa.binary())
