"""The function without Lambda: its bundle alone in a process, with a sandbox for S3 and KMS.

No package of the development environment is seen, and no byte code is written, because where
Lambda runs it none could be.

Delete it once the large files and the cold start run in Lambda itself.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from benchmarks.measurement import CORE, ROOT
from lib.function.bundle import FunctionBundle
from processor.contract.model import Contract
from sandbox import emulator
from sandbox.emulator import Emulator
from sandbox.environment import environment

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client

BUCKET = "benchmark"


@dataclass(frozen=True)
class Function:
    """The bundle's folder, and the sandbox it works with."""

    bundle: Path
    sandbox: Emulator

    @cached_property
    def aws(self) -> Mapping[str, str]:
        """The variables by which SDKs find the sandbox."""
        return environment(self.sandbox)

    @cached_property
    def s3(self) -> "S3Client":
        """The sandbox's S3."""
        client: S3Client = self._connect("s3")
        return client

    @cached_property
    def key_id(self) -> str:
        """The pseudonym key, made when first asked for."""
        kms: KMSClient = self._connect("kms")
        created = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        return created["KeyMetadata"]["KeyId"]

    def _connect(self, service: str) -> Any:
        session = boto3.Session(self.aws["AWS_ACCESS_KEY_ID"], self.aws["AWS_SECRET_ACCESS_KEY"])
        connect: Callable[..., Any] = session.client
        return connect(
            service,
            region_name=self.aws["AWS_REGION"],
            endpoint_url=self.aws["AWS_ENDPOINT_URL"],
            verify=self.aws["AWS_CA_BUNDLE"],
        )

    def run(
        self,
        module: str,
        keys: Sequence[str],
        *,
        prefix: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a module on the last core with these keys, in a new process begun by ``prefix``."""
        return subprocess.run(
            [
                *prefix,
                "taskset",
                "--cpu-list",
                str(CORE),
                sys.executable,
                "-S",
                "-m",
                module,
                *keys,
            ],
            cwd=ROOT,
            env={
                **self.aws,
                "BUCKET_NAME": BUCKET,
                "PSEUDONYM_KEY_ID": self.key_id,
                "MAX_OBJECT_BYTES": str(1 << 50),
                "MAX_OBJECT_SETTING": "memoryMb",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",  # one core
                "TIMEOUT_SECONDS": "300",
                "EPHEMERAL_STORAGE_MB": "512",
                "PYTHONPATH": os.pathsep.join([str(self.bundle), str(ROOT)]),
                "PYTHONDONTWRITEBYTECODE": "1",
                **(variables or {}),
            },
            check=False,
            capture_output=True,
            text=True,
        )


@contextmanager
def start(contracts: dict[str, Contract]) -> Iterator[Function]:
    """Build the bundle and start the sandbox, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as name:
        bundle, state = Path(name) / "bundle", Path(name) / "sandbox"
        FunctionBundle("host", contracts).build(bundle)
        state.mkdir()
        try:
            yield Function(bundle, emulator.start(state))
        finally:
            emulator.stop(state)
