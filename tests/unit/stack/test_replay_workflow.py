"""The workflow of the replay: what it finds, what it sends, and what it says about its input.

Its expressions are evaluated by the interpreter of the emulator.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ministack.services.stepfunctions import _evaluate_jsonata as evaluate_jsonata

from lib.jobs.replay_workflow import (
    AT_ONCE,
    BATCH,
    BATCH_BYTES,
    BATCH_COUNTS,
    CHECKED,
    COUNTS,
    IS_CUT,
    IS_WANTED,
    MANIFEST_KEY,
    MOST_CONCURRENCY,
    WITHIN,
    message,
    workflow,
)
from processor.bucket.keys import INCOMING, KEY_LIMIT, NAME_LIMIT, keys_of
from processor.bucket.notification import created_keys
from tests.unit.synthesis import as_list

PAYLOAD = 256 * 1024  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MILLION = 1_000_000


def evaluate(expression: str, asked: Any, result: Any = None, error: Any = None) -> Any:
    """The value of an expression for a state's input, and perhaps its result or its error."""
    if expression.startswith("{%"):
        expression = expression[2:-2]
    return evaluate_jsonata(expression, asked, {}, result, error)


# --- Keys ----------------------------------------------------------------------------------------

ODD = (
    "/",
    "//",
    ".",
    "..",
    "/./",
    "/../",
    "~",
    "~~",
    "_",
    "/_",
    "/.h",
    "/~_",
    "/~",
    "-",
    "~-",
    ":",
    "/:",
    " ",
    "+",
    "%",
    "%2F",
    "ü",
    "€",
    "😀",
    "&",
    "?",
    "#",
    '"',
    "'",
    "!*()",
    "\\",
    "$",
    "{%",
    "\t",
)
LONG = ["0" * 64, "~" + "f" * 64, "x" * (NAME_LIMIT - 3), "é" * (NAME_LIMIT // 2 - 1)]
PIECES = st.sampled_from([*ODD, *LONG, "a", "B9", ".csv", "customers/"])
CUT = re.compile(r"~[0-9a-f]{64}\.json\Z")
NAMES = st.lists(PIECES, min_size=1, max_size=6).map("".join)


def check_manifest_key(name: str) -> None:
    """Make sure that the workflow and the processor agree on the key of a manifest."""
    asked = {"file": {"key": f"{INCOMING}{name}"}}
    manifest = keys_of(f"{INCOMING}{name}").manifest
    cut = CUT.search(manifest) is not None
    assert evaluate(IS_CUT, asked) is cut
    if not cut:
        assert evaluate(MANIFEST_KEY, asked) == manifest


@given(name=NAMES)
def test_the_manifest_of_every_file_is_found_unless_its_name_is_cut(name: str) -> None:
    check_manifest_key(name)


@pytest.mark.parametrize(
    "name",
    [
        *("customers/~-", "customers/a~~-~:b-c:", "customers//_a/~_b/.c/~/", "a:/b:", "_a", ":"),
        *(f"customers/{':' * (NAME_LIMIT // 2 - more)}" for more in (4, 5, 6)),
    ],
)
def test_names_are_written_as_the_processor_writes_them(name: str) -> None:
    check_manifest_key(name)


@pytest.mark.parametrize("letter", ["x", "é", "€", "😀"])
def test_the_length_of_a_name_is_in_bytes(letter: str) -> None:
    size = len(letter.encode())
    fits = letter * (NAME_LIMIT // size)
    for name in (fits, fits + letter):
        cut = CUT.search(keys_of(f"{INCOMING}{name}").manifest) is not None
        assert evaluate(IS_CUT, {"file": {"key": f"{INCOMING}{name}"}}) is cut


@given(name=NAMES)
def test_a_message_is_one_that_the_processor_accepts(name: str) -> None:
    body = message("a-bucket")
    (record,) = body["Records"]
    key = record["s3"]["object"]["key"]
    record["s3"]["object"]["key"] = evaluate(key, {"file": {"key": f"{INCOMING}{name}"}})
    assert created_keys(json.dumps(body), "a-bucket") == [f"{INCOMING}{name}"]


# --- Which files ---------------------------------------------------------------------------------

FILE = {"key": "incoming/people/a.csv", "etag": '"new"', "size": 5}


def wanted(only: str, manifest: dict[str, str] | None, reason: str = "", **file: Any) -> bool:
    """Whether a file's message is sent."""
    asked: dict[str, Any] = {"only": only, "reason": reason, "file": {**FILE, **file}}
    if manifest is not None:
        asked["manifest"] = manifest
    found: bool = evaluate(IS_WANTED, asked)
    return found


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (None, True),
        ({}, True),  # of version 1.0.0, without metadata
        ({"source-etag": "new", "outcome": "processed"}, False),
        ({"source-etag": "new", "outcome": "quarantined"}, False),
        ({"source-etag": "old", "outcome": "processed"}, True),
    ],
)
def test_a_file_is_unfinished_without_a_manifest_of_its_newest_version(
    manifest: dict[str, str] | None, expected: bool
) -> None:
    assert wanted("unfinished", manifest) is expected


@pytest.mark.parametrize("end", ["/", "_$folder$", "/_SUCCESS"])
def test_the_mark_of_a_folder_is_not_a_file(end: str) -> None:
    key = f"incoming/people{end}"
    assert not wanted("unfinished", None, key=key, size=0)
    assert wanted("unfinished", None, key=key, size=1)
    # It was a file, and a new version of it is to be processed.
    assert wanted("unfinished", {"source-etag": "old"}, key=key, size=0)
    assert wanted("unfinished", None, key=f"{key}x", size=0)


@pytest.mark.parametrize(
    ("manifest", "reason", "expected"),
    [
        (None, "", False),
        ({"outcome": "processed"}, "", False),
        ({"outcome": "quarantined"}, "", True),
        ({"outcome": "quarantined", "refusal-reason": "file:empty"}, "", True),
        ({"outcome": "quarantined", "refusal-reason": "file:empty"}, "file:empty", True),
        ({"outcome": "quarantined", "refusal-reason": "file:empty"}, "file:other", False),
        ({"outcome": "quarantined"}, "file:empty", False),
    ],
)
def test_refused_files_are_found_by_their_reason(
    manifest: dict[str, str] | None, reason: str, expected: bool
) -> None:
    assert wanted("refused", manifest, reason) is expected


def test_only_files_that_were_written_between_the_times() -> None:
    limits = {"since": 2000, "until": 5000}  # milliseconds
    items: list[dict[str, object]] = [{"modified": second} for second in (1, 2, 4, 5)]
    items.append({"modified": "1970-01-01T00:00:03Z"})
    found = evaluate(WITHIN, {"Items": items, "BatchInput": limits})
    assert [item["modified"] for item in found] == [2, 4, "1970-01-01T00:00:03Z"]
    assert evaluate(WITHIN, {"Items": items[:1], "BatchInput": limits}) == []
    assert evaluate(WITHIN, {"Items": items[1:2], "BatchInput": limits}) == items[1:2]


# --- Counts --------------------------------------------------------------------------------------


def test_each_file_is_counted_once() -> None:
    batches = [
        evaluate(BATCH_COUNTS, {}, words)
        for words in (
            [],
            ["sent"],
            ["settled", "sent", "cut", "settled"],
            ["S3.S3Exception", "sent", "S3.S3Exception"],
            ["Sqs.SqsException"],
        )
    ]
    assert evaluate(COUNTS, {"only": "unfinished"}, batches) == {
        "only": "unfinished",
        "looked_at": 9,
        "sent": 3,
        "sent_with_cut_names": 1,
        "settled": 2,
        "failed": 3,
        "errors": ["S3.S3Exception", "Sqs.SqsException"],
    }


@pytest.mark.parametrize("batches", [[], [[0, 0, 0, 0]]])
def test_nothing_is_counted_too(batches: list[list[int]]) -> None:
    counts = evaluate(COUNTS, {"only": "all"}, batches)
    assert counts.pop("only") == "all"
    assert counts.pop("errors") == []
    assert set(counts.values()) == {0}


# --- The input -----------------------------------------------------------------------------------

TIME = "a time in UTC such as 2026-03-01T00:00:00Z"


@pytest.mark.parametrize(
    ("asked", "mistake"),
    [
        ("text", "the input is not an object"),
        ([], "the input is not an object"),
        (None, "the input is not an object"),
        ({}, "only must be unfinished, refused or all"),
        ({"only": "everything"}, "only must be unfinished, refused or all"),
        ({"only": None}, "only must be unfinished, refused or all"),
        ({"only": "all", "datset": "a"}, "datset is not an input; the inputs are dataset, "),
        ({"only": "all", "dataset": ""}, "dataset must be the name of a folder under incoming/"),
        ({"only": "all", "dataset": "a/b"}, "dataset must be the name of a folder"),
        ({"only": "all", "dataset": 1}, "dataset must be the name of a folder"),
        ({"only": "all", "dataset": None}, "dataset must be the name of a folder"),
        ({"only": "all", "prefix": "processed/"}, "prefix must begin with incoming/"),
        ({"only": "all", "prefix": "incoming"}, "prefix must begin with incoming/"),
        ({"only": "all", "prefix": "incoming/", "dataset": "a"}, "dataset or prefix, not both"),
        ({"only": "all", "since": "yesterday"}, f"since must be {TIME}"),
        ({"only": "all", "since": "2026-13-01T00:00:00Z"}, f"since must be {TIME}"),
        ({"only": "all", "since": "2026-01-01T24:00:00Z"}, f"since must be {TIME}"),
        ({"only": "all", "since": 1}, f"since must be {TIME}"),
        ({"only": "all", "until": "2026-01-01"}, f"until must be {TIME}"),
        (
            {"only": "all", "since": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
            "since must be before until",
        ),
        ({"only": "all", "reason": "file:empty"}, "reason must be the reason of a refusal"),
        ({"only": "refused", "reason": ""}, "reason must be the reason of a refusal"),
        ({"only": "all", "concurrency": 0}, "concurrency must be a whole number from 1 to 1000"),
        ({"only": "all", "concurrency": 1001}, "concurrency must be a whole number"),
        ({"only": "all", "concurrency": 1.5}, "concurrency must be a whole number"),
        ({"only": "all", "concurrency": "5"}, "concurrency must be a whole number"),
    ],
)
def test_a_wrong_input_is_explained(asked: Any, mistake: str) -> None:
    mistakes = evaluate(CHECKED, asked)["mistakes"]
    assert any(mistake in one for one in mistakes), mistakes
    assert len(mistakes) == 1 + (not isinstance(asked, dict))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"only": "all"}, {"prefix": "incoming/", "since": 0, "reason": "", "concurrency": 10}),
        ({"only": "refused", "dataset": "a"}, {"prefix": "incoming/a/"}),
        ({"only": "refused", "reason": "file:empty"}, {"reason": "file:empty"}),
        ({"only": "unfinished", "prefix": "incoming/a/b"}, {"prefix": "incoming/a/b"}),
        (
            {"only": "all", "since": "1970-01-01T00:00:01Z", "until": "1970-01-02T00:00:00Z"},
            {"since": 1000, "until": 86_400_000},
        ),
        ({"only": "all", "concurrency": MOST_CONCURRENCY}, {"concurrency": MOST_CONCURRENCY}),
    ],
)
def test_what_an_input_means(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    found = evaluate(CHECKED, asked)
    assert found["mistakes"] == []
    assert found["only"] == asked["only"]
    assert {name: found[name] for name in expected} == expected


def test_a_file_of_the_last_hour_is_not_yet_unfinished() -> None:
    now = evaluate("$millis()", {})
    late = {only: evaluate(CHECKED, {"only": only})["until"] for only in ("unfinished", "all")}
    assert 0 <= late["all"] - now < 60_000
    assert -3_600_000 <= late["unfinished"] - now < 60_000 - 3_600_000


# --- The quotas ----------------------------------------------------------------------------------


def test_the_counts_of_a_million_files_fit_even_if_all_fail() -> None:
    longest = evaluate(BATCH_COUNTS, {}, ["States.DataLimitExceeded"] * BATCH)
    size = len(json.dumps(longest, separators=(",", ":"))) + 1
    assert MILLION / BATCH * size < PAYLOAD


def test_a_batch_fits_into_each_state_of_its_workflow() -> None:
    longest = {"key": "x" * KEY_LIMIT, "etag": "x" * 40, "modified": 10**10, "size": 10**13}
    added = len(json.dumps({"file": longest, "only": "unfinished", "reason": "x" * 1000}))
    assert BATCH_BYTES + added < PAYLOAD
    assert len(json.dumps(longest)) * BATCH > BATCH_BYTES  # so the bytes are limited too


def test_a_batch_ends_in_time_even_if_every_request_is_tried_to_the_end() -> None:
    """An Express workflow may run for five minutes, and an inline map 40 items at once."""
    (look,) = child()["States"].values()
    retry = look["ItemProcessor"]["States"]["Ask"]["Retry"][-1]
    waits = sum(
        retry["IntervalSeconds"] * retry["BackoffRate"] ** n for n in range(retry["MaxAttempts"])
    )
    assert AT_ONCE == look["MaxConcurrency"] <= 40
    assert BATCH / AT_ONCE * (waits + 5) < 300


# --- The definition ------------------------------------------------------------------------------


def definition() -> dict[str, Any]:
    """A definition."""
    metric = {"Namespace": "N", "MetricData": [{"MetricName": "M"}]}
    return workflow(bucket="a-bucket", queue_url="a-queue", metric=metric)


def child() -> dict[str, Any]:
    """The workflow of a batch."""
    processor: dict[str, Any] = definition()["States"]["Find"]["ItemProcessor"]
    return processor


def machines(one: dict[str, Any]) -> list[dict[str, Any]]:
    """A machine, and those inside its states."""
    inner = [
        state["ItemProcessor"] for state in one["States"].values() if "ItemProcessor" in state
    ]
    return [one, *(found for machine in inner for found in machines(machine))]


def test_every_state_is_reached_and_leads_on() -> None:
    for machine in machines(definition()):
        states = machine["States"]
        reached = {machine["StartAt"]}
        for state in states.values():
            choices = [*state.get("Choices", ()), *state.get("Catch", ())]
            reached |= {one["Next"] for one in choices}
            reached |= {state[name] for name in ("Next", "Default") if name in state}
            last = state["Type"] in ("Fail", "Succeed") or state.get("End")
            assert bool(last) != bool({"Next", "Default"} & set(state))
        assert reached == set(states)


def test_it_lists_asks_sends_and_counts_and_does_nothing_else() -> None:
    used = {
        state["Resource"].partition(":states:::")[2]
        for machine in machines(definition())
        for state in (
            *machine["States"].values(),
            *(one["ItemReader"] for one in machine["States"].values() if "ItemReader" in one),
        )
        if "Resource" in state
    }
    assert used == {
        "s3:listObjectsV2",
        "aws-sdk:s3:headObject",
        "sqs:sendMessage",
        "aws-sdk:cloudwatch:putMetricData",
    }


@pytest.mark.parametrize(("asked", "batches"), [({}, 10), ({"concurrency": 3}, 3)])
def test_as_many_batches_are_looked_at_at_once_as_was_asked(
    asked: dict[str, int], batches: int
) -> None:
    checked = evaluate(CHECKED, {"only": "all", **asked})
    assert evaluate(definition()["States"]["Find"]["MaxConcurrency"], checked) == batches


def test_a_failed_request_fails_neither_its_batch_nor_the_others() -> None:
    (look,) = child()["States"].values()
    tasks = [
        state for state in look["ItemProcessor"]["States"].values() if state["Type"] == "Task"
    ]
    assert len(tasks) == 2
    for task in tasks:
        assert "States.ALL" in as_list(task["Catch"][-1]["ErrorEquals"])
        assert task["Catch"][-1]["Next"] == "Failed"


# --- The manifest that does not exist ------------------------------------------------------------


def after(error: str, cause: str) -> tuple[str, Any]:
    """Where a file goes whose manifest was asked for in vain, and the input of that state."""
    (look,) = child()["States"].values()
    states = look["ItemProcessor"]["States"]
    catch = next(
        one
        for one in states["Ask"]["Catch"]
        if {error, "States.ALL"} & set(as_list(one["ErrorEquals"]))
    )
    found = {"Error": error, "Cause": cause}
    output = evaluate(catch["Output"], {"file": {"key": "incoming/a"}}, error=found)
    state = catch["Next"]
    while states[state]["Type"] == "Choice" and state != "Judge":
        (choice,) = states[state]["Choices"]
        holds = evaluate(choice["Condition"], output)
        state = choice["Next"] if holds else states[state]["Default"]
    if state == "Failed":
        output = evaluate(states[state]["Output"], output)
    return state, output


NO_BODY = "null (Service: S3, Status Code: {}, Request ID: 4X, Extended Request ID: y=)"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("S3.NoSuchKeyException", "The specified key does not exist."),
        ("S3.NoSuchKey", ""),
        ("S3.NotFoundException", ""),
        ("S3.NotFound", ""),
        ("S3.404", ""),
        ("S3.S3Exception", NO_BODY.format(404)),
        ("S3.S3Exception", NO_BODY.format(404) + " (SDK Attempt Count: 1)"),
        ("S3.S3Exception", "null (Service: S3Client; Status Code: 404; Request ID: null)"),
        ("S3.S3Exception", "null (Service: S3, Status Code: 404)"),
    ],
)
def test_a_manifest_that_does_not_exist_is_no_failure(error: str, cause: str) -> None:
    state, asked = after(error, cause)
    assert state == "Judge"
    assert asked["file"] == {"key": "incoming/a"}
    assert "manifest" not in asked


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        *(
            ("S3.S3Exception", NO_BODY.format(status))
            for status in (301, 400, 403, 500, 503, 4040)
        ),
        ("S3.S3Exception", "Status Code: 404, it says (Service: S3, Status Code: 403, x)"),
        ("S3.S3Exception", ""),
        ("S3.SdkClientException", NO_BODY.format(404)),
        ("S3.NoSuchBucketException", NO_BODY.format(404)),
        ("States.TaskFailed", NO_BODY.format(403)),
        ("States.Timeout", ""),
    ],
)
def test_any_other_error_is_a_failure(error: str, cause: str) -> None:
    assert after(error, cause) == ("Failed", error)
