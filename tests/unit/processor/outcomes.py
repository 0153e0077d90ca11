"""What a whole file becomes: as the processor has it, and as the reference implementation does."""

import gzip
import io
import json
from collections import Counter
from typing import Any

from processor.account import RowAccount
from processor.contract.model import Contract
from processor.contracts import parse
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.reasons import FileRefusedError
from processor.transformation import Outputs, Transformation, refuse
from tests.parquet import read_parquet
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import PEOPLE, column, document

CONTRACT = parse(PEOPLE)
LIMIT = SizeLimit(1 << 30, "memoryMb")
NESTED = document(
    column("id", required=True, pattern="^P[0-9]+$"),
    column("tags", "array"),
    column("more", "object", required=True),
    column("note", maxLength=5),
)


def run(
    data: bytes, agreed: Contract = CONTRACT
) -> tuple[RowAccount, list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the account, the clean rows and the quarantine lines of a file."""
    kms: Any = HmacKey()
    clean, rejected = io.BytesIO(), io.BytesIO()
    outputs = Outputs(clean, rejected)
    try:
        keys = PseudonymKeys(kms, "a-key")
        account = Transformation(agreed, keys, LIMIT).run(io.BytesIO(data), "a", outputs)
    except FileRefusedError as refusal:
        account = refuse(refusal, agreed, {"key": "k"}, outputs)
    account.check()
    lines = gzip.decompress(rejected.getvalue()).splitlines()
    return account, read_parquet(clean).to_pylist(), [json.loads(line) for line in lines]


def compare(data: bytes, compiled: dict[str, Any], form: str = "csv") -> None:
    """Make sure that the result of a file is the reference implementation's."""
    expected = oracle.process(data, compiled, HmacKey().material, limit=128, form=form)
    account, rows, lines = run(data, parse(compiled))
    if expected.refusal:
        assert account.refusal is not None
        assert (account.refusal.reason, account.refusal.line) == (expected.refusal, expected.line)
        assert (account.read, account.clean, account.rejected) == (expected.read, 0, expected.read)
        assert dict(account.by_reason) == (
            {expected.refusal: expected.read} if expected.read else {}
        )
        assert rows == []
        origin = {"source": {"key": "k"}}
        assert lines == [{"reason": expected.refusal, "line": expected.line} | origin]
        return
    assert account.refusal is None
    assert account.read == expected.read
    assert account.dropped_columns == expected.dropped_columns
    assert sorted(rows, key=repr) == sorted(expected.rows, key=repr)
    assert lines == expected.rejects
    reasons = Counter(reason for reject in expected.rejects for reason in reject["reasons"])
    assert account.by_reason == reasons
