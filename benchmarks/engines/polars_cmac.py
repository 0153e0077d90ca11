"""Polars, streaming, with AES-256-CMAC by the package ``cryptography``, one value at a time.

The tokens are those of ``pseudonymize``; the rest is as above.

Delete it once nobody would choose Polars for this job.
"""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from benchmarks import people
from benchmarks.engines import main, polars

BLOCK = 16  # bytes


def made(values: Iterable[str]) -> pl.Series:
    """Return the token of each text: CMAC of it, padded and written twice."""
    expanded = CMAC(AES(people.KEY))
    found = []
    for value in values:
        content = value.encode() + b"\x80"
        mac = expanded.copy()
        mac.update(2 * content.ljust(-(-len(content) // BLOCK) * BLOCK, b"\0"))
        found.append(mac.finalize().hex())
    return pl.Series(found)


def tokens() -> list[pl.Expr]:
    """Return the tokens, by the library's own CMAC."""
    return [
        pl.col(name).map_batches(made, return_dtype=pl.String).alias(output)
        for name, output in people.TOKENS.items()
    ]


def run(source: Path, target: Path) -> tuple[int, int]:
    """Do what Polars does, with other tokens."""
    return polars.run(source, target, tokens)


if __name__ == "__main__":
    main(run)
