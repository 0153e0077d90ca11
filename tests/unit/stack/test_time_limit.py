"""A step that takes too long is ended with all of its processes, and says so."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lib import time_limit
from tests.unit.synthesis import ROOT

HANG = "import time; time.sleep(600)"
MOMENT = "0.03"  # minutes: long enough for Python to start


@pytest.fixture(autouse=True)
def restore_signals() -> Iterator[None]:
    """Restore pytest's signal handlers."""
    numbers = signal.SIGHUP, signal.SIGINT, signal.SIGTERM
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def limited(minutes: str, program: str, *arguments: str) -> int:
    """Run a Python program under a limit."""
    return time_limit.main([minutes, "unit", sys.executable, "-c", program, *arguments])


def gone(file: Path) -> bool:
    """Whether the process whose number is in a file ends, or has ended."""
    pid = int(file.read_text())
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("status", [0, 3])
def test_a_step_that_ends_in_time_is_as_it_would_be_without(status: int) -> None:
    """In a process of its own: a thread of CDK's may print a warning into this one's."""
    program = "import sys; print(*sys.argv[1:]); sys.exit(int(sys.argv[-1]))"
    step = [sys.executable, "-c", program, "--minutes", str(status)]
    limit = [sys.executable, "-m", "lib.time_limit", "1", "unit", *step]
    done = subprocess.run(limit, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (status, f"--minutes {status}\n", "")


def test_the_status_of_a_step_that_a_signal_ended() -> None:
    assert limited("1", "import os; os.kill(os.getpid(), 9)") == 137


def test_a_step_that_hangs_is_ended_and_reported(capfd: pytest.CaptureFixture[str]) -> None:
    assert limited(MOMENT, HANG) == time_limit.OVERDUE
    printed = capfd.readouterr().err
    assert "KeyboardInterrupt" in printed, "where it hung"
    assert "Error: make unit was not done within 0.03 minutes, and was ended: " in printed
    assert "make unit minutes=0.06\n" in printed


def test_a_step_may_clean_up(capfd: pytest.CaptureFixture[str]) -> None:
    program = f"try:\n {HANG}\nexcept KeyboardInterrupt:\n print('cleaned up')"
    assert limited(MOMENT, program) == time_limit.OVERDUE
    assert capfd.readouterr().out == "cleaned up\n"


CHILD = """
import subprocess, sys
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path(sys.argv[1]).write_text(str(child.pid))
"""
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"


@pytest.mark.parametrize(
    ("program", "status"),
    [
        (CHILD + "child.wait()", time_limit.OVERDUE),
        (DEAF + CHILD + HANG, time_limit.OVERDUE),
        (CHILD + "sys.exit(3)", 3),
    ],
    ids=["it waits for the child", "it ignores the interrupt", "it ended"],
)
def test_what_a_step_started_is_ended_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, status: int
) -> None:
    monkeypatch.setattr(time_limit, "GRACE", 0.2)
    assert limited(MOMENT, program, str(tmp_path / "pid")) == status
    assert gone(tmp_path / "pid")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_passed_on(tmp_path: Path, number: signal.Signals) -> None:
    """Including Ctrl-C: the step ends as it would have, and so does what it started."""
    program = f"""
import os, signal
def tell(number, _frame):
    os.write(1, b"%d\\n" % number)  # print may be at work when the signal comes
    sys.exit()
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, tell)
print("begun", flush=True)
{HANG}
"""
    arguments = ["1", "unit", sys.executable, "-c", CHILD + program, str(tmp_path / "pid")]
    with subprocess.Popen(
        [sys.executable, "-m", "lib.time_limit", *arguments], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"begun\n", "its output comes as it is written"
        process.send_signal(number)
        assert process.wait(30) == 128 + number
        assert process.stdout.read() == f"{int(number)}\n".encode()
    assert gone(tmp_path / "pid")


@pytest.mark.parametrize(("signals", "grace"), [(1, 0.2), (2, 120.0)])
def test_what_ignores_a_signal_is_killed_in_time_and_at_a_second_one_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, signals: int, grace: float
) -> None:
    def interrupt() -> None:
        while not (tmp_path / "pid").exists():
            time.sleep(0.01)
        for _ in range(signals):
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(time_limit, "GRACE", grace)
    impatient = threading.Thread(target=interrupt)
    impatient.start()
    begin = time.monotonic()
    assert limited("5", DEAF + CHILD + HANG, str(tmp_path / "pid")) == 130
    impatient.join()
    assert time.monotonic() - begin < 50
    assert gone(tmp_path / "pid")


def test_a_limit_within_a_limit_ends_what_it_runs(tmp_path: Path) -> None:
    """As in CI: the outer limit leaves the inner one time to end what ignores it."""
    inner = ["1", "unit", sys.executable, "-c", DEAF + CHILD + HANG, str(tmp_path / "pid")]
    program = "import sys; from lib import time_limit; time_limit.GRACE = float(sys.argv[1]); "
    program += "sys.exit(time_limit.main(sys.argv[2:]))"
    outer = [sys.executable, "-c", program, "2", MOMENT, "test"]
    inner = [sys.executable, "-c", program, "2", *inner]
    done = subprocess.run([*outer, *inner], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == time_limit.OVERDUE
    assert gone(tmp_path / "pid")


def test_a_missing_program_is_reported(capfd: pytest.CaptureFixture[str]) -> None:
    assert time_limit.main(["1", "unit", "no-such-program"]) == time_limit.NOT_FOUND
    said = "Error: no-such-program: No such file or directory. Run: make setup\n"
    assert said in capfd.readouterr().err
