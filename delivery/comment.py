"""``python -m delivery.comment SUFFIX <diff``: what a deployment would change, as a comment.

GitHub takes no comment of more than 65,536 characters.
"""

import argparse
import re
import sys

LIMIT = 60_000
"""How many characters of a diff fit into a comment, besides the text around it."""


def write(diff: str, suffix: str, limit: int = LIMIT) -> str:
    """A comment in Markdown that shows a diff, without the end of one that is too long.

    Args:
        diff: what ``cdk diff`` printed.
        suffix: of the environment.
        limit: how many characters of the diff may be shown.
    """
    shown, left_out = _shorten(diff.strip("\n"), limit)
    # Whatever the diff has in it, what ends the block is longer.
    # https://spec.commonmark.org/0.31.2/#fenced-code-blocks
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    comment = f"#### `cdk diff` of `{suffix}`\n\n{fence}diff\n{shown}\n{fence}\n"
    if left_out:
        comment += f"\n{left_out} more lines: `make diff suffix={suffix}` shows them.\n"
    return comment


def _shorten(diff: str, limit: int) -> tuple[str, int]:
    """As many whole lines as there is room for, and how many lines are not among them."""
    if len(diff) <= limit:
        return diff, 0
    end = diff.rfind("\n", 0, limit + 1)
    shown = diff[: max(end, 0)]
    return shown, diff.count("\n", len(shown)) + (end < 0)


def main() -> None:
    """Print the comment on what the standard input says."""
    parser = argparse.ArgumentParser(prog="python -m delivery.comment", description=__doc__)
    parser.add_argument("suffix", help="the environment that the diff is of")
    suffix = parser.parse_args().suffix
    diff = sys.stdin.buffer.read().decode(errors="replace")
    sys.stdout.buffer.write(write(diff, suffix).encode())


if __name__ == "__main__":
    main()
