"""What the run of large files relies on: its limit, its bucket, its files and its checks."""

import http.client
import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks import control_group, large_bucket, scale
from benchmarks.control_group import Limit, limit_cores, limit_memory
from benchmarks.large_bucket import LargeBucket
from benchmarks.large_files import FILES, MB, LargeFile
from benchmarks.measurement import MeasurementError
from benchmarks.scale import GOAL, Run, page
from lib.contracts import compile_contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.transformation import Outputs, Transformation
from sandbox import certificate
from tests.unit.processor.aws import HmacKey
from tests.unit.synthesis import ROOT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTRACTS = compile_contracts(ROOT / "benchmarks/contracts")
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


def test_a_limit_that_does_not_hold_is_noticed() -> None:
    with pytest.raises(MeasurementError, match="does not hold"):
        scale.check_limit(Limit("none", ("env",)))


@pytest.fixture(name="bucket")
def make_bucket(tmp_path: Path) -> Iterator[tuple[LargeBucket, "S3Client"]]:
    """A bucket of files, and a client for it."""
    issued = certificate.issue(tmp_path / "tls")
    folder = tmp_path / "bucket"
    folder.mkdir()
    with large_bucket.serve(folder, issued) as bucket:
        client: S3Client = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=bucket.endpoint,
            verify=str(issued.roots),
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(request_checksum_calculation="when_required"),
        )
        yield bucket, client


def test_the_bucket_of_files_has_the_conditions_of_s3(
    bucket: tuple[LargeBucket, "S3Client"],
) -> None:
    files, s3 = bucket
    assert "Contents" not in s3.list_objects_v2(Bucket="b", Prefix="in/a", MaxKeys=1)
    first = s3.put_object(Bucket="b", Key="in/a", Body=io.BytesIO(b"one"), IfNoneMatch="*")
    [found] = s3.list_objects_v2(Bucket="b", Prefix="in/a", MaxKeys=1)["Contents"]
    assert (found["Key"], found["ETag"]) == ("in/a", first["ETag"])
    for refused in ({"IfNoneMatch": "*"}, {"IfMatch": '"another"'}):
        conditions: Any = refused
        with pytest.raises(ClientError, match="PreconditionFailed"):
            s3.put_object(Bucket="b", Key="in/a", Body=b"no", **conditions)
    second = s3.put_object(Bucket="b", Key="in/a", Body=b"two!", IfMatch=first["ETag"])
    answer = s3.get_object(Bucket="b", Key="in/a")
    assert (answer["ETag"], answer["ContentLength"]) == (second["ETag"], 4)
    assert answer["Body"].read() == b"two!"
    files.clear()
    assert "Contents" not in s3.list_objects_v2(Bucket="b", Prefix="in/", MaxKeys=1)
    assert not any(files.folder.iterdir())


def test_the_bucket_of_files_speaks_only_tls(bucket: tuple[LargeBucket, "S3Client"]) -> None:
    port = int(bucket[0].endpoint.rpartition(":")[2])
    plain = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    plain.request("GET", "/b/in/a")
    with pytest.raises(OSError, match=r"reset|closed"):
        plain.getresponse()


RUN = Run(FILES[0], 8 * 10**9, 3, 2, 1, None, 300.2, 250.1, 200 << 20)
ACCEPTED = [file for file in FILES if file.outcome in ("both", "clean", "rejected")]


@pytest.mark.parametrize("file", ACCEPTED, ids=[file.name for file in ACCEPTED])
def test_a_large_file_becomes_what_it_says_when_it_is_small(
    tmp_path: Path, file: LargeFile
) -> None:
    with (tmp_path / "file").open("wb") as target:
        file.write(target, MB)
    kms: Any = HmacKey()
    with (tmp_path / "file").open("rb") as stream:
        transformation = Transformation(
            CONTRACTS[file.dataset], PseudonymKeys(kms, "a-key"), SizeLimit(1 << 40, "")
        )
        account = transformation.run(stream, "file", Outputs(io.BytesIO(), io.BytesIO()))
    assert replace(RUN, file=file, clean=account.clean, rejected=account.rejected).outcome == (
        file.outcome
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"clean": 1}, "rows were lost"),
        ({"rejected": 0}, "clean, not both"),
        ({"refusal": "file:empty"}, "file:empty, not both"),
        ({"peak": GOAL}, "took 400 MiB"),
    ],
)
def test_what_should_not_be_is_noticed(changes: dict[str, Any], expected: str) -> None:
    RUN.check()
    with pytest.raises(MeasurementError, match=f"CSV: .*{expected}|CSV: {expected}"):
        replace(RUN, **changes).check()


def test_the_page_says_what_was_measured_and_under_which_limit() -> None:
    refused = replace(RUN, file=FILES[-1], refusal="file:needs-too-much-memory", clean=0)
    text = page([RUN, refused], Limit("control group", ()))
    assert "hard limit of 512 MiB (control group)" in text
    assert "| CSV | 8,000 | 3 | 2 | 1 | 250 | 300 | 200 |" in text
    assert f"| {FILES[-1].name}: `file:needs-too-much-memory` |" in text
