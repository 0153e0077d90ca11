"""The comment that shows a diff: what it shows is whole, and it says what it leaves out."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.comment import LIMIT, write
from tests.unit.synthesis import ROOT

GITHUBS_LIMIT = 65_536
COMMENT = re.compile(
    r"#### `cdk diff` of `dev`\n\n(?P<fence>`{3,})diff\n(?P<shown>.*)\n(?P=fence)\n"
    r"(?:\n(?P<left_out>\d+) more lines: `make diff suffix=dev` shows them\.\n)?",
    re.DOTALL,
)
LINE = st.text(st.sampled_from("+-`aé💥"), max_size=9)


@given(st.lists(LINE, max_size=12), st.integers(min_value=0, max_value=80))
def test_whole_lines_are_shown_and_the_rest_is_counted(lines: list[str], limit: int) -> None:
    diff = "\n".join(lines).strip("\n")
    comment = COMMENT.fullmatch(write(diff, "dev", limit))
    assert comment
    shown, left_out = comment["shown"], int(comment["left_out"] or 0)
    assert comment["fence"] not in shown
    assert len(shown) <= limit
    if len(diff) <= limit:
        assert (shown, left_out) == (diff, 0)
    else:
        kept = shown.split("\n") if shown else []
        all_lines = diff.split("\n")
        assert kept == all_lines[: len(kept)] or not shown
        assert left_out == len(all_lines) - len(kept)
        following = diff[: len(shown) + 1 + len(all_lines[len(kept)])]
        assert len(following) > limit, "another line had fitted"


@pytest.mark.parametrize("line", ["+" * 79, "é" * 79, "💥" * 79, "```"], ids=ascii)
def test_a_long_diff_makes_a_comment_that_github_takes(line: str) -> None:
    diff = f"{line}\n" * (2 * LIMIT // len(line))
    done = subprocess.run(
        [sys.executable, "-m", "delivery.comment", "dev"],
        cwd=ROOT,
        input=diff.encode(),
        capture_output=True,
        check=True,
    )
    comment = done.stdout.decode()
    assert len(comment) <= GITHUBS_LIMIT
    found = COMMENT.fullmatch(comment)
    assert found
    assert set(found["shown"].split("\n")) == {line}
    assert found["fence"] not in found["shown"]
    assert len(found["shown"].split("\n")) + int(found["left_out"]) == diff.count("\n")
