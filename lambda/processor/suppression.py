"""Suppression: rows of people who were erased stay out, whatever file brings them again.

Each dataset may have a list, ``erasure/suppressed/<dataset>.json``: for each column, and each way
in which its texts may be normalized, the tokens of those who were erased. They are not the tokens
of the output: they are made under epoch 0, which no contract has, by the same algorithm for every
method. So they outlive a new epoch, method, domain or ``normalize``, and who reads a list
cannot find the rows that another file still has. What they depend on is the column's name.

Nothing is computed unless there is a list. :mod:`processor.bucket.suppressed` reads it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import places
from processor.batches import Batch
from processor.checks.columns import CheckedBatch
from processor.checks.normalization import STEPS, normalize
from processor.checks.notation import notation_of, usual
from processor.contract.column import Column, Texts
from processor.contract.model import Contract
from processor.deidentification.cmac import CmacTokens
from processor.deidentification.pseudonyms import AES_256_CMAC, ContractKeys, PseudonymKeys
from processor.deidentification.token import Token

Listed = Mapping[str, Mapping[str, Sequence[str]]]
"""A list: tokens by column, and by how its texts are normalized."""

EPOCH = 0  # those of contracts begin with 1
_WAYS = [steps for count in range(len(STEPS) + 1) for steps in combinations(STEPS, count)]


def token_columns(contract: Contract) -> list[Column]:
    """Return the columns of a contract that become tokens."""
    return [column for column in contract.columns if isinstance(column.deidentify, Token)]


def suppression_tokens(
    keys: PseudonymKeys, dataset: str, column: str, texts: pa.StringArray
) -> dict[str, list[str]]:
    """Return the tokens that put people onto a column's list, by how the texts are normalized.

    These are apart: a column that tells ``Ann`` from ``ann`` does not lose the one because another
    version of it, which does not, has lost the other.
    """
    make = _maker(keys, dataset, column)
    return {
        _way(steps): make(normalize(texts, steps).text.drop_null()).to_pylist() for steps in _WAYS
    }


def _way(steps: Collection[str]) -> str:
    return "+".join(step for step in STEPS if step in steps)


def _maker(keys: PseudonymKeys, dataset: str, column: str) -> Texts:
    """Return what makes the tokens of a column's list of normalized texts."""
    of_column = ContractKeys(keys, dataset, EPOCH)
    return CmacTokens(of_column.derive(AES_256_CMAC, column, None)).tokens


class _Suppressed(NamedTuple):
    """A column with the tokens that are on its list."""

    column: Column
    make: Texts
    tokens: pa.StringArray

    def finds(self, normalized: pa.StringArray) -> pa.BooleanArray:
        """Tell which texts are of somebody on the list."""
        return pc.is_in(self.make(normalized), value_set=self.tokens)


class Suppression:
    """The people whose rows are left out of a dataset."""

    def __init__(self, contract: Contract, keys: PseudonymKeys, listed: Listed) -> None:
        """Prepare; derives the keys of the columns with a list."""
        self._notation = notation_of(contract)
        self._columns = [
            _Suppressed(
                column,
                _maker(keys, contract.dataset, column.name),
                pa.array(tokens, pa.string()),
            )
            for column in token_columns(contract)
            if (tokens := listed.get(column.name, {}).get(_way(column.deidentify.steps)))
        ]

    def apply(self, batch: Batch, checked: CheckedBatch) -> tuple[CheckedBatch, int]:
        """Return a checked batch without the rows of these people, and how many they were.

        A row with too many or too few fields is left out if any of its fields is such a person's:
        nobody knows which column it is of. A record without fields cannot be compared.
        """
        if not self._columns:
            return checked, 0
        found: pa.BooleanArray = pa.repeat(False, len(checked.indices))
        for one in self._columns:
            found = pc.or_(found, one.finds(checked.columns[one.column.name].text))
        left_out = {checked.indices[place] for place in places(found)}
        whole = set(checked.indices)
        left_out.update(self._broken(batch, [one for one in checked.rejects if one not in whole]))
        return checked.without(found, left_out), len(left_out)

    def _broken(self, batch: Batch, indices: list[int]) -> Iterator[int]:
        """Yield which of these rows has a field of one of these people."""
        for index in indices:
            fields = pa.array(batch.rows[index].as_py() or [], pa.string())
            for one in self._columns:
                texts = usual(fields, self._notation.get(one.column.name))
                normalized = normalize(texts, one.column.deidentify.steps).text
                if one.finds(normalized).true_count:
                    yield index
                    break


class Suppressed(Protocol):
    """Who is left out of which dataset."""

    def of(self, contract: Contract) -> Suppression:
        """Return who is left out of the dataset of a contract."""
