"""The run of a fuzzer: ``python -m tests.fuzz framing 600``.

It begins with the kept corpus, and leaves what it finds in ``.cache/fuzz``. An input that breaks
something is written there as ``crash-…``; add it to the corpus once that is fixed.
"""

import argparse
import sys
from pathlib import Path

try:
    import atheris
except ImportError:  # there are wheels only for Linux on x86_64
    print("Nothing is fuzzed: atheris is not installed")
    sys.exit()

ROOT = Path(__file__).resolve().parents[2]

with atheris.instrument_imports(include=["processor"]):
    from processor import batches
    from tests.fuzz.targets import SIZES, TARGETS


def main() -> None:
    """Fuzz one target for a number of seconds."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=main.__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("seconds", type=int)
    given = parser.parse_args()
    for name, value in SIZES.items():
        setattr(batches, name, value)
    found = ROOT / ".cache" / "fuzz" / given.target
    found.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={given.seconds}",
        f"-artifact_prefix={found.parent}/",
        "-max_len=1024",
        "-timeout=30",
        "-verbosity=0",
        "-print_final_stats=1",
    ]
    corpus = ROOT / "tests" / "fuzz" / "corpus" / given.target
    atheris.Setup([sys.argv[0], str(found), str(corpus), *options], TARGETS[given.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
