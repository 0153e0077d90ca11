"""Step Functions: Distributed Maps in batches, and the permissions of a state machine's role."""

import json
from typing import Any

from sandbox.emulator import ACCOUNT
from tests.sandbox.cloud import Cloud, allow, function
from tests.sandbox.executions import start
from tests.sandbox.lake import COLUMNS, PARQUET, Lake, parquet
from tests.sandbox.queues import make_queue

STATES = "states.amazonaws.com"
ITEM = "$states.context.Map.Item.Value"


def listing(bucket: str, child: dict[str, Any], **batcher: Any) -> dict[str, Any]:
    """A state machine with a Distributed Map over the objects under the input's prefix."""
    limits = {"MaxItemsPerBatch": 2, "MaxInputBytesPerBatch": 1000, **batcher}
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Find",
        "States": {
            "Find": {
                "Type": "Map",
                "Label": "Find",
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:listObjectsV2",
                    "Arguments": {"Bucket": bucket, "Prefix": "{% $states.input.prefix %}"},
                },
                "ItemSelector": {"key": f"{{% {ITEM}.Key %}}"},
                "ItemBatcher": {**limits, "BatchInput": {"of": "{% $states.input.prefix %}"}},
                "MaxConcurrency": "{% $states.input.at_once %}",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                    "StartAt": "Child",
                    "States": {"Child": {"Type": "Pass", "End": True, **child}},
                },
                "Output": "{% $states.result %}",
                "End": True,
            }
        },
    }


def objects(cloud: Cloud, *keys: str) -> str:
    """A bucket with these objects."""
    bucket = cloud.bucket()
    for key in keys:
        cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    return bucket


EVERYTHING = allow("*")
GIVEN = {"prefix": "in/", "at_once": 1}


def test_a_distributed_map_gives_batches_to_its_children(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> dict[str, Any]:
        bucket = objects(cloud, "in/a", "in/b", "in/c", "other")
        return start(cloud, listing(bucket, {}), cloud.role(STATES, EVERYTHING), GIVEN)

    assert "int()" in probe(plain)["cause"]  # of the expression in MaxConcurrency
    assert json.loads(probe(parity)["output"]) == [
        {"Items": [{"key": "in/a"}, {"key": "in/b"}], "BatchInput": {"of": "in/"}},
        {"Items": [{"key": "in/c"}], "BatchInput": {"of": "in/"}},
    ]


def test_a_batch_is_limited_in_bytes_too(parity: Cloud) -> None:
    bucket = objects(parity, "in/a", "in/b", "in/c")
    role = parity.role(STATES, EVERYTHING)
    count = {"Output": "{% $count($states.input.Items) %}"}

    def sizes(**batcher: int) -> Any:
        return json.loads(start(parity, listing(bucket, count, **batcher), role, GIVEN)["output"])

    assert sizes(MaxItemsPerBatch=3) == [3]
    assert sizes(MaxItemsPerBatch=3, MaxInputBytesPerBatch=40) == [2, 1]


def test_what_the_children_return_together_is_limited(parity: Cloud) -> None:
    bucket = objects(parity, "in/a", "in/b", "in/c")
    role = parity.role(STATES, EVERYTHING)

    def ends(characters: int) -> str:
        text = {"Output": f"{{% $pad('', {characters}, 'x') %}}"}
        found = start(parity, listing(bucket, text, MaxItemsPerBatch=1), role, GIVEN)
        return str(found.get("error") or found["status"])

    limit = 256 * 1024 // 3
    assert ends(limit - 4) == "SUCCEEDED"
    assert ends(limit + 4) == "States.DataLimitExceeded"


def asking(bucket: str) -> dict[str, Any]:
    """A state machine that asks for an object's metadata."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:headObject",
        "Arguments": {"Bucket": bucket, "Key": "{% $states.input.key %}"},
        "Output": "{% $states.result.Metadata %}",
        "End": True,
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Ask", "States": {"Ask": task}}


def test_a_missing_object_has_the_name_that_the_sdk_gives_it(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, *actions: str) -> str:
        role = cloud.role(STATES, allow(list(actions)))
        return str(start(cloud, asking(objects(cloud)), role, {"key": "a"})["error"])

    both = ("s3:GetObject", "s3:ListBucket")
    assert probe(plain, *both) == "S3.S3Exception"
    assert probe(parity, *both) == "S3.NoSuchKeyException"
    assert probe(parity, "s3:GetObject") == "S3.S3Exception"  # the 403 of HeadObject


def test_a_task_needs_the_permissions_of_the_role(plain: Cloud, parity: Cloud) -> None:
    def ask(cloud: Cloud, *actions: str) -> str:
        role = cloud.role(STATES, allow(list(actions)))
        return str(start(cloud, asking(objects(cloud, "a")), role, {"key": "a"})["status"])

    assert ask(plain, "s3:ListBucket") == "SUCCEEDED"
    assert ask(parity, "s3:ListBucket") == "FAILED"
    assert ask(parity, "s3:GetObject") == "SUCCEEDED"


def test_a_sender_needs_the_key_of_the_queue(parity: Cloud) -> None:
    url, _ = make_queue(parity, KmsMasterKeyId=parity.key())
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Arguments": {"QueueUrl": url, "MessageBody": "x"},
        "End": True,
    }
    machine = {"QueryLanguage": "JSONata", "StartAt": "Send", "States": {"Send": task}}

    def ends(*actions: str) -> str:
        role = parity.role(STATES, allow(list(actions)))
        found = start(parity, machine, role, {})
        return str(found.get("error") or found["status"])

    needed = ("sqs:SendMessage", "kms:GenerateDataKey", "kms:Decrypt")
    assert ends(*needed) == "SUCCEEDED"
    assert ends(*needed[1:]) == "Sqs.SqsException"
    assert ends(*needed[:2]) == "Kms.KmsException"
    assert ends(needed[0], needed[2]) == "Kms.KmsException"


def test_a_metric_is_published_only_into_an_allowed_namespace(parity: Cloud) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:cloudwatch:putMetricData",
        "Arguments": {
            "Namespace": "{% $states.input %}",
            "MetricData": [{"MetricName": "Found", "Value": 1}],
        },
        "End": True,
    }
    machine = {"QueryLanguage": "JSONata", "StartAt": "Publish", "States": {"Publish": task}}
    mine = {"StringEquals": {"cloudwatch:namespace": "Mine"}}
    role = parity.role(STATES, allow("cloudwatch:PutMetricData", **mine))
    assert start(parity, machine, role, "Mine")["status"] == "SUCCEEDED"
    assert start(parity, machine, role, "Other")["error"] == "CloudWatch.CloudWatchException"


def test_a_distributed_map_needs_permissions_too(parity: Cloud) -> None:
    bucket = objects(parity, "in/a")

    def ends(*actions: str) -> str:
        role = parity.role(STATES, allow(list(actions)))
        return str(start(parity, listing(bucket, {}), role, GIVEN)["status"])

    assert ends("states:StartExecution", "s3:ListBucket") == "SUCCEEDED"
    assert ends("states:StartExecution") == "FAILED"
    assert ends("s3:ListBucket") == "FAILED"


def invoking(name: str, wait: str = "") -> dict[str, Any]:
    """A state machine that invokes a function, and perhaps waits for its token."""
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::lambda:invoke{wait}",
        "Arguments": {"FunctionName": name, "Payload": {}},
        "TimeoutSeconds": 1,
        "End": True,
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Invoke", "States": {"Invoke": task}}


def test_a_task_needs_permission_to_invoke_a_function(plain: Cloud, parity: Cloud) -> None:
    def ends(cloud: Cloud, wait: str, *statements: dict[str, Any]) -> str:
        code = function(cloud.role("lambda.amazonaws.com"))
        arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{cloud.deploy({'F': code})['F']}"
        found = start(cloud, invoking(arn, wait), cloud.role(STATES, *statements), {})
        return str(found.get("error") or found["status"])

    may = allow("lambda:InvokeFunction")
    other = allow("states:StartExecution")
    for wait, end in (("", "SUCCEEDED"), (".waitForTaskToken", "States.Timeout")):
        assert ends(plain, wait, other) == end
        assert ends(parity, wait, other) == "Lambda.LambdaException"
        assert ends(parity, wait, may) == end


def querying(group: str, sql: str) -> dict[str, Any]:
    """A state machine that runs a query, and returns its rows."""
    task = {"Type": "Task", "QueryLanguage": "JSONata"}
    wanted = {"QueryString": sql, "WorkGroup": group}
    asked = {"QueryExecutionId": "{% $states.input.QueryExecution.QueryExecutionId %}"}
    return {
        "StartAt": "Run",
        "States": {
            "Run": {
                **task,
                "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
                "Arguments": wanted,
                "Next": "Show",
            },
            "Show": {
                **task,
                "Resource": "arn:aws:states:::athena:getQueryResults",
                "Arguments": asked,
                "Output": "{% $states.result.ResultSet.Rows[1].Data[0].VarCharValue %}",
                "End": True,
            },
        },
    }


def test_a_query_is_run_as_the_role(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, sql: str = "SELECT 41 + 1", without: str = "") -> str:
        lake = Lake(cloud, COLUMNS, parquet(), PARQUET)
        given = [one for name, one in lake.permissions().items() if name != without]
        found = start(cloud, querying(lake.group, sql), cloud.role(STATES, *given), {})
        return str(
            json.loads(found["output"]) if found["status"] == "SUCCEEDED" else found["error"]
        )

    assert probe(parity) == "42"
    assert probe(parity, "SELECT count(*) FROM absent") == "States.TaskFailed"
    assert probe(parity, without="workgroup") == "States.TaskFailed"
    assert probe(parity, without="write") == "States.TaskFailed"
    assert probe(parity, without="show") == "Athena.AmazonAthenaException"
    assert probe(plain) == "States.Runtime"
