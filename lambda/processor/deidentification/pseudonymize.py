"""Pseudonymize: a token by AES-256-CMAC, made of all values of a column at once."""

from dataclasses import dataclass

from processor.contract.column import Column, Keys, OutputColumn
from processor.deidentification.cmac import CmacTokens
from processor.deidentification.pseudonyms import AES_256_CMAC
from processor.deidentification.token import FEW_VALUES, TYPES, Token


@dataclass(frozen=True, kw_only=True)
class Pseudonymize(
    Token,
    takes=TYPES,
    says={
        "{method: pseudonymize}": (
            "a token of 128 bits, of this column alone: equal values of two columns have "
            "different tokens; `normalize` first makes one text of all that mean the same person. "
            "Not for dates, enums, patterns such as `^[MF]$` and other columns of few values: "
            f"frequencies tell fewer than {FEW_VALUES:,} values apart"
        ),
        "{method: pseudonymize, domain: customer}": (
            "the same, and it joins with all columns that name this domain and this method, in "
            "this contract and others"
        ),
    },
    hides=True,
    distinguishes=True,
):
    """A token by AES-256-CMAC."""

    algorithm = AES_256_CMAC

    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what makes tokens; the texts are normalized by then."""
        key = keys.derive(self.algorithm, column.name, self.domain)
        return OutputColumn("text", CmacTokens(key).tokens)
