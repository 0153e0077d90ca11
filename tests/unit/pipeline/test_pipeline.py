"""The tool as people start it."""

import subprocess
import sys

from pipeline import __main__
from pipeline.program import main
from tests.unit.synthesis import ROOT


def test_it_is_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert vars(__main__)["main"] is main
    assert done.stdout.startswith("Usage: python -m pipeline ")
