"""The custom properties of this pipeline, which the standard leaves room for."""

import difflib
import re
from collections.abc import Sequence
from typing import Any

from open_data_contract_standard.model import CustomProperty

from lib.contracts.source import Location, Source
from processor.deidentification.keep import Keep
from processor.deidentification.methods import BY_NAME

# The custom properties of this pipeline, and where each belongs in a contract.
CUSTOM_PROPERTIES = {
    "deidentify": "a column",
    "pseudonymEpoch": "the contract",
    "unknownColumns": "the contract",
    "maxRejectedShare": "the contract",
    "kAnonymity": "the contract",
    "csv": "the contract",
}
_SPELLED = {name.lower(): name for name in CUSTOM_PROPERTIES}

PERSONAL = (
    *("pii", "spi", "spii", "phi", "personal", "personal data", "personally identifiable"),
    *("personal information", "sensitive", "sensitive data"),
)
"""Words that say that a column needs a method, not which."""

AMBIGUOUS = (
    *("encrypt", "encrypted", "encryption", "hash", "hashed", "hashing", "drop", "dropped"),
    *("mask", "scramble", "scrambled", "truncate", "truncated", "generalize"),
)
"""Words for de-identification only at a column: elsewhere they may be about storage."""

WORDS = {
    "deidentify": (
        *("deidentified", "deidentification", "anonymize", "anonymise", "anonymized"),
        *("anonymised", "anonymization", "anonymisation", "pseudonymize", "pseudonymise"),
        *("pseudonymized", "pseudonymised", "pseudonymization", "pseudonymisation", "pseudonym"),
        *("tokenize", "tokenise", "tokenized", "tokenised", "tokenization", "tokenisation"),
        *("masked", "masking", "redact", "redacted", "redaction", "obfuscate", "obfuscated"),
        *("obfuscation", *(name for name in BY_NAME if name != Keep.name), *AMBIGUOUS, *PERSONAL),
    ),
    "pseudonymEpoch": ("epoch", "token epoch", "key epoch", "pseudonym version"),
    "unknownColumns": (
        *("unknown", "unknown fields", "extra columns", "extra fields", "additional columns"),
        *("additional fields", "additional properties", "unexpected columns", "other columns"),
        *("undeclared columns", "unlisted columns"),
    ),
    "maxRejectedShare": (
        *("max rejected", "max rejected rows", "max rejected percent", "max rejected rate"),
        *("max rejects", "rejected share", "rejected rows", "reject rate", "max reject rate"),
        *("max invalid rows", "max invalid share", "max errors", "max error rate", "max bad rows"),
        *("error threshold", "reject threshold", "max rejection rate", "rejection rate"),
    ),
    "kAnonymity": (
        *("k", "k anon", "k anonymous", "k anonymization", "min k", "anonymity", "k value"),
        *("quasi identifiers", "min group size", "k threshold"),
    ),
    "csv": (
        *("dialect", "csv dialect", "csv format", "delimiter", "csv delimiter", "separator"),
        *("field delimiter", "field separator", "csv separator", "encoding", "csv encoding"),
        *("charset", "file encoding", "decimal separator", "thousands separator", "quote char"),
        *("null values", "null markers", "preamble lines", "skip rows", "skip lines"),
    ),
}
"""Other words for each, without case, spaces, hyphens and underscores."""

PREFIXES = ("is", "has", "contains", "data", "column", "field", "apply", "use")
SUFFIXES = (
    *("method", "strategy", "rule", "rules", "policy", "technique", "algorithm", "function"),
    *("type", "mode", "options", "settings", "config", "configuration"),
)
"""What may come before and after such a word, or the name of a property itself."""

_AFFIXES = f"(?:{'|'.join(PREFIXES)})?({{}})(?:{'|'.join(SUFFIXES)})?"
_DENIALS = (None, False, "", "false", "no", "none")


def _key(word: str) -> str:
    return re.sub(r"[\W_]+", "", word.lower())


_BY_WORD = {
    _key(word): name for name, words in WORDS.items() for word in (*_SPELLED, *words)
} | _SPELLED
_FORM = re.compile(_AFFIXES.format("|".join(sorted(_BY_WORD, key=len, reverse=True))))


def custom_properties(
    source: Source, at: Location, level: str, given: Sequence[CustomProperty] | None
) -> dict[str, tuple[Location, Any]]:
    """The place and value of each of this pipeline's custom properties below ``at``.

    Those of others are ignored: names with a vendor, or nothing like one of ours.
    """
    found: dict[str, tuple[Location, Any]] = {}
    for index, custom in enumerate(given or ()):
        name = str(custom.property)
        here = (*at, "customProperties", index)
        near = difflib.get_close_matches(name.lower(), _SPELLED, 1, cutoff=0.8)
        ours = _SPELLED[near[0]] if near else meant(custom, level, given or ())
        if custom.vendor or ours is None:
            continue
        what = f"{source.subject(at)} has the custom property {name!r}"
        if name != ours:
            source.wrong(here, f"{what}; name it {ours!r}, or give it its vendor")
        elif CUSTOM_PROPERTIES[name] != level:
            source.wrong(here, f"{what}, which belongs to {CUSTOM_PROPERTIES[name]}; move it")
        elif name in found:
            source.wrong(here, f"{what} twice; keep one of them")
        if near:  # the value of another word may be of another kind
            found[ours] = ((*here, "value"), custom.value)
    return found


def meant(custom: CustomProperty, level: str, given: Sequence[CustomProperty]) -> str | None:
    """The name of ours that a custom property seems to mean; None if it is about something else.

    One that denies, such as ``masking: none``, is documentation, and so is ``pii: true`` where the
    column has a method.
    """
    form = _FORM.fullmatch(_key(str(custom.property)))
    value = custom.value.lower() if isinstance(custom.value, str) else custom.value
    if form is None or value in _DENIALS:
        return None
    ours, of_column = _BY_WORD[form[1]], level == "a column"
    if ours != "deidentify":
        return None if of_column else ours
    if of_column:
        decided = any(one.property == ours and not one.vendor for one in given)
        return None if decided and form[1] in map(_key, PERSONAL) else ours
    return None if form[1] in map(_key, (*AMBIGUOUS, *PERSONAL)) else ours
