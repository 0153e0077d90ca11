"""Encrypt: a token by AES-256-SIV, which can be reversed for a purpose that the contract names."""

from dataclasses import dataclass
from typing import Annotated

from processor.contract.column import Column, Keys, OutputColumn
from processor.contract.options import Name
from processor.deidentification.reversible import AES_256_SIV, VERSION
from processor.deidentification.siv import SivTokens
from processor.deidentification.token import TYPES, Token

_MISSING = (
    "has no reidentification, for which its tokens may be reversed; name that purpose, such as "
    "fraud-investigation, or use pseudonymize"
)


@dataclass(frozen=True, kw_only=True)
class Encrypt(
    Token,
    takes=TYPES,
    says={
        "{method: encrypt, reidentification: fraud-investigation}": (
            "a token like that of `pseudonymize`, but by AES-256-SIV: it can be reversed, for "
            "this purpose, by those who may use the key for that. It is longer, and tells the "
            "length of the value to within 16 bytes"
        ),
        "{method: encrypt, reidentification: fraud-investigation, domain: customer}": (
            "the same, and it joins with all columns that name this domain, method and purpose"
        ),
    },
    hides=True,
    distinguishes=True,
):
    """A token by AES-256-SIV.

    ``reidentification`` says for what somebody may ask to reverse it.
    """

    algorithm = AES_256_SIV
    version = VERSION

    reidentification: Annotated[str, Name(missing=_MISSING)]

    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what makes tokens."""
        key, associated = keys.derive_reversible(column.name, self.domain)
        return OutputColumn("text", SivTokens(key, associated).tokens)
