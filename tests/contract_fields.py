"""The page about the fields of contracts: ``.venv/bin/python -m tests.contract_fields``.

The command writes ``docs/contract-fields.md``; tests/unit/contracts/test_fields.py holds it
current.
"""

from collections.abc import Iterator
from pathlib import Path

from lib.contracts.classification import SENSITIVE, WORDS
from lib.contracts.fields import LEVELS, Fate, Row
from lib.contracts.physical import FORMS, ORACLE_DATE, Form

PAGE = Path(__file__).resolve().parents[1] / "docs" / "contract-fields.md"
HEAD = """\
# Fields of contracts

What becomes of what a contract says. `.venv/bin/python -m tests.contract_fields` writes this page
from the tables in `lib/contracts/` that the check of contracts uses.
[Data contracts](contracts.md) explains the fields that are enforced.
"""
FIELDS = """
Each field of the standard is enforced, or refused, or documentation: then it says nothing that a
file could break, and has no effect. A version after a field is the first one that has it. A
contract with the `apiVersion` of an older one is refused.

| part | fields | what becomes of it | how |
| --- | --- | --- | --- |
"""
CLASSIFICATIONS = """
## Words for classifications

Case, spaces, hyphens and underscores do not matter. A word that may mean two classifications means
the stricter one, and any other word stops the synth.

| classification | other words | needs `deidentify` |
| --- | --- | --- |
"""
PHYSICAL = """
## Types of databases

What a column has that states no `logicalType`, by its `physicalType`. Case does not matter. The
names are those of the SQL standard, PostgreSQL, MySQL, SQL Server, Oracle, Snowflake, BigQuery and
Spark. A `logicalType` that the type of the database could not hold stops the synth, and so does
an option that differs, except for a smaller `maxLength`. Of arguments, the length of texts and the
digits of decimals count; others, such as the precision of a timestamp, do not.

| `physicalType` | `logicalType` | what else follows |
| --- | --- | --- |
"""


def render() -> str:
    """The page."""
    types = PHYSICAL + "".join(map(_physical, (*FORMS, ORACLE_DATE)))
    classifications = CLASSIFICATIONS + "".join(_classifications())
    return HEAD + FIELDS + "".join(_write_fields()) + classifications + types


def _write_fields() -> Iterator[str]:
    for level, rows in LEVELS.items():
        for fate in Fate:
            by_says: dict[str, list[str]] = {}
            for name, row in rows.items():
                if row.fate is fate:
                    by_says.setdefault(_says(name, row), []).append(_name(name, row))
            for says, names in by_says.items():
                yield f"| `{level}` | {', '.join(names)} | {fate} | {says} |\n"


def _name(name: str, row: Row) -> str:
    return f"`{name}`" + ("" if row.since == "3.0" else f" ({row.since})")


def _says(name: str, row: Row) -> str:
    """What a row says; all options that are not supported say the same."""
    return row.says.replace(f"{name!r}", "…")


def _physical(form: Form) -> str:
    names = ", ".join(f"`{name}`" for name in form.names)
    follows = [f"`{name}: {str(value).lower()}`" for name, value in form.options.items()]
    if form.length:
        follows.append("`(n)` is the `maxLength`")
    if form.digits:
        follows.append("`(p,s)` are the digits; without them, the synth stops")
    if form.logical is None:
        where = " of Oracle" if form is ORACLE_DATE else ""
        return f"| {names}{where} | none | {form.instead} |\n"
    return f"| {names} | `{form.logical}` | {', '.join(follows)} |\n"


def _classifications() -> Iterator[str]:
    for name, words in WORDS.items():
        needs = "yes" if name in SENSITIVE else "no"
        yield f"| `{name}` | {', '.join(words)} | {needs} |\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
