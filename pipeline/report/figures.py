"""Figures: what a report says about each dataset; no value of a file, and no name of one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pipeline.catalogue import Advice, advice
from pipeline.lateness import lateness
from pipeline.records import Record

MOST_BARS = 62
MOST_REASONS = 10


@dataclass(frozen=True)
class Bar:
    """The rows of files that were processed in a period.

    Attributes:
        label: the first day of the period: a day, a week or a month.
        clean, rejected: rows.
    """

    label: str
    clean: int
    rejected: int

    @property
    def read(self) -> int:
        """All rows that are somewhere."""
        return self.clean + self.rejected


@dataclass(frozen=True)
class Cause:
    """A reason, and how many rows and files have it."""

    advice: Advice
    rows: int
    files: int


@dataclass(frozen=True)
class Anonymity:
    """How anonymous the clean rows of a dataset's files are.

    Attributes:
        least: the least k of a file; None if no file had clean rows.
        required: the most that the contract asked for.
        files: how many were measured.
        below: how many of these have less than was required, and so were refused.
        counted: what k counts: ``rows`` or ``subjects``.
    """

    least: int | None
    required: int
    files: int
    below: int
    counted: str


@dataclass(frozen=True)
class BrokenRule:
    """A quality rule that files broke.

    Attributes:
        rule: its name.
        severity: of the rule, when the last of them broke it.
        condition: what the metric had to be then.
        files: how many broke it.
    """

    rule: str
    severity: str
    condition: str
    files: int


@dataclass
class Figures:
    """What a report says about a dataset.

    Attributes:
        name: the dataset; empty for files in no folder.
        files, refused: how many files, and how many of them were refused as a whole.
        clean, rejected, erased: rows.
        last: when a file was processed last, in UTC.
        late: by how much the next file is late, if it is; ``NEVER`` if none was ever processed.
        days: the clean and the rejected rows of each day.
    """

    name: str
    files: int = 0
    refused: int = 0
    clean: int = 0
    rejected: int = 0
    erased: int = 0
    last: datetime | None = None
    late: timedelta | None = None
    days: dict[date, tuple[int, int]] = field(default_factory=dict)
    _rows: Counter[str] = field(default_factory=Counter)
    _files: Counter[str] = field(default_factory=Counter)
    _anonymity: list[tuple[int | None, int, str]] = field(default_factory=list)
    _broken: dict[str, BrokenRule] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """All rows."""
        return self.clean + self.rejected + self.erased

    @property
    def share(self) -> float:
        """The share of rejected rows."""
        return self.rejected / self.read if self.read else 0.0

    def add(self, record: Record) -> None:
        """Count a file."""
        self.files += 1
        self.clean += record.clean
        self.rejected += record.rejected
        self.erased += record.erased
        day = record.processed_at.date()
        clean, rejected = self.days.get(day, (0, 0))
        self.days[day] = clean + record.clean, rejected + record.rejected
        for text, rows in record.all_reasons.items():
            self._rows[text] += rows
            self._files[text] += 1
        if record.outcome == "refused":
            self.refused += 1
        else:
            self.last = max(filter(None, (self.last, record.processed_at)))
        if measured := record.document.get("anonymity"):
            counted = measured.get("counted", "rows")
            self._anonymity.append((measured["k"], measured["required"], counted))

        for one in record.document.get("quality") or ():
            if not one["passed"]:
                before = self._broken.get(one["rule"])
                self._broken[one["rule"]] = BrokenRule(
                    one["rule"],
                    one["severity"],
                    one["condition"],
                    files=1 + (before.files if before else 0),
                )

    @property
    def broken_rules(self) -> list[BrokenRule]:
        """The quality rules that files broke, those of most files first."""
        return sorted(self._broken.values(), key=lambda one: (-one.files, one.rule))

    @property
    def bars(self) -> list[Bar]:
        """The rows over time, with periods in which nothing came, at most ``MOST_BARS``."""
        if not self.days:
            return []
        for first_day in (_day, _monday, _first_of_month):
            rows: dict[date, tuple[int, int]] = {}
            for day in _all_days(self.days):
                clean, rejected = self.days.get(day, (0, 0))
                before = rows.get(first_day(day), (0, 0))
                rows[first_day(day)] = before[0] + clean, before[1] + rejected
            if len(rows) <= MOST_BARS:
                break
        return [Bar(day.isoformat(), *numbers) for day, numbers in rows.items()][-MOST_BARS:]

    @property
    def causes(self) -> list[Cause]:
        """The reasons of most rows, and of most files where rows do not tell."""
        most = sorted(self._files, key=lambda text: (-self._rows[text], -self._files[text], text))
        return [
            Cause(advice(text), self._rows[text], self._files[text])
            for text in most[:MOST_REASONS]
        ]

    @property
    def anonymity(self) -> Anonymity | None:
        """The k-anonymity, if a contract asks for it."""
        if not self._anonymity:
            return None
        known = [k for k, _, _ in self._anonymity if k is not None]
        return Anonymity(
            least=min(known, default=None),
            required=max(required for _, required, _ in self._anonymity),
            files=len(self._anonymity),
            below=sum(k is not None and k < required for k, required, _ in self._anonymity),
            counted=self._anonymity[-1][2],
        )


def figures_of(
    records: Iterable[Record],
    allowed: Mapping[str, timedelta | None],
    now: datetime,
    since: datetime | None = None,
) -> list[Figures]:
    """Return the figures of each dataset, by name.

    Args:
        records: what manifests say.
        allowed: how long each dataset may go without a new file. Each of them has figures.
        now: the time.
        since: from when on files are counted. No file since then is one just before, at best.
    """
    found = {name: Figures(name) for name in allowed}
    for record in records:
        name = record.dataset or ""
        found.setdefault(name, Figures(name)).add(record)
    for figures in found.values():
        figures.late = lateness(figures.last or since, allowed.get(figures.name), now)
    return [found[name] for name in sorted(found)]


def _all_days(days: Iterable[date]) -> list[date]:
    first, last = min(days), max(days)
    return [first + timedelta(number) for number in range((last - first).days + 1)]


def _day(day: date) -> date:
    return day


def _monday(day: date) -> date:
    return day - timedelta(day.weekday())


def _first_of_month(day: date) -> date:
    return day.replace(day=1)
