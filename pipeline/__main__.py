"""``python -m pipeline``."""

import sys

from lib import interpreter

if __name__ == "__main__":
    try:
        from pipeline.program import main

        sys.exit(main())
    except ModuleNotFoundError as missing:  # of all commands, or of one
        interpreter.rerun("pipeline", missing)
