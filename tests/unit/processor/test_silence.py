"""Nothing that a library says reaches the log."""

import logging
import sys
import threading
import warnings
from types import ModuleType
from typing import Any

import pytest

from tests.unit.processor.aws import MemoryBucket
from tests.unit.processor.examples import GOOD, HEADER, SECRET
from tests.unit.processor.messages import body, fail_with_secret, handle, read_log

KEY = "incoming/people/a.csv"


def log_everything() -> None:
    """Log at each level, with a logger that is set to."""
    library = logging.getLogger("a.library")
    library.setLevel(logging.DEBUG)
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL):
        library.log(level, "of %s", SECRET)
    logging.error("of %s", SECRET)


def log_with_a_handler_of_last_resort() -> None:
    """Log where nobody has set up logging."""
    logging.getLogger().handlers = []
    logging.getLogger("a.library").warning(SECRET)


def fail_in_a_thread() -> None:
    """Leave an error to Python's own report."""
    thread = threading.Thread(target=fail_with_secret)
    thread.start()
    thread.join()


def warn() -> None:
    """Warn, as Python shows it unless pytest does."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: print(message, file=sys.stderr)
        warnings.warn(SECRET, stacklevel=1)


class FailsInTheEnd:
    """An object whose destructor fails."""

    def __del__(self) -> None:
        raise ValueError(SECRET)


SAYINGS = {
    "logs": log_everything,
    "a last resort": log_with_a_handler_of_last_resort,
    "a warning": warn,
    "a print": lambda: print(SECRET, file=sys.stderr),
    "a thread": fail_in_a_thread,
    "a destructor": lambda: FailsInTheEnd() and None,
}


@pytest.mark.parametrize("say", SAYINGS.values(), ids=SAYINGS.keys())
def test_no_library_writes_into_the_log(
    monkeypatch: pytest.MonkeyPatch,
    index: ModuleType,
    bucket: MemoryBucket,
    capsys: pytest.CaptureFixture[str],
    say: Any,
) -> None:
    # As in Lambda: a handler on the root logger, and Python's own reports.
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [logging.StreamHandler(sys.stderr)])
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    before = list(root.handlers), root.level, sys.stderr
    bucket.interrupt = lambda moment: say()
    bucket.upload(KEY, (HEADER + GOOD).encode())
    assert handle(index, body(KEY)) == []
    [line], _ = read_log(capsys)
    assert line["message"] == "object processed"
    assert (root.handlers, root.level, sys.stderr) == before
