"""De-identification in a contract: a method for what is sensitive, with options that make sense.

Nobody passes personal data through by forgetting a line: what is confidential or restricted has
a method, and a method that would leave some of its values as they are is refused. What a method
takes and refuses, it says itself: see :mod:`processor.deidentification.methods`.
"""

from typing import Any

from open_data_contract_standard.model import SchemaProperty

from lib.contracts.custom import custom_properties
from lib.contracts.source import Location, Part
from processor.contract.column import Column, Method
from processor.deidentification.keep import Keep
from processor.deidentification.methods import BY_NAME, METHODS

CLASSIFICATIONS = ("public", "internal", "confidential", "restricted")
SENSITIVE = ("confidential", "restricted")

*_OTHERS, _LAST = (method.name for method in METHODS)
METHOD_NAMES = f"{', '.join(_OTHERS)} or {_LAST}"


def read_method(part: Part, given: SchemaProperty, column: Column | None) -> Method:
    """What becomes of a column, which is None if its type is not known."""
    classification = given.classification
    allowed = ", ".join(CLASSIFICATIONS)
    if classification is None:
        part.wrong(f"has no classification; add one of {allowed}")
    elif classification not in CLASSIFICATIONS:
        what = f"has the classification {classification!r}; use one of {allowed}"
        part.wrong(what, "classification")
    customs = given.customProperties
    found = custom_properties(part.source, part.at, "a column", customs).get("deidentify")
    if found:
        at, value = found
        return _read(part, at[len(part.at) :], value, column)
    if classification in SENSITIVE:
        what = (
            f"is classified {classification!r} but has no de-identification; add "
            f"customProperties deidentify: {METHOD_NAMES.replace('keep', 'an explicit keep')}"
        )
        part.wrong(what, "classification")
    return Keep()


def _read(part: Part, at: Location, value: Any, column: Column | None) -> Method:
    """The method at ``at``; of no use when something is wrong with it."""
    written = dict(value) if isinstance(value, dict) else {}
    name = written.pop("method", None)
    if not isinstance(name, str) or name not in BY_NAME:
        has = f"the method {name!r}" if name else "no method"
        use = f"write value: {{method: …}} with {METHOD_NAMES}"
        part.wrong(f"has a deidentify with {has}; {use}", *at, "method")
        return Keep()
    method, complaints = BY_NAME[name].read(written, lambda option: part.text(*at, option))
    found = [*method.complaints(column)] if column else []
    # Of an option that is not for the column it does not matter that its value is wrong too.
    found += [one for one in complaints.items() if one[0] not in dict(found)]
    for option, complaint in found:
        part.wrong(complaint, *at, option)
    return method
