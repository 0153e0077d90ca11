"""A time limit for a step of the Makefile: ``python -m lib.time_limit 15 unit pytest tests/unit``.

The step gets its own session, so that all of its processes can be ended with it; signals are
passed on. Only the standard library is used, because the limit also applies to installing the
rest.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

GRACE = 60.0
"""Seconds that a step which took too long has to clean up.

A stopped step has half of them: it may have been stopped by another limit around this one.
"""

OVERDUE = 124
"""The exit status by which GNU ``timeout`` says that a limit ended a command."""

NOT_FOUND = 127
"""The exit status by which shells say that there is no such command."""


class StoppedError(BaseException):
    """A signal asked this process to end."""

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__(number)
        self.number = number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status, or ``OVERDUE``."""
    parser = argparse.ArgumentParser(
        prog="python -m lib.time_limit",
        description="Run a step of the Makefile, and end it if it takes longer than it may.",
    )
    parser.add_argument("minutes", type=float, help="how long it may take")
    parser.add_argument("step", help="the target of the Makefile")
    parser.add_argument("program", help="what the step runs")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="of the program")
    given = parser.parse_args(arguments)
    command = [given.program, *given.arguments]
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        return run(command, given.minutes * 60)
    except StoppedError as stopped:
        return 128 + stopped.number
    except subprocess.TimeoutExpired:
        print(
            f"Error: make {given.step} was not done within {given.minutes:g} minutes, and was "
            f"ended: {' '.join(command)}\nIf nothing above says why and the machine is "
            f"slow, give it longer: make {given.step} minutes={2 * given.minutes:g}",
            file=sys.stderr,
        )
        return OVERDUE
    except OSError as error:
        print(f"Error: {given.program}: {error.strerror}. Run: make setup", file=sys.stderr)
        return NOT_FOUND


def run(command: Sequence[str], seconds: float) -> int:
    """Run a command and return its exit status as a shell does; leave none of it running.

    Raises:
        OSError: there is no such command.
        StoppedError: a signal came; the command was sent it too.
        subprocess.TimeoutExpired: it took longer.
    """
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            return _status(process.wait(seconds))
        except subprocess.TimeoutExpired:
            _ask_to_end(process, signal.SIGINT, GRACE)  # on which pytest prints its position
            raise
        except StoppedError as stopped:
            _ask_to_end(process, stopped.number, GRACE / 2)
            raise
        finally:
            _signal(process, signal.SIGKILL)


def _ask_to_end(process: subprocess.Popen[bytes], number: int, patience: float) -> None:
    _signal(process, number)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal all remaining processes of a step."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # PermissionError: on macOS
        os.killpg(process.pid, number)


def _status(returned: int) -> int:
    return returned if returned >= 0 else 128 - returned


def _stop(number: int, _frame: FrameType | None) -> None:
    raise StoppedError(number)


if __name__ == "__main__":
    sys.exit(main())
