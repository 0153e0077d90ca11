"""A function of ours: in the isolated subnets, with its own role and an encrypted environment."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from lib.compliance.rule_packs import acknowledge
from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys
from lib.constructs.network import Network
from lib.environment import Environment

ARCHITECTURES = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}


class NetworkFunction(lambda_.Function):
    """A function that reaches the data bucket and KMS, and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        network: Network,
        data: DataBucket,
        role: iam.Role,
        name: str,
        variables: Mapping[str, str],
        **properties: Any,
    ) -> None:
        """Create the function.

        Args:
            scope: the part that it belongs to.
            construct_id: its name there.
            environment: has the processor's architecture.
            keys: one encrypts the environment variables.
            network: where it is.
            data: has the bucket.
            role: what it may do, settled by whoever made the role.
            name: the function's.
            variables: its environment, besides the names of the bucket and of itself.
            properties: the others of ``aws_lambda.Function``, such as its code and time.
        """
        # Deletion is in reverse order: the function, then its network interfaces, which Lambda
        # removes with this role and which hold the security group, then the role. Only then is the
        # bucket emptied, so the function does not write into it again.
        network.function_security_group.node.add_dependency(role)
        role.node.add_dependency(data.bucket)
        super().__init__(
            scope,
            construct_id,
            function_name=name,
            runtime=lambda_.Runtime.PYTHON_3_11,
            architecture=ARCHITECTURES[environment.settings.architecture],
            role=role.without_policy_updates(),
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[network.function_security_group],
            environment_encryption=keys.environment,
            environment={
                "BUCKET_NAME": data.bucket.bucket_name,
                **variables,
                "POWERTOOLS_SERVICE_NAME": name,
            },
            **properties,
        )
        # An update must not move the function before its endpoints are reachable.
        self.node.add_dependency(network)
        acknowledge(
            self,
            "python3.11 is the runtime that this system's users settled on; AWS supports it until "
            "2027-06-30. A newer one needs a newer pyarrow: docs/decisions/0005-python-3.11.md.",
            "AwsSolutions-L1",
            "Serverless-LambdaLatestVersion",
        )
        acknowledge(
            self,
            "Traces would be one more store of facts about the records, outside the keys of this "
            "stack. Logs and metrics tell what became of each file.",
            "Serverless-LambdaTracing",
        )

    def acknowledge_invocations(self, *, bound: str, parked: str) -> None:
        """Accept what the rules find about invocations.

        Args:
            bound: what bounds how many run at a time.
            parked: what becomes of an invocation that failed.
        """
        acknowledge(
            self,
            f"{bound} Reserved concurrency would "
            "bound it too, but is taken from the account's pool, of which AWS keeps 100 back: an "
            "account that has 10 cannot reserve any.",
            "CKV_AWS_115",
            "HIPAA.Security-LambdaConcurrency",
            "NIST.800.53.R5-LambdaConcurrency",
        )
        acknowledge(
            self,
            parked,
            "CKV_AWS_116",
            "HIPAA.Security-LambdaDLQ",
            "NIST.800.53.R5-LambdaDLQ",
            "Serverless-LambdaDLQ",
        )


def deriving_variables(keys: Keys) -> dict[str, str]:
    """The variables that name the keys of tokens, all that there are."""
    reversible = {"REVERSIBLE_KEY_ID": keys.reversible.key_id} if keys.reversible else {}
    return {"PSEUDONYM_KEY_ID": keys.pseudonym.key_id, **reversible}
