"""The custom properties of this pipeline, which the standard leaves room for."""

import difflib
from collections.abc import Sequence
from typing import Any

from open_data_contract_standard.model import CustomProperty

from lib.contracts.source import Location, Source

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
        if custom.vendor or not near:
            continue
        what = f"{source.subject(at)} has the custom property {name!r}"
        ours = _SPELLED[near[0]]
        if name != ours:
            source.wrong(here, f"{what}; name it {ours!r}, or give it its vendor")
        elif CUSTOM_PROPERTIES[name] != level:
            source.wrong(here, f"{what}, which belongs to {CUSTOM_PROPERTIES[name]}; move it")
        elif name in found:
            source.wrong(here, f"{what} twice; keep one of them")
        found[ours] = ((*here, "value"), custom.value)
    return found
