"""A bucket for files that the sandbox's memory cannot hold: S3's three calls over a folder.

It speaks to the processor's own client, over TLS, and streams from and to files. Writes have S3's
conditions. There is one version of each object, nobody is asked who they are, and keys must be
plain.

Delete it once the sandbox streams objects to disk, and does not hold them in memory.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from threading import Thread
from typing import cast
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from sandbox.certificate import Certificate

_PIECE = 1 << 20


@dataclass
class LargeBucket:
    """The objects by key, each in a file of ``folder``; ``endpoint`` is for S3 alone."""

    folder: Path
    endpoint: str = ""
    etags: dict[str, str] = field(default_factory=dict)

    def path(self, key: str) -> Path:
        """Return the file of an object."""
        return self.folder / key.replace("/", "~")

    def add(self, key: str) -> None:
        """Say that the file of ``key`` was written."""
        self.etags[key] = f'"{uuid4().hex}"'

    def clear(self) -> None:
        """Remove all objects."""
        for key in self.etags:
            self.path(key).unlink()
        self.etags.clear()


@contextmanager
def serve(folder: Path, certificate: Certificate) -> Iterator[LargeBucket]:
    """Serve a bucket from an empty folder until the block ends."""
    bucket = LargeBucket(folder)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate.chain, certificate.key)
    server = _Server(("127.0.0.1", 0), _Call)
    server.bucket = bucket
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    bucket.endpoint = f"https://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    bucket: LargeBucket


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # pylint: disable=redefined-builtin
        """Say nothing."""

    @property
    def _bucket(self) -> LargeBucket:
        return cast("_Server", self.server).bucket

    @property
    def _key(self) -> str:
        return urlsplit(self.path).path.split("/", 2)[2]

    def do_GET(self) -> None:  # pylint: disable=invalid-name
        """List by prefix, or get an object."""
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            keys = [key for key in self._bucket.etags if key.startswith(query["prefix"][0])]
            found = "".join(
                f"<Contents><Key>{key}</Key><ETag>{self._bucket.etags[key]}</ETag></Contents>"
                for key in sorted(keys)[:1]
            )
            self._answer(200, f"<ListBucketResult>{found}</ListBucketResult>".encode())
            return
        path = self._bucket.path(self._key)
        with path.open("rb") as file:
            self.send_response(200)
            self.send_header("ETag", self._bucket.etags[self._key])
            self.send_header("x-amz-version-id", "1")
            self.send_header("Last-Modified", formatdate(usegmt=True))
            self.send_header("Content-Length", str(path.stat().st_size))
            self.end_headers()
            _copy(file, self.wfile)

    def do_PUT(self) -> None:  # pylint: disable=invalid-name
        """Write an object under S3's conditions."""
        etags = self._bucket.etags
        length = int(self.headers["Content-Length"])
        partial = self._bucket.folder / uuid4().hex
        with partial.open("wb") as file:
            _copy(self.rfile, file, length)
        expected = self.headers.get("If-Match")
        if etags.get(self._key) != expected:
            partial.unlink()
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        partial.rename(self._bucket.path(self._key))
        self._bucket.add(self._key)
        self._answer(200, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if self.command == "PUT" and status == 200:
            self.send_header("ETag", self._bucket.etags[self._key])
            self.send_header("x-amz-version-id", "1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _copy(source: BufferedIOBase, target: BufferedIOBase, length: int | None = None) -> None:
    while piece := source.read(_PIECE if length is None else min(_PIECE, length)):
        target.write(piece)
        if length is not None:
            length -= len(piece)
