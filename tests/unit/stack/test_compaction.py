"""Compaction in the template: only where a setting names datasets."""

import json
import re

import pytest

from lib.settings import SettingsError
from tests.unit.synthesis import Synthesized, synthesize

SETTINGS = {"compactedDatasets": ["customers"], "restrictAdministrators": True, "auditTrail": True}


@pytest.fixture(scope="module", name="compacting")
def make_compacting() -> Synthesized:
    """A stack that compacts a dataset."""
    return Synthesized(synthesize(settings=json.dumps(SETTINGS)))


def test_it_is_not_in_the_template_unless_the_setting_names_a_dataset() -> None:
    """No state machine, schedule, role, statement, prefix, alarm or output."""
    others = json.dumps({**SETTINGS, "compactedDatasets": []})
    assert not re.findall("compact", json.dumps(synthesize(settings=others)), re.IGNORECASE)


def test_the_datasets_that_the_setting_names_are_compacted(compacting: Synthesized) -> None:
    _, machine = compacting.one(
        "AWS::StepFunctions::StateMachine", StateMachineName="zero-trust-compaction-test"
    )
    states = json.loads(machine["DefinitionString"])["States"]
    (one,) = states["Datasets"]["Items"]
    assert one["dataset"] == "customers"
    location = re.search(r"LOCATION 's3://<DataBucket\w+>/compacted/customers/'", one["create"])
    assert location


def test_it_starts_at_four_every_night(compacting: Synthesized) -> None:
    _, schedule = compacting.one("AWS::Scheduler::Schedule", Name="compaction")
    assert schedule["ScheduleExpression"] == "cron(0 4 * * ? *)"
    assert schedule["Target"]["Input"] == "{}"
    _, group = compacting.one("AWS::Scheduler::ScheduleGroup", Name="zero-trust-compaction-test")
    assert group


def test_a_query_has_no_limit_as_it_reads_whole_datasets(compacting: Synthesized) -> None:
    _, group = compacting.one("AWS::Athena::WorkGroup", Name="zero-trust-test.compaction")
    settings = group["WorkGroupConfiguration"]
    assert "BytesScannedCutoffPerQuery" not in settings
    assert settings["EnforceWorkGroupConfiguration"] is True
    place = settings["ResultConfiguration"]["OutputLocation"]
    assert place.endswith("/query-results/compaction/")


def test_old_versions_of_its_objects_go_after_a_day(compacting: Synthesized) -> None:
    _, bucket = compacting.one(
        "AWS::S3::Bucket",
        BucketName=compacting.resolve("zero-trust-data-test-111122223333-us-east-1"),
    )
    rules = {rule.get("Prefix"): rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    found = rules["compacted/"]
    assert found["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert "ExpirationInDays" not in found


def test_a_dataset_without_a_contract_is_refused() -> None:
    settings = '{"compactedDatasets": ["sales"]}'
    expected = "compactedDatasets has 'sales', which has no contract; the datasets are customers, "
    with pytest.raises(SettingsError, match=expected):
        synthesize(settings=settings)
