"""Adoption: a new stack takes over what a deleted one retained.

An environment that retains data leaves its bucket, keys and log groups behind. Deployed again, it
would fail on their names, and its new pseudonym key would make tokens that do not join with
earlier ones. So ``cdk import`` first adopts what was left. CloudFormation can import only a
template without references to resources that are not imported, so this module cuts those out of a
synthesized template; the next ``cdk deploy`` restores them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Template = Mapping[str, Any]

POLICY = "AWS::S3::BucketPolicy"
IDENTIFIERS = {
    "AWS::KMS::Key": "KeyId",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    POLICY: "Bucket",
}
"""The property by which CloudFormation finds a resource to import, by type.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html
"""


class AdoptionError(ValueError):
    """There is nothing to adopt, or an output with its name is missing; the message says which."""


def identify(template: Template, outputs: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The resource mapping that ``cdk import`` takes: logical id to identifier.

    Args:
        template: the environment's.
        outputs: those of the deleted stack, by name.

    Raises:
        AdoptionError: there is no template, nothing is retained, or the outputs are not those of
            the deleted stack.
    """
    retained = _retained(template)
    names = {
        value["Ref"]: name
        for name, output in template.get("Outputs", {}).items()
        if isinstance(value := output["Value"], dict) and "Ref" in value
    }

    def find(logical_id: str, resource: Mapping[str, Any]) -> str:
        given = resource["Properties"].get(IDENTIFIERS[resource["Type"]])
        if isinstance(given, str):
            name = names.get(logical_id, "")
            if outputs.get(name, given) != given:
                raise AdoptionError(
                    f"The output {name} is {outputs[name]}, not {given}: these are the outputs of "
                    "another environment."
                )
            return given
        name = names[logical_id if logical_id in names else given["Ref"]]
        if name not in outputs:
            raise AdoptionError(
                f"The output {name} is missing: give the outputs of the deleted stack, as "
                "cfn-outputs/flat-outputs.json had them."
            )
        if not isinstance(outputs[name], str) or not outputs[name]:
            raise AdoptionError(
                f"The output {name} is {json.dumps(outputs[name])}: give the text that it was in "
                "the deleted stack."
            )
        return outputs[name]

    return {
        logical_id: {IDENTIFIERS[resource["Type"]]: find(logical_id, resource)}
        for logical_id, resource in retained.items()
    }


def detach(template: Template) -> dict[str, Any]:
    """A template of the retained resources only, without references to any other.

    A list loses the items that refer to others. A policy loses whole statements, so that no denial
    gets wider by losing a condition. An import does not change the resource itself.
    """
    retained = _retained(template)
    others = template["Resources"].keys() - retained.keys()

    def cut(value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in value if not _refers(item, others)]
        if isinstance(value, dict):
            kept = {name: cut(inner) for name, inner in value.items()}
            return {
                name: inner
                for name, inner in kept.items()
                if not _refers(inner, others) and (inner not in ([], {}) or not value[name])
            }
        return value

    return {"Resources": {name: cut(resource) for name, resource in retained.items()}}


def _retained(template: Template) -> dict[str, dict[str, Any]]:
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not all(isinstance(r, dict) for r in resources.values()):
        raise AdoptionError("There is no template: name the template first, then the outputs.")
    found = {
        name: resource
        for name, resource in resources.items()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    }
    for name, resource in list(found.items()):  # the policy of a bucket goes with the bucket
        if resource["Type"] == POLICY and resource["Properties"]["Bucket"]["Ref"] not in found:
            del found[name]
    if not found:
        raise AdoptionError("This environment retains nothing (retainData): just deploy it.")
    return found


def _refers(value: Any, names: set[str]) -> bool:
    """Whether a value refers to, depends on or substitutes one of some resources."""
    if isinstance(value, str):
        return value in names or not names.isdisjoint(re.findall(r"\$\{([^}.!]+)", value))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_refers(one, names) for one in inner)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare a synthesized template for ``cdk import``; return 1 if there is nothing to adopt."""
    parser = argparse.ArgumentParser(prog="python -m lib.adoption", description=main.__doc__)
    parser.add_argument("template", type=Path, help="<assembly>/TapStack-<suffix>.template.json")
    parser.add_argument("outputs", type=Path, help="the flat outputs of the deleted stack")
    given = parser.parse_args(arguments)
    try:
        template = _read(given.template)
        mapping = identify(template, _read(given.outputs))
    except OSError as error:
        what = f"{error.filename} cannot be read: {error.strerror}"
        print(
            f"Error: {what}. Name the outputs of the deleted stack: outputs=FILE", file=sys.stderr
        )
        return 1
    except AdoptionError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    given.template.write_text(json.dumps(detach(template), indent=1), encoding="utf-8")
    file = given.template.with_name("resource-mapping.json")
    file.write_text(json.dumps(mapping, indent=2), encoding="utf-8")
    print(f"{file}: {len(mapping)} resources to adopt")
    return 0


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not found:
        raise AdoptionError(f"{file} is not a JSON object of outputs, or of a template.")
    return found


if __name__ == "__main__":
    sys.exit(main())
