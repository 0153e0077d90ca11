"""An environment: its suffix, its settings, and the names that follow from the suffix."""

from dataclasses import dataclass
from typing import Self

from aws_cdk import RemovalPolicy
from constructs import Node

from lib.names import Names
from lib.settings import EnvironmentSettings, check_suffix, read_settings


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

    @property
    def removal_policy(self) -> RemovalPolicy:
        """What happens to data, keys and logs when the stack is deleted."""
        if self.settings.retain_data:
            # Not RETAIN: a failed first creation would leave resources whose names block the next.
            return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        return RemovalPolicy.DESTROY
