"""Attacks on a stack that only a test of its own deploys."""

import os
import subprocess
import sys
from collections.abc import Mapping

from sandbox import PROJECT

PYTEST = (sys.executable, "-m", "pytest", "-q", "--no-cov", "-p", "no:cacheprovider", "-rfs")


def attack(module: str, environ: Mapping[str, str]) -> None:
    """Fail unless the attacks of a module of tests/attacks pass, without one left out.

    Args:
        module: the name of its file.
        environ: variables that lead to the stack.
    """
    ended = subprocess.run(
        [*PYTEST, f"tests/attacks/{module}"],
        cwd=PROJECT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-6000:]
    assert "skipped" not in ended.stdout.splitlines()[-1]
