"""The settings: what is allowed, and one clear sentence for each mistake."""

import dataclasses
import json
import re
from typing import Any

import pytest
from aws_cdk import App, Aws

from lib.environment import Environment
from lib.names import Names
from lib.settings import (
    EnvironmentSettings,
    SettingsError,
    check_suffix,
    read_settings,
)
from tests.unit.synthesis import ROOT


def read(given: Any, suffix: str = "dev") -> EnvironmentSettings:
    """The settings of an environment whose entry in cdk.json is ``given``."""
    return read_settings(App(context={"environments": {"dev": given}}).node, suffix)


def test_an_empty_or_unknown_environment_has_the_defaults() -> None:
    defaults = EnvironmentSettings()
    assert read({}) == defaults
    assert read({"memoryMb": 1024}, suffix="pr-42") == defaults
    assert read_settings(App().node, "dev") == defaults
    assert (defaults.memory_mb, defaults.timeout_seconds) == (512, 300)
    assert defaults.log_retention_days == 90
    assert defaults.interface_endpoints == ("kms",)
    assert not defaults.retain_data


def test_settings_are_read_by_their_names_in_json() -> None:
    given = {
        "vpcCidr": "172.16.0.0/20",
        "availabilityZones": 3,
        "interfaceEndpoints": ["kms", "logs"],
        "logRetentionDays": 365,
        "memoryMb": 1024,
        "timeoutSeconds": 60,
        "ephemeralStorageMb": 2048,
        "architecture": "arm64",
        "maxConcurrency": 50,
        "rawDataExpiryDays": 7,
        "queryLimitMb": 500,
        "compactedDatasets": ["customers", "payments"],
        "retainData": True,
        "restrictAdministrators": True,
        "objectLockDays": 30,
        "auditTrail": True,
        "notifyEmails": ["a@example.com"],
        "owner": "team-a",
        "dataClassification": "restricted",
    }
    settings, defaults = read(given), EnvironmentSettings()
    for name, value in given.items():
        field = re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", name)
        assert getattr(settings, field) == (tuple(value) if isinstance(value, list) else value)
        assert getattr(settings, field) != getattr(defaults, field)


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(EnvironmentSettings(), "memory_mb", 1)  # noqa: B010 - a checker would refuse it


@pytest.mark.parametrize("suffix", ["dev", "test", "staging", "prod"])
def test_the_projects_own_environments_are_valid(suffix: str) -> None:
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    assert suffix in context["environments"]
    settings = read_settings(App(context=context).node, suffix)
    assert settings.retain_data == (suffix == "prod")
    assert settings.restrict_administrators == (suffix != "dev")


CIDR = "use a private (RFC 1918) IPv4 network of /16 to /26 without host bits"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"memoryMb": 128}, "environments.dev.memoryMb is 128: input should be greater than or"),
        ({"memoryMb": "512"}, "environments.dev.memoryMb is '512': input should be a valid int"),
        ({"timeoutSeconds": 901}, "environments.dev.timeoutSeconds is 901: input should be less"),
        ({"timeoutSeconds": 1.5}, "environments.dev.timeoutSeconds is 1.5: input should be a val"),
        ({"ephemeralStorageMb": 511}, "environments.dev.ephemeralStorageMb is 511: input should"),
        *(
            (
                {"availabilityZones": given},
                f"dev.availabilityZones is {given!r}: use a numb",
            )
            for given in (
                0,
                4,
                True,
                1.5,
                "2",
                "us-east-1a",
                [],
                [1],
                ["us-east-1"],
                ["us-east-1a", "us-east-1a"],
                ["us-east-1a", "us-west-2a"],
                ["us-east-1a", "use1-az2"],
                ["us-west-2-lax-1a"],
                [f"us-east-1{letter}" for letter in "abcd"],
            )
        ),
        ({"logRetentionDays": 30}, "environments.dev.logRetentionDays is 30: input should be 90,"),
        ({"architecture": "arm"}, "environments.dev.architecture is 'arm': input should be 'x86"),
        ({"rawDataExpiryDays": 0}, "environments.dev.rawDataExpiryDays is 0: input should be gr"),
        ({"retainData": "yes"}, "environments.dev.retainData is 'yes': input should be a valid b"),
        ({"owner": "a\nb"}, "environments.dev.owner is 'a\\nb': string should match pattern"),
        ({"dataClassification": "x"}, "environments.dev.dataClassification is 'x': input should"),
        ({"interfaceEndpoints": ["kms", "x"]}, "environments.dev.interfaceEndpoints is 'x': inp"),
        (
            {"interfaceEndpoints": "kms"},
            "interfaceEndpoints is 'kms': input should be a valid list.",
        ),
        ({"interfaceEndpoints": ["sqs"]}, "environments.dev.interfaceEndpoints is ['sqs']: it mu"),
        ({"interfaceEndpoints": ["kms", "kms"]}, "['kms', 'kms']: name each only once."),
        ({"vpcCidr": "10.0.0.1/16"}, f"environments.dev.vpcCidr is '10.0.0.1/16': {CIDR}"),
        ({"vpcCidr": "10.0.0.0/8"}, f"environments.dev.vpcCidr is '10.0.0.0/8': {CIDR}"),
        ({"vpcCidr": "8.8.0.0/16"}, f"environments.dev.vpcCidr is '8.8.0.0/16': {CIDR}"),
        ({"vpcCidr": "10.0.0.0/27"}, f"environments.dev.vpcCidr is '10.0.0.0/27': {CIDR}"),
        *(
            ({"notifyEmails": [given]}, f"dev.notifyEmails has {given!r}: use e-mail addresses")
            for given in (
                "",
                "operator",
                "operator@localhost",
                "a@b@example.com",
                "a b@example.com",
                "A <a@example.com>",
                "mailto:a@example.com",
                "a@example..com",
                "a@-example.com",
                "a@example.com\n",
                "a@example.com,b@example.com",
                f"{'a' * 65}@example.com",
                f"a@{'a' * 64}.com",
                f"a@{'a.' * 130}com",
            )
        ),
        ({"notifyEmails": [1]}, "environments.dev.notifyEmails is 1: input should be a valid str"),
        ({"notifyEmails": "a@b.c"}, "notifyEmails is 'a@b.c': input should be a valid list."),
        (
            {"notifyEmails": ["a@b.c", "A@b.c"]},
            "notifyEmails is ['a@b.c', 'A@b.c']: name each address only once.",
        ),
        (
            {"compactedDatasets": ["a", "b", "a"]},
            "compactedDatasets is ['a', 'b', 'a']: name each only once.",
        ),
        ({"objectLockDays": 3}, "environments.dev.objectLockDays is 3: it needs retainData true"),
        (
            {"memorymb": 512},
            "environments.dev.memorymb is not a setting; the settings are vpcCidr",
        ),
        ({"memory_mb": 512}, "environments.dev.memory_mb is not a setting; the settings are vpcC"),
        ([], "environments.dev in cdk.json is not an object of settings"),
        ("big", "environments.dev in cdk.json is not an object of settings"),
    ],
)
def test_a_mistake_is_one_sentence(given: Any, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(given)
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_each_mistake_has_its_sentence() -> None:
    with pytest.raises(SettingsError) as caught:
        read({"memoryMb": 1, "timeoutSeconds": 1, "color": "red"})
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == [
        "environments.dev.memoryMb",
        "environments.dev.timeoutSeconds",
        "environments.dev.color",
    ]


def test_environments_must_be_an_object() -> None:
    with pytest.raises(SettingsError, match="is not an object of settings"):
        read_settings(App(context={"environments": ["dev"]}).node, "dev")


@pytest.mark.parametrize("suffix", ["dev", "a", "pr-42", "a-b-c", "0", "x" * 16])
def test_good_suffixes(suffix: str) -> None:
    assert check_suffix(suffix) == suffix


@pytest.mark.parametrize(
    "suffix", ["", "Dev", "Bad_Suffix!", "-a", "a-", "a--b", "a.b", "x" * 17, "é", "a\n"]
)
def test_bad_suffixes(suffix: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_suffix(suffix)
    assert str(caught.value) == (
        f"environmentSuffix is {suffix!r}: use 1 to 16 lower-case letters and digits, "
        "with single hyphens between them, such as 'dev' or 'pr-42'."
    )


def test_zones_are_a_number_or_names() -> None:
    assert read({"availabilityZones": 3}).availability_zones == 3
    names = ["us-gov-west-1a", "us-gov-west-1c"]
    assert read({"availabilityZones": names}).availability_zones == tuple(names)


def environment(zones: Any) -> Environment:
    """The environment ``dev`` with these zones."""
    return Environment("dev", read({"availabilityZones": zones}), Names("dev"))


@pytest.mark.parametrize(
    ("zones", "region", "sentence"),
    [
        (3, "us-west-1", "in us-west-1 an account has two zones; set it to 2, or name those two."),
        (
            ["us-west-1a", "us-west-1b", "us-west-1c"],
            "us-west-1",
            "in us-west-1 an account has two zones",
        ),
        (["us-east-1a"], "us-east-2", "the stack is for us-east-2; name zones of that region"),
    ],
)
def test_the_region_must_have_the_zones(zones: Any, region: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        environment(zones).check_region(region)
    assert str(caught.value).startswith(f"environments.dev.availabilityZones is {zones}: ")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("zones", "region"),
    [
        (2, "us-west-1"),
        (3, "us-east-1"),
        pytest.param(3, Aws.REGION, id="3-not known"),
        (["us-west-1a", "us-west-1c"], "us-west-1"),
        pytest.param(["us-east-1a"], Aws.REGION, id="named-not known"),
        (["eusc-de-east-1a", "eusc-de-east-1b"], "eusc-de-east-1"),
    ],
)
def test_a_region_that_has_them_or_is_not_known_passes(zones: Any, region: str) -> None:
    environment(zones).check_region(region)
