"""De-identification in a contract: a method for each sensitive column, with options that fit.

Forgetting a line does not let personal data through: a confidential or restricted column needs a
method, and a method that would leave some of its values unchanged is refused. Each method defines
what it takes and refuses: see :mod:`processor.deidentification.methods`.
"""

from typing import Any

from open_data_contract_standard.model import SchemaProperty

from lib.contracts.classification import SENSITIVE, WORDS, read_classification, tell_words
from lib.contracts.custom import custom_properties
from lib.contracts.source import Location, Part
from processor.contract.column import Column, Method
from processor.deidentification.keep import Keep
from processor.deidentification.methods import BY_NAME, METHODS

*_OTHERS, _LAST = (method.name for method in METHODS)
METHOD_NAMES = f"{', '.join(_OTHERS)} or {_LAST}"


def read_method(part: Part, given: SchemaProperty, column: Column | None) -> Method:
    """The method of a column, which is None if its type is not known."""
    word = given.classification
    classification = None if word is None else read_classification(word)
    if word is None:
        part.wrong(f"has no classification; add one of {', '.join(WORDS)}")
    elif classification is None:
        what = f"has the classification {word!r}; use one of these, or a word in brackets: "
        part.wrong(f"{what}{tell_words()}", "classification")
    customs = given.customProperties
    found = custom_properties(part.source, part.at, "a column", customs).get("deidentify")
    if found:
        at, value = found
        return _read(part, at[len(part.at) :], value, column)
    if classification in SENSITIVE:
        means = "" if word == classification else f", which means {classification},"
        what = (
            f"is classified {word!r}{means} but has no de-identification; add "
            f"customProperties deidentify: {METHOD_NAMES.replace('keep', 'an explicit keep')}"
        )
        part.wrong(what, "classification")
    return Keep()


def _read(part: Part, at: Location, value: Any, column: Column | None) -> Method:
    """The method at ``at``; useless if something is wrong with it."""
    written = dict(value) if isinstance(value, dict) else {}
    name = written.pop("method", None)
    if not isinstance(name, str) or name not in BY_NAME:
        has = f"the method {name!r}" if name else "no method"
        use = f"write value: {{method: …}} with {METHOD_NAMES}"
        part.wrong(f"has a deidentify with {has}; {use}", *at, "method")
        return Keep()
    method, complaints = BY_NAME[name].read(written, lambda option: part.text(*at, option))
    found = [*method.complaints(column)] if column else []
    # If an option is not for the column, a wrong value of it does not matter.
    found += [one for one in complaints.items() if one[0] not in dict(found)]
    for option, complaint in found:
        part.wrong(complaint, *at, option)
    return method
