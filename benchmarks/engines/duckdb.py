"""DuckDB, with HMAC written in SQL over its own ``sha256``.

Rows with too few fields are filled up with nulls on request, as here; a row with one too many,
early in a small file, then passed as clean. Rejects have no reasons and no lines.

Delete it once nobody would choose DuckDB for this job, or the project has ended.
"""

from pathlib import Path

import duckdb

from benchmarks import people
from benchmarks.engines import main

CHECK = " AND ".join(
    [
        *[
            f"({name} IS NULL OR regexp_full_match({name}, '{form}'))"
            for name, form in people.FORMS.items()
        ],
        *[
            f"({name} IS NULL OR length({name}) <= {longest})"
            for name, longest in people.LONGEST.items()
        ],
        *[
            f"{name} IS NOT NULL"
            for name in ("full_name", *people.FORMS)
            if name not in people.OPTIONAL
        ],
        "TRY_CAST(birth_date AS DATE) "
        f"BETWEEN DATE '{people.BORN[0]}' AND DATE '{people.BORN[1]}'",
        f"TRY_CAST(signup_at AS TIMESTAMPTZ) >= TIMESTAMPTZ '{people.SIGNED_UP_FROM}'",
        "(loyalty_points IS NULL OR TRY_CAST(loyalty_points AS BIGINT) "
        f"BETWEEN 0 AND {people.MOST_POINTS})",
        f"TRY_CAST(credit_limit AS DECIMAL(12, 2)) BETWEEN 0 AND {people.MOST_CREDIT}",
    ]
)


def blob(pad: int) -> str:
    """Return the key, padded to the hash's block and XORed with a byte, as a literal of SQL."""
    padded = people.KEY.ljust(64, b"\0")
    return "'" + "".join(f"\\x{byte ^ pad:02X}" for byte in padded) + "'::BLOB"


def run(source: Path, target: Path) -> tuple[int, int]:
    """Read, check, hash and write clean rows in one pass; read and check again for the rejects."""
    database = duckdb.connect(config={"threads": 1, "preserve_insertion_order": False})
    database.execute("SET TimeZone = 'UTC'")
    database.execute(
        f"CREATE MACRO token(value) AS left(sha256({blob(0x5C)} || "
        f"unhex(sha256({blob(0x36)} || encode(value)))), {people.TOKEN_LENGTH})"
    )
    database.execute(
        f"CREATE VIEW people AS SELECT *, coalesce({CHECK}, false) AS is_clean FROM read_csv("
        f"'{source}', all_varchar = true, header = true, null_padding = true, parallel = false, "
        "delim = ',', quote = '\"', escape = '\"')"
    )
    tokens = ", ".join(f"token({name}) AS {output}" for name, output in people.TOKENS.items())
    ((clean,),) = database.execute(
        f"COPY (SELECT {tokens}, birth_date::DATE AS birth_date, country, "
        "signup_at::TIMESTAMPTZ AS signup_at, loyalty_points::BIGINT AS loyalty_points, "
        "credit_limit::DECIMAL(12, 2) AS credit_limit FROM people WHERE is_clean) "
        f"TO '{target / 'clean.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
    ).fetchall()
    ((rejected,),) = database.execute(
        "COPY (SELECT * EXCLUDE (is_clean) FROM people WHERE NOT is_clean) "
        f"TO '{target / 'rejected.csv'}'"
    ).fetchall()
    return clean, rejected


if __name__ == "__main__":
    main(run)
