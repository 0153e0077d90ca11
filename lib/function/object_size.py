"""The size limit of objects: the largest that the function's settings can handle."""

from typing import NamedTuple

from lib.settings import EnvironmentSettings

# Lambda gives a whole core to 1,769 MB, and proportionally less to less.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MB_PER_CORE = 1769
# About half the processor's speed with four pseudonyms a row, to allow for a slow day.
_BYTES_PER_CORE_SECOND = 10_000_000


class ObjectSize(NamedTuple):
    """The largest object, in bytes of its content, and the setting that limits it."""

    bytes: int
    setting: str


def largest_object(settings: EnvironmentSettings) -> ObjectSize:
    """Return the size that can be read in time, and for which the function's disk is enough.

    Half of the disk is for the outputs, which are no larger than the content; the other half is
    for a copy of a Parquet file, whose metadata is at its end, and for unique values. Those may
    need more: about 50 bytes each, while a row may have two bytes, or in Parquet almost none. The
    number of rows is known only after reading them, so the processor also checks for a full disk.
    """
    share = min(settings.memory_mb, _MB_PER_CORE)
    in_time = settings.timeout_seconds * _BYTES_PER_CORE_SECOND * share // _MB_PER_CORE
    on_disk = settings.ephemeral_storage_mb << 19
    if on_disk < in_time:
        return ObjectSize(on_disk, "ephemeralStorageMb")
    return ObjectSize(in_time, "memoryMb" if share < _MB_PER_CORE else "timeoutSeconds")
