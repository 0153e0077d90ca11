"""The recipes of docs/development.md are enough: each is followed on a copy of the sources.

Only the places that a recipe names are changed. Then the tests that hold such places must pass
there, and try what is new.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.unit.repository.copies import change, copy_sources, run

SOURCES = [
    *("lib", "lambda", "pipeline", "docs", "tests", "contracts", "cdk.json", "pyproject.toml"),
]
CONTRACT = """\
apiVersion: v3.2.0
kind: DataContract
id: 5f6e2a34-0d7b-4d5d-9a34-0d6d0f3a1f11
name: Visits
version: 1.0.0
status: active
schema:
  - name: visits
    properties:
      - {name: visit_id, logicalType: string, required: true, classification: internal}
"""
READER = '''\
"""TSV: CSV with a tab as its delimiter."""

import re
from collections.abc import Sequence

from processor.batches import Stream
from processor.contract.model import Csv
from processor.readers.csv import CsvRecords

BEGIN = re.compile(rb"[^\\t\\r\\n,]*\\t")


class TsvRecords(CsvRecords):
    """The records of a TSV stream."""

    def __init__(self, stream: Stream, columns: Sequence[str]) -> None:
        """Read the header."""
        super().__init__(stream, Csv(delimiter="\\t"), columns)
'''
WRITER = '''\
def as_tsv(names: list[str], rows: list[tuple[str, ...]]) -> bytes:
    """Return rows as TSV."""
    file = io.StringIO()
    csv.writer(file, "excel-tab", lineterminator="\\n", quoting=csv.QUOTE_ALL).writerows(
        [names, *rows]
    )
    return file.getvalue().encode()


'''
REASON = """\
    FILE_OLD = Explanation(
        "file:old",
        means="The file is in a format of an earlier age.",
        cause="It was taken from an archive.",
        producer="Export the rows again.",
    )
"""
READER_TEST = """\
from io import BytesIO

from processor.readers.tsv import TsvRecords


def test_a_tab_ends_a_field() -> None:
    assert TsvRecords(BytesIO(b"a\\tb\\n"), ()).header == ["a", "b"]
"""
SETTING_TEST = """\
def test_the_setting_is_used(stack):
    _, queue = stack.one("AWS::SQS::Queue", VisibilityTimeout=1800)
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 6
"""


def add_dataset(copy: Path) -> None:
    """A contract."""
    (copy / "contracts/visits.odcs.yaml").write_text(CONTRACT, encoding="utf-8")
    (copy / "visits.csv").write_text("visit_id\nV1\n", encoding="utf-8")
    assert "1 rows, 1 clean" in run(
        copy, "-m", "pipeline", "contract", "check", "visits", "visits.csv"
    )


def add_setting(copy: Path) -> None:
    """How often a message is tried: 6 times by default here, and 5 times in the sources."""
    settings, construct = copy / "lib/settings.py", copy / "lib/constructs/intake_queue.py"
    line = "    retain_data: bool"
    change(settings, line, f"    max_receives: Annotated[int, Field(ge=5, le=1000)] = 6\n{line}")
    change(
        settings, "        retain_data: ", "        max_receives: tries.\n        retain_data: "
    )
    used = "max_receive_count=environment.settings.max_receives"
    change(construct, "max_receive_count=MAX_RECEIVES", used)
    row = "| `maxReceives` | `6` | 5 to 1,000 | how often a message is tried |\n| `retainData`"
    change(copy / "docs/settings.md", "| `retainData`", row)
    (copy / "tests/unit/stack/test_receives.py").write_text(SETTING_TEST, encoding="utf-8")


def add_output(copy: Path) -> None:
    """The queue's ARN."""
    value = "QueueUrl=self.queue.queue_url,"
    more = f"{value}\n            QueueArn=self.queue.queue_arn,"
    change(copy / "lib/constructs/intake_queue.py", value, more)
    change(copy / "docs/settings.md", "| `QueueUrl`, ", "| `QueueUrl`, `QueueArn`, ")


def add_reason(copy: Path) -> None:
    """A refusal of files that begin in some way."""
    line = "    FILE_COMPRESSED_TWICE = "
    change(copy / "lambda/processor/reasons.py", line, f"{REASON}{line}")
    reads = '    if not text.startswith(b"{"):\n'
    refuses = '    if text.startswith(b"OLD"):\n        raise FileRefusedError(Reason.FILE_OLD)\n'
    change(copy / "lambda/processor/readers/detection.py", reads, refuses + reads)
    run(copy, "-m", "tests.reasons")
    (copy / "old.csv").write_text("OLD\n", encoding="utf-8")
    check = ("-m", "pipeline", "contract", "check", "customers", "old.csv")
    assert "file:old" in run(copy, *check, status=1)


def add_format(copy: Path) -> None:
    """TSV, which begins with a tab before any comma."""
    readers, tests = copy / "lambda/processor/readers", copy / "tests/unit/processor"
    (readers / "tsv.py").write_text(READER, encoding="utf-8")
    (tests / "readers/test_tsv.py").write_text(READER_TEST, encoding="utf-8")
    detection = readers / "detection.py"
    change(
        detection, '    "parquet": "parquet",\n', '    "parquet": "parquet",\n    "tsv": "tsv",\n'
    )
    change(detection, "import compression, parquet\n", "import compression, parquet, tsv\n")
    reads = "        yield JsonRecords(content, contract)\n"
    own = '    elif kind == "tsv":\n        yield tsv.TsvRecords(content, contract.labels)\n'
    change(detection, reads, reads + own)
    knows = '    if not text.startswith(b"{"):\n'
    own = '    if tsv.BEGIN.match(text):\n        return "tsv"\n'
    change(detection, knows, own + knows)
    change(tests / "formats.py", "def as_json(", f"{WRITER}def as_json(")
    change(tests / "formats.py", "as_parquet,\n}", 'as_parquet,\n    "a.tsv": as_tsv,\n}')
    change(tests / "test_account.py", "(*TEXT, *PARQUET)", '(*TEXT, *PARQUET, "a.tsv")')
    change(copy / "docs/contracts.md", "`.parquet`, then", "`.parquet`, `.tsv`, then")


def add_control(copy: Path) -> None:
    """One that is there, and proven by a test that is there."""
    control = (
        'Control("Something is so.", "CC6.1", "AC-3", "Keys", '
        '[f"{STACK}test_keys.py::test_each_key_has_its_users"]),'
    )
    change(copy / "tests/controls.py", "CONTROLS = [\n", f"CONTROLS = [\n    {control}\n")
    run(copy, "-m", "tests.controls")


class Recipe(NamedTuple):
    """A recipe of the page.

    Attributes:
        follow: changes a copy as it says.
        tries: the tests that must pass on the copy, in tests/unit.
    """

    follow: Callable[[Path], None]
    tries: list[str]


DOCUMENTATION = "repository/test_documentation.py"
RECIPES = {
    "a dataset": Recipe(
        add_dataset,
        ["contracts/test_contracts.py::test_the_contracts_of_this_repository_are_valid"],
    ),
    "a setting": Recipe(
        add_setting,
        [
            "stack/test_receives.py::test_the_setting_is_used",
            "stack/test_settings.py::test_settings_are_read_by_their_names_in_json",
            f"{DOCUMENTATION}::test_the_table_of_settings_is_that_of_the_class",
        ],
    ),
    "an output": Recipe(
        add_output,
        [
            "stack/test_outputs.py::test_each_output_is_exported_and_names_its_resource"
            "[QueueArn-AWS::SQS::Queue]",
            "stack/test_outputs.py::test_there_are_no_other_outputs",
            f"{DOCUMENTATION}::test_the_table_of_outputs_is_that_of_the_stack",
        ],
    ),
    "a reason": Recipe(
        add_reason,
        [
            "processor/test_reasons.py::test_the_page_is_current",
            "processor/test_reasons.py::test_every_reason_is_stated_somewhere",
            "processor/test_reasons.py::test_a_reason_is_named_and_explained[file:old]",
            "pipeline/test_catalogue.py::test_every_reason_is_explained[file:old]",
        ],
    ),
    "a file format": Recipe(
        add_format,
        [
            "processor/readers/test_tsv.py::test_a_tab_ends_a_field",
            "processor/readers/test_detection.py"
            "::test_the_same_rows_become_the_same_in_every_format",
            "processor/test_account.py::test_nothing_is_noticed_when_nothing_is_lost[a.tsv]",
            "processor/test_account.py::test_a_row_lost_is_noticed[checked: a.tsv]",
            "repository/test_rooms.py::test_the_tests_of_a_module_have_its_name"
            "[lambda/processor/readers/tsv.py]",
            f"{DOCUMENTATION}::test_every_ending_that_promises_a_format_is_named",
        ],
    ),
    "a control": Recipe(
        add_control,
        [
            "repository/test_controls.py::test_the_page_is_current",
            "repository/test_controls.py::test_a_control_is_proven_by_tests_that_exist"
            "[Something is so.]",
            "repository/test_controls.py::test_a_control_is_of_a_part_that_exists"
            "[Something is so.]",
        ],
    ),
}


# What is not followed here, and what holds it instead.
ELSEWHERE = {
    "a job, with its role and its alarm": "tests/unit/stack/test_alarms.py, for each of the stack",
    "a de-identification method": "tests/unit/repository/test_method_recipe.py",
    "a command to the tool": "tests/unit/pipeline/test_command.py, for each of COMMANDS",
}


@pytest.fixture(scope="module", name="passed")
def follow_recipes(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The tests that pass on a copy on which every recipe was followed."""
    copy = tmp_path_factory.mktemp("copy")
    copy_sources(copy, *SOURCES)
    for recipe in RECIPES.values():
        recipe.follow(copy)
    tries = [f"tests/unit/{one}" for recipe in RECIPES.values() for one in recipe.tries]
    shown = run(copy, "-m", "pytest", "-rA", "-p", "no:cacheprovider", "-p", "no:xdist", *tries)
    passed = re.findall("^PASSED tests/unit/(.+)$", shown, re.MULTILINE)
    return set(passed)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_enough(passed: set[str], name: str) -> None:
    assert set(RECIPES[name].tries) <= passed


def test_every_recipe_is_followed_here_or_known_not_to_be() -> None:
    page = (Path(__file__).parents[3] / "docs/development.md").read_text(encoding="utf-8")
    recipes = page.partition("\n## Recipes\n")[2].partition("\n## ")[0]
    headings = {line[8:] for line in recipes.splitlines() if line.startswith("### Add ")}
    assert headings == {*RECIPES, *ELSEWHERE}
