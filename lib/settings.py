"""The settings of an environment: one frozen record, read from ``cdk.json`` by the suffix."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass

if TYPE_CHECKING:  # importing it starts Node.js, which a dry run does not need
    from constructs import Node

# The suffix is part of names that have length limits. The tightest is the bucket's: 63 characters
# for zero-trust-audit-<suffix>-<12-digit account>-<region of up to 14>.
SUFFIX_MAX_LENGTH = 16
SUFFIX_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

# CloudWatch Logs accepts only these retentions. Those below 90 days are left out, because the
# project promises 90 days of logs.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
Retention = Literal[
    90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TAG_VALUE = r"^[A-Za-z0-9_ .:/=+@-]+$"
PRIVATE_NETWORKS = tuple(
    map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
)
# As browsers check addresses:
# https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
# The lengths are SMTP's: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(
    rf"(?=.{{1,254}}$)[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+"
)
Endpoint = Literal["kms", "logs", "monitoring", "sqs", "sts"]

MAX_ZONES = 3
ZONE = re.compile(r"(?P<region>[a-z]{2,4}(-[a-z]+)+-\d)[a-z]")


class SettingsError(ValueError):
    """A suffix or a setting is not allowed; the message names it, its value and the remedy."""


@dataclass(
    frozen=True,
    kw_only=True,
    config=ConfigDict(strict=True, extra="forbid", alias_generator=to_camel),
)
class EnvironmentSettings:
    """What may differ between environments. The defaults are small and destroyable.

    Attributes:
        vpc_cidr: the VPC's private IPv4 range, /16 to /26.
        availability_zones: subnets, one per zone: how many of the region's zones, or their names.
        interface_endpoints: services reached through an interface endpoint; always ``kms``.
            Each costs about 7.30 USD a month per zone.
        log_retention_days: for every log group of the stack.
        memory_mb, timeout_seconds, ephemeral_storage_mb, architecture: of the function.
        max_concurrency: the most files that are processed at the same time. A new account may have
            only 10 concurrent executions of all its functions together.
            https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        raw_data_expiry_days: days until an object under ``incoming/`` or ``quarantine/`` expires.
        query_limit_mb: the most that one query may read, in MB; Athena ends it then.
            https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
        compacted_datasets: those of many small files, whose rows are also kept in few large ones.
        reidentifications_per_day: the most requests to re-identify tokens that a day may have, of
            each dataset and purpose.
        retain_data: data survive deletion of the stack, which has termination protection.
        restrict_administrators: whether the bucket refuses the account's administrators to read
            raw data and write outputs; they would have to change its policy first.
        object_lock_days: governance-mode retention of every new object version; None means off.
        audit_trail: whether CloudTrail records who changes the account and who uses the data.
        notify_emails: addresses that get the notices of alarms. Each must confirm it once.
        owner, data_classification: tags on every resource.
    """

    vpc_cidr: str = "10.0.0.0/16"
    availability_zones: int | tuple[str, ...] = 2
    interface_endpoints: tuple[Endpoint, ...] = Field(default=("kms",), strict=False)
    log_retention_days: Retention = 90
    memory_mb: Annotated[int, Field(ge=256, le=10_240)] = 512
    timeout_seconds: Annotated[int, Field(ge=10, le=900)] = 300
    ephemeral_storage_mb: Annotated[int, Field(ge=512, le=10_240)] = 512
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    max_concurrency: Annotated[int, Field(ge=2, le=1000)] = 5
    raw_data_expiry_days: Annotated[int, Field(ge=1, le=3650)] = 30
    query_limit_mb: Annotated[int, Field(ge=10, le=1_000_000)] = 10_000
    compacted_datasets: tuple[str, ...] = Field(default=(), strict=False)
    reidentifications_per_day: Annotated[int, Field(ge=1, le=100)] = 10
    retain_data: bool = False
    restrict_administrators: bool = False
    object_lock_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    audit_trail: bool = False
    notify_emails: tuple[str, ...] = Field(default=(), strict=False)
    owner: Annotated[str, Field(max_length=256, pattern=TAG_VALUE)] = "data-platform"
    data_classification: Literal["public", "internal", "confidential", "restricted"] = (
        "confidential"
    )

    @field_validator("availability_zones", mode="plain")
    @classmethod
    def _check_zones(cls, given: Any) -> int | tuple[str, ...]:
        if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= MAX_ZONES:
            return given
        names = given if isinstance(given, list) else []
        zones = [ZONE.fullmatch(str(name)) for name in names]
        regions = {zone["region"] for zone in zones if zone}
        if len(regions) == 1 and all(zones) and len(set(names)) == len(names) <= MAX_ZONES:
            return tuple(names)
        raise ValueError(
            f"availabilityZones is {given!r}: use a number from 1 to {MAX_ZONES}, or the "
            f'names of 1 to {MAX_ZONES} zones of one region, such as ["us-east-1a", "us-east-1b"]'
        )

    @model_validator(mode="after")
    def _check(self) -> "EnvironmentSettings":
        check_cidr(self.vpc_cidr)
        if "kms" not in self.interface_endpoints:
            raise ValueError(
                f"interfaceEndpoints is {list(self.interface_endpoints)}: it must contain 'kms', "
                "or the function could not decrypt a single object"
            )
        if len(set(self.interface_endpoints)) < len(self.interface_endpoints):
            raise ValueError(
                f"interfaceEndpoints is {list(self.interface_endpoints)}: name each only once"
            )
        check_addresses(self.notify_emails)
        if len(set(self.compacted_datasets)) < len(self.compacted_datasets):
            raise ValueError(
                f"compactedDatasets is {list(self.compacted_datasets)}: name each only once"
            )
        if self.object_lock_days and not self.retain_data:
            raise ValueError(
                f"objectLockDays is {self.object_lock_days}: it needs retainData true, because "
                "a bucket with locked objects cannot be emptied when its stack is deleted"
            )
        return self


def check_cidr(cidr: str) -> None:
    """Raise ValueError unless ``cidr`` is a private IPv4 network (RFC 1918) of /16 to /26.

    A VPC may be /16 to /28; up to three subnets of at least /28 need /26.
    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    """
    try:
        network = ipaddress.IPv4Network(cidr)
        allowed = 16 <= network.prefixlen <= 26 and any(map(network.subnet_of, PRIVATE_NETWORKS))
    except ValueError:
        allowed = False
    if not allowed:
        raise ValueError(
            f"vpcCidr is {cidr!r}: use a private (RFC 1918) IPv4 network of /16 to /26 "
            "without host bits, such as 10.0.0.0/16"
        )


def check_addresses(addresses: Sequence[str]) -> None:
    """Raise ValueError unless ``addresses`` are different e-mail addresses."""
    for address in addresses:
        if not EMAIL.fullmatch(address):
            raise ValueError(
                f"notifyEmails has {address!r}: use e-mail addresses, such as operator@example.com"
            )
    if len({address.lower() for address in addresses}) < len(addresses):
        raise ValueError(f"notifyEmails is {list(addresses)}: name each address only once")


def check_suffix(suffix: str) -> str:
    """Return ``suffix``, or raise SettingsError if S3, IAM or KMS names could not hold it."""
    if len(suffix) > SUFFIX_MAX_LENGTH or not SUFFIX_PATTERN.fullmatch(suffix):
        raise SettingsError(
            f"environmentSuffix is {suffix!r}: use 1 to {SUFFIX_MAX_LENGTH} lower-case "
            "letters and digits, with single hyphens between them, such as 'dev' or 'pr-42'."
        )
    return suffix


def read_settings(node: "Node", suffix: str) -> EnvironmentSettings:
    """The settings of environment ``suffix`` from the context key ``environments``.

    A suffix that the context does not name gets the defaults, so that a pull request can have
    a stack of its own.

    Raises:
        SettingsError: with one sentence per mistake.
    """
    environments = node.try_get_context("environments") or {}
    given = environments.get(suffix, {}) if isinstance(environments, Mapping) else None
    if not isinstance(given, Mapping):
        raise SettingsError(
            f"environments.{suffix} in cdk.json is not an object of settings such as "
            '{"memoryMb": 512}.'
        )
    try:
        return EnvironmentSettings(**given)
    except ValidationError as error:
        raise SettingsError(
            "\n".join(f"environments.{suffix}.{_sentence(item)}" for item in error.errors())
        ) from None


def _sentence(item: Mapping[str, Any]) -> str:
    """One mistake that pydantic found, as a sentence."""
    if item["type"] == "value_error":  # one of our own rules: complete
        return f"{item['ctx']['error']}."
    name = str(item["loc"][0])
    if item["type"] == "unexpected_keyword_argument":
        names = ", ".join(to_camel(field.name) for field in fields(EnvironmentSettings))
        return f"{name} is not a setting; the settings are {names}."
    message = item["msg"].replace("tuple", "list")  # as written in JSON
    return f"{name} is {item['input']!r}: {message[0].lower()}{message[1:]}."
