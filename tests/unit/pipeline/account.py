"""A bucket and two queues in memory, which answer real clients of botocore in place of AWS.

The sandbox shows what AWS does, in tests/integration/test_pipeline.py.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
from botocore import xform_name
from botocore.response import StreamingBody

from pipeline.records import Record
from pipeline.stack import Stack

OUTPUTS = {
    "S3BucketName": "a-bucket",
    "LambdaFunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:data-processor-test",
    "LambdaFunctionName": "data-processor-test",
    "ReplayStateMachineArn": "arn:aws:states:eu-central-1:123456789012:stateMachine:replay",
    "ReidentificationStateMachineArn": (
        "arn:aws:states:eu-central-1:123456789012:stateMachine:reidentification"
    ),
    "ErasureStateMachineArn": (
        "arn:aws:states:eu-central-1:123456789012:stateMachine:zero-trust-erasure-test"
    ),
    "QueueUrl": "https://sqs.eu-central-1.amazonaws.com/123456789012/waiting",
    "GlueDatabaseName": "zero_trust_test",
    "AthenaWorkgroupName": "zero-trust-test",
    "DeadLetterQueueUrl": "https://sqs.eu-central-1.amazonaws.com/123456789012/parked",
    **{
        f"{name}PolicyArn": f"arn:aws:iam::123456789012:policy/{name}"
        for name in ("Producer", "Consumer", "Steward", "Requester", "Approver", "Eraser")
    },
}
MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@dataclass
class Account:
    """What answers.

    Attributes:
        objects: the versions of each object, oldest first: content, or None for a delete marker,
            and when it was written.
        messages: the parked messages by id, with the number of times that each was received.
        waiting: how many messages wait.
        executions: the descriptions of the replay, newest first; each look takes one.
        moves: the status and number of each redrive, newest first; each look takes one.
        states: of the query, newest first; each look takes one.
        results: the pages of its results.
        denied: the operations that IAM refuses, with what AWS says.
        codes: what S3 answers, by key, to whoever reads an object.
        asked: the operations that were asked for, with their parameters.
        page: how many entries a list has.
        interrupt: called with each operation.
    """

    objects: dict[str, list[tuple[bytes | None, datetime]]] = field(default_factory=dict)
    messages: dict[str, tuple[str, int]] = field(default_factory=dict)
    waiting: int = 0
    moves: list[dict[str, Any]] = field(default_factory=list)
    executions: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, str]] = field(default_factory=list)
    results: list[list[list[str | None]]] = field(default_factory=list)
    denied: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    page: int = 2
    interrupt: Callable[[str], None] = lambda operation: None
    hidden: set[str] = field(default_factory=set)

    def put(self, key: str, content: bytes | None, hours: float = 0) -> str:
        """Write a version this many hours after ``MOMENT``; return its id."""
        versions = self.objects.setdefault(key, [])
        versions.append((content, MOMENT + timedelta(hours=hours)))
        return f"v{len(versions)}"

    def process(self, key: str, hours: float = 0, **changes: Any) -> None:
        """Write a file and its manifest."""
        version = self.put(key, b"raw", hours)
        self.put(
            f"manifests/{key.removeprefix('incoming/')}.json",
            json.dumps(manifest(key, version, hours, **changes)).encode(),
            hours + 0.01,
        )

    def park(self, *keys: str, body: str = "") -> None:
        """Park a message about files, or with any body."""
        event = {"eventName": "ObjectCreated:Put"}
        records = [
            {**event, "s3": {"bucket": {"name": "a-bucket"}, "object": {"key": key}}}
            for key in keys
        ]
        self.messages[f"m{len(self.messages)}"] = body or json.dumps({"Records": records}), 5

    def stack(self) -> Stack:
        """A stack whose clients ask this account."""
        stack = Stack(OUTPUTS)
        stack.__dict__["session"] = _session()
        clients: tuple[Any, ...] = (
            *(stack.s3, stack.sqs, stack.stepfunctions, stack.athena, stack.sts),
        )
        for client in clients:
            client.meta.events.register_last("before-parameter-build", self._remember)
            client.meta.events.register("before-call", self._answer)
        return stack

    def _remember(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["given"] = params  # as it is once all handlers have changed it

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, Any]:
        name, given = str(model.name), dict(context["given"])
        self.asked.append((name, given))
        self.interrupt(name)
        if name in self.denied:
            return _error(403, "AccessDenied", self.denied[name])
        if name in self.broken:
            return _error(400, self.broken[name], "It is broken.")
        found = getattr(self, f"_{xform_name(name)}")(
            **{xform_name(one): value for one, value in given.items()}
        )
        return (
            _error(404, found, "gone")
            if isinstance(found, str)
            else (SimpleNamespace(status_code=200), found)
        )

    def _newest(self) -> Iterator[tuple[str, bytes, datetime]]:
        for key in sorted(self.objects, key=str.encode):
            content, written = self.objects[key][-1]
            if content is not None:
                yield key, content, written

    def _list_objects_v2(
        self, prefix: str, max_keys: int = 0, continuation_token: str = "", **_: Any
    ) -> dict[str, Any]:
        found = [
            {"Key": key, "Size": len(content), "LastModified": written, "ETag": f'"{key}"'}
            for key, content, written in self._newest()
            if key.startswith(prefix) and key.encode() > continuation_token.encode()
        ]
        most = max_keys or self.page
        more = {"NextContinuationToken": found[most - 1]["Key"]} if len(found) > most else {}
        return {"Contents": found[:most], "IsTruncated": bool(more), **more}

    def _get_object(self, key: str, version_id: str = "", **_: Any) -> dict[str, Any] | str:
        if key in self.codes:
            return self.codes[key]
        versions = self.objects.get(key, [])
        index = int(version_id[1:]) - 1 if version_id else -1
        content = versions[index][0] if versions else None
        if content is None:
            return "NoSuchVersion" if version_id else "NoSuchKey"
        return {"Body": StreamingBody(io.BytesIO(content), len(content))}

    def _list_object_versions(self, prefix: str, key_marker: str = "", **_: Any) -> dict[str, Any]:
        keys = [key for key in sorted(self.objects) if key.startswith(prefix) and key > key_marker]
        if not keys:
            return {}
        versions: list[dict[str, Any]] = []
        markers: list[dict[str, Any]] = []
        last = len(self.objects[keys[0]])
        for number, (content, written) in enumerate(self.objects[keys[0]], start=1):
            entry = {
                "Key": keys[0],
                "VersionId": f"v{number}",
                "LastModified": written,
                "IsLatest": number == last,
            }
            if content is None:
                markers.append(entry)
            else:
                versions.append({**entry, "Size": len(content)})
        more = {"NextKeyMarker": keys[0], "NextVersionIdMarker": "x"} if keys[1:] else {}
        return {"Versions": versions, "DeleteMarkers": markers, "IsTruncated": bool(more), **more}

    def _get_queue_attributes(self, queue_url: str, **_: Any) -> dict[str, Any]:
        parked = queue_url.endswith("parked")
        hidden = len(self.hidden) if parked else 0
        number = len(self.messages) - hidden if parked else self.waiting
        name = "ApproximateNumberOfMessages"
        numbers = {name: number, f"{name}NotVisible": hidden, f"{name}Delayed": 0}
        return {"Attributes": {one: str(value) for one, value in numbers.items()}}

    def _receive_message(self, max_number_of_messages: int, **_: Any) -> dict[str, Any]:
        found = [one for one in self.messages if one not in self.hidden][:max_number_of_messages]
        self.hidden.update(found)
        sent = f"{int(MOMENT.timestamp() * 1000)}"
        return {
            "Messages": [
                {
                    "MessageId": one,
                    "ReceiptHandle": one,
                    "Body": self.messages[one][0],
                    "Attributes": {
                        "SentTimestamp": sent,
                        "ApproximateReceiveCount": f"{self.messages[one][1]}",
                    },
                }
                for one in found
            ]
        }

    def _change_message_visibility(self, receipt_handle: str, **_: Any) -> dict[str, Any] | str:
        if receipt_handle not in self.hidden:
            return "MessageNotInflight"
        self.hidden.remove(receipt_handle)
        return {}

    def _start_message_move_task(self, source_arn: str) -> dict[str, Any]:
        assert source_arn == "arn:aws:sqs:eu-central-1:123456789012:parked"
        assert not self.hidden, "what is hidden would not be moved"
        return {"TaskHandle": "x"}

    def _start_execution(self, state_machine_arn: str, **_: Any) -> dict[str, Any]:
        return {"executionArn": f"{state_machine_arn.replace('stateMachine', 'execution')}:x"}

    def _describe_execution(self, **_: Any) -> dict[str, Any]:
        return self.executions.pop(0)

    def _start_query_execution(self, **_: Any) -> dict[str, Any]:
        return {"QueryExecutionId": "q"}

    def _get_query_execution(self, query_execution_id: str) -> dict[str, Any]:
        assert query_execution_id == "q"
        return {"QueryExecution": {"Status": self.states.pop(0)}}

    def _get_query_results(self, next_token: str = "0", **_: Any) -> dict[str, Any]:
        page = int(next_token)
        cells = (
            [{"VarCharValue": one} if one else {} for one in row] for row in self.results[page]
        )
        more = {"NextToken": f"{page + 1}"} if page + 1 < len(self.results) else {}
        return {"ResultSet": {"Rows": [{"Data": row} for row in cells]}, **more}

    def _get_caller_identity(self) -> dict[str, Any]:
        return {"UserId": "AROA:me", "Account": "123456789012", "Arn": "arn:aws:sts:::me"}

    def _put_object(self, key: str, body: Any, **_: Any) -> dict[str, Any]:
        self.put(key, body.read())
        return {}

    def _send_task_success(self, **_: Any) -> dict[str, Any]:
        return {}

    def _send_task_failure(self, **_: Any) -> dict[str, Any]:
        return {}

    def _list_message_move_tasks(self, **_: Any) -> dict[str, Any]:
        return {"Results": [self.moves.pop(0)] if self.moves else []}


@cache
def _session() -> boto3.Session:
    """The session of all accounts: it takes long to read what AWS's services understand."""
    return boto3.Session("nobody", "nothing", region_name="eu-central-1")


def _error(status: int, code: str, message: str) -> tuple[Any, Any]:
    error = {"Code": code, "Message": message}
    return SimpleNamespace(status_code=status), {"Error": error, "ResponseMetadata": {}}


def manifest(key: str, version: str = "v1", hours: float = 0, **changes: Any) -> dict[str, Any]:
    """The manifest of a file of 10 rows, of which one was rejected."""
    folder, slash, _ = key.removeprefix("incoming/").partition("/")
    name = key.removeprefix("incoming/")
    document: dict[str, Any] = {
        "manifest_version": 1,
        "outcome": "processed",
        "dataset": folder if slash else None,
        "source": {"bucket": "a-bucket", "key": key, "version_id": version},
        "contract": {"id": "x", "version": "1.0.0", "digest": "0"},
        "epoch": 1,
        "rows": {"read": 10, "clean": 9, "rejected": 1},
        "rejected_by_reason": {"email:required": 1},
        "refusal": None,
        "dropped_columns": 0,
        "anonymity": None,
        "outputs": {
            "processed": {
                "key": f"processed/{name}.parquet",
                "etag": "e",
                "version_id": "p1",
                "rows": 9,
                "bytes": 1234,
            },
            "quarantine": None,
        },
        "processed_at": (MOMENT + timedelta(hours=hours)).isoformat().replace("+00:00", "Z"),
        "processor_version": "1.0.0",
    }
    return {**document, **changes}


def broken(rule: str = "enough", **changes: Any) -> dict[str, Any]:
    """What a manifest says of a quality rule that was broken."""
    found = {
        "rule": rule,
        "metric": "rowCount",
        "columns": [],
        "measured": 10,
        "rows": 10,
        "condition": "at least 1,000 rows",
        "passed": False,
        "severity": "warning",
    }
    return {**found, **changes}


def record(dataset: str = "customers/", days: float = 0, **changes: Any) -> Record:
    """The record of a file, this many days after ``MOMENT``."""
    content = manifest(f"incoming/{dataset}a.csv", hours=24 * days, **changes)
    return Record.parse(json.dumps(content).encode(), "manifests/x.json")


REFUSED: Mapping[str, Any] = {
    "outcome": "quarantined",
    "rows": {"read": 10, "clean": 0, "rejected": 10},
    "rejected_by_reason": {"file:rejected-share": 10},
    "refusal": {
        "reason": "file:rejected-share",
        "line": 3,
        "column": None,
        "name": None,
        "limit": None,
        "setting": None,
    },
}
