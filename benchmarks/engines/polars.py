"""Polars, streaming, with the plugin ``polars-hash`` for HMAC in Rust.

The plugin takes no key that is not text, as derived keys are; the key here happens to be. A row
with too few fields is filled up with nulls, one with too many stops the run. Rejects have no
reasons and no lines.

Delete it once nobody would choose Polars for this job, or the plugin does not work with it.
"""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import polars_hash as plh

from benchmarks import people
from benchmarks.engines import main


def checked() -> list[pl.Expr]:
    """Return what must hold for each column, null where a value is missing."""
    column = pl.col
    form = [column(name).str.contains(f"^(?:{form})$") for name, form in people.FORMS.items()]
    length = [column(name).str.len_chars() <= longest for name, longest in people.LONGEST.items()]
    date, instant, points, credit = kept()
    born_from, born_to = (pl.lit(day).str.to_date() for day in people.BORN)
    return [
        *[(held | column(held.meta.root_names()[0]).is_null()) for held in form + length],
        *[
            column(name).is_not_null()
            for name in ("full_name", *people.FORMS)
            if name not in people.OPTIONAL
        ],
        date.is_between(born_from, born_to),
        instant >= pl.lit(people.SIGNED_UP_FROM).str.to_datetime(time_zone="UTC"),
        column("loyalty_points").is_null() | points.is_between(0, people.MOST_POINTS),
        credit.is_between(0, people.MOST_CREDIT),
    ]


def kept() -> list[pl.Expr]:
    """Return the columns that keep their values, converted, but the country."""
    return [
        pl.col("birth_date").str.to_date("%Y-%m-%d", strict=False),
        pl.col("signup_at").str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False),
        pl.col("loyalty_points").cast(pl.Int64, strict=False),
        pl.col("credit_limit").cast(pl.Decimal(12, 2), strict=False),
    ]


def tokens() -> list[pl.Expr]:
    """Return the tokens, by the plugin."""
    return [
        plh.col(name).chash.hmac_sha256(key=people.KEY.decode()).str.head(32).alias(output)
        for name, output in people.TOKENS.items()
    ]


def run(
    source: Path, target: Path, make_tokens: Callable[[], list[pl.Expr]] = tokens
) -> tuple[int, int]:
    """Scan, check, hash and sink both outputs in one pass."""
    scanned = pl.scan_csv(source, infer_schema=False)
    rows = scanned.with_columns(clean=pl.all_horizontal(checked()).fill_null(value=False))
    date, *others = kept()
    clean = rows.filter("clean").select(*make_tokens(), date, "country", *others)
    rejected = rows.filter(~pl.col("clean")).drop("clean")
    pl.collect_all(
        [
            clean.sink_parquet(target / "clean.parquet", compression="zstd", lazy=True),
            rejected.sink_csv(target / "rejected.csv", lazy=True),
        ],
        engine="streaming",
    )
    counts = [
        pl.scan_parquet(target / "clean.parquet").select(pl.len()),
        pl.scan_csv(target / "rejected.csv", infer_schema=False).select(pl.len()),
    ]
    cleaned, rejects = (frame.item() for frame in pl.collect_all(counts))
    return cleaned, rejects


if __name__ == "__main__":
    main(run)
