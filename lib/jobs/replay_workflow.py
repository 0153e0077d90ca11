"""The workflow that finds files and sends their messages again, in the Amazon States Language.

A Distributed Map lists ``incoming/`` and gives batches of the list to Express workflows. Each of
those asks for the metadata of the files' manifests and sends messages to the queue. It reads no
content. docs/architecture.md#replay has the arithmetic of its quotas.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import json

from lib.jobs.input_check import check_input
from lib.jobs.states import INCOMPLETE, State, choose, evaluate, fail, integration, retry
from processor.bucket.keys import INCOMING, MANIFESTS, MARKERS, NAME_LIMIT

UNFINISHED, REFUSED, ALL = "unfinished", "refused", "all"
CONCURRENCY, MOST_CONCURRENCY = 10, 1000

# A batch is also limited in bytes: all states of its workflow must stay below 256 KiB.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
BATCH, BATCH_BYTES = 200, 200_000
# Files that one workflow asks for at the same time; an inline map has at most 40 at once.
AT_ONCE = 20

# A younger file may still be on its way to the function.
ON_THE_WAY_MS = 3_600_000
TIMEOUT_SECONDS = 6 * 3600


# What HeadObject answers if there is no such object. S3 sends no code with it, only the status
# 404, and the SDK names it itself, not always in the same way.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
# https://github.com/aws/aws-sdk-java-v2/issues/1941
ABSENT = [
    *("S3.NoSuchKeyException", "S3.NoSuchKey"),
    *("S3.NotFoundException", "S3.NotFound", "S3.404"),
]
# The name of any other error of S3, and perhaps of this one: the cause has the status.
OTHER = "S3.S3Exception"
IS_ABSENT = r"$contains($states.input.cause, /\(Service: [^()]*Status Code: 404([,;]|\))/)"

_TIME = (
    r"/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/"
)
_NAMES = ["dataset", "prefix", "since", "until", "only", "reason", "concurrency"]

# The name of a file as processor.bucket.keys writes it into its outputs' keys. JSONata has no
# regular expression that matches nothing, so a part is matched with the slashes around it.
_NAME = f"$substringAfter($states.input.file.key, '{INCOMING}')"
_STEM = f"""$join($map($split({_NAME}, '/'), function($part, $place) {{(
    $written := $replace($replace($part, /(~*)-/, '$1$1-'), /(~*):/, '$1$1~-');
    $place = 0 ? $part
        : $contains('/' & $written & '/', /^\\/~*[_.\\/]/) ? '~' & $written : $written
)}}), '/')"""

# A name whose manifest's key has a digest, see there: JSONata cannot compute it.
# In a URL, each byte that is not one character is three.
IS_CUT = f"""(
    $stem := {_STEM};
    $bytes := $length($replace($encodeUrlComponent($stem), /%[0-9A-F][0-9A-F]/, '-'));
    $framed := '/' & {_NAME} & '/';
    $bytes > {NAME_LIMIT} or $contains($stem, /~[0-9a-f]{{64}}$/)
        or $contains($framed, '/./') or $contains($framed, '/../')
)"""

MANIFEST_KEY = f"'{MANIFESTS}' & {_STEM} & '.json'"

# As S3 writes keys into its notifications.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
SENT_KEY = (
    "$replace($replace($encodeUrlComponent($states.input.file.key), '%2F', '/'), '%20', '+')"
)

IS_WANTED = f"""(
    $in := $states.input;
    $marks := $in.file.size = 0 and $count($filter({json.dumps(MARKERS)}, function($end) {{
        $substring($in.file.key, -$length($end)) = $end
    }})) > 0;
    $in.only = '{REFUSED}'
        ? $in.manifest.outcome = 'quarantined'
            and ($in.reason = '' or $in.manifest.`refusal-reason` = $in.reason)
        : $exists($in.manifest)
            ? $not($in.manifest.`source-etag` = $replace($in.file.etag, '"', ''))
            : $not($marks)
)"""

CHECKED = f"""(
    $in := $type($states.input) = 'object' ? $states.input : {{}};
    $of := function($name, $kind) {{ $type($lookup($in, $name)) = $kind }};
    $given := function($name) {{ $exists($lookup($in, $name)) }};
    $is_time := function($name) {{ $of($name, 'string') and
        $contains($lookup($in, $name), {_TIME}) }};
    $is_text := function($name) {{ $of($name, 'string') and $lookup($in, $name) != '' }};
    $unknown := $filter($keys($in), function($name) {{ $not($name in {json.dumps(_NAMES)}) }});
    $folder := $is_text('dataset') ? '{INCOMING}' & $in.dataset & '/'
        : $is_text('prefix') ? $in.prefix : '{INCOMING}';
    $since := $is_time('since') ? $toMillis($in.since) : 0;
    $until := $is_time('until') ? $toMillis($in.until)
        : $in.only = '{UNFINISHED}' ? $millis() - {ON_THE_WAY_MS} : $millis();
    {{
        'prefix': $folder, 'since': $since, 'until': $until, 'only': $string($in.only),
        'reason': $is_text('reason') ? $in.reason : '',
        'concurrency': $given('concurrency') ? $in.concurrency : {CONCURRENCY},
        'mistakes': [
            $type($states.input) = 'object' ? [] : 'the input is not an object',
            $count($unknown) = 0 ? [] : $join($unknown, ', ') &
                ' is not an input; the inputs are {", ".join(_NAMES)}',
            $in.only in ['{UNFINISHED}', '{REFUSED}', '{ALL}'] ? []
                : 'only must be {UNFINISHED}, {REFUSED} or {ALL}',
            $not($given('dataset')) or ($is_text('dataset') and $not($contains($in.dataset, '/')))
                ? [] : 'dataset must be the name of a folder under {INCOMING}',
            $not($given('prefix')) or
                ($is_text('prefix') and $substring($in.prefix, 0, {len(INCOMING)}) = '{INCOMING}')
                ? [] : 'prefix must begin with {INCOMING}',
            $given('dataset') and $given('prefix') ? 'give dataset or prefix, not both' : [],
            $not($given('since')) or $is_time('since') ? []
                : 'since must be a time in UTC such as 2026-03-01T00:00:00Z',
            $not($given('until')) or $is_time('until') ? []
                : 'until must be a time in UTC such as 2026-03-01T00:00:00Z',
            $is_time('since') and $is_time('until') and $since >= $until
                ? 'since must be before until' : [],
            $not($given('reason')) or ($is_text('reason') and $in.only = '{REFUSED}') ? []
                : 'reason must be the reason of a refusal, with only {REFUSED}',
            $not($given('concurrency')) or ($of('concurrency', 'number')
                and $in.concurrency >= 1 and $in.concurrency <= {MOST_CONCURRENCY}
                and $floor($in.concurrency) = $in.concurrency)
                ? [] : 'concurrency must be a whole number from 1 to {MOST_CONCURRENCY}'
        ]
    }}
)"""

# The listed files of a batch that were written between two times.
WITHIN = """[$filter($states.input.Items, function($file) {(
    $written := $type($file.modified) = 'number'
        ? $file.modified * 1000 : $toMillis($file.modified);
    $states.input.BatchInput.since <= $written and $written < $states.input.BatchInput.until
)})]"""

# How many files of a batch were looked at, sent, sent with a cut name, and failed, and one error.
# Short, as the map's whole result must stay below 256 KiB.
BATCH_COUNTS = """(
    $each := $states.result;
    $failed := $filter($each, function($one) { $not($one in ['settled', 'sent', 'cut']) });
    $append(
        [$count($each), $count($each[$ = 'sent']), $count($each[$ = 'cut']), $count($failed)],
        $failed[0]
    )
)"""

COUNTS = """(
    $batches := $states.result;
    $sum_of := function($place) {
        $sum($append(0, $map($batches, function($batch) { $batch[$place] })))
    };
    $looked := $sum_of(0); $sent := $sum_of(1); $cut := $sum_of(2); $failed := $sum_of(3);
    {
        'only': $states.input.only,
        'looked_at': $looked,
        'sent': $sent,
        'sent_with_cut_names': $cut,
        'settled': $looked - $sent - $cut - $failed,
        'failed': $failed,
        'errors': [$distinct($map($batches, function($batch) { $batch[4] }))]
    }
)"""

_RETRY = [
    {"ErrorEquals": ABSENT, "MaxAttempts": 0},
    retry(seconds=1, attempts=4),
]
_FAILED = {
    "ErrorEquals": ["States.ALL"],
    "Output": evaluate("{'error': $states.errorOutput.Error}"),
    "Next": "Failed",
}


def workflow(*, bucket: str, queue_url: str, metric: State) -> State:
    """Return the definition.

    Its output counts the files: looked at, sent, sent with cut names, settled. What fails does not
    keep the others from being sent, but the execution then ends with ``Incomplete``.

    Args:
        bucket: the name of the bucket.
        queue_url: of the queue that the messages go to.
        metric: the arguments of PutMetricData without the value, which is the number of unfinished
            files that a run found. Those with cut names do not count: nobody knows about them.
    """
    (datum,) = metric["MetricData"]
    found = {"MetricData": [{**datum, "Value": evaluate("$states.input.sent")}]}
    return {
        "Comment": "Finds files and sends their messages to the queue again",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "StartAt": "Check",
        "States": {
            **check_input(CHECKED, "Find"),
            "Find": _find(bucket, queue_url),
            "Report": choose(
                f"$states.input.only = '{UNFINISHED}'", "Publish", otherwise="Complete"
            ),
            "Publish": {
                "Type": "Task",
                "Resource": integration("aws-sdk:cloudwatch:putMetricData"),
                "Arguments": {**metric, **found},
                "Output": evaluate("$states.input"),
                "Retry": _RETRY[1:],
                "Next": "Complete",
            },
            "Complete": choose("$states.input.failed > 0", "Fail", otherwise="Done"),
            "Fail": fail(
                INCOMPLETE,
                "$states.input.failed & ' of ' & $states.input.looked_at & ' files failed: ' "
                "& $join($states.input.errors, ', ') & '. Start it again.'",
            ),
            "Done": {"Type": "Succeed"},
        },
    }


def _find(bucket: str, queue_url: str) -> State:
    """List the files, and give each batch of them to a workflow of its own."""
    item = "$states.context.Map.Item.Value"
    return {
        "Type": "Map",
        "Label": "Find",
        "ItemReader": {
            "Resource": integration("s3:listObjectsV2"),
            "Arguments": {"Bucket": bucket, "Prefix": evaluate("$states.input.prefix")},
        },
        "ItemSelector": {
            "key": evaluate(f"{item}.Key"),
            "etag": evaluate(f"[{item}.Etag, {item}.ETag][0]"),
            "modified": evaluate(f"{item}.LastModified"),
            "size": evaluate(f"{item}.Size"),
        },
        "ItemBatcher": {
            "MaxItemsPerBatch": BATCH,
            "MaxInputBytesPerBatch": BATCH_BYTES,
            "BatchInput": {
                name: evaluate(f"$states.input.{name}")
                for name in ("only", "reason", "since", "until")
            },
        },
        "MaxConcurrency": evaluate("$states.input.concurrency"),
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "Look",
            "States": {"Look": _look(bucket, queue_url)},
        },
        "Output": evaluate(COUNTS),
        "Next": "Report",
    }


def _look(bucket: str, queue_url: str) -> State:
    """Look at each file of a batch; the result of each is a word."""
    return {
        "Type": "Map",
        "Items": evaluate(WITHIN),
        "ItemSelector": {
            "file": evaluate("$states.context.Map.Item.Value"),
            "only": evaluate("$states.input.BatchInput.only"),
            "reason": evaluate("$states.input.BatchInput.reason"),
        },
        "MaxConcurrency": AT_ONCE,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Sort",
            "States": {
                "Sort": choose(
                    f"$states.input.only = '{ALL}' or {IS_CUT}", "Send", otherwise="Ask"
                ),
                "Ask": {
                    "Type": "Task",
                    "Resource": integration("aws-sdk:s3:headObject"),
                    "Arguments": {"Bucket": bucket, "Key": evaluate(MANIFEST_KEY)},
                    "Output": evaluate(
                        "$merge([$states.input, {'manifest': $merge([$states.result.Metadata])}])"
                    ),
                    "Retry": _RETRY,
                    "Catch": [
                        {
                            "ErrorEquals": ABSENT,
                            "Output": evaluate("$states.input"),
                            "Next": "Judge",
                        },
                        {
                            "ErrorEquals": [OTHER],
                            "Output": evaluate(
                                "$merge([$states.input, {'error': $states.errorOutput.Error, "
                                "'cause': $string($states.errorOutput.Cause)}])"
                            ),
                            "Next": "Weigh",
                        },
                        _FAILED,
                    ],
                    "Next": "Judge",
                },
                "Weigh": choose(IS_ABSENT, "Judge", otherwise="Failed"),
                "Judge": choose(IS_WANTED, "Send", otherwise="Settled"),
                "Settled": {"Type": "Pass", "Output": "settled", "End": True},
                "Send": {
                    "Type": "Task",
                    "Resource": integration("sqs:sendMessage"),
                    "Arguments": {"QueueUrl": queue_url, "MessageBody": message(bucket)},
                    "Output": evaluate(f"{IS_CUT} ? 'cut' : 'sent'"),
                    "Retry": _RETRY[1:],
                    "Catch": [_FAILED],
                    "End": True,
                },
                "Failed": {
                    "Type": "Pass",
                    "Output": evaluate("$states.input.error"),
                    "End": True,
                },
            },
        },
        "Output": evaluate(BATCH_COUNTS),
        "End": True,
    }


def message(bucket: str) -> State:
    """The message about a file: what the processor reads of an event notification of S3."""
    return {
        "Records": [
            {
                "eventSource": "zero-trust:replay",
                "eventName": "ObjectCreated:Replay",
                "s3": {"bucket": {"name": bucket}, "object": {"key": evaluate(SENT_KEY)}},
            }
        ]
    }
