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
        suffix: tells the environments of an account apart, such as ``dev``.
        settings: what ``cdk.json`` says of it.
        names: what parts are called that others must know beforehand.
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
        """What becomes of data, keys and logs when the stack is deleted."""
        if self.settings.retain_data:
            # Not RETAIN: a first creation that fails would leave names that the next one meets.
            return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        return RemovalPolicy.DESTROY
