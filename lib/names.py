"""The names that parts of the stack know of each other before any of them exists.

They keep apart what would otherwise wait for each other in a circle: a key admits the bucket, the
queue is encrypted by the key, and the bucket announces to the queue; the keys admit the
function's role, which names the keys.
"""

from aws_cdk import Aws

OF_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
"""The condition under which a service assumes a role for resources of this account alone."""


class Names:
    """The names of one environment.

    Attributes:
        bucket: of the data bucket, unique in the partition.
        function, function_arn: of the data processor.
        role, role_arn: what the function acts as.
        break_glass_role, break_glass_role_arn: what removes versions where data are retained.
        function_log_group: of the data processor.
        flow_log_group: of the VPC's flow logs.
        provider_log_group: of CDK's own functions, which run during deployments.
    """

    def __init__(self, environment_suffix: str) -> None:
        """Compose the names; account and region are known when the stack is deployed."""
        self.bucket = f"zero-trust-data-{environment_suffix}-{Aws.ACCOUNT_ID}-{Aws.REGION}"
        self.bucket_arn = f"arn:{Aws.PARTITION}:s3:::{self.bucket}"
        self.function = f"data-processor-{environment_suffix}"
        self.function_arn = (
            f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{Aws.ACCOUNT_ID}:function:{self.function}"
        )
        # Roles are global, stacks are regional.
        self.role = f"{self.function}-{Aws.REGION}"
        roles = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/"
        self.role_arn = f"{roles}{self.role}"
        self.break_glass_role = f"zero-trust-break-glass-{environment_suffix}-{Aws.REGION}"
        self.break_glass_role_arn = f"{roles}{self.break_glass_role}"
        self.function_log_group = f"/aws/lambda/{self.function}"
        self.flow_log_group = f"/aws/vpc/zero-trust-vpc-{environment_suffix}"
        self.provider_log_group = f"/aws/lambda/zero-trust-providers-{environment_suffix}"

    @property
    def log_groups(self) -> list[str]:
        """All of them."""
        return [self.function_log_group, self.flow_log_group, self.provider_log_group]
