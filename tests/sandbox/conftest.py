"""Two emulators: MiniStack as it is, and with the corrections.

A test of a correction sends both the same request: the plain one shows the gap, the corrected one
answers as AWS does. When the plain one no longer shows the gap, the correction can be deleted.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import PROJECT, emulator
from tests import patience
from tests.sandbox.cloud import Cloud

PLAIN = ("-c", "from sandbox.server import serve; serve()")
"""The interpreter's arguments to run MiniStack without the corrections."""


@pytest.fixture(scope="session", autouse=True)
def no_configuration_of_the_developers() -> Iterator[None]:
    """Keep profiles, credentials and endpoints of the machine out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.delenv("SANDBOX_STATE", raising=False)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        # The CDK's own check of a template takes seconds; `make checkov` has it for each one.
        patch.setenv("CDK_VALIDATION", "false")
        # The variables that lead to an emulator are not set here, so the interval is that for AWS.
        patch.setattr(patience, "INTERVAL", 0.2)
        yield


def run(state: Path, program: tuple[str, ...]) -> Iterator[Cloud]:
    """Yield a running emulator."""
    cloud = Cloud(emulator.start(state, program))
    yield cloud
    cloud.close()
    emulator.stop(state)


@pytest.fixture(scope="session", name="plain")
def start_plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """MiniStack as it is."""
    yield from run(tmp_path_factory.mktemp("plain"), PLAIN)


@pytest.fixture(scope="session", name="parity")
def start_corrected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """MiniStack with the corrections."""
    yield from run(tmp_path_factory.mktemp("parity"), emulator.SERVER)


@pytest.fixture(scope="session", name="aws_cli")
def install_aws_cli() -> Path:
    """The AWS CLI, version 1, where the Makefile installs it."""
    tool = ".cache/awscli"
    subprocess.run(
        ["make", "--silent", "--old-file=.venv/.installed", tool], cwd=PROJECT, check=True
    )
    return PROJECT / tool / "bin" / "aws"


@pytest.fixture(name="here")
def make_here(parity: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The corrected emulator, in use; changes of the environment are undone."""
    before = dict(os.environ)
    monkeypatch.setenv("SANDBOX_STATE", str(parity.emulator.state))
    yield parity
    os.environ.clear()
    os.environ.update(before)
