"""The life of an emulator: starts it in the background, finds it, and ends all its processes.

A sandbox keeps everything in its state directory: the record of its process, its log, its
certificate, and the temporary files of the emulator and its functions.
"""

import contextlib
import fcntl
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from sandbox import PROJECT, SandboxError, certificate, toolchain

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "000000000000"
ROOT_KEY = "test"
"""Access key and secret of the account's root user, whom IAM policies do not bind."""

SERVER = ("-m", "sandbox.server")
"""The interpreter's arguments to run the emulator."""

READY_SECONDS = 60.0
"""How long a start may take. It takes about two seconds on an idle machine."""

POLL_SECONDS = 0.05
ENDING_SECONDS = 10.0
"""How often to look whether a process is ready, or gone."""

DETACH = '"$@" >"$0" 2>&1 </dev/null & echo $$ $!'
"""Starts a command in the background, with its output in a file; prints the shell's id and its
own.
"""

INHERITED_VARIABLES = ("HOME", "LANG", "LC_ALL", "TZ", "USER")
"""The caller's variables that functions see, besides those that the emulator sets."""


@dataclass(frozen=True)
class Emulator:
    """A started emulator, from its record."""

    state: Path
    """The state directory, absolute."""
    pid: int
    """The server's process."""
    group: int
    """The process group of the server and of every function worker."""
    created: float
    """When the server's process began, in seconds since the epoch: tells it from a later process
    with the same number."""
    port: int
    """The port on loopback."""
    functions_port: int
    """The port that only functions use: it identifies requests from a VPC."""
    plain_port: int
    """The port without TLS, which policies must refuse."""
    lag: float = 0.0
    """Seconds until changes show; see :mod:`sandbox.parity.lag`."""

    @property
    def endpoint(self) -> str:
        """The URL for every AWS service.

        An address, not a name, so that SDKs put the bucket into the path, not into the host.
        """
        return f"https://{HOST}:{self.port}"

    @property
    def functions_endpoint(self) -> str:
        """The URL that functions have for every AWS service."""
        return f"https://{HOST}:{self.functions_port}"

    @property
    def plain_endpoint(self) -> str:
        """The URL of every AWS service without TLS."""
        return f"http://{HOST}:{self.plain_port}"

    @property
    def certificate(self) -> certificate.Certificate:
        """The server's certificate."""
        return certificate.Certificate(self.state / "tls")

    @property
    def log(self) -> Path:
        """The emulator's own log."""
        return _log(self.state)


def default_state() -> Path:
    """Return the state directory in use: ``SANDBOX_STATE``, or ``.sandbox`` in the project."""
    return Path(os.environ.get("SANDBOX_STATE") or PROJECT / ".sandbox").resolve()


def find(state: Path) -> Emulator | None:
    """Return the emulator of a state directory if it is running."""
    emulator = _recorded(state)
    return emulator if emulator and _alive(emulator) else None


def running(state: Path) -> Emulator:
    """Return the emulator of a state directory.

    Raises:
        SandboxError: it is not running.
    """
    emulator = find(state)
    if emulator is None:
        raise SandboxError(f"No sandbox is up in {state}. Start it with: python3 -m sandbox up")
    return emulator


def start(
    state: Path,
    program: Sequence[str] = SERVER,
    ready_seconds: float = READY_SECONDS,
    lag: float = 0.0,
) -> Emulator:
    """Start an emulator, or return the one that is running already, whatever its lag.

    The remains of an emulator that died are cleaned up first. ``program`` is what the Python
    interpreter runs. ``lag`` is the seconds that changes take to show.

    Raises:
        SandboxError: the emulator did not become ready; none of it is left running.
    """
    state = state.resolve()
    with _locked(state):
        emulator = find(state)
        if emulator:
            return emulator
        _clean(state)
        _record(state).touch()
        (state / "tmp").mkdir()
        certificate.issue(state / "tls")
        try:
            emulator = _launch(state, program, lag)
            _wait_until_ready(emulator, ready_seconds)
        except BaseException:
            log = _log(state).read_text(errors="replace") if _log(state).exists() else ""
            _clean(state)
            if log and isinstance(sys.exception(), SandboxError):
                raise SandboxError(f"{sys.exception()} Its log ends:\n{_tail(log)}") from None
            raise
        return emulator


def stop(state: Path) -> bool:
    """End an emulator with its function workers and delete its state directory.

    Returns whether there was anything to end or delete.
    """
    state = state.resolve()
    if not _record(state).exists():
        return False
    with _locked(state):
        _clean(state)
        state.rmdir()
    return True


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    """Keep other commands from starting or ending this state's emulator at the same time."""
    while True:
        state.mkdir(parents=True, exist_ok=True)
        handle = os.open(state, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if state.exists() and os.path.samestat(os.fstat(handle), state.stat()):
                yield
                return
        finally:
            os.close(handle)


def _record(state: Path) -> Path:
    return state / "emulator.json"


def _log(state: Path) -> Path:
    return state / "emulator.log"


def _recorded(state: Path) -> Emulator | None:
    try:
        return Emulator(state=state, **json.loads(_record(state).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _clean(state: Path) -> None:
    """End the processes of the record, and empty the state directory.

    A directory without a record is not ours unless it is empty: ``--state`` may be mistyped.
    """
    if not _record(state).exists():
        if any(state.iterdir()):
            raise SandboxError(
                f"{state} is not a sandbox's state directory, and not empty. "
                "Name a new directory with --state."
            )
        return
    emulator = _recorded(state)
    if emulator:
        _end(emulator)
    _empty(state)


def _empty(state: Path) -> None:
    """Delete all, the record last: without it, nobody knows whose the rest is.

    A deployment that has lost its emulator writes until it notices.
    """
    deadline = time.monotonic() + ENDING_SECONDS
    while entries := sorted(state.iterdir(), key=lambda one: one == _record(state)):
        try:
            for entry in entries:
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def _launch(state: Path, program: Sequence[str], lag: float) -> Emulator:
    """Start the server in a process group of its own and record it.

    The shell in between ends at once, so the server is not our child: it outlives this process,
    and the system reaps it when it ends.
    """
    ports = _free_ports()
    lagging = {"SANDBOX_LAG": str(lag)} if lag else {}
    detached = subprocess.run(
        ["sh", "-c", DETACH, _log(state), sys.executable, *program],
        cwd=PROJECT,
        env=_server_environment(state, *ports.values()) | lagging,
        start_new_session=True,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    group, pid = map(int, detached.stdout.split())
    with contextlib.suppress(psutil.NoSuchProcess):
        created = psutil.Process(pid).create_time()
        emulator = Emulator(state=state, pid=pid, group=group, created=created, **ports, lag=lag)
        record = {name: value for name, value in asdict(emulator).items() if name != "state"}
        _record(state).write_text(json.dumps(record))
        return emulator
    raise SandboxError("The emulator ended at once.")


def _server_environment(
    state: Path, port: int, functions_port: int, plain_port: int
) -> dict[str, str]:
    """Return all of the server's environment, which its functions inherit.

    The caller's own is left out: its ``PYTHONPATH``, profiles or proxies would change what the
    functions do. Docker is hidden so that machines with and without it behave alike.
    """
    tls = certificate.Certificate(state / "tls")
    roots = str(tls.roots)
    inherited = {name: os.environ[name] for name in INHERITED_VARIABLES if name in os.environ}
    return inherited | {
        "PATH": toolchain.search_path(),
        "NODE_PATH": str(toolchain.NODE_MODULES),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(state / "tmp"),
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "FUNCTIONS_PORT": str(functions_port),
        "PLAIN_PORT": str(plain_port),
        "AWS_ENDPOINT_URL": f"https://{HOST}:{functions_port}",
        "USE_SSL": "1",
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{state}/no-docker.sock",
        "MINISTACK_SSL_CERT": str(tls.chain),
        "MINISTACK_SSL_KEY": str(tls.key),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "S3_DATA_DIR": str(state / "tmp" / "s3"),
        "STATE_DIR": str(state / "tmp" / "state"),
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_CA_BUNDLE": str(tls.authority),
        "NODE_EXTRA_CA_CERTS": roots,
        "REQUESTS_CA_BUNDLE": roots,
        "SSL_CERT_FILE": roots,
    }


def _free_ports() -> dict[str, int]:
    """Return free ports, by the names of an emulator's fields."""
    names = ("port", "functions_port", "plain_port")
    with contextlib.ExitStack() as probes:
        found = [probes.enter_context(socket.socket()) for _ in names]
        for probe in found:
            probe.bind((HOST, 0))
        return {n: int(p.getsockname()[1]) for n, p in zip(names, found, strict=True)}


def _wait_until_ready(emulator: Emulator, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    context = ssl.create_default_context(cafile=emulator.certificate.roots)
    while time.monotonic() < deadline:
        connection = http.client.HTTPSConnection(HOST, emulator.port, timeout=5, context=context)
        try:
            connection.request("GET", "/_ministack/ready")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            pass
        finally:
            connection.close()
        if not _alive(emulator):
            raise SandboxError("The emulator ended before it was ready.")
        time.sleep(POLL_SECONDS)
    raise SandboxError(f"The emulator was not ready within {seconds:g} seconds.")


def _tail(log: str, lines: int = 20) -> str:
    return "\n".join(log.splitlines()[-lines:])


def _alive(emulator: Emulator) -> bool:
    """Whether the recorded server is running: its number may belong to another process by now."""
    try:
        process = psutil.Process(emulator.pid)
        return abs(process.create_time() - emulator.created) < 1 and not _zombie(process)
    except psutil.NoSuchProcess:
        return False


def _end(emulator: Emulator) -> None:
    """Kill the server and its function workers, which would outlive it.

    MiniStack takes half a minute to shut down cleanly, and has nothing to save: its state is
    deleted next.
    """
    while members := _members(emulator):
        for process in members:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(POLL_SECONDS)


def _members(emulator: Emulator) -> list[psutil.Process]:
    """Return the living processes of the emulator's group.

    The group's number is not reused while one of its processes lives, even if the server has
    ended.
    """
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            ours = os.getpgid(process.pid) == emulator.group
            if ours and process.create_time() > emulator.created - 1 and not _zombie(process):
                members.append(process)
    return members


def _zombie(process: psutil.Process) -> bool:
    """Whether a process has ended, and waits only for its parent to notice."""
    return process.status() == psutil.STATUS_ZOMBIE
