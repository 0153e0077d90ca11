"""Datasets: which there are, by the contracts in this checkout and the objects in the bucket."""

from collections.abc import Collection
from contextlib import suppress

import click

from pipeline.bucket import Bucket, below
from pipeline.outcomes import RefusedError
from pipeline.text import plain
from processor.bucket.keys import INCOMING, MANIFESTS, is_marker

NO_DATASET = ""
"""The files that are in no folder."""


def dataset_of(manifest: str) -> str:
    """Return the dataset of a manifest, by its key."""
    folder, in_folder, _ = manifest.removeprefix(MANIFESTS).partition("/")
    return folder if in_folder else NO_DATASET


def check_dataset(bucket: Bucket, name: str | None, contracts: Collection[str]) -> None:
    """Check that a dataset that somebody named exists: a wrong name is not an empty dataset.

    Args:
        bucket: in which files and manifests are looked for, if there is no contract.
        name: the dataset, or None for all of them.
        contracts: the datasets that have one.

    Raises:
        click.UsageError: it has neither a contract, nor a manifest, nor a file that IAM shows.
        RefusedError: IAM refused to list manifests.
    """
    if name is None or name in contracts or _has(bucket, MANIFESTS, name):
        return
    with suppress(RefusedError):  # consumers and stewards cannot list files
        if _has(bucket, INCOMING, name):
            return
    raise click.UsageError(
        f"There is no dataset {plain(name)}: it has no contract in this checkout, and no file. "
        f"Name another one; these have a contract: {', '.join(sorted(contracts))}."
    )


def _has(bucket: Bucket, prefix: str, name: str) -> bool:
    pages = bucket.pages(below(prefix, name))
    return any(not is_marker(one.key, one.size) for page in pages for one in page)
