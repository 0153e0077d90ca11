"""De-identification in a contract: a method for what is sensitive, with options that make sense.

Nobody passes personal data through by forgetting a line: what is confidential or restricted has
a method, and a method that would leave some of its values as they are is refused.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from open_data_contract_standard.model import SchemaProperty

from lib.contracts.compiled import Deidentification, Rules
from lib.contracts.custom import custom_properties
from lib.contracts.language import count_texts
from lib.contracts.literals import FORMS, MAX_DIGITS, is_step
from lib.contracts.source import Part, is_count

CLASSIFICATIONS = ("public", "internal", "confidential", "restricted")
SENSITIVE = ("confidential", "restricted")

# The options of each method.
METHODS = {
    "hmac": ("domain", "normalize"),
    "mask": ("keepFirst", "keepLast"),
    "truncate": ("length",),
    "generalize": ("to", "width", "prefix"),
    "redact": ("patterns",),
    "drop": (),
    "keep": (),
}
METHOD_NAMES = "hmac, mask, truncate, generalize, redact, drop or keep"
STRING_METHODS = ("mask", "truncate", "redact")

# A token stands for one text. These types have several texts for one value, or so few values
# that a token hides none of them.
NOT_FOR_HMAC = {
    "boolean": "a token for one of two values hides nothing",
    "date": "there are so few days that their frequencies tell them apart",
    "decimal": "1.5 and 1.50 are one value but would get two tokens",
    "double": "0.1 and 1e-1 are one value but would get two tokens",
    "timestamp": "one instant has a text for every offset and would get as many tokens",
    "time": "12:00:00 and 12:00:00.0 are one value but would get two tokens",
    "array": "spaces between its items would make another token",
    "object": "spaces between its members would make another token",
}
# Whoever sees tokens of so few values tells them apart by how frequent each is.
FEW_VALUES = 10_000
FEW_CHARACTERS = 4
FORMATS_OF_FEW = ("date", "time", "date-time")
NORMALIZATIONS = ("nfc", "trim", "lowercase")
PATTERNS = ("email", "iban", "card", "ssn", "phone")
DOMAIN = re.compile(r"[a-z][a-z0-9-]{0,62}")

# The option by which generalize goes, and the units that a type has.
GENERALIZATIONS = {
    "string": "prefix",
    "integer": "width",
    "decimal": "width",
    "date": "to",
    "timestamp": "to",
}
UNITS = {"date": ("month", "year"), "timestamp": ("hour", "day", "month", "year")}


def deidentification(
    column: Part, given: SchemaProperty, kind: str, rules: Rules
) -> Deidentification:
    """What becomes of a column of type ``kind``, "" if that is not known, with these rules."""
    classification = given.classification
    allowed = ", ".join(CLASSIFICATIONS)
    if classification is None:
        column.wrong(f"has no classification; add one of {allowed}")
    elif classification not in CLASSIFICATIONS:
        what = f"has the classification {classification!r}; use one of {allowed}"
        column.wrong(what, "classification")
    customs = given.customProperties
    found = custom_properties(column.source, column.at, "a column", customs).get("deidentify")
    if found:
        at, value = found
        return _Method(column, at[len(column.at) :], kind, rules).read(value)
    if classification in SENSITIVE:
        what = (
            f"is classified {classification!r} but has no de-identification; add "
            f"customProperties deidentify: {METHOD_NAMES.replace('keep', 'an explicit keep')}"
        )
        column.wrong(what, "classification")
    return {"method": "keep"}


class _Method:
    """The value of ``deidentify``, which stands at ``at`` of a column."""

    def __init__(self, column: Part, at: tuple[str | int, ...], kind: str, rules: Rules) -> None:
        self._column = column
        self._at = at
        self._kind = kind
        self._rules = rules

    def _wrong(self, complaint: str, option: str = "method") -> None:
        self._column.wrong(complaint, *self._at, option)

    def _text(self, option: str) -> str:
        return self._column.text(*self._at, option)

    def read(self, value: Any) -> Deidentification:
        """The method and its options; of no use when something is wrong with them."""
        options = dict(value) if isinstance(value, dict) else {}
        method = options.pop("method", None)
        if not isinstance(method, str) or method not in METHODS:
            has = f"the method {method!r}" if method else "no method"
            use = f"write value: {{method: …}} with {METHOD_NAMES}"
            self._wrong(f"has a deidentify with {has}; {use}")
            return {"method": "keep"}
        for name in set(options) - set(METHODS[method]):
            what = f"has a deidentify with {name!r}, which {method} does not have; remove it"
            self._wrong(what, name)
        self._check_type(method)
        read: dict[str, Any] = {}
        match method:
            case "hmac":
                read = self._hmac(options)
            case "mask":
                read = self._mask(options)
            case "truncate":
                read = self._shortened("length", options)
            case "generalize":
                read = self._generalize(options)
            case "redact":
                patterns = options.get("patterns", list(PATTERNS))
                read = {"patterns": self._some_of("patterns", patterns, PATTERNS)}
            case "drop" | "keep":
                pass
            case _:
                raise AssertionError(f"the options of {method} are read nowhere")
        return cast(Deidentification, {"method": method, **read})

    def _few(self) -> str:
        """Why a column can have only a few values, as far as its rules tell; "" if they do not."""
        rules = self._rules
        if "enum" in rules:
            return f"has only {len(rules['enum'])} values"
        if rules.get("format") in FORMATS_OF_FEW:
            return f"has the format {rules['format']}"
        if 0 < rules.get("maxLength", FEW_CHARACTERS) < FEW_CHARACTERS:
            return f"has at most {rules['maxLength']} characters"
        if "pattern" in rules:
            count = count_texts(rules["pattern"], FEW_VALUES, rules.get("maxLength"))
            if count is not None:
                return f"has only {count:,} values"
        try:
            low = int(rules.get("minimum") or rules["exclusiveMinimum"])
            high = int(rules.get("maximum") or rules["exclusiveMaximum"])
            count = (high - low) // int(rules.get("multipleOf", "1")) + 1
        except (KeyError, ValueError, ZeroDivisionError):  # open at an end, or wrong and noted
            return ""
        return f"has about {count:,} values" if count < FEW_VALUES else ""

    def _check_type(self, method: str) -> None:
        kind = self._kind
        if method == "hmac" and kind in ("string", "integer") and (few := self._few()):
            what = f"{few}, so that the frequencies of its tokens tell them apart"
            self._wrong(f"{what}; use drop, generalize or keep")
        if method == "hmac" and kind in NOT_FOR_HMAC:
            what = f"is of type {kind}, which hmac does not take: {NOT_FOR_HMAC[kind]}"
            others = "drop, generalize or keep" if kind in GENERALIZATIONS else "drop or keep"
            self._wrong(f"{what}; use {others}")
        if method in STRING_METHODS and kind not in ("string", ""):
            self._wrong(f"is of type {kind}, but {method} is for type string; use drop or keep")

    def _hmac(self, options: dict[str, Any]) -> dict[str, Any]:
        read = {}
        if "domain" in options:
            read["domain"] = options["domain"]
            if not isinstance(options["domain"], str) or not DOMAIN.fullmatch(options["domain"]):
                what = f"has the domain {self._text('domain')!r}; use 1 to 63 lower-case letters"
                self._wrong(f"{what}, digits and hyphens, a letter first", "domain")
        if "normalize" in options:
            read["normalize"] = self._some_of("normalize", options["normalize"], NORMALIZATIONS)
            if self._kind not in ("string", ""):
                what = f"is of type {self._kind}, whose values have one text each"
                self._wrong(f"{what}; remove normalize", "normalize")
        return read

    def _some_of(self, option: str, given: Any, allowed: Sequence[str]) -> list[str]:
        """The items of a list, in the order in which they are applied."""
        items = given if isinstance(given, list) else []
        found = [name for name in allowed if name in items]
        if not found or len(found) != len(items):
            self._wrong(f"has a bad {option}; write a list of {', '.join(allowed)}", option)
        return found

    def _mask(self, options: dict[str, Any]) -> dict[str, Any]:
        for name in METHODS["mask"]:
            if not is_count(options.get(name, 0), 0):
                what = f"has the {name} {self._text(name)!r}; use a whole number from 0"
                self._wrong(what, name)
        shown = sum(options[name] for name in METHODS["mask"] if is_count(options.get(name), 0))
        if self._rules.get("minLength", 0) < 2 * shown:
            what = f"would show {shown} characters, which may be more than half"
            self._wrong(f"{what}; give it a minLength of at least {2 * shown}", "method")
        return {"keepFirst": 0, "keepLast": 0} | options

    def _shortened(self, name: str, options: dict[str, Any]) -> dict[str, Any]:
        """An option that says how many characters are left; no text may be so short already."""
        if not is_count(options.get(name), 1):
            what = f"has the {name} {self._text(name)!r}; use a whole number from 1"
            self._wrong(what, name)
        elif self._rules.get("minLength", 0) < 2 * options[name]:
            what = f"would leave {options[name]} characters, which may be more than half"
            self._wrong(f"{what}; give it a minLength of at least {2 * options[name]}", name)
        return {name: options.get(name)}

    def _generalize(self, options: dict[str, Any]) -> dict[str, Any]:
        kind, rules = self._kind, self._rules
        if kind not in GENERALIZATIONS:
            if kind:
                self._wrong(f"is of type {kind}, which generalize does not take; use drop or keep")
            return {}
        name = GENERALIZATIONS[kind]
        for other in set(options) & set(METHODS["generalize"]) - {name}:
            what = f"is of type {kind}, which generalize takes by its {name}; remove {other!r}"
            self._wrong(what, other)
        if name == "prefix":
            return self._shortened(name, options)
        if name == "to":
            if options.get("to") not in UNITS[kind]:
                what = f"has the to {self._text('to')!r}; use one of {', '.join(UNITS[kind])}"
                self._wrong(what, "to")
            return {"to": options.get("to")}
        width = self._text("width")
        if not is_step(kind, width, rules):
            what = f"has the width {width!r}; write {FORMS[kind]}, but more than 0"
            self._wrong(what, "width")
        elif Decimal(width) <= Decimal(1).scaleb(-rules.get("scale", 0)):
            what = f"has the width {width!r}, which leaves every value as it is"
            self._wrong(f"{what}; give it a larger one", "width")
        if rules.get("precision", 0) > MAX_DIGITS:
            what = f"has the precision {rules['precision']}; generalize takes decimals of up to"
            self._wrong(f"{what} {MAX_DIGITS} digits")
        return {"width": width}
