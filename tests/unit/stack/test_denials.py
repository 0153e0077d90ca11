"""What a role may not do, whatever else somebody attaches to it."""

from aws_cdk import aws_iam as iam

from lib.access.denials import deny, deny_the_rest


def allowed(sid: str, actions: list[str], *resources: str) -> iam.PolicyStatement:
    """A statement that allows some actions on some resources."""
    return iam.PolicyStatement(sid=sid, actions=actions, resources=list(resources))


def test_other_actions_and_other_resources_are_denied() -> None:
    denied = deny_the_rest(
        [
            allowed("A", ["s3:GetObject"], "arn:aws:s3:::a/x*"),
            allowed("B", ["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::a/y*"),
            allowed("C", ["ec2:DescribeSubnets"], "*"),
        ]
    )
    assert [one.to_json() for one in denied] == [
        {
            "Sid": "DenyEverythingElse",
            "Effect": "Deny",
            "NotAction": ["ec2:DescribeSubnets", "s3:GetObject", "s3:PutObject"],
            "Resource": "*",
        },
        {
            "Sid": "DenyGetObjectElsewhere",
            "Effect": "Deny",
            "Action": "s3:GetObject",
            "NotResource": ["arn:aws:s3:::a/x*", "arn:aws:s3:::a/y*"],
        },
        {
            "Sid": "DenyPutObjectElsewhere",
            "Effect": "Deny",
            "Action": "s3:PutObject",
            "NotResource": "arn:aws:s3:::a/y*",
        },
    ]


def test_a_denial_has_its_condition() -> None:
    condition = {"Null": {"aws:SourceVpce": "true"}}
    one = deny("Outside", actions=["s3:*"], resources=["*"], conditions=condition)
    assert one.to_json() == {
        "Sid": "Outside",
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": condition,
    }
