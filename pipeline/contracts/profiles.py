"""Profiles: what the values of a column have in common, found batch by batch.

A profile keeps no value, except the few short ones that a vocabulary may have. Its size does not
depend on the file.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts.vocabularies import VOCABULARIES
from processor.checks.notation import DayNotation, NumberNotation
from processor.checks.string_formats import STRING_FORMATS
from processor.checks.types import column_type, converted, matches
from processor.contract.column import Column, Rules
from processor.contract.model import Csv
from processor.contract.vocabulary import DAYS, Type
from processor.deidentification.keep import Keep
from processor.deidentification.redaction import PATTERNS, redact

MARKERS = ("\\N", "NULL", "null", "N/A", "n/a", "#N/A", "NA", "None", "NaN", "nan", "-")
"""Texts that stand for a missing value in some exports."""

NOTATIONS = tuple(
    Csv(decimal=decimal, thousands=thousands)
    for decimal, thousands in (
        *((".", ""), (",", ""), (",", "."), (".", ","), (",", " "), (",", "\u00a0")),
        *((",", "\u202f"), (".", "'"), (".", "\u2019"), (",", "'")),
    )
)
"""How numbers may be written; the first ones are tried first."""

FORMATS = ("uuid", "ipv4", "ipv6", "email")
MOMENTS: tuple[tuple[Type, bool], ...] = (
    *(("boolean", True), ("timestamp", True), ("timestamp", False), ("time", True)),
)
FEW = 1_000  # of this many values one may be wrong, as in files that people keep in spreadsheets
MOST_VALUES = 300
LONGEST_VALUE = 20
LONGEST_SHAPE = 40
LONG = 10**6  # from which a whole number may be an identifier: it has 7 digits
HUGE = 10**9  # from which any number may be one
SOUGHT = 2_000  # values of a batch in which what redact finds is sought


def bare(name: str, type_: Type, timezone: bool = True) -> Column:
    """Return a column of a type, without rules."""
    return Column(
        name=name,
        type=type_,
        required=False,
        timezone=timezone,
        deidentify=Keep(),
        rules=Rules(),
        output=name,
    )


_MOMENTS = {one: column_type(bare("", *one)) for one in MOMENTS}
_TYPES: tuple[Type, ...] = ("integer", "double", "date")
_INTEGER, _DOUBLE, _DATE = (column_type(bare("", one)) for one in _TYPES)
_NO_CODE = "^[^#]*[0-9]"  # what has digits, and is not an error of a spreadsheet such as #DIV/0!
_AMOUNT = r"[0-9](?:[0-9.,'\x{2019}\p{Zs}]*[0-9])?"
_UNIT = rf"(?i:\p{{Sc}}|%|{'|'.join(sorted(VOCABULARIES['currency'] | VOCABULARIES['unit']))})"
_WITH_UNIT = rf"[-+(]?(?:{_UNIT}\p{{Zs}}*[-+]?{_AMOUNT}|{_AMOUNT}\p{{Zs}}*{_UNIT})\)?"
_PLAIN_DECIMAL = r"^-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?$"


@dataclass
class Numbers:
    """Numbers in one notation, as far as all values of a column are some, or all but a few.

    Attributes:
        integers, decimals, doubles: whether all are of this type.
        whole, scale: the most digits before and after the point.
        negative: whether any is below 0.
        count: how many there are.
        long: how many are whole and as long as identifiers.
        huge: whether any is as long as telephone numbers.
        wrong: how many values are not numbers.
        codes: whether any of these has digits, such as ``007``, so that all may be texts.
    """

    integers: bool = True
    decimals: bool = True
    doubles: bool = True
    whole: int = 1
    scale: int = 0
    negative: bool = False
    count: int = 0
    long: int = 0
    huge: bool = False
    wrong: int = 0
    codes: bool = False

    @property
    def identify(self) -> bool:
        """Whether they may be identifiers, by their length."""
        return self.huge or 2 * self.long >= self.count > 0

    @property
    def any(self) -> bool:
        """Whether they are numbers at all."""
        return not self.codes and (self.integers or self.fixed or self.doubles)

    @property
    def fixed(self) -> bool:
        """Whether they fit a decimal."""
        return self.decimals and self.whole + self.scale <= 38

    def add(self, text: pa.StringArray, written: pa.StringArray) -> None:
        """Take more of them, without nulls, and how they are written."""
        double = converted(text, _DOUBLE).is_valid()
        number = pc.or_(double, pc.match_substring_regex(text, _PLAIN_DECIMAL))
        if number.false_count:
            others = written.filter(pc.invert(number))
            self.wrong += len(others)
            self.codes = self.codes or pc.any(pc.match_substring_regex(others, _NO_CODE)).as_py()
            text, double = text.filter(number), double.filter(number)
        if len(text) == 0:
            return
        self.integers = self.integers and not converted(text, _INTEGER).null_count
        self.doubles = self.doubles and not double.false_count
        self.decimals = (
            self.decimals and pc.all(pc.match_substring_regex(text, _PLAIN_DECIMAL)).as_py()
        )
        if self.decimals:
            whole, scale = (
                pc.max(pc.utf8_length(pc.replace_substring_regex(text, others, "")))
                for others in (r"^-|[.].*$", r"^[^.]*[.]?")
            )
            self.whole = max(self.whole, whole.as_py())
            self.scale = max(self.scale, scale.as_py())
        self.negative = self.negative or bool(pc.any(pc.starts_with(text, "-")).as_py())
        if self.any:
            size = pc.abs(pc.cast(text, pa.float64()))
            long = pc.and_(pc.equal(size, pc.floor(size)), pc.greater_equal(size, LONG))
            self.count += len(text)
            self.long += pc.sum(long).as_py() or 0
            self.huge = self.huge or bool(pc.any(pc.greater_equal(size, HUGE)).as_py())


@dataclass
class Profile:
    """What the values of one column have in common.

    Attributes:
        values: how many there are.
        missing: how many fields are empty.
        textless: how many are values that have no text, such as an infinite number.
        markers: how many fields are one of MARKERS.
        moments: which types other than numbers and days all values have; null markers do not
            count.
        days: how many values are wrong if it has days, by the form of these, if few are.
        numbers: the same for numbers, by notation.
        formats: which formats all values have.
        shape: of all values, with A, a and 9 for letters and digits; empty if they differ.
        distinct: the values, if they are few and short; else None.
        found: how many values are what ``redact`` finds, by pattern.
        sought: in how many of them it was sought.
        seen: how many values are not null markers.
        shortest: the fewest characters of a value.
        years: the first and last year of dates.
        units: whether all values are numbers with a unit, such as a currency or a percent sign.
    """

    notations: Sequence[Csv]
    forms: Sequence[str] = DAYS
    values: int = 0
    missing: int = 0
    textless: int = 0
    markers: Counter[str] = field(default_factory=Counter)
    moments: set[tuple[Type, bool]] = field(default_factory=lambda: {*MOMENTS})
    days: dict[str, int] = field(init=False)
    numbers: dict[Csv, Numbers] = field(init=False)
    formats: set[str] = field(default_factory=lambda: {*FORMATS})
    shape: str | None = None
    distinct: set[str] | None = field(default_factory=set)
    found: Counter[str] = field(default_factory=Counter)
    sought: int = 0
    seen: int = 0
    shortest: int | None = None
    years: tuple[int, int] | None = None
    units: bool = True

    def __post_init__(self) -> None:
        """Begin with all notations."""
        self.days = dict.fromkeys(self.forms, 0)
        self.numbers = {one: Numbers() for one in self.notations}

    def add(self, text: pa.StringArray, textless: int) -> None:
        """Take the texts of more rows; null where a field is empty or has no text."""
        self.textless += textless
        self.missing += text.null_count - textless
        text = text.drop_null()
        if len(text) == 0:
            return
        self.values += len(text)
        marked = pc.is_in(text, pa.array(MARKERS))
        if pc.any(marked).as_py():
            counted = pc.value_counts(text.filter(marked)).to_pylist()
            self.markers.update({one["values"]: one["counts"] for one in counted})
        self._see_texts(text)
        if len(text := text.filter(pc.invert(marked))) > 0:
            self._see_types(text)

    def _see_texts(self, text: pa.StringArray) -> None:
        self.formats = {
            one for one in self.formats if not matches(text, STRING_FORMATS[one]).false_count
        }
        least = pc.min(pc.utf8_length(text)).as_py()
        self.shortest = least if self.shortest is None else min(least, self.shortest)
        if self.shape != "":
            shapes = pc.unique(shaped(pc.utf8_slice_codeunits(text, 0, LONGEST_SHAPE + 1)))
            shape = shapes[0].as_py() if len(shapes) == 1 else ""
            self.shape = shape if self.shape in (None, shape) else ""
        if self.distinct is not None:
            more = pc.unique(text)
            few = len(more) <= MOST_VALUES and pc.max(pc.utf8_length(more)).as_py()
            self.distinct = (
                self.distinct | {*more.to_pylist()} if 0 < few <= LONGEST_VALUE else None
            )
            if self.distinct is not None and len(self.distinct) > MOST_VALUES:
                self.distinct = None
        some = text.slice(0, SOUGHT)
        self.sought += len(some)
        for pattern in PATTERNS:
            changed = pc.sum(pc.not_equal(redact(some, [pattern]), some)).as_py()
            self.found[pattern] += changed or 0

    def _see_types(self, text: pa.StringArray) -> None:
        self.moments = {
            one for one in self.moments if not converted(text, _MOMENTS[one]).null_count
        }
        self.seen += len(text)
        self.units &= not matches(text, _WITH_UNIT).false_count
        for form in [*self.days]:
            days = converted(DayNotation(form).plain(text), _DATE)
            self.days[form] += days.null_count
            if self.days[form] * FEW > self.seen:
                del self.days[form]
            elif days.null_count < len(days):
                years = pc.min_max(pc.year(days)).as_py()
                first, last = self.years or (9999, 1)
                self.years = min(first, years["min"]), max(last, years["max"])
        for notation, numbers in [*self.numbers.items()]:
            plain = text
            if (notation.decimal, notation.thousands) != (".", ""):
                plain = NumberNotation(notation).plain(text)
            numbers.add(plain, text)
            if not numbers.any or numbers.wrong * FEW > self.seen:
                del self.numbers[notation]

    @property
    def typed(self) -> bool:
        """Whether all values but null markers and a few have a type other than text."""
        return self.values > self.markers.total() and bool(
            self.moments or self.days or self.numbers
        )


def shaped(text: pa.StringArray) -> pa.StringArray:
    """Return texts with A and a for letters of ASCII, and 9 for digits."""
    for characters, sign in (("[A-Z]", "A"), ("[a-z]", "a"), ("[0-9]", "9")):
        text = pc.replace_substring_regex(text, characters, sign)
    return text
