"""Every command in the pages runs as it is written, in a fresh shell."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import PROJECT, emulator
from tests.sandbox.pages import FENCE, shown
from tests.sandbox.runbooks import FOLDER
from tests.sandbox.shell import Shell, copy_project, new_state, open_shell
from tests.unit.contracts.kinds import BLOCK
from tests.unit.contracts.samples import customer_reasons, rows

PAGES = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    *(
        page
        for page in sorted((PROJECT / "docs").rglob("*.md"))
        if page.parent != FOLDER and page.stem != "tutorial"
    ),
]
"""In reading order: the README points the shell at the sandbox.

The runbooks are followed in test_runbooks.py, and the tutorial in test_tutorial.py.
"""
SENTENCE = re.compile(
    r"`((?:aws|cdk|cfn-lint|eval|git|grep|make|npm|npx|pip|pipenv|pytest|python3?) [^`]+)`"
)
SHOWN_BY_THE_DEMO = re.compile(r"^  ((?:aws|eval) .*)$", re.MULTILINE)
OF_THE_SANDBOX = ("aws", "cdk", "npx", "pytest")
"""Commands that a page names in a sentence, for a shell pointed at the sandbox."""

DRY = frozenset(
    {
        # `make test` runs these tests, and `make deployed`, which is part of it, the other ones.
        "test",
        "attacks",
        "accept",
        "emulator",
        "integration",
        "lagging",
        "lint",
        "unit",
        # These take from a minute to some hours, or compare with a commit.
        "backlog",
        "bench",
        "breaking",
        "chaos",
        "demo-privacy",
        "fuzz",
        "perf",
        "pipeline",
        "readers",
        "scale",
        # This is `npx cdk deploy`, which is also shown.
        "deploy",
        # The workflows run these in an account; `make pipeline` runs most of them in a sandbox.
        "comment",
        "destroy",
        "diff",
        "publish",
        "smoke",
        "strays",
        # `make test` does this too.
        "checkov",
        # These are for an environment that was deleted, and
        # tests/sandbox/test_runbooks.py runs them there; or they delete what the next
        # commands need; or they change the project.
        "adopt",
        "pins",
        "down",
    }
)
"""Targets of which make only prints the commands, whatever their arguments."""

INSTEAD = {
    "make comment": "make --dry-run comment pull=1",
    "pytest tests/integration tests/attacks": "pytest --collect-only tests/integration",
    # These are named in an own virtual environment.
    "python -m pipeline": ".venv/bin/python -m pipeline --help",
    # It ends with 1 if a dataset of a contract never had a file, as payments here.
    "python -m pipeline status": "python -m pipeline status --dataset customers",
    # This starts a sandbox of another kind.
    "python3 -m sandbox up --lag 3": "python3 -m sandbox up --help",
    # This changes the environment of the project.
    "python3 -m pip install --no-deps --editable .": ".venv/bin/python -m pip install --dry-run "
    "--no-deps --no-build-isolation --editable .",
    # These are names of commands that are shown too.
    "aws s3 cp": "aws s3 ls",
    "cdk deploy": "cdk --version",
    "cdk synth": "cdk --version",
}
"""What is run instead of a command."""


def replace(command: str) -> str:
    """Return what is run instead of a command, or the command."""
    tool, _, rest = command.partition(" ")
    if command not in INSTEAD and tool == "make" and rest.split()[0] in DRY:
        return f"make --dry-run {rest}"
    return INSTEAD.get(command, command)


def read_pages() -> tuple[list[str], list[str]]:
    """Return the commands after a prompt, and those within a sentence."""
    found: list[str] = []
    named: list[str] = []
    for text in (page.read_text(encoding="utf-8") for page in PAGES):
        found += [one.command for one in shown(text)]
        named += [" ".join(one.split()) for one in SENTENCE.findall(FENCE.sub("", text))]
    return list(dict.fromkeys(found)), sorted(set(named) - set(found))


SHOWN, NAMED = read_pages()


@pytest.fixture(scope="module", name="project")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project as a newcomer has it after ``make setup``, and a file."""
    project = copy_project(tmp_path_factory.mktemp("readme"))
    lines = (PROJECT / "samples" / "customers.csv").read_text("utf-8").splitlines(keepends=True)
    (project / "my.csv").write_text("".join(lines[:20]), encoding="utf-8")
    (project / "theirs.odcs.yaml").write_text(BLOCK, encoding="utf-8")
    yield project
    emulator.stop(project / ".sandbox")


@pytest.fixture(scope="module", name="new_shell")
def write_state(project: Path, aws_cli: Path) -> str:
    """The state of a new shell."""
    return new_state(project, aws_cli)


@pytest.fixture(scope="module", name="reader")
def open_readers_shell(project: Path, new_shell: str) -> Shell:
    """The shell of somebody who reads the pages from start to end."""
    return open_shell(project, new_shell, "reader")


@pytest.fixture(name="other")
def open_other_shell(project: Path, new_shell: str) -> Shell:
    """Another one."""
    return open_shell(project, new_shell, "other")


@pytest.mark.parametrize("command", SHOWN)
def test_what_a_page_shows_works(reader: Shell, command: str) -> None:
    reader.run(command, replace(command))


@pytest.mark.parametrize("command", NAMED)
def test_what_a_page_names_works(reader: Shell, other: Shell, command: str) -> None:
    (reader if command.startswith(OF_THE_SANDBOX) else other).run(command, replace(command))


def test_what_the_demo_shows_works(reader: Shell, other: Shell) -> None:
    commands = SHOWN_BY_THE_DEMO.findall(reader.printed["make demo"])
    assert len(commands) > 2
    for command in commands:
        other.run(command)


def test_the_demo_ends_with_a_refused_file_that_became_clean(reader: Shell) -> None:
    before, _, next_steps = reader.printed["make demo"].partition("Where to look next")
    recovery = before[before.index("with-referrals.csv") : before.index("A query:")]
    assert len(recovery.splitlines()) <= 40
    story = recovery[recovery.index("From a refused file to a clean one") :]
    steps = ("header:unknown-column", "notice", "FileRefused", "deployed", "version 1.1.0")
    places = [story.index(step) for step in (*steps, "50 clean rows, 0 rejected")]
    assert places == sorted(places)
    page = Path(next_steps.rstrip().rpartition("The page for others: ")[2])
    assert page.parent == reader.project / ".sandbox"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_query_of_the_demo_is_right(reader: Shell) -> None:
    """By a count of the samples that knows neither tokens nor SQL."""
    _, *people = rows("customers")
    _, *paid = rows("payments")
    countries = {row[0]: row[8] for row in people if not customer_reasons(row)}
    joined = [(countries[row[1]], row[1]) for row in paid if row[1] in countries]
    payments = Counter(country for country, _ in joined)
    customers = Counter(country for country, _ in set(joined))
    expected = sorted(payments, key=lambda country: (-payments[country], country))[:5]
    printed = reader.printed["make demo"].partition("joined by token")[2]
    found = re.findall(r"^\W*([A-Z]{2})\W+(\d+)\W+(\d+)\W*$", printed, re.MULTILINE)
    assert found == [(one, str(customers[one]), str(payments[one])) for one in expected]


def test_the_sandbox_ends(reader: Shell, other: Shell) -> None:
    assert (reader.project / ".sandbox").exists()
    other.run("make -s down")
    assert not (reader.project / ".sandbox").exists()


def test_nothing_else_is_shown_or_left_out() -> None:
    languages = {name for page in PAGES for _, name, _ in FENCE.findall(page.read_text())}
    assert not languages & {"", "bash", "sh", "shell", "text", "zsh"}, "use `console`, and prompts"
    commands = {*SHOWN, *NAMED}
    assert set(INSTEAD) <= commands
    assert {f"make {target}" for target in DRY} <= {" ".join(c.split()[:2]) for c in commands}
