"""The sandbox's own certificate, and a bundle of roots that also has the machine's."""

import os
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import botocore
import trustme

ROOT_VARIABLES = (
    "SSL_CERT_FILE",
    "AWS_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
)
"""The variables that name the roots that a machine's tools trust."""


@dataclass(frozen=True)
class Certificate:
    """The PEM files of one sandbox, all in ``directory``."""

    directory: Path

    @property
    def chain(self) -> Path:
        """The server's certificate for ``localhost`` and ``127.0.0.1``."""
        return self.directory / "server.pem"

    @property
    def key(self) -> Path:
        """The server's private key."""
        return self.directory / "server.key"

    @property
    def authority(self) -> Path:
        """The sandbox's authority alone, for SDKs, which talk to nothing but the emulator.

        They read the file for each connection: with all roots of a machine that takes more time
        than the rest of a connection and several requests.
        """
        return self.directory / "authority.pem"

    @property
    def roots(self) -> Path:
        """The sandbox's authority together with the roots that this machine trusts.

        A bundle that a variable names replaces the tools' own roots. With only the sandbox's
        authority in it, ``pip`` and ``npm`` could not reach their registries from the same
        environment.
        """
        return self.directory / "roots.pem"


def issue(directory: Path, environ: Mapping[str, str] = os.environ) -> Certificate:
    """Write a new authority, its certificate for loopback, the key and the bundle of roots."""
    directory.mkdir(parents=True, exist_ok=True)
    certificate = Certificate(directory)
    authority = trustme.CA(organization_name="Sandbox of this machine")
    server = authority.issue_cert("localhost", "127.0.0.1")
    certificate.chain.write_bytes(b"".join(pem.bytes() for pem in server.cert_chain_pems))
    certificate.key.touch(mode=0o600)
    certificate.key.write_bytes(server.private_key_pem.bytes())
    certificate.authority.write_bytes(authority.cert_pem.bytes())
    bundles = [
        authority.cert_pem.bytes(),
        *(path.read_bytes() for path in _machine_roots(environ)),
    ]
    certificate.roots.write_bytes(b"\n".join(bundles))
    return certificate


def _machine_roots(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files of roots that this machine trusts, each once."""
    default = (
        ssl.get_default_verify_paths().cafile or Path(botocore.__file__).parent / "cacert.pem"
    )
    named = [environ.get(variable) for variable in ROOT_VARIABLES]
    seen = set()
    for candidate in [named[0] or default, *named[1:]]:
        path = Path(candidate or os.devnull).resolve()
        if path.is_file() and path not in seen:
            seen.add(path)
            yield path
