"""Drafting: a contract from a file, with nothing of the file in it but the names of its columns.

Everything is restricted and dropped, unless it is plainly harmless. Bounds are powers of ten, and
enums parts of public vocabularies: no value of the file is written.
"""

import re
import tempfile
import textwrap
import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, cast

import yaml

from lib.contracts import compile_contracts
from lib.contracts.columns import FOREIGN, MAX_LABEL_LENGTH, MAX_NAME_LENGTH
from lib.contracts.source import SUFFIX
from pipeline.contracts import recognition
from pipeline.contracts.profiles import FEW, MARKERS, NOTATIONS, Profile, bare
from pipeline.contracts.recognition import Kind, Method
from pipeline.contracts.sniffing import Shape, sniff, unreadable, value_like
from pipeline.contracts.wording import method_text, options_text, type_text
from pipeline.outcomes import WrongContractError
from processor.checks.columns import RowCheck
from processor.checks.notation import notation_of
from processor.contract.column import Column, Rules
from processor.contract.model import RFC_4180, Contract, Csv
from processor.contract.vocabulary import DATASET, DAYS, ISO_DAYS, Type, camel_case
from processor.deidentification.drop import Drop
from processor.deidentification.methods import BY_NAME
from processor.limits.size import SizeLimit
from processor.readers.detection import open_records
from processor.reasons import FileRefusedError

NO_LIMIT = SizeLimit(1 << 62, "memoryMb")
OLD = 1970
TOKEN: Method = {"method": "pseudonymize"}
CERTAIN = 0.5  # the share of values of a form from which a column is said to hold it
SURE_MARKERS = {"\\N", "NULL", "#N/A"}
FIRST_DAY = re.compile(r"9{1,2}([./-])9{1,2}\1(?:99)?99")
STRUCTURE = re.compile(r"[Aa9./_-]*9[Aa9./_-]*")
CHARACTERS = {"A": "[A-Z]", "a": "[a-z]", "9": "[0-9]"}

RESERVED = {
    *("ALTER", "AND", "AS", "AUTO", "BETWEEN", "BY", "CASE", "CAST", "CONSTRAINT", "CREATE"),
    *("CROSS", "CUBE", "CURRENT_CATALOG", "CURRENT_DATE", "CURRENT_PATH", "CURRENT_ROLE"),
    *("CURRENT_SCHEMA", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "DEALLOCATE"),
    *("DELETE", "DESCRIBE", "DISTINCT", "DROP", "ELSE", "END", "ESCAPE", "EXCEPT", "EXECUTE"),
    *("EXISTS", "EXTRACT", "FALSE", "FIRST", "FOR", "FROM", "FULL", "GROUP", "GROUPING", "HAVING"),
    *("IN", "INNER", "INSERT", "INTERSECT", "INTO", "IS", "JOIN", "JSON_ARRAY", "JSON_EXISTS"),
    *("JSON_OBJECT", "JSON_QUERY", "JSON_TABLE", "JSON_VALUE", "LAST", "LEFT", "LIKE", "LISTAGG"),
    *("LOCALTIME", "LOCALTIMESTAMP", "NATURAL", "NORMALIZE", "NOT", "NULL", "ON", "OR", "ORDER"),
    *("OUTER", "PREPARE", "PRIMARY", "RECURSIVE", "RIGHT", "ROLLUP", "SELECT", "SKIP", "TABLE"),
    *("THEN", "TRIM", "TRUE", "UESCAPE", "UNESCAPE", "UNION", "UNNEST", "USING", "VALUES", "WHEN"),
    *("WHERE", "WITH"),
}
"""Words that queries of Athena have in quotes if they are names: its own list, and its engine's.

https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html
https://trino.io/docs/current/language/reserved.html
"""


@dataclass(frozen=True)
class Drafted:
    """What is written for a column.

    Attributes:
        column: as it would be compiled; its method is what is done now.
        classification: internal or restricted.
        because: why, as sentences.
        suggestion: a method that would do too, if there is one.
    """

    column: Column
    classification: str
    because: str
    suggestion: Method | None = None


@dataclass(frozen=True)
class Draft:
    """A contract from a file.

    Attributes:
        text: the contract in YAML.
        rows: how many rows were looked at.
        broken: how many of them the draft rejects, such as with a field too many.
        value_like: the numbers of the columns whose names look like values.
        header: whether the file names its columns.
    """

    text: str
    rows: int
    broken: int
    value_like: Sequence[int]
    header: bool


def draft(file: Path, dataset: str) -> Draft:
    """Draft a contract for a dataset from one of its files, and read the file under it.

    Raises:
        OSError: the file cannot be read.
        WrongContractError: it cannot be drafted from.
    """
    shape = sniff(file)
    names = _names(shape.labels)
    columns = [
        replace(
            bare(name, cast(Type, shape.nested.get(label, "string"))),
            physical_name=None if label == name else label,
        )
        for name, label in zip(names, shape.labels, strict=True)
    ]
    profiles, rows = _profiles(file, shape, columns)
    csv = _dialect(shape, profiles)
    drafted = [
        _column(column, profile, shape, csv)
        for column, profile in zip(columns, profiles, strict=True)
    ]
    drafted = _kept(drafted, shape, profiles)
    text = "".join(_lines(dataset, csv, drafted, rows))
    broken = _rejected(file, _compiled(text, dataset))
    return Draft(text, rows, broken, value_like(shape.labels), shape.csv.header)


def name_of(file: Path) -> str:
    """Return a name for the dataset of a file, from the file's."""
    stem = file.name.partition(".")[0].lower()
    words = re.findall(r"[a-z]+", stem)
    name = "-".join(words)[:63].strip("-")
    return name if DATASET.fullmatch(name) else "dataset"


def _names(labels: Sequence[str]) -> list[str]:
    """Return names of columns that need no quotes in SQL: where all can, what files call them.

    Otherwise they are in lower case, with underscores and without accents. Other scripts stay.
    """
    simple = all(
        re.fullmatch(r"(?a:[^\W\d]\w*)", label) and label.upper() not in RESERVED
        for label in labels
    )
    names: list[str] = []
    taken: set[str] = set()
    for number, label in enumerate(labels, start=1):
        if FOREIGN.search(label) or len(label) > MAX_LABEL_LENGTH or label.lstrip()[:1] == "{":
            raise WrongContractError(
                f"The name of column {number} is not a name that a contract can have: it has "
                "control characters, more than 1,024 characters, or begins with a brace. Rename "
                "it."
            )
        name = label if simple else "_".join(_words(label))
        if name[:1].isdigit() or name.upper() in RESERVED:
            name = f"column_{name}"
        name = name[:MAX_NAME_LENGTH] or f"column_{number}"
        unique, count = name, 1
        while unique.casefold() in taken:
            count += 1
            unique = f"{name[: MAX_NAME_LENGTH - 6]}_{count}"
        taken.add(unique.casefold())
        names.append(unique)
    return names


def _words(label: str) -> list[str]:
    """Return the words of a label in lower case: Latin letters without accents, others whole."""
    decomposed = unicodedata.normalize("NFKD", label.casefold()).casefold()
    plain = re.sub("(?<=[ -~])[\u0300-\u036f]+", "", decomposed)
    return "".join(
        one if unicodedata.category(one)[0] in "LMN" else " "  # letters, marks and numbers
        for one in unicodedata.normalize("NFC", plain)
    ).split()


def _profiles(file: Path, shape: Shape, columns: Sequence[Column]) -> tuple[list[Profile], int]:
    """Read all of the file, by the processor's own readers and with columns of any text."""
    most = None if shape.kind == "csv" else 1
    profiles = [Profile(NOTATIONS[:most], DAYS[:most]) for _ in columns]
    provisional = Contract(
        dataset="draft",
        id="draft",
        version="1.0.0",
        epoch=1,
        columns=tuple(_dropped(one) if one.label in shape.nested else one for one in columns),
        csv=shape.csv,
    )
    rows = 0
    try:
        with (
            file.open("rb") as stream,
            open_records(stream, file.name, provisional, NO_LIMIT) as records,
        ):
            check = RowCheck(provisional, records.header)
            for batch in records:
                checked = check.check(batch)
                reasons = Counter(map(str, chain.from_iterable(checked.rejects.values())))
                for column, profile in zip(columns, profiles, strict=True):
                    text = checked.columns[column.name].text
                    profile.add(text, reasons[f"{column.name}:string"])
                rows += len(batch.rows)
    except FileRefusedError as refusal:
        raise unreadable(file, refusal) from None
    return profiles, rows


def _dropped(column: Column) -> Column:
    return replace(column, deidentify=Drop(), output=None)


def _dialect(shape: Shape, profiles: Sequence[Profile]) -> Csv:
    """Return the dialect with its notation of numbers and days, and its null markers."""
    if shape.kind != "csv":
        return shape.csv
    typed = [one for one in profiles if one.typed]
    best = max(NOTATIONS, key=lambda one: sum(one in profile.numbers for profile in typed))
    best = replace(best, dates=_days(typed))
    nulls = [
        marker
        for marker in MARKERS
        if any(
            profile.markers[marker]
            and (marker in SURE_MARKERS or (profile.typed and _has_type(profile, best)))
            for profile in profiles
        )
    ]
    nulls += [marker for marker in shape.csv.nulls if marker not in nulls]
    known = {name: vars(best)[name] for name in ("decimal", "thousands", "dates")}
    return replace(shape.csv, **known, nulls=tuple(nulls))


def _days(typed: Sequence[Profile]) -> str:
    """Return the form of days that most columns have, if day and month can be distinguished."""

    def count(form: str) -> int:
        return sum(form in profile.days for profile in typed)

    best = max(DAYS, key=count)
    other = best.translate(str.maketrans("DM", "MD"))
    return ISO_DAYS if other in DAYS and count(other) == count(best) else best


def _notation(csv: Csv) -> Csv:
    return Csv(decimal=csv.decimal, thousands=csv.thousands)


def _has_type(profile: Profile, csv: Csv) -> bool:
    return bool(profile.moments or csv.dates in profile.days or _notation(csv) in profile.numbers)


def _column(column: Column, profile: Profile, shape: Shape, csv: Csv) -> Drafted:
    """Decide about a column."""
    named = recognition.named_kind(column.label)
    kind, because = _personal(profile, named, csv)
    if column.label in shape.nested:
        what = "It has no text in a file." if column.type == "string" else "It holds JSON."
        return Drafted(_dropped(column), "restricted", f"{what} {because}".strip())
    markers = sum(profile.markers[one] for one in csv.nulls)
    present = profile.values - markers
    column = replace(
        column,
        required=bool(present) and not (profile.missing or markers or profile.textless),
    )
    if present and not profile.textless and markers == profile.markers.total():
        column = _typed(column, profile, csv, as_text=bool(kind and kind.as_text))
    doubts = _doubts(column, profile, csv)
    if harmless := _harmless(column, profile, csv, kind, named):
        what = f"By its name and its values it holds {harmless.what}."
        if (
            harmless is recognition.CODES["country"]
            and profile.markers["NA"]
            and "NA" in csv.nulls
        ):
            what += " NA is a null marker in this file, so Namibia counts as empty."
        if harmless is recognition.FLAGS and len((profile.distinct or set()) - {*csv.nulls}) == 1:
            what += " It is always the same in this file: add the other value to its enum."
        return Drafted(_bounded(column, profile, csv), "internal", f"{what}{doubts}")
    because += doubts
    if kind is None and column.type == "date" and profile.years and profile.years[0] < OLD:
        kind, because = recognition.BIRTH, "Its days are so long ago that they may be births."
    if kind is None and column.type in ("date", "timestamp"):
        kind = recognition.MOMENT
    if profile.values == 0:
        because += " It is empty in this file."
    rules = [Rules()]
    if column.type == "string" and present:
        rules = [*_rules(profile, kind)]
    for method in kind.methods if kind else ():
        for one in rules:
            if fits(fitting := replace(column, rules=one), method):
                return Drafted(_dropped(fitting), "restricted", because.strip(), method)
    return Drafted(_dropped(replace(column, rules=rules[0])), "restricted", because.strip())


def _personal(profile: Profile, named: Kind | None, csv: Csv) -> tuple[Kind | None, str]:
    """Return what a column may hold that concerns people, and why."""
    said = [f"By its name it may hold {named.what}."] if named else []
    kind = None if named in recognition.VAGUE else named
    # 31.02.2026 is not a telephone number.
    found = Counter() if csv.dates in profile.days else profile.found
    for pattern, held in recognition.BY_VALUE.items():
        share = found[pattern] / max(profile.sought, 1)
        if share > CERTAIN:
            said.append(f"{share:.0%} of its values look like {held.what}.")
            kind = kind or held
        elif share:
            said.append(f"Some of its values contain what looks like {held.what}.")
    if any(found.values()):
        kind = kind or recognition.TEXT
    numbers = profile.numbers.get(_notation(csv))
    if numbers and numbers.identify and not (profile.moments or profile.days):
        said.append("Its numbers are as long as identifiers.")
        kind = kind or recognition.IDENTIFIER
    kind = kind or named
    if not said:
        said.append("Neither its name nor its values say that it is harmless.")
    return kind, " ".join(said)


def _typed(column: Column, profile: Profile, csv: Csv, as_text: bool) -> Column:
    """Return a column with the narrowest type that all of its values have."""
    numbers = profile.numbers.get(_notation(csv))
    if ("boolean", True) in profile.moments:
        return replace(column, type="boolean")
    if numbers and not as_text:
        if numbers.integers:
            return replace(column, type="integer")
        if numbers.fixed:
            scale = numbers.scale
            precision = min(38, max(12, numbers.whole + scale + 3))
            return replace(column, type="decimal", precision=precision, scale=scale)
        return replace(column, type="double")
    if csv.dates in profile.days:
        return replace(column, type="date")
    for type_, timezone in sorted(profile.moments, reverse=True):
        return replace(column, type=type_, timezone=timezone)
    return column


def _doubts(column: Column, profile: Profile, csv: Csv) -> str:
    """Return what of the values a person should look at, as sentences after others."""
    said = ""
    numbers = profile.numbers.get(_notation(csv))
    wrong = 0
    if column.type == "date":
        wrong = profile.days[csv.dates]
    elif numbers and column.type in ("integer", "decimal", "double"):
        wrong = numbers.wrong
    if wrong:
        said += f" {wrong:,} of its values are not of this type, so their rows are rejected."
    if column.type == "string" and profile.days and profile.seen:
        said += (
            " Its values are days, but not in one form that all columns have, or it cannot be "
            "seen which part is the month. If you know the form, see dates of csv."
        )
    elif column.type == "string" and FIRST_DAY.fullmatch(profile.shape or ""):
        said += " Its days have no form that dates of csv may be, so it is a text."
    if profile.units and profile.seen:
        said += (
            " Its values are numbers with a unit, so it is a text. To have numbers, ask the "
            "producer to leave out the unit, or to give it a column of its own."
        )
    if profile.values and 0 < profile.missing * FEW <= profile.values:
        rows = profile.values + profile.missing
        said += f" It is empty in just {profile.missing:,} of {rows:,} rows: it may be required."
    return said


def _harmless(
    column: Column, profile: Profile, csv: Csv, kind: Kind | None, named: Kind | None
) -> Kind | None:
    """Return what a column plainly holds that tells of nobody, if it does."""
    if named in (None, recognition.IDENTIFIER) and column.type == "string" and profile.distinct:
        return recognition.vocabulary_of(column.label, profile.distinct - {*csv.nulls})
    if kind is not None:
        return None
    if recognition.AMOUNTS.says_all(column.label) and column.type in (
        "integer",
        "decimal",
        "double",
    ):
        return recognition.AMOUNTS
    if recognition.FLAGS.says_all(column.label) and column.type == "boolean":
        return recognition.FLAGS
    return None


def _bounded(column: Column, profile: Profile, csv: Csv) -> Column:
    """Return a harmless column with an enum, or with powers of ten as bounds."""
    if column.type == "string":
        values = sorted((profile.distinct or set()) - {*csv.nulls})
        return replace(column, rules=Rules(enum=tuple(values)))
    numbers = profile.numbers.get(_notation(csv))
    if numbers is None or column.type not in ("integer", "decimal"):
        return column
    room = 18 if column.type == "integer" else column.precision - column.scale - 1
    most = f"1{'0' * numbers.whole}" if numbers.whole <= room else None
    return replace(column, rules=Rules(minimum=None if numbers.negative else "0", maximum=most))


def _rules(profile: Profile, kind: Kind | None) -> Iterator[Rules]:
    """Yield rules for texts, by their structure alone; the last ones have a least length."""
    rules = Rules()
    if profile.formats:
        rules = Rules(format=min(profile.formats))
    elif STRUCTURE.fullmatch(profile.shape or "") and kind not in recognition.VARIED:
        rules = Rules(pattern=_pattern(profile.shape or ""))
    yield rules
    yield from (
        replace(rules, min_length=length) for length in (8, 4) if (profile.shortest or 0) >= length
    )


def _pattern(shape: str) -> str:
    """Return a shape such as ``A999-99`` as a pattern."""
    parts = []
    for run in re.finditer(r"(.)\1*", shape):
        sign, length = run[1], len(run[0])
        one = CHARACTERS.get(sign, "[.]" if sign == "." else sign)
        parts.append(one if length == 1 else f"{one}{{{length}}}")
    return f"^{''.join(parts)}$"


def fits(column: Column, method: Method) -> bool:
    """Tell whether a method may be written for a column."""
    return not [*_method(method).complaints(column)]


def _method(method: Method) -> Any:
    options = {name: value for name, value in method.items() if name != "method"}
    found, _ = BY_NAME[method["method"]].read(options, lambda name: str(options.get(name, "")))
    return found


def _kept(drafted: Sequence[Drafted], shape: Shape, profiles: Sequence[Profile]) -> list[Drafted]:
    """Return the columns, one of them with tokens if all would be dropped."""
    found = [*drafted]
    if not all(one.column.dropped for one in drafted):
        return found
    places = [
        place
        for place, (one, profile) in enumerate(zip(drafted, profiles, strict=True))
        if one.column.label not in shape.nested and not profile.textless
    ]
    if not places:
        raise WrongContractError(
            "Nothing of the file could be kept, and a contract keeps something: all of its "
            "columns hold what has no text. Add a column."
        )
    place = min(places, key=lambda one: drafted[one].suggestion != TOKEN)
    one = drafted[place]
    column = one.column
    if one.suggestion != TOKEN:
        column = replace(column, type="string", rules=Rules(), precision=0, scale=0, timezone=True)
    column = replace(column, deidentify=_method(TOKEN), output=column.name)
    because = f"{one.because} Something must be kept: these are tokens."
    found[place] = Drafted(column, one.classification, because)
    return found


def _compiled(text: str, dataset: str) -> Contract:
    """Compile a draft.

    Raises:
        ContractError: it is not valid, which is a mistake of this module.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{dataset}{SUFFIX}").write_text(text, encoding="utf-8")
        return compile_contracts(Path(folder))[dataset]


def _rejected(file: Path, contract: Contract) -> int:
    """Count the rows of a file that a draft from it rejects."""
    with (
        file.open("rb") as stream,
        open_records(stream, file.name, contract, NO_LIMIT) as records,
    ):
        notation = notation_of(contract) if records.localized else {}
        check = RowCheck(contract, records.header, notation)
        return sum(len(check.check(batch).rejects) for batch in records)


def _lines(dataset: str, csv: Csv, drafted: Sequence[Drafted], rows: int) -> Iterator[str]:
    """Yield the contract."""
    yield from _comment(
        f"A draft from {rows:,} rows, all of the file. Nothing of it is in here but the names of "
        "its columns. Columns are restricted and dropped unless they are plainly harmless. Look "
        "at each; what it may become instead is in a comment beside it. Then check it: python -m "
        f"pipeline contract check {dataset} <file>",
        0,
    )
    yield "apiVersion: v3.2.0\nkind: DataContract\n"
    yield f"id: {uuid.uuid4()}\nversion: 1.0.0\nstatus: draft\nschema:\n"
    yield f"  - name: {dataset}\n    properties:\n"
    for one in drafted:
        yield from _property(one)
    dialect = {
        camel_case(name): list(value) if isinstance(value, tuple) else value
        for name, value in vars(csv).items()
        if value != getattr(RFC_4180, name)
    }
    if dialect:
        yield "customProperties:\n  - property: csv\n    value:\n"
        for name, value in dialect.items():
            yield f"      {name}: {_scalar(value)}\n"


def _property(drafted: Drafted) -> Iterator[str]:
    column = drafted.column
    yield f"      - name: {_scalar(column.name)}\n"
    yield from _comment(drafted.because, 8)
    if column.physical_name is not None:
        yield f"        physicalName: {_scalar(column.physical_name)}\n"
    number = column.type in ("decimal", "double")
    yield f"        logicalType: {'number' if number else column.type}\n"
    if number or column.type in ("array", "object"):
        physical = type_text(column) if number else "json"
        yield f"        physicalType: {physical}\n"
    if column.required:
        yield "        required: true\n"
    options: dict[str, Any] = {
        camel_case(name): value
        for name, value in vars(column.rules).items()
        if value is not None and name != "enum"
    }
    if not column.timezone:
        options["timezone"] = False
    if options:
        yield "        logicalTypeOptions:\n"
        for name, value in options.items():
            plain = name in ("minimum", "maximum") or not isinstance(value, str)
            yield f"          {name}: {str(value).lower() if plain else _scalar(value)}\n"
    if column.rules.enum:
        yield "        enum:\n"
        for value in column.rules.enum:
            yield f"          - value: {_scalar(value)}\n"
    yield f"        classification: {drafted.classification}\n"
    if drafted.classification == "restricted":
        method = method_text(column.deidentify)
        yield "        customProperties:\n          - property: deidentify\n"
        yield f"            value: {method}\n"
        if drafted.suggestion:
            yield f"            # or value: {options_text(drafted.suggestion)}\n"


def _comment(text: str, indent: int) -> Iterator[str]:
    prefix = f"{'':{indent}}# "
    for line in textwrap.wrap(text, 96, initial_indent=prefix, subsequent_indent=prefix):
        yield f"{line}\n"


def _scalar(value: Any) -> str:
    """Return a value in YAML on one line."""
    if isinstance(value, str):
        style = '"' if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", value) else None
        text = yaml.safe_dump(value, default_style=style, allow_unicode=True, width=1 << 20)
    else:
        text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1 << 20)
    return str(text).removesuffix("...\n").strip()
