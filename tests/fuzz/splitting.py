"""Random files, split at once and record by record: ``python -m tests.fuzz.splitting 600``.

Every run takes other files, more than 20,000 of them in ten minutes; the unit tests compare the
first 1,000. Rows, rejects, reasons, line numbers and refusals must be the same in both ways.
A file that becomes something else is named by its number, from which
``tests.unit.processor.drawn.both`` draws it again.
"""

import argparse
import random
import sys
from time import monotonic

from tests.unit.processor.drawn import both


def main() -> None:
    """Compare random files for a number of seconds."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.splitting", description=__doc__)
    parser.add_argument("seconds", type=int)
    end = monotonic() + parser.parse_args().seconds
    first = random.SystemRandom().randrange(1 << 32)
    compared = 0
    while monotonic() < end:
        number = first + compared
        found, expected = both(number)
        if found != expected:
            sys.exit(f"File {number} became {found}, and record by record {expected}")
        compared += 1
    print(f"executed with {compared:,} files, from number {first} on")


if __name__ == "__main__":
    main()
