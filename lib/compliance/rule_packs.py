"""The rule packs that every synth must pass, and why some findings are acceptable.

Each finding is a violation that stops the synth, unless its construct acknowledges it with a
reason. https://github.com/cdklabs/cdk-nag

Checkov reads the template afterwards, and accepts the same acknowledgements.
https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
"""

import cdk_nag
from aws_cdk import Acknowledgment, App, Aws, CfnElement, CfnResource, Stack, Validations
from aws_cdk import aws_s3 as s3
from constructs import IConstruct


def attach_packs(app: App) -> None:
    """Apply the packs to everything that ``app`` synthesizes."""
    Validations.of(app).add_plugins(
        cdk_nag.AwsSolutionsChecks(app),
        cdk_nag.HIPAASecurityChecks(app),
        cdk_nag.NIST80053R5Checks(app),
        cdk_nag.PCIDSS321Checks(app),
        cdk_nag.ServerlessChecks(app),
    )


def acknowledge(construct: IConstruct, reason: str, *rules: str) -> None:
    """Accept the findings of ``rules`` about ``construct``, and say why.

    Args:
        construct: the narrowest one that has them.
        reason: one that a security reviewer would accept.
        rules: ``<pack>-<rule>``, with the exact finding in brackets where the rule states it; or
            ``CKV_AWS_<number>``, which Checkov reads in the template.
    """
    of_checkov = [rule for rule in rules if rule.startswith("CKV_")]
    if of_checkov:
        resource = construct.node.default_child or construct
        assert isinstance(resource, CfnResource)
        skipped = (resource.get_metadata("checkov") or {"skip": []})["skip"]
        skipped += [{"id": rule, "comment": reason} for rule in of_checkov]
        resource.add_metadata("checkov", {"skip": skipped})
    Validations.of(construct).acknowledge(
        *(
            Acknowledgment(id=f"{rule.partition('-')[0]}::{rule}", reason=reason)
            for rule in rules
            if rule not in of_checkov
        )
    )


def acknowledge_lint(stack: Stack, reason: str, *rules: str) -> None:
    """Accept cfn-lint's findings by ``rules`` anywhere in the template, and say why.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lint.html
    """
    accepted = {"config": {"ignore_checks": list(rules)}, "comment": reason}
    stack.template_options.metadata = {"cfn-lint": accepted}


def acknowledge_prefixes(
    construct: IConstruct, bucket: s3.IBucket, reason: str, *patterns: str
) -> None:
    """Accept that a policy names objects of ``bucket`` by patterns, as in ``processed/*``."""
    resource = bucket.node.default_child
    assert isinstance(resource, CfnElement)
    name = Stack.of(bucket).get_logical_id(resource)
    rules = [f"AwsSolutions-IAM5[Resource::<{name}.Arn>/{pattern}]" for pattern in patterns]
    acknowledge(construct, reason, *rules)


def wildcard(arn: str) -> str:
    """The finding that a policy names ``arn``, which has a wildcard."""
    for name, token in (
        ("Partition", Aws.PARTITION),
        ("Region", Aws.REGION),
        ("AccountId", Aws.ACCOUNT_ID),
    ):
        arn = arn.replace(token, f"<AWS::{name}>")
    return f"AwsSolutions-IAM5[Resource::{arn}]"
