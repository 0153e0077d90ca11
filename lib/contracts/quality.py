"""The quality rules of a contract: metrics of a whole file, and what they must be.

The rules of the standard's library are enforced. ``type: text`` is documentation. What this
pipeline could not enforce is refused: SQL, rules of other tools, and unknown metrics.

The rules are read from the document itself, not from the standard's model, which takes a number in
quotes for one. So ``rule`` is understood too, as ODCS 3.0 called ``metric``.
https://bitol-io.github.io/open-data-contract-standard/latest/data-quality
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NoReturn, cast, get_args

from open_data_contract_standard.model import DataQuality

from lib.contracts.columns import pattern_complaint
from lib.contracts.source import Location, Part, Source
from processor.checks.types import value_of
from processor.contract.column import Column
from processor.contract.quality import OPERATORS, Metric, QualityRule, Severity, Unit

METRICS, UNITS, SEVERITIES = get_args(Metric), get_args(Unit), get_args(Severity)
FIELDS = frozenset(DataQuality.model_fields)
# What decides about files; everything else is documentation.
ENFORCED = ("metric", "rule", "arguments", "unit", *OPERATORS)
FOREIGN = {"sql": ("query",), "custom": ("engine", "implementation")}
"""Fields that belong to a type which is refused."""

OF_COLUMN = {
    "nullValues": (),
    "missingValues": ("missingValues",),
    "invalidValues": ("validValues", "pattern"),
    "duplicateValues": (),
}
"""The arguments of each metric of a property."""
OF_OBJECT = {"rowCount": (), "duplicateValues": ("properties",)}
"""The arguments of each metric of a schema object."""

# What 3.0's examples call the metrics, and other tools.
ALSO = {
    "duplicateCount": "duplicateValues",
    "uniqueCheck": "duplicateValues",
    "unique": "duplicateValues",
    "nullCheck": "nullValues",
    "validValues": "invalidValues",
    "countCheck": "rowCount",
}
# A reason names its rule, and is metadata in S3: printable ASCII, without leading blanks.
NAME = re.compile(r"[!-~](?:[ -~]{0,126}[!-~])?")
JSON = ("array", "object")


def read_quality(source: Source, columns: Sequence[Column]) -> tuple[QualityRule, ...]:
    """The quality rules of the only schema object, which has these columns.

    Every mistake is noted in ``source``, which must follow the standard.
    """
    by_name = {column.name: column for column in columns}
    rules: list[QualityRule] = []
    for at, column in _places(source.document["schema"][0], columns):
        part = _Rule(source, at, _value(source.document, at), column, by_name)
        if rule := part.compile():
            if rule.name in (one.name for one in rules):
                named = (
                    "name" if "name" in part.given else "id" if "id" in part.given else "metric"
                )
                what = f"is named {rule.name!r} as another rule is; give each a name of its own"
                part.wrong(what, named)
            rules.append(rule)
    return tuple(rules)


def _places(
    described: Mapping[str, Any], columns: Sequence[Column]
) -> Iterator[tuple[Location, Column | None]]:
    """Where rules are, those of the schema object first, and the column that each is about."""
    top: Location = ("schema", 0)
    for index in range(len(described.get("quality") or ())):
        yield (*top, "quality", index), None
    for place, column in enumerate(columns):
        given = described["properties"][place].get("quality") or ()
        for index in range(len(given)):
            yield (*top, "properties", place, "quality", index), column


def _value(document: Any, at: Location) -> Any:
    for key in at:
        document = document[key]
    return document


class _WrongError(Exception):
    """A part of a rule is wrong, and was noted."""


@dataclass(frozen=True)
class _Rule(Part):
    """Compiles one rule: of a column, or of the schema object if ``column`` is None."""

    given: Mapping[str, Any]
    column: Column | None
    columns: Mapping[str, Column]

    def compile(self) -> QualityRule | None:
        """The rule; None if it is documentation, or if something is wrong with it."""
        found: dict[str, Any] = {}
        complete = self._is_known()
        try:
            if self._is_text():
                return None
            metric = self._metric()
        except _WrongError:
            return None
        for read in (self._arguments, self._condition, self._severity, self._name):
            try:
                found |= read(metric)
            except _WrongError:
                complete = False
        return QualityRule(metric=metric, **found) if complete else None

    def _refuse(self, complaint: str, *field: str | int) -> NoReturn:
        self.wrong(complaint, *field)
        raise _WrongError

    def _is_known(self) -> bool:
        """Whether the standard has all of the rule's fields."""
        unknown = sorted(self.given.keys() - FIELDS)
        for name in unknown:
            near = difflib.get_close_matches(name, FIELDS, 1)
            remedy = f"did you mean {near[0]!r}" if near else "remove it"
            self.wrong(f"has {name!r}, which the standard does not have there; {remedy}", name)
        return not unknown

    def _is_text(self) -> bool:
        """Whether the rule is documentation."""
        kind = str(self.given.get("type", "library"))
        if kind in FOREIGN:
            what = f"is of type {kind}, which is not run here; write a metric instead, such as"
            self._refuse(f"{what} {self._example}, or type: text if it is documentation", "type")
        for name in (*chain(*FOREIGN.values()), *(ENFORCED if kind == "text" else ())):
            if name in self.given:
                self._refuse(f"has {name!r}, which is not for type {kind}; remove it", name)
        return kind == "text"

    def _metric(self) -> Metric:
        field = "metric" if "metric" in self.given else "rule"
        name = str(self.given.get(field, ""))
        if not name:
            what = f"has no metric; write one, such as {self._example}"
            self._refuse(f"{what}, or type: text if it is documentation", field)
        if self.given.get("rule", name) != name:
            self._refuse("has a metric and a rule, which is its old name; remove that", "rule")
        self._check_old(field, name)
        if name not in METRICS:
            near = [ALSO[name]] if name in ALSO else difflib.get_close_matches(name, METRICS, 1)
            remedy = f"did you mean {near[0]}" if near else f"use {', '.join(METRICS)}"
            self._refuse(f"has the {field} {name!r}, which is not known; {remedy}", field)
        if name not in self._level:
            whose = "a column; move it to its property"
            if self.column:
                whose = "all rows; move it to the quality of the schema object"
            self._refuse(f"has the {field} {name}, which is about {whose}", field)
        if self.column and self.column.type in JSON and name == "duplicateValues":
            what = f"has the {field} {name}, but equal values of type {self.column.type} may have"
            self._refuse(f"{what} different texts; remove it", field)
        return cast(Metric, name)

    def _check_old(self, field: str, name: str) -> None:
        """Refuse a rule that needs arguments in a version of the standard that has none."""
        meant = ALSO.get(name, name)
        arguments = self._level.get(meant, ())
        old = str(self.source.document["apiVersion"]) < "v3.1"
        if field == "rule" and old and arguments and meant != "missingValues":
            use = f"write apiVersion: v3.1.0, metric: {meant} and arguments: "
            example = {"properties": "[<columns>]", "validValues": "[<values>]"}[arguments[0]]
            what = f"has the rule {name}, which needs arguments, and ODCS has them from v3.1.0 on"
            self._refuse(f"{what}; {use}{{{arguments[0]}: {example}}}", field)

    @property
    def _example(self) -> str:
        metric = "nullValues" if self.column else "rowCount"
        return f"metric: {metric} with {'mustBe' if self.column else 'mustBeGreaterThan'}: 0"

    @property
    def _level(self) -> Mapping[str, Sequence[str]]:
        """The metrics that the rule may have, and their arguments."""
        return OF_COLUMN if self.column else OF_OBJECT

    def _severity(self, _: Metric) -> dict[str, Any]:
        severity = self.given.get("severity", SEVERITIES[0])
        if severity not in SEVERITIES:
            what = f"has the severity {self.text('severity')!r}; use {', '.join(SEVERITIES)}"
            self._refuse(what, "severity")
        return {"severity": severity}

    def _name(self, metric: Metric) -> dict[str, Any]:
        """What reasons call the rule: its name, its id, or its metric."""
        field = next((one for one in ("name", "id") if one in self.given), "metric")
        by_metric = f"{self.column.name}.{metric}" if self.column else metric
        name = self.given[field] if field != "metric" else by_metric
        if not isinstance(name, str) or not NAME.fullmatch(name):
            what = f"is called {name!r} in reasons; give it a name of up to 128 printable ASCII"
            self._refuse(f"{what} characters, without a blank at either end", field)
        return {"name": name}

    def _condition(self, metric: Metric) -> dict[str, Any]:
        """The unit, the operator and what it compares with."""
        unit = self.given.get("unit", UNITS[0])
        if unit not in UNITS:
            self._refuse(f"has the unit {self.text('unit')!r}; use {' or '.join(UNITS)}", "unit")
        if metric == "rowCount" and unit == "percent":
            self._refuse("has the unit percent, which is not for rowCount; remove it", "unit")
        found = [name for name in OPERATORS if name in self.given]
        if len(found) != 1:
            has = f"has {' and '.join(found)}" if found else "does not say what is expected"
            self._refuse(f"{has}; write one of {', '.join(OPERATORS)}", *found[1:2])
        operator, given = found[0], self.given[found[0]]
        several = OPERATORS[operator].bounds > 1
        bounds = given if several else [given]
        if not isinstance(bounds, list) or len(bounds) != OPERATORS[operator].bounds:
            self._refuse(f"has a {operator} that is not two numbers; write [1, 100]", operator)
        use = "a whole number of rows from 0, or add unit: percent"
        if metric == "rowCount":
            use = "a whole number of rows from 0"
        elif unit == "percent":
            use = "a number from 0 to 100"
        for place, bound in enumerate(bounds):
            at = (operator, place) if several else (operator,)
            if not _is_bound(bound, unit):
                self._refuse(f"has the {operator} {self.text(*at)!r}; use {use}", *at)
        if bounds != sorted(set(bounds)):
            self._refuse(f"has a {operator} without the smaller number first", operator)
        most = 100 if unit == "percent" else float("inf")
        if _is_impossible(operator, bounds, unit, most):
            what = f"has the {operator} {self.text(operator) or bounds}, which no number of"
            self._refuse(f"{what} {unit} can be; correct it", operator)
        return {"unit": unit, "operator": operator, "bounds": tuple(bounds)}

    def _arguments(self, metric: Metric) -> dict[str, Any]:
        given = self.given.get("arguments", {})
        allowed = self._level[metric]
        for name in given:
            if name not in allowed:
                use = f"use {' or '.join(allowed)}" if allowed else "remove it"
                what = f"has the argument {name!r}, which {metric} does not have; {use}"
                self._refuse(what, "arguments", name)
        if allowed and not given and metric != "missingValues":
            what = f"has the metric {metric} without arguments; add {' or '.join(allowed)} to them"
            self._refuse(what, *(("arguments",) if "arguments" in self.given else ()))
        found: dict[str, Any] = {"columns": (self.column.name,) if self.column else ()}
        if "properties" in given:
            found["columns"] = tuple(self._items("properties", self._property))
        if "missingValues" in given:
            # The empty field always counts.
            texts = self._items("missingValues", self._missing)
            found["missing"] = tuple(text for text in texts if text)
        if "validValues" in given:
            found["valid"] = tuple(self._items("validValues", self._valid))
        if "pattern" in given:
            pattern = given["pattern"]
            complaint = "has a pattern that is not text; put it in quotes"
            if not isinstance(pattern, str) or (complaint := pattern_complaint(pattern) or ""):
                self._refuse(complaint, "arguments", "pattern")
            found["pattern"] = pattern
        return found

    def _items(self, argument: str, read: Callable[[Any, str], str | None]) -> Iterator[str]:
        """The items of an argument, as texts; ``read`` is given each, with its text."""
        items = self.given["arguments"][argument]
        if not isinstance(items, list) or not items:
            self._refuse(
                f"has {argument} that are not a list of values; write one", "arguments", argument
            )
        seen = set()
        for index, item in enumerate(items):
            at = ("arguments", argument, index)
            text = self.text(*at)
            complaint = read(item, text)
            if complaint is None and (text, item is None) in seen:
                complaint = "twice; keep one of them"
            if complaint:
                self._refuse(f"has {text!r} in {argument} {complaint}", *at)
            seen.add((text, item is None))
            yield "" if item is None else text

    def _property(self, item: Any, _: str) -> str | None:
        """What is wrong with a column of a schema object's rule."""
        if not isinstance(item, str) or item not in self.columns:
            return "that is not a column; name one"
        if self.columns[item].type in JSON:
            return "whose equal values may have different texts; remove it"
        return None

    def _missing(self, item: Any, _: str) -> str | None:
        """What is wrong with a missing value."""
        if not isinstance(item, str | int | float | None) or isinstance(item, bool):
            return "that is not text, a number or null; put it in quotes"
        return None

    def _valid(self, item: Any, text: str) -> str | None:
        """What is wrong with a valid value."""
        column = cast(Column, self.column)
        if item is None or text == "":
            return "but an empty field is never invalid; remove it"
        if column.type in JSON:
            return f"but values of type {column.type} have many texts; use a pattern"
        if column.type == "string" and not isinstance(item, str):
            return "that YAML does not read as text; put it in quotes"
        if column.type and value_of(text, column) is None:
            return f"that is not of type {column.type}; correct it"
        return None


def _is_impossible(operator: str, bounds: Sequence[float], unit: str, most: float) -> bool:
    """Whether no file could satisfy a condition: there are no parts of rows, nor less than 0."""
    if operator == "mustBeBetween":
        return unit == "rows" and bounds[1] - bounds[0] <= 1
    if operator == "mustBeGreaterThan":
        return bounds[0] >= most
    return operator == "mustBeLessThan" and bounds[0] <= 0


def _is_bound(number: Any, unit: str) -> bool:
    """Whether rows, or percent of them, can be compared with a number."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return False
    if unit == "percent":
        return 0 <= number <= 100  # false for NaN
    return number >= 0 and (isinstance(number, int) or number.is_integer())
