"""A policy that IAM would refuse for its size stops the synth."""

import json
import re

import pytest

from lib.access.policy_size import LONGEST_ARN
from lib.contracts import ContractError
from lib.contracts.tables import Table
from tests.unit.synthesis import Synthesized, synthesize


def test_a_policy_that_iam_would_refuse_stops_the_synth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each dataset that is not named as its table has a statement of its own."""

    def synthesize_with(names: list[str]) -> Synthesized:
        tables = [Table(name, "", ()) for name in names]
        monkeypatch.setattr("lib.tap_stack.read_tables", lambda _: tables)
        return Synthesized(synthesize.__wrapped__())

    plain = [f"shop_{number}" for number in range(20)]
    assert synthesize_with(plain).outputs["ConsumerPolicyArn"]
    with pytest.raises(ContractError) as refusal:
        synthesize_with([f"web-shop-{number}" for number in range(20)] + plain)
    message = str(refusal.value)
    assert message.startswith("contracts: the consumer's policy would have up to ")
    assert "IAM allows 6,144" in message
    assert "web-shop-0, web-shop-1, " in message
    assert "web-shop-19. Rename" in message
    assert "shop_" not in message


def test_the_size_of_a_policy_is_never_estimated_too_small(
    stack: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is estimated is at least what IAM counts."""
    monkeypatch.setattr("lib.access.policy_size.MOST_CHARACTERS", 0)
    with pytest.raises(ContractError) as refusal:
        synthesize.__wrapped__()
    (estimated,) = re.findall(r"up to ([\d,]+) characters", str(refusal.value))
    name = stack.outputs["ConsumerPolicyArn"]["Value"].strip("<>")
    document = stack.resources[name]["Properties"]["PolicyDocument"]
    known = re.sub(r"<\w+\.Arn>", LONGEST_ARN, json.dumps(document, separators=(",", ":")))
    assert len(known) <= int(estimated.replace(",", "")) <= 1.2 * len(known)
