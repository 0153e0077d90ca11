"""Synthesizes the stack without bundling, and resolves the values of the template."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aws_cdk import App, Environment
from aws_cdk.assertions import Template

from lib.contracts import CONTRACTS
from lib.tap_stack import TapStack

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "111122223333"
PARTITIONS = {
    "us-east-1": ("aws", "amazonaws.com"),
    "us-gov-west-1": ("aws-us-gov", "amazonaws.com"),
    "cn-north-1": ("aws-cn", "amazonaws.com.cn"),
}
Resource = dict[str, Any]


def make_app(**context: Any) -> App:
    """An app with the project's context, overridden by ``context``, that bundles nothing."""
    project = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return App(context={**project, "aws:cdk:bundling-stacks": [], **context})


@cache
def synthesize(
    suffix: str = "test",
    region: str | None = "us-east-1",
    settings: str = "{}",
    *,
    encrypts: bool = False,
    tokens: bool = True,
) -> Resource:
    """The template of an environment, synthesized once per session.

    Args:
        suffix: the environment's.
        region: the stack's region, in ``ACCOUNT``; None leaves both open.
        settings: the environment's settings, as JSON.
        encrypts: whether a column of a contract has the method ``encrypt``.
        tokens: whether a column has any method that makes tokens.
    """
    app = make_app(environments={suffix: json.loads(settings)})
    with contracts(encrypts=encrypts, tokens=tokens):
        stack = TapStack(
            app,
            f"TapStack-{suffix}",
            environment_suffix=suffix,
            env=Environment(account=ACCOUNT, region=region) if region else None,
        )
    return dict(Template.from_stack(stack).to_json())


@contextmanager
def contracts(*, encrypts: bool, tokens: bool = True) -> Iterator[None]:
    """Let the stack find the project's contracts, or others: one that encrypts, or none of tokens.

    See :func:`synthesize`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "contracts"
        shutil.copytree(CONTRACTS, folder)
        if encrypts:
            other = "{method: encrypt, reidentification: fraud-investigation}"
            substitute("{method: pseudonymize}", other, folder / "customers.odcs.yaml")
        if not tokens:
            for file in folder.glob("*.odcs.yaml"):
                substitute("{method: pseudonymize.*}", "{method: keep}", file)
                substitute("\n *encryptedName: .*", "", file)
        with patch("lib.tap_stack.CONTRACTS", folder):
            yield


def substitute(method: str, other: str, file: Path) -> None:
    """Write another method into a contract; ``method`` is a pattern."""
    text, count = re.subn(method, other, file.read_text(encoding="utf-8"))
    assert count
    file.write_text(text, encoding="utf-8")


class Synthesized:
    """A template whose pseudo-parameters and joins are resolved.

    A reference to another resource becomes ``<LogicalId>`` or ``<LogicalId.Attribute>``.
    """

    def __init__(self, template: Resource, region: str = "us-east-1") -> None:
        partition, url_suffix = PARTITIONS[region]
        self.pseudo = {
            "AWS::Partition": partition,
            "AWS::URLSuffix": url_suffix,
            "AWS::Region": region,
            "AWS::AccountId": ACCOUNT,
        }
        self.resources: dict[str, Resource] = {
            name: self.resolve(resource) for name, resource in template["Resources"].items()
        }
        self.outputs: dict[str, Resource] = self.resolve(template["Outputs"])
        self.description: str = template["Description"]

    def resolve(self, value: Any) -> Any:
        """``value`` without intrinsic functions."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        match value:
            case {"Ref": name}:
                return self.pseudo.get(name, f"<{name}>")
            case {"Fn::GetAtt": [name, attribute]}:
                return f"<{name}.{attribute}>"
            case {"Fn::Join": [separator, parts]}:
                return separator.join(map(str, self.resolve(parts)))
            case {"Fn::Sub": text}:
                for name, known in self.pseudo.items():
                    text = text.replace(f"${{{name}}}", known)
                return text
            case _:
                return {name: self.resolve(item) for name, item in value.items()}

    def find(self, resource_type: str) -> dict[str, Resource]:
        """The resources of a type, by logical id."""
        return {
            name: resource
            for name, resource in self.resources.items()
            if resource["Type"] == resource_type
        }

    def one(self, resource_type: str, **properties: Any) -> tuple[str, Resource]:
        """The logical id and properties of the only resource of a type with ``properties``."""
        found = [
            (name, resource.get("Properties", {}))
            for name, resource in self.find(resource_type).items()
            if properties.items() <= resource.get("Properties", {}).items()
        ]
        assert len(found) == 1, f"{resource_type} {properties}: {[name for name, _ in found]}"
        return found[0]

    def key(self, name: str, suffix: str = "test") -> tuple[str, Resource]:
        """The logical id and properties of the key behind ``alias/zero-trust/<suffix>/<name>``."""
        _, alias = self.one("AWS::KMS::Alias", AliasName=f"alias/zero-trust/{suffix}/{name}")
        logical_id = alias["TargetKeyId"].strip("<>").removesuffix(".Arn")
        return logical_id, self.resources[logical_id]["Properties"]


def statement(policy: Resource, sid: str) -> Resource:
    """The statement of a policy document with this sid."""
    found = [item for item in policy["Statement"] if item.get("Sid") == sid]
    assert len(found) == 1, f"{sid}: {policy}"
    one: Resource = found[0]
    return one


def as_list(value: Any) -> list[Any]:
    """``value`` as a list: IAM treats a single action or resource as one."""
    return value if isinstance(value, list) else [value]


def references(value: Any) -> set[str]:
    """The names that a value of a template refers to."""
    found: set[str] = set()
    if isinstance(value, list):
        found.update(*map(references, value))
    elif isinstance(value, dict):
        match value:
            case {"Ref": name}:
                return {name}
            case {"Fn::GetAtt": [name, *_]}:
                return {name}
            case {"Fn::Sub": text}:
                return {
                    name.partition(".")[0] for name in re.findall(r"\$\{([^}!]+)\}", str(text))
                }
        found.update(*map(references, value.values()))
    return found
