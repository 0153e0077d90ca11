"""Erasures: requests to erase people, and their receipts."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from lib.contracts import CONTRACTS, ContractError, compile_contracts
from pipeline.bucket import Bucket
from pipeline.executions import Execution, Executions
from pipeline.outcomes import WrongContractError
from pipeline.stack import Stack
from processor.bucket.keys import REQUESTS
from processor.contract.model import Contract
from processor.deidentification.token import Token
from processor.erasure.people import Request
from processor.erasure.requests import receipt_key
from processor.suppression import token_columns

OUTPUT = "ErasureStateMachineArn"
INCOMPLETE = "Incomplete"  # how lib/jobs/states.py names an end with failed files


class Erasures:
    """The erasures of a stack, as an eraser sees and makes them."""

    def __init__(self, stack: Stack) -> None:
        """Keep the stack.

        Raises:
            NoStackError: no contract of it has tokens to find people by.
        """
        missing = "The stack erases nobody: no contract that it was deployed with has tokens."
        self._executions = Executions(stack, OUTPUT, missing)
        self._bucket = Bucket(stack)

    def has(self, arn: str) -> bool:
        """Tell whether an ARN is of an erasure of this stack."""
        return self._executions.has(arn)

    def ask(self, request: Request) -> str:
        """Write a request, and start it; return the execution's ARN."""
        key = f"{REQUESTS}{uuid.uuid4()}.json"
        said = {name: value for name, value in asdict(request).items() if value is not None}
        self._bucket.put(key, json.dumps(said), "application/json")
        return self._executions.start({"request": key})

    def wait(self, arn: str) -> Execution:
        """Wait until an erasure, or a dry run, has ended."""
        goes_on = f"The request goes on without this command. See its receipt: --resume {arn}"
        return self._executions.wait(arn, "waiting for the receipt", goes_on)

    def receipt(self, arn: str, execution: Execution) -> dict[str, Any] | None:
        """Return the receipt of an erasure, or None if it ended before there was one."""
        if not execution.done and execution.error != INCOMPLETE:
            return None
        key = receipt_key(execution.given["request"], arn.rpartition(":")[2])
        receipt: dict[str, Any] = json.loads(self._bucket.fetch(key))
        return receipt


def contracts_here() -> list[Contract]:
    """Return the default contract of each dataset of this checkout.

    Raises:
        WrongContractError: one is not valid.
    """
    try:
        compiled = compile_contracts(CONTRACTS)
    except ContractError as error:
        raise WrongContractError(str(error)) from None
    return [contract for name, contract in compiled.items() if "@" not in name]


def with_tokens(contracts: list[Contract]) -> Iterator[str]:
    """Yield each column by which people can be erased, for people to read."""
    for contract in contracts:
        for column in token_columns(contract):
            method = column.deidentify
            shared = isinstance(method, Token) and method.domain
            yield f"{contract.dataset}.{column.name}" + (f" (domain {shared})" if shared else "")
