"""The life of an emulator: no conflicts while it runs, nothing left when it ends."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox import PROJECT, SandboxError, emulator
from tests.sandbox.cloud import Cloud, function, outcome

SLEEPER = ("-c", "import time; time.sleep(600)")
"""A program that starts and never answers."""

ECHO_WITH_CHILD = """
import subprocess
subprocess.Popen(["sleep", "600"])
def handler(event, context):
    import tempfile
    tempfile.NamedTemporaryFile(delete=False).close()
    return event
"""


@pytest.fixture(name="state")
def make_state(tmp_path: Path) -> Iterator[Path]:
    """A state directory; its processes are ended."""
    path = tmp_path / "state"
    yield path
    emulator.stop(path)


def processes_of(state: Path) -> list[psutil.Process]:
    """The processes that have a state directory in their environment, except for zombies."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(state / "tmp"):
                found.append(process)
        except psutil.Error:
            continue
    return found


def answers(port: int) -> bool:
    """Whether something listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex((emulator.HOST, port)) == 0


def temporary_files() -> set[str]:
    """What MiniStack left in the temporary directory of the machine."""
    return {entry.name for entry in Path("/tmp").iterdir() if entry.name.startswith("ministack")}


def test_nothing_is_left(state: Path) -> None:
    before = temporary_files()
    started = emulator.start(state)
    cloud = Cloud(started)
    role = cloud.role("lambda.amazonaws.com")
    name = cloud.deploy({"Function": function(role, ECHO_WITH_CHILD)})["Function"]
    cloud.client("lambda").invoke(FunctionName=name)["Payload"].close()
    cloud.close()
    assert len(processes_of(state)) == 3, "server, function, and what the function started"
    assert any((state / "tmp").iterdir())

    began = time.monotonic()
    assert emulator.stop(state)

    assert time.monotonic() - began < 5
    assert not processes_of(state)
    assert not answers(started.port)
    assert not state.exists()
    assert temporary_files() == before
    assert not emulator.stop(state), "there is nothing more to end"


def test_starting_again_changes_nothing(parity: Cloud) -> None:
    assert emulator.start(parity.emulator.state) == parity.emulator
    assert emulator.find(parity.emulator.state) == parity.emulator
    assert emulator.running(parity.emulator.state) == parity.emulator


def test_emulators_side_by_side_do_not_touch_each_other(plain: Cloud, parity: Cloud) -> None:
    bucket = plain.bucket()
    s3 = parity.client("s3")
    assert plain.emulator.port != parity.emulator.port
    assert outcome(lambda: s3.head_bucket(Bucket=bucket)) == "404"


def test_it_listens_on_its_ports_of_loopback_only(parity: Cloud) -> None:
    server = psutil.Process(parity.emulator.pid)
    listening = [c.laddr for c in server.net_connections() if c.status == psutil.CONN_LISTEN]
    started = parity.emulator
    ports = {started.port, started.functions_port, started.plain_port}
    assert {(address.ip, address.port) for address in listening} == {
        (emulator.HOST, port) for port in ports
    }
    assert len(ports) == 3


def test_the_state_of_a_server_that_died_is_cleaned_up(state: Path) -> None:
    dead = emulator.start(state)
    cloud = Cloud(dead)
    role = cloud.role("lambda.amazonaws.com")
    name = cloud.deploy({"Function": function(role)})["Function"]
    cloud.client("lambda").invoke(FunctionName=name)["Payload"].close()
    cloud.close()
    (worker,) = [p for p in processes_of(state) if p.pid != dead.pid]
    os.kill(dead.pid, signal.SIGKILL)
    while emulator.find(state):
        continue
    with pytest.raises(SandboxError, match="Start it with: python3 -m sandbox up"):
        emulator.running(state)

    again = emulator.start(state)

    assert again.pid != dead.pid
    assert emulator.find(state) == again
    assert worker.pid not in {process.pid for process in processes_of(state)}


@pytest.fixture(name="bystander")
def start_bystander() -> Iterator["subprocess.Popen[bytes]"]:
    """An unrelated process in its own group."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        yield process
        process.kill()


def test_another_process_with_the_recorded_number_is_left_alone(
    state: Path, bystander: "subprocess.Popen[bytes]"
) -> None:
    state.mkdir()
    later = time.time() + 60
    record = {"pid": bystander.pid, "group": bystander.pid, "created": later, "port": 1}
    (state / "emulator.json").write_text(json.dumps(record))
    assert emulator.find(state) is None
    assert emulator.stop(state)
    assert bystander.poll() is None


def test_a_record_that_cannot_be_read_counts_as_dead(state: Path) -> None:
    state.mkdir()
    (state / "emulator.json").write_text("{")
    assert emulator.find(state) is None
    assert emulator.stop(state)


def test_a_deployment_may_still_write_while_its_emulator_is_ended(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, late = state / "cdk.out-dev", iter(["manifest.json"])
    folder.mkdir(parents=True)
    (state / "emulator.json").write_text("{")
    remove = os.rmdir

    def write_before_that(path: str | Path, **options: Any) -> None:
        if Path(path).name == folder.name:
            for name in late:
                (folder / name).touch()
        remove(path, **options)

    monkeypatch.setattr(os, "rmdir", write_before_that)
    assert emulator.stop(state)
    assert not state.exists()


def test_what_cannot_be_deleted_is_said_and_its_record_stays(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (state / "cdk.out-dev").mkdir(parents=True)
    (state / "emulator.json").write_text("{")
    with monkeypatch.context() as patch:
        patch.setattr(emulator, "ENDING_SECONDS", 0.1)
        patch.setattr(shutil, "rmtree", refuse)
        with pytest.raises(PermissionError):
            emulator.stop(state)
    assert (state / "emulator.json").exists()
    assert emulator.stop(state)


def refuse(path: Path) -> None:
    """Fail as a folder of somebody else does."""
    raise PermissionError(f"{path} is not yours")


def test_an_emulator_that_ends_at_once_shows_its_log(state: Path) -> None:
    program = ("-c", "import sys; print('no room left'); sys.exit(3)")
    with pytest.raises(SandboxError, match=r"(?s)ended.*Its log ends:\nno room left"):
        emulator.start(state, program)
    assert not any(state.iterdir())


def test_an_emulator_that_never_answers_is_ended(state: Path) -> None:
    with pytest.raises(SandboxError, match=r"not ready within 0\.2 seconds"):
        emulator.start(state, SLEEPER, ready_seconds=0.2)
    assert not processes_of(state)


def test_an_interrupted_start_leaves_nothing(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_seconds: float) -> None:
        patch.undo()
        assert processes_of(state)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sandbox.emulator.time.sleep", interrupt)
        with pytest.raises(KeyboardInterrupt):
            emulator.start(state, SLEEPER)
    assert not processes_of(state)


def test_a_directory_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(SandboxError, match="not a sandbox's state directory, and not empty"):
        emulator.start(tmp_path)
    assert not emulator.stop(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_two_starts_at_once_give_one_emulator(state: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sandbox import emulator; "
        "print(emulator.start(Path(sys.argv[1])).pid)"
    )
    command = [sys.executable, "-c", program, str(state)]
    run = partial(subprocess.run, cwd=PROJECT, capture_output=True, text=True, check=True)
    with ThreadPoolExecutor() as both:
        starts = both.map(run, [command] * 2)
        pids = {start.stdout for start in starts}
    assert len(pids) == 1
    assert len(processes_of(state)) == 1


def test_functions_see_nothing_of_the_callers_environment(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    started = emulator.start(state)
    seen = psutil.Process(started.pid).environ()
    assert not {"PYTHONPATH", "AWS_PROFILE", "HTTPS_PROXY"} & set(seen)


def test_the_default_state_is_the_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    assert emulator.default_state() == PROJECT / ".sandbox"
    monkeypatch.setenv("SANDBOX_STATE", "elsewhere")
    assert emulator.default_state() == Path.cwd() / "elsewhere"


def test_the_emulator_is_found_by_its_record(parity: Cloud, tmp_path: Path) -> None:
    assert emulator.find(tmp_path) is None
    moved = replace(parity.emulator, state=tmp_path)
    record = (parity.emulator.state / "emulator.json").read_text()
    (tmp_path / "emulator.json").write_text(record)
    assert emulator.find(tmp_path) == moved
