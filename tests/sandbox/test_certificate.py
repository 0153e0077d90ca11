"""The certificate of the sandbox."""

import http.client
import ssl
import stat
from pathlib import Path

import pytest

from sandbox import certificate
from sandbox.emulator import HOST
from tests.sandbox.cloud import Cloud


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
    assert roots(own.authority) == 1
    assert roots(both.roots) == roots(corporate.roots) + 1


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    issued = certificate.issue(tmp_path)
    assert stat.S_IMODE(issued.key.stat().st_mode) == 0o600
