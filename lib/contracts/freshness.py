"""How long a dataset may go without a new file, as the service level of its contract says.

``frequency`` is the time from one file to the next, and ``latency`` how much later one may be
processed. Other service levels have no effect here.
https://bitol-io.github.io/open-data-contract-standard/latest/service-level-agreement/
"""

import difflib
from datetime import timedelta
from typing import Any

from lib.contracts.source import Part, Source

SECONDS = {
    "s": 1,
    "min": 60,
    "h": 3_600,
    "d": 86_400,
    "w": 604_800,
    "mo": 2_678_400,
    "y": 31_622_400,
}
"""The length of each unit; of a month and a year, the longest."""

SPELLINGS = {
    "s": ("sec", "second", "seconds"),
    "min": ("minute", "minutes"),
    "h": ("hr", "hour", "hours"),
    "d": ("day", "days"),
    "w": ("wk", "week", "weeks"),
    "mo": ("month", "months"),
    "y": ("yr", "year", "years"),
}
UNITS = {name: unit for unit, names in SPELLINGS.items() for name in (unit, *names)}

LEVELS = ("frequency", "latency")
MOST = 10_000  # of any unit


def read_freshness(source: Source) -> timedelta | None:
    """How long the dataset may go without a new file; None if its contract does not say.

    Every mistake is noted in ``source``, which must follow the standard.
    """
    found: dict[str, timedelta] = {}
    for index, given in enumerate(source.document.get("slaProperties") or ()):
        part, name = Part(source, ("slaProperties", index)), str(given["property"])
        near = difflib.get_close_matches(name.lower(), LEVELS, 1, cutoff=0.8)
        if not near:
            continue
        if name not in LEVELS:
            part.wrong(f"has the property {name!r}; name it {near[0]!r}", "property")
        elif name in found:
            part.wrong(f"says {name} again; keep one of them", "property")
        found[near[0]] = _duration(part, near[0], given)
    if "frequency" not in found:
        return None
    return found["frequency"] + found.get("latency", timedelta())


def _duration(part: Part, name: str, given: dict[str, Any]) -> timedelta:
    """The duration that a service level has; zero if it is wrong, which is noted."""
    value, unit = given["value"], UNITS.get(str(given.get("unit")).lower())
    least = 0 if name == "latency" else 1e-3
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or not least <= value <= MOST:  # false for NaN
        written, what = part.text("value"), "0" if name == "latency" else "above 0"
        part.wrong(
            f"has the value {written!r} for {name}; use a number from {what} to {MOST:,}", "value"
        )
        return timedelta()
    if unit is None:
        has = f"the unit {part.text('unit')!r}" if "unit" in given else "no unit"
        part.wrong(f"has {has} for {name}; use one of {', '.join(SECONDS)}", "unit")
        return timedelta()
    return timedelta(seconds=value * SECONDS[unit])
