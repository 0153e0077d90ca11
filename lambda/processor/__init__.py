"""The path of one object: read, checked against its contract, de-identified, written, counted.

The package knows nothing of Lambda: it is called with the key of an object and runs as plain
Python. :mod:`processor.processing` is where to start reading.
"""

__version__ = "1.0.0"


class ProcessorError(Exception):
    """An error of the processor's own; its message quotes nothing from an object."""
