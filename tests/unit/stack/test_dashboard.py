"""The dashboard: which questions it answers, for each dataset, and the saved queries."""

import json
import re

import pytest

from lib.contracts import CONTRACTS, read_intervals
from tests.unit.synthesis import ROOT, Resource, Synthesized, synthesize

MOST_WIDGETS = 14
METRICS_FOR_FREE = 50  # of a dashboard: https://aws.amazon.com/cloudwatch/pricing/
QUESTIONS = [
    "Is anything wrong?",
    "Do files arrive and become clean?",
    "Are files refused?",
    "How many rows are clean?",
    "Which share of a file's rows is rejected?",
    "How long does a file wait?",
    "How many messages wait, and how many are parked?",
    "Is the function near its timeout?",
    "Does the function fail?",
    "What does computing cost?",
    "What does storage cost?",
]


def read_widgets(stack: Synthesized) -> dict[str, Resource]:
    """The properties of each widget by its title, in their order on the page."""
    _, dashboard = stack.one("AWS::CloudWatch::Dashboard", DashboardName="zero-trust-test")
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    ordered = sorted(widgets, key=lambda one: (one["y"], one["x"]))
    return {one["properties"]["title"]: one["properties"] for one in ordered}


def test_its_questions_come_in_an_operators_order(stack: Synthesized) -> None:
    titles = list(read_widgets(stack))
    assert titles == QUESTIONS
    assert len(titles) <= MOST_WIDGETS


def test_it_shows_every_alarm(stack: Synthesized) -> None:
    shown = read_widgets(stack)["Is anything wrong?"]["alarms"]
    assert set(shown) == {f"<{name}.Arn>" for name in stack.find("AWS::CloudWatch::Alarm")}


@pytest.mark.parametrize(
    ("question", "metric", "statistic"),
    [
        ("Do files arrive and become clean?", "FilesProcessed", "Sum"),
        ("Are files refused?", "FilesQuarantined", "Sum"),
        ("How many rows are clean?", "RowsClean", "Sum"),
        ("Which share of a file's rows is rejected?", "RejectedShare", "Maximum"),
    ],
)
def test_each_dataset_has_a_line(
    stack: Synthesized, question: str, metric: str, statistic: str
) -> None:
    lines = read_widgets(stack)[question]["metrics"]
    of_dataset = {
        line[3]: line for line in lines if line[2] == "dataset"
    }  # namespace, name, dimension, value, ...
    assert of_dataset.keys() == read_intervals(CONTRACTS).keys()
    for dataset, line in of_dataset.items():
        assert line[:2] == ["ZeroTrustPipeline", metric]
        assert line[4:6] == ["service", "data-processor-test"]
        assert (line[-1]["label"], line[-1]["stat"]) == (dataset, statistic)


def test_refused_files_of_no_dataset_are_shown(stack: Synthesized) -> None:
    lines = read_widgets(stack)["Are files refused?"]["metrics"]
    everything = ["ZeroTrustPipeline", "FilesQuarantined", "service", "data-processor-test"]
    assert [line[-1]["label"] for line in lines if line[:4] == everything] == ["all"]


def test_the_timeout_is_a_line() -> None:
    stack = Synthesized(synthesize(settings='{"timeoutSeconds": 900}'))
    widget = read_widgets(stack)["Is the function near its timeout?"]
    assert [one["value"] for one in widget["annotations"]["horizontal"]] == [900_000]


def test_its_metrics_are_free(stack: Synthesized) -> None:
    """With five datasets; a dashboard with more metrics costs 3 USD a month."""
    widgets = read_widgets(stack).values()
    of_dataset = [
        line for widget in widgets for line in widget.get("metrics", ()) if "dataset" in line
    ]
    others = sum(len(widget.get("metrics", ())) for widget in widgets) - len(of_dataset)
    assert others + 5 * len(of_dataset) / len(read_intervals(CONTRACTS)) <= METRICS_FOR_FREE


def test_each_saved_query_is_about_the_functions_log(stack: Synthesized) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    queries = stack.find("AWS::Logs::QueryDefinition")
    names = set()
    for query in queries.values():
        properties = query["Properties"]
        folder, _, name = properties["Name"].partition("/")
        assert folder == "zero-trust-test"
        (group,) = properties["LogGroupNames"]
        logged = stack.resources[group.strip("<>")]["Properties"]["LogGroupName"]
        assert logged == "/aws/lambda/data-processor-test"
        names.add(name)
    section = page.partition("\n### A file\n")[2].partition("\n### ")[0]
    assert set(re.findall(r"query \"([^\"]+)\"", section)) == names
