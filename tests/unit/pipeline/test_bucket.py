"""The requests to the bucket."""

import gc
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from pipeline.bucket import Bucket, Version, below
from pipeline.gaps import Gaps
from pipeline.outcomes import PipelineError, RefusedError
from pipeline.records import Choice
from pipeline.stack import Stack
from tests.unit.pipeline.account import MOMENT, REFUSED, Account

KEY = "incoming/customers/a.csv"


@pytest.fixture(name="bucket")
def make_bucket(stack: Stack) -> Bucket:
    """The bucket of the account."""
    return Bucket(stack)


@pytest.mark.parametrize("text", [KEY, "customers/a.csv", f"s3://a-bucket/{KEY}"])
def test_a_file_has_three_names(bucket: Bucket, text: str) -> None:
    assert bucket.keys(text).source == KEY


def test_a_file_of_another_bucket_is_none_of_ours(bucket: Bucket) -> None:
    with pytest.raises(PipelineError, match="s3://a-bucket/"):
        bucket.keys(f"s3://another/{KEY}")


def test_all_pages_are_listed(bucket: Bucket, account: Account) -> None:
    keys = [f"incoming/customers/{number}" for number in range(5)]
    for key in keys:
        account.put(key, b"x")
    pages = list(bucket.pages("incoming/customers/"))
    assert [entry.key for page in pages for entry in page] == keys
    assert len(pages) == 3
    assert (pages[0][0].size, pages[0][0].written) == (1, MOMENT)


def test_an_object_is_read_if_it_exists(bucket: Bucket, account: Account) -> None:
    account.put(f"{KEY}.gz", b"another")
    assert bucket.read(KEY) is None
    account.put(KEY, b"x")
    assert bucket.read(KEY) == b"x"


def test_an_object_may_vanish_once_it_is_listed(bucket: Bucket, account: Account) -> None:
    account.put(KEY, b"x")
    account.broken["GetObject"] = "NoSuchKey"
    assert bucket.read(KEY) is None
    assert bucket.read_version(KEY, "v1") is None


def test_versions_are_of_this_object_newest_first(bucket: Bucket, account: Account) -> None:
    for hours, content in enumerate([b"1", b"22", None, b"4444"]):
        account.put(KEY, content, hours)
    account.put(f"{KEY}.gz", b"another")
    assert bucket.versions(KEY) == [
        Version("v4", MOMENT + timedelta(hours=3), True, 4),
        Version("v3", MOMENT + timedelta(hours=2), False, None),
        Version("v2", MOMENT + timedelta(hours=1), False, 2),
        Version("v1", MOMENT, False, 1),
    ]
    assert next(one.key for page in bucket.pages(KEY) for one in page) == KEY
    assert bucket.versions("incoming/customers/") == []
    assert bucket.versions("incoming/none") == []


def test_a_version_may_have_been_removed(bucket: Bucket, account: Account) -> None:
    account.put(KEY, b"1")
    account.put(KEY, b"2")
    assert bucket.read_version(KEY, "v1") == b"1"


def test_records_are_read_in_order(bucket: Bucket, account: Account) -> None:
    for number in range(7):
        account.process(f"incoming/customers/{number}", number)
    account.process("incoming/payments/x", **REFUSED)
    done: list[int] = []
    found = list(bucket.records(Choice(dataset="customers"), Gaps(), done.append))
    assert [record.key[-1] for record in found] == list("0123456")
    assert done == [2, 4, 6, 7]
    assert [one.key for one in bucket.records(Choice(outcome="refused"), Gaps())] == [
        "incoming/payments/x"
    ]


def test_old_manifests_are_not_read(bucket: Bucket, account: Account) -> None:
    for number in range(5):
        account.process(f"incoming/customers/{number}", number)
    found = list(bucket.records(Choice(since=MOMENT + timedelta(hours=3)), Gaps()))
    assert [record.key[-1] for record in found] == ["3", "4"]
    assert sum(name == "GetObject" for name, _ in account.asked) == 2


def test_an_interrupted_reader_reads_no_more(bucket: Bucket, account: Account) -> None:
    account.page = 1_000
    for number in range(200):
        account.process(f"incoming/customers/{number:03}")
    records = bucket.records(Choice(), Gaps())
    next(records)
    del records
    gc.collect()
    assert sum(name == "GetObject" for name, _ in account.asked) < 200


def test_manifests_that_cannot_be_read_are_gaps(bucket: Bucket, account: Account) -> None:
    keys = [f"manifests/customers/{number}.json" for number in range(6)]
    for number in range(6):
        account.process(f"incoming/customers/{number}")
    account.put(keys[1], b"not JSON")
    account.codes = {keys[2]: "AccessDenied", keys[3]: "KMS.DisabledException"}
    page = [entry for page in bucket.pages("manifests/") for entry in page]
    account.put(keys[4], None)
    gaps = Gaps()
    assert [one.key[-1] for one in bucket.read_records(page, gaps)] == ["0", "5"]
    assert gaps.read == 2
    assert [one.manifest for one in gaps.found] == keys[1:5]
    assert all(one.manifest in one.error.message for one in gaps.found)
    whys = ("is not a manifest", "IAM refused s3:GetObject", "KMS.Disabled", "was deleted")
    for why, one in zip(whys, gaps.found, strict=True):
        assert why in one.error.message
    assert [isinstance(one.error, RefusedError) for one in gaps.found] == [
        False,
        True,
        *[False] * 2,
    ]


def test_a_deleted_manifest_is_forbidden_to_who_may_list_one_dataset(
    bucket: Bucket, account: Account
) -> None:
    account.process(KEY)
    page = [entry for page in bucket.pages("manifests/") for entry in page]
    account.put("manifests/customers/a.csv.json", None)
    account.codes = {"manifests/customers/a.csv.json": "AccessDenied"}
    gaps = Gaps()
    assert not list(bucket.read_records(page, gaps))
    assert "was deleted after it was listed" in gaps.found[0].error.message


@pytest.mark.parametrize("code", ["ExpiredToken", "SlowDown", "InvalidAccessKeyId"])
def test_what_is_wrong_with_all_requests_is_no_gap(
    bucket: Bucket, account: Account, code: str
) -> None:
    account.process(KEY)
    account.broken["GetObject"] = code
    with pytest.raises(ClientError, match=code):
        list(bucket.records(Choice(), Gaps()))


def test_every_request_expects_the_bucket_of_the_stacks_account(
    bucket: Bucket, account: Account
) -> None:
    account.process(KEY)
    for hours in (1, 2, 3):  # versions and keys of more than a page
        account.process(f"{KEY}{hours}", hours)
    list(bucket.records(Choice(), Gaps()))
    bucket.read(KEY)
    bucket.versions(KEY)
    bucket.read_version(KEY, "v1")
    assert {name for name, _ in account.asked} == {
        "ListObjectsV2",
        "ListObjectVersions",
        "GetObject",
    }
    assert {given["ExpectedBucketOwner"] for _, given in account.asked} == {"123456789012"}


def test_a_dataset_is_a_folder() -> None:
    assert below("manifests/", None) == "manifests/"
    assert below("manifests/", "a") == "manifests/a/"
