"""The path of one object: framed, checked against its contract, de-identified, written, accounted.

The package knows nothing of Lambda: it is called with the key of an object and runs as plain
Python. :mod:`processor.processing` is where to start reading.
"""

__version__ = "1.0.0"


class ProcessorError(Exception):
    """An error of the processor's own; its message holds nothing of what an object holds."""
