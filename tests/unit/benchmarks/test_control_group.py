"""The limits hold."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import control_group
from benchmarks.control_group import limit_cores, limit_memory

BUSY = """
import time
end, spent = time.monotonic() + 1, time.process_time()
while time.monotonic() < end:
    pass
print(time.process_time() - spent)
"""
TAKE = "taken = bytearray({}); taken[::4096] = bytes(len(taken[::4096]))"


@pytest.mark.parametrize(
    "groups", [control_group.GROUPS, Path("/nowhere")], ids=["group", "rlimit"]
)
def test_a_program_lives_within_the_limit_and_not_beyond(
    monkeypatch: pytest.MonkeyPatch, groups: Path
) -> None:
    monkeypatch.setattr(control_group, "GROUPS", groups)
    with limit_memory(128 << 20) as limit:
        for size, lives in ((64 << 20, True), (128 << 20, False)):
            command = [*limit.prefix, sys.executable, "-c", TAKE.format(size)]
            done = subprocess.run(command, check=False, capture_output=True)
            assert (done.returncode == 0) == lives


def test_a_program_takes_no_more_of_a_core_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    with limit_cores(0.05) as limit:
        if limit is not None:
            done = subprocess.run(
                [*limit.prefix, sys.executable, "-c", BUSY], check=True, capture_output=True
            )
            assert float(done.stdout) < 0.15
    monkeypatch.setattr(control_group, "GROUPS", Path("/nowhere"))
    with limit_cores(0.05) as limit:
        assert limit is None
