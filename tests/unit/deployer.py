"""The deployer's policy, and who holds it.

How the policy tells what is of the stacks:

- What CloudFormation or the template names, by the name in its ARN.
- A key by its aliases and its tag ``Environment``. ``ForAllValues`` matches a key of no alias too,
  which a new key is, and one whose alias goes first.
  https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
  The other tags cannot serve: their changes go through a moment without them.
  https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-kms
  To create a key with tags takes ``kms:TagResource`` on every key that the policy can reach.
  https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html
- Parts of a network by the tag with the stack's name, which nobody but CloudFormation can set.
  https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
- An event source mapping by its function, but to be read: what is deleted has none any more.
  https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

import json

from tests.unit.decisions import person
from tests.unit.synthesis import ROOT, Resource

NAME = "Deployer"
POLICY: Resource = json.loads((ROOT / "docs" / "deployer-policy.json").read_text(encoding="utf-8"))
DEPLOYER = person("deployer", NAME)
