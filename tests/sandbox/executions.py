"""Executions of state machines."""

import json
import time
from typing import Any

from tests.sandbox.cloud import Cloud, unique

SECONDS = 60


def start(cloud: Cloud, definition: dict[str, Any], role: str, given: Any) -> dict[str, Any]:
    """Run a new state machine once; return the description of the execution when it has ended."""
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(
        name=unique("machine"), definition=json.dumps(definition), roleArn=role
    )
    started = states.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps(given)
    )
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.05)
    raise TimeoutError(f"an execution ran for more than {SECONDS} seconds")
