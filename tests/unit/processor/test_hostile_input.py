"""Hostile input through the real handler: each case by name, with its outcome.

An outcome is a reason to refuse the file, or how many rows are clean and why the others are not.
"""

import json
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from urllib.parse import quote_plus

import pytest

from tests.unit.processor import hostile
from tests.unit.processor.aws import MemoryBucket
from tests.unit.processor.examples import SECRET
from tests.unit.processor.hostile import CASES, CSV, GOOD, NAMES, Case
from tests.unit.processor.messages import body, handle


@pytest.fixture(autouse=True)
def check_that_nothing_raw_is_logged(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """No log line quotes a file, not even from libraries written in C."""
    yield
    captured = capfd.readouterr()
    assert captured.out
    assert SECRET not in captured.out + captured.err


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_hostile_content_has_the_outcome_that_is_stated(
    index: ModuleType, bucket: MemoryBucket, case: Case
) -> None:
    hostile.check_content(index, bucket, case)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_hostile_name_is_a_name(index: ModuleType, bucket: MemoryBucket, name: str) -> None:
    hostile.check_name(index, bucket, name)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("people/../../a.csv", "people/"),
        ("people/./a.csv", "people/"),
        ("people/..", "people/"),
        ("../people/a.csv", ""),
        ("./a.csv", ""),
        ("..", ""),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(
    index: ModuleType, bucket: MemoryBucket, name: str, folder: str
) -> None:
    key = f"incoming/{name}"
    bucket.upload(key, CSV)
    for quoted in (quote_plus(key, safe="/"), quote_plus(key, safe="/").replace(".", "%2E")):
        assert handle(index, body(quoted)) == []
    manifest, quarantine = sorted(found for found in bucket.names() if found != key)
    assert re.fullmatch(f"manifests/{folder}~[0-9a-f]{{64}}\\.json", manifest)
    assert re.fullmatch(f"quarantine/{folder}~[0-9a-f]{{64}}\\.jsonl\\.gz", quarantine)
    written = json.loads(bucket.content(manifest))
    assert written["refusal"]["reason"] == "object:unsafe-name"
    assert (written["source"]["key"], written["rows"]["read"]) == (key, 0)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda bucket, key: bucket.delete(key), "object deleted"),
        (lambda bucket, key: bucket.upload(key, CSV + GOOD), "object processed"),
    ],
    ids=["deleted", "replaced"],
)
def test_an_object_that_changes_between_event_and_read(
    index: ModuleType,
    bucket: MemoryBucket,
    capfd: pytest.CaptureFixture[str],
    change: Callable[[MemoryBucket, str], None],
    kind: str,
) -> None:
    hostile.check_change(index, bucket, capfd, change, kind)
