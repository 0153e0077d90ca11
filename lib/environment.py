"""An environment: its suffix, its settings, and the names that follow from the suffix."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from aws_cdk import RemovalPolicy, Token
from constructs import Node

from lib.names import Names
from lib.settings import EnvironmentSettings, SettingsError, check_suffix, read_settings

# An account sees only two of their three zones.
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
REGIONS_OF_TWO_ZONES = ("us-west-1",)


@dataclass(frozen=True)
class Environment:
    """What every part of the stack knows about the environment it belongs to.

    Attributes:
        suffix: distinguishes the environments of an account, such as ``dev``.
        settings: what ``cdk.json`` says about it.
        names: the names of parts that others must know beforehand.
    """

    suffix: str
    settings: EnvironmentSettings
    names: Names

    @classmethod
    def read(cls, node: Node, suffix: str) -> Self:
        """The environment ``suffix`` with the settings in the context of ``node``.

        Raises:
            SettingsError: the suffix or a setting is not allowed.
        """
        return cls(check_suffix(suffix), read_settings(node, suffix), Names(suffix))

    def check_region(self, region: str) -> None:
        """Raise SettingsError if the stack's region cannot have the zones that are asked for.

        Args:
            region: such as ``eu-central-1``; a token, if it is not known yet, passes.
        """
        if Token.is_unresolved(region):
            return
        zones = self.settings.availability_zones
        names, count = (list(zones), len(zones)) if isinstance(zones, tuple) else ([], zones)
        setting = f"environments.{self.suffix}.availabilityZones is {names or zones}"
        if not all(name[:-1] == region for name in names):
            raise SettingsError(
                f"{setting}: the stack is for {region}; name zones of that region, or deploy to "
                "theirs (CDK_DEFAULT_REGION)."
            )
        if region in REGIONS_OF_TWO_ZONES and count > 2:
            raise SettingsError(
                f"{setting}: in {region} an account has two zones; set it to 2, or name those two."
            )

    def check_datasets(self, datasets: Iterable[str]) -> None:
        """Raise SettingsError if one that is to be compacted is not among those with a contract.

        Args:
            datasets: the names of those.
        """
        known = sorted(datasets)
        for dataset in self.settings.compacted_datasets:
            if dataset not in known:
                raise SettingsError(
                    f"environments.{self.suffix}.compactedDatasets has {dataset!r}, which has no "
                    f"contract; the datasets are {', '.join(known)}."
                )

    @property
    def removal_policy(self) -> RemovalPolicy:
        """What happens to data, keys and logs when the stack is deleted."""
        if self.settings.retain_data:
            # Not RETAIN: a failed first creation would leave resources whose names block the next.
            return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        return RemovalPolicy.DESTROY
