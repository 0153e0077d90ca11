"""Methods: what one value takes, of each method that computes something of it under a key.

``python -m benchmarks.methods`` prints the microseconds as JSON. Values are done as in a batch of
the processor, by the function that the method itself prepares; nothing is read or written.

Delete it once there is one such method.
"""

import json
import random
import secrets
import time
from collections.abc import Mapping
from datetime import date
from statistics import median
from typing import Any

import pyarrow as pa

from processor.contract.column import Column, Rules, Written
from processor.contract.vocabulary import Type
from processor.deidentification.encrypt import Encrypt
from processor.deidentification.hmac import Hmac
from processor.deidentification.pseudonymize import Pseudonymize
from processor.deidentification.pseudonyms import ContractKeys, PseudonymKeys
from processor.deidentification.shift import Shift

LENGTHS = (9, 24, 100)  # characters of a value: a number, an e-mail address, a text
ROWS = 1 << 14  # about as many as a batch has
TIMES = 51
METHODS: tuple[tuple[Written, Type], ...] = (
    (Pseudonymize(), "string"),
    (Encrypt(reidentification="measurement"), "string"),
    (Hmac(), "string"),
    (Shift(days=30, by="subject"), "date"),
)


class RandomKeys:
    """Takes the place of KMS, which derives the keys."""

    def generate_mac(self, *, MacAlgorithm: str, **_: object) -> dict[str, bytes]:  # noqa: N803
        """Return a key as long as the hash."""
        return {"Mac": secrets.token_bytes(int(MacAlgorithm.rpartition("_")[2]) // 8)}


def measure() -> Mapping[str, list[float]]:
    """Return the microseconds that a value takes, by method, for each of LENGTHS.

    Of ``shift`` it is a date whose subject is so long.
    """
    return {
        method.name: [_measure(method, type_, _texts(length)) for length in LENGTHS]
        for method, type_ in METHODS
    }


def _measure(method: Written, type_: Type, texts: pa.StringArray) -> float:
    kms: Any = RandomKeys()
    keys = ContractKeys(PseudonymKeys(kms, "", ""), "measurement", 1)
    column = Column(
        name="value", type=type_, required=False, deidentify=method, rules=Rules(), output="value"
    )
    prepared = method.prepare(column, keys)
    inputs = [texts]
    if prepared.beside:
        inputs = [pa.array([date(2026, 2, 28)] * len(texts)), texts]
    seconds = []
    for _ in range(TIMES):
        begin = time.process_time()
        prepared.make(*inputs)
        seconds.append(time.process_time() - begin)
    return median(seconds) / len(texts) * 1e6


def _texts(length: int) -> pa.StringArray:
    letters = random.Random(length)  # noqa: S311
    return pa.array(["".join(letters.choices("abcdefghij", k=length)) for _ in range(ROWS)])


if __name__ == "__main__":
    print(json.dumps(measure()))
