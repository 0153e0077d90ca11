"""Access policies for the two people of a re-identification: who asks, and who approves."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.access.denials import deny
from lib.compliance.rule_packs import acknowledge, acknowledge_prefixes, wildcard
from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys, via
from lib.environment import Environment
from lib.names import DATASET_TAG, OWN_DATASET, PURPOSE_TAG, USER
from lib.outputs import export
from processor.reidentification.requests import APPROVALS, REQUESTS, SIGNATURES, SLOTS, VALUES

OWN_PURPOSE = f"${{aws:PrincipalTag/{PURPOSE_TAG}}}"
# AWS has no resource for these: whoever has a token completes its task.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
COMPLETION = ["states:SendTaskFailure", "states:SendTaskSuccess"]


class ReidentificationPolicies(Construct):
    """Managed policies to be attached to the account's own users and roles.

    Each is limited to the dataset in the principal's tag ``dataset``, and a requester's to the
    purpose in the tag ``purpose`` too. Where somebody writes, ``aws:userid`` is part of the key,
    so the function knows who asked and who signed.

    Each denies all that the other allows: a role with both can do neither.

    Attributes:
        requester: writes requests, starts their executions, and reads its own values.
        approver: reads what waits, signs, and completes or ends its execution.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        data: DataBucket,
    ) -> None:
        """Create the policies."""
        super().__init__(scope, construct_id)
        self._bucket, self._key = data.bucket, keys.data
        machine = environment.names.reidentification_arn
        executions = f"{machine.replace(':stateMachine:', ':execution:')}:*"
        own = f"{OWN_DATASET}/{OWN_PURPOSE}/{USER}/*"
        self.requester = iam.ManagedPolicy(
            self,
            "Requester",
            description="Asks to re-identify tokens of one dataset for one purpose, as its tags "
            "'dataset' and 'purpose' say",
            statements=[
                self._allow("WriteRequests", "s3:PutObject", f"{REQUESTS}{own}"),
                self._allow("ReadOwnValues", "s3:GetObject", f"{VALUES}{own}"),
                self._use_key(),
                iam.PolicyStatement(
                    sid="StartRequests", actions=["states:StartExecution"], resources=[machine]
                ),
                _watch(executions),
                deny("SeparateApproval", actions=["states:SendTask*"], resources=["*"]),
                self._keep_from(APPROVALS, SIGNATURES, SLOTS),
            ],
        )
        self.approver = iam.ManagedPolicy(
            self,
            "Approver",
            description="Approves requests to re-identify tokens of one dataset, named by the tag "
            "'dataset'",
            statements=[
                self._allow("ReadApprovals", "s3:GetObject", f"{APPROVALS}{OWN_DATASET}/*"),
                iam.PolicyStatement(
                    sid="FindApprovals",
                    actions=["s3:ListBucket"],
                    resources=[self._bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": f"{APPROVALS}{OWN_DATASET}/*"}},
                ),
                self._allow("Sign", "s3:PutObject", f"{SIGNATURES}{OWN_DATASET}/{USER}/*"),
                self._use_key(),
                iam.PolicyStatement(sid="Complete", actions=COMPLETION, resources=["*"]),
                _watch(executions),
                deny("SeparateRequests", actions=["states:StartExecution"], resources=[machine]),
                self._keep_from(REQUESTS, VALUES, SLOTS),
            ],
        )
        self._acknowledge(executions)
        export(
            self,
            environment,
            RequesterPolicyArn=self.requester.managed_policy_arn,
            ApproverPolicyArn=self.approver.managed_policy_arn,
        )

    def _allow(self, sid: str, action: str, objects: str) -> iam.PolicyStatement:
        place = self._bucket.arn_for_objects(objects)
        return iam.PolicyStatement(sid=sid, actions=[action], resources=[place])

    def _use_key(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid="UseDataKey",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[self._key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": via("s3")}},
        )

    def _keep_from(self, *prefixes: str) -> iam.PolicyStatement:
        """Deny whatever can be done with the objects under some prefixes."""
        return deny(
            "SeparateDuties",
            actions=["s3:*"],
            resources=[self._bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes],
        )

    def _acknowledge(self, executions: str) -> None:
        tags = [f"<aws:PrincipalTag/{tag}>" for tag in (DATASET_TAG, PURPOSE_TAG)]
        own = f"{'/'.join(tags)}/<aws:userid>/*"
        named = "Those who ask and those who sign name the objects below their own folder."
        acknowledge_prefixes(
            self.requester, self._bucket, named, f"{REQUESTS}{own}", f"{VALUES}{own}"
        )
        acknowledge_prefixes(
            self.approver,
            self._bucket,
            named,
            f"{APPROVALS}{tags[0]}/*",
            f"{SIGNATURES}{tags[0]}/<aws:userid>/*",
        )
        for policy in (self.requester, self.approver):
            acknowledge(
                policy, "Nobody knows the names of executions before.", wildcard(executions)
            )
        acknowledge(
            self.approver,
            "Tokens of tasks have no ARN. Whoever has none completes nothing, and only approvers "
            "can read them.",
            "AwsSolutions-IAM5[Resource::*]",
            "CKV_AWS_111",
        )


def _watch(executions: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="WatchRequests", actions=["states:DescribeExecution"], resources=[executions]
    )
