"""The policies of a contract: when a file as a whole is refused."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, get_args

from lib.contracts.source import Location, Part, Source
from processor.contract.column import Column
from processor.contract.model import Anonymity
from processor.contract.options import count_wanted, is_count
from processor.contract.vocabulary import UnknownColumns, camel_case
from processor.deidentification.methods import METHODS

SHARE = re.compile(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?")
ANONYMITY = {camel_case(option.name) for option in fields(Anonymity)} - {"subject"}


def read_policies(
    source: Source, found: Mapping[str, tuple[Location, Any]], columns: Sequence[Column]
) -> dict[str, Any]:
    """The policies among the custom properties of a contract; useless if one is wrong.

    They are fields of a :class:`Contract`.
    """
    policies: dict[str, Any] = {}
    if "unknownColumns" in found:
        at, value = found["unknownColumns"]
        allowed = get_args(UnknownColumns)
        if value not in allowed:
            what = f"unknownColumns is {source.text(at)!r}; use {' or '.join(allowed)}"
            source.wrong(at, what)
        policies["unknown_columns"] = value
    if "maxRejectedShare" in found:
        at, _ = found["maxRejectedShare"]
        policies["max_rejected_share"] = source.text(at)
        if not SHARE.fullmatch(source.text(at)):
            what = (
                f"maxRejectedShare is {source.text(at)!r}; use a number from 0 to 1, such as 0.05"
            )
            source.wrong(at, what)
    if "kAnonymity" in found:
        at, value = found["kAnonymity"]
        policies["anonymity"] = _anonymity(Part(source, at), value, columns)
    return policies


def _anonymity(part: Part, value: Any, columns: Sequence[Column]) -> Anonymity:
    options = value if isinstance(value, dict) else {}
    names = options.get("quasiIdentifiers")
    names = names if isinstance(names, list) else []
    if set(options) - {"subject"} != ANONYMITY or not names:
        what = "value: {k: 5, quasiIdentifiers: [<columns>]}, and if wanted subject: <column>"
        part.source.wrong(part.at, f"kAnonymity takes two or three options; write {what}")
    elif not is_count(options["k"], 2):
        what = f"the k of kAnonymity is {part.text('k')!r}; {count_wanted(options['k'], 2)}"
        part.source.wrong((*part.at, "k"), what)
    outputs = {column.name: column.output for column in columns}
    for index, name in enumerate(names):
        here = (*part.at, "quasiIdentifiers", index)
        if name in names[:index]:
            part.source.wrong(here, f"the quasi-identifier {name!r} appears twice; keep one")
        elif not isinstance(name, str) or name not in outputs:
            what = f"the quasi-identifier {part.source.text(here)!r} is not a column; name one"
            part.source.wrong(here, what)
        elif outputs[name] is None:
            what = (
                f"the quasi-identifier {name!r} is dropped, so it distinguishes nobody; remove it"
            )
            part.source.wrong(here, what)
    subject = None
    if "subject" in options:
        subject = _subject(part, options["subject"], names, columns)
    return Anonymity(k=options.get("k", 0), quasi_identifiers=tuple(names), subject=subject)


def _subject(part: Part, name: Any, names: Sequence[Any], columns: Sequence[Column]) -> str:
    """The column that says whom a row is about."""
    here = (*part.at, "subject")
    methods = {column.name: column.deidentify for column in columns}
    subject = f"the subject of kAnonymity is {part.source.text(here)!r}"
    if not isinstance(name, str) or name not in methods:
        part.source.wrong(here, f"{subject}, which is not a column; name one")
    elif not methods[name].distinguishes:
        what = f"{subject}, whose method {methods[name].name} does not keep subjects apart"
        telling = [method.name for method in METHODS if method.distinguishes]
        part.source.wrong(here, f"{what}; name a column with {' or '.join(telling)}")
    elif name in names:
        part.source.wrong(
            here, f"{subject}, which is a quasi-identifier too; remove it from those"
        )
    return str(name)
