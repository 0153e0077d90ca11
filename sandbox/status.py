"""What is running and what is deployed, as a table."""

import datetime
import time

import boto3
from rich.console import Console
from rich.table import Table

from sandbox.emulator import REGION, Emulator


def show(emulator: Emulator | None) -> None:
    """Print the state of a sandbox; the process's environment must point to the emulator."""
    Console().print(table(emulator))


def table(emulator: Emulator | None) -> Table:
    """Return the state of a sandbox, with the stacks from CloudFormation.

    The process's environment must point to the emulator.
    """
    result = Table("sandbox", "up" if emulator else "down", show_header=True)
    if emulator is None:
        return result
    uptime = datetime.timedelta(seconds=int(time.time() - emulator.created))
    result.add_row("endpoint", emulator.endpoint)
    result.add_row("region", REGION)
    result.add_row("uptime", str(uptime))
    if emulator.lag:
        result.add_row("lag", f"{emulator.lag:g} s")
    result.add_row("process", str(emulator.pid))
    result.add_row("state", str(emulator.state))
    for name, status in stacks():
        result.add_row(f"stack {name}", status)
    return result


def stacks() -> list[tuple[str, str]]:
    """Return the status of each stack that is not deleted, by name."""
    client = boto3.client("cloudformation")
    try:
        pages = client.get_paginator("describe_stacks").paginate()
        return sorted((s["StackName"], s["StackStatus"]) for page in pages for s in page["Stacks"])
    finally:
        client.close()
