"""Polars, streaming, with ``hmac.digest`` mapped over each column.

That takes any key, as those that KMS derives; the rest is as above.

Delete it once the plugin of :mod:`.polars` takes derived keys.
"""

import hmac
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks import people
from benchmarks.engines import main, polars


def hashed(values: Iterable[str]) -> pl.Series:
    """Return the token of each text."""
    digest = partial(hmac.digest, people.KEY, digest="sha256")
    return pl.Series([digest(value.encode()).hex()[: people.TOKEN_LENGTH] for value in values])


def tokens() -> list[pl.Expr]:
    """Return the tokens, by Python's own HMAC."""
    return [
        pl.col(name).map_batches(hashed, return_dtype=pl.String).alias(output)
        for name, output in people.TOKENS.items()
    ]


def run(source: Path, target: Path) -> tuple[int, int]:
    """Do what Polars does, with other tokens."""
    return polars.run(source, target, tokens)


if __name__ == "__main__":
    main(run)
