"""Silence: what libraries have to say stays out of the function's log, because it may quote.

botocore warns of a header that it cannot parse and quotes it, urllib3 too; Python tells of an
error in a thread or a destructor with its message. Whoever puts a file chooses some of that text.
"""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

NEVER = logging.CRITICAL + 1


class _Nowhere(io.TextIOBase):
    """Takes text and drops it."""

    def write(self, text: str, /) -> int:
        """Drop it."""
        return len(text)


@contextmanager
def silence() -> Iterator[None]:
    """Let nothing through to the root logger's handlers, or to ``sys.stderr``.

    A logger with a handler of its own, such as that of Powertools, still writes. Lambda's runtime
    gives the root logger a handler, and takes what is written to the standard error for the log.
    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    # With no handler at all, logging has one of last resort.
    root.handlers = [logging.NullHandler()]
    root.setLevel(NEVER)
    try:
        with redirect_stderr(_Nowhere()):
            yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
