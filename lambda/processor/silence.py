"""Silence: keeps the messages of libraries out of the function's log, as they may quote a file.

botocore and urllib3 warn about a header that they cannot parse, and quote it. Python prints the
message of an error in a thread or a destructor. The producer of a file chooses some of that text.
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
    """Stop everything on its way to the root logger's handlers, or to ``sys.stderr``.

    A logger with its own handler, such as Powertools', still writes. Lambda's runtime adds a
    handler to the root logger, and logs what is written to standard error.
    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    # Without any handler, logging uses one of last resort.
    root.handlers = [logging.NullHandler()]
    root.setLevel(NEVER)
    try:
        with redirect_stderr(_Nowhere()):
            yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
