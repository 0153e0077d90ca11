"""A workgroup of Athena, whose settings nobody who queries in it overrides."""

from aws_cdk import Aws
from aws_cdk import aws_athena as athena
from constructs import Construct

from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys
from lib.names import RESULTS


def add_workgroup(
    scope: Construct,
    construct_id: str,
    *,
    name: str,
    description: str,
    results: str,
    limit: int | None,
    data: DataBucket,
    keys: Keys,
) -> athena.CfnWorkGroup:
    """A workgroup that writes its results below ``query-results/``, under the data key.

    The bucket's policy compares the key with its ARN.

    Args:
        scope: the part of the stack.
        construct_id: in the part.
        name: of the workgroup.
        description: what is queried in it.
        results: the folder of its results, with a slash at the end.
        limit: the most bytes that one query may read, if there is a limit.
        data: the bucket.
        keys: with the data key.
    """
    return athena.CfnWorkGroup(
        scope,
        construct_id,
        name=name,
        description=description,
        recursive_delete_option=True,  # with the record of its queries
        work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
            enforce_work_group_configuration=True,
            publish_cloud_watch_metrics_enabled=True,
            bytes_scanned_cutoff_per_query=limit,
            engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                selected_engine_version="Athena engine version 3"
            ),
            result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                output_location=f"s3://{data.bucket.bucket_name}/{RESULTS}{results}",
                expected_bucket_owner=Aws.ACCOUNT_ID,
                encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                    encryption_option="SSE_KMS", kms_key=keys.data.key_arn
                ),
            ),
        ),
    )
