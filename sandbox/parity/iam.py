"""IAM: the permissions boundary of a template's role."""

from ministack.services.iam import _roles as roles

from sandbox.parity.correction import Properties, Provisioned, completes


@completes("AWS::IAM::Role")
def dropped_boundary(provisioned: Provisioned, properties: Properties) -> Provisioned:
    """Bound a role as its template says.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
    """
    roles[provisioned[0]]["PermissionsBoundary"] = properties.get("PermissionsBoundary")
    return provisioned
