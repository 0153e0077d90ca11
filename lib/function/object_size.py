"""The size limit of objects: what the function's settings can carry."""

from typing import NamedTuple

from lib.settings import EnvironmentSettings

# Lambda gives a whole core to 1,769 MB, and of it in proportion to less.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MB_PER_CORE = 1769
# About half of what the processor does with four pseudonyms a row, so that a slow day fits.
_BYTES_PER_CORE_SECOND = 10_000_000


class ObjectSize(NamedTuple):
    """The largest object, in bytes of its content, and the setting that keeps it from more."""

    bytes: int
    setting: str


def largest_object(settings: EnvironmentSettings) -> ObjectSize:
    """Return the most that can be read in time, and for which the function's disk is enough.

    Half of the disk is for the outputs, which are no larger than the content; the other half for a
    copy of a Parquet file, whose metadata are at its end, and for the values that are unique.
    Those may need more: some 50 bytes each, while a row may have two, or in Parquet almost none.
    How many rows there are is known only when they have been read: then the disk tells.
    """
    share = min(settings.memory_mb, _MB_PER_CORE)
    in_time = settings.timeout_seconds * _BYTES_PER_CORE_SECOND * share // _MB_PER_CORE
    on_disk = settings.ephemeral_storage_mb << 19
    if on_disk < in_time:
        return ObjectSize(on_disk, "ephemeralStorageMb")
    return ObjectSize(in_time, "memoryMb" if share < _MB_PER_CORE else "timeoutSeconds")
