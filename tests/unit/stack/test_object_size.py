"""The size limit of objects: each of its settings can be the one that decides it."""

import pytest
from aws_cdk import App

from lib.function.object_size import ObjectSize, largest_object
from lib.settings import read_settings


@pytest.mark.parametrize(
    ("memory", "timeout", "storage", "expected"),
    [
        (512, 300, 512, ObjectSize(256 << 20, "ephemeralStorageMb")),
        (512, 300, 2048, ObjectSize(868_287_167, "memoryMb")),
        (1769, 300, 10_240, ObjectSize(3_000_000_000, "timeoutSeconds")),
        (10_240, 900, 10_240, ObjectSize(5 << 30, "ephemeralStorageMb")),
    ],
)
def test_the_size_follows_from_the_settings(
    memory: int, timeout: int, storage: int, expected: ObjectSize
) -> None:
    given = {"memoryMb": memory, "timeoutSeconds": timeout, "ephemeralStorageMb": storage}
    node = App(context={"environments": {"dev": given}}).node
    settings = read_settings(node, "dev")
    assert largest_object(settings) == expected
