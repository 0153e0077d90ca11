"""What the functions logged, line by line."""

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

POLL_SECONDS = 0.5
"""How long to wait for new events while following."""


def lines(function: str = "", *, follow: bool = False) -> Iterator[str]:
    """Yield the functions' log events as ``time function: message``, oldest first.

    Args:
        function: the only function to show; all if empty.
        follow: keep waiting for new events, forever.

    The process's environment must point to the emulator.
    """
    since: dict[str, int] = {}
    seen: set[str] = set()
    with contextlib.closing(boto3.client("logs")) as client:
        while True:
            fresh = [
                (
                    event["timestamp"],
                    group,
                    f"{name}: {event['message'].rstrip()}",
                    event["eventId"],
                )
                for group, name in _log_groups(function).items()
                for event in _events(client, group, since.get(group, 0))
                if event["eventId"] not in seen
            ]
            for moment, group, line, identifier in sorted(fresh, key=lambda found: found[0]):
                since[group] = moment
                seen.add(identifier)
                yield f"{_clock(moment)} {line}"
            if not fresh and not follow:
                return
            if not fresh:
                time.sleep(POLL_SECONDS)


def _log_groups(function: str) -> dict[str, str]:
    """Return the log group of each function, or of the given one, with the function's name."""
    with contextlib.closing(boto3.client("lambda")) as client:
        pages = client.get_paginator("list_functions").paginate()
        return {
            found["LoggingConfig"]["LogGroup"]: found["FunctionName"]
            for page in pages
            for found in page["Functions"]
            if function in ("", found["FunctionName"])
        }


def _events(
    client: "CloudWatchLogsClient", group: str, since: int
) -> Iterator["FilteredLogEventTypeDef"]:
    """Yield a group's events from a time on, in milliseconds; none if nothing was logged yet."""
    pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
    with contextlib.suppress(client.exceptions.ResourceNotFoundException):
        for page in pages:
            yield from page["events"]


def _clock(moment: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment / 1000))
