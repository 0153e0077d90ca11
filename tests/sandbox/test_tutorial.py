"""The tutorial runs as it is written, and prints what it shows."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from samples.orders import COLUMNS, january, orders
from sandbox import PROJECT, emulator
from tests.sandbox.pages import FENCE, commands
from tests.sandbox.shell import copy_project, new_state, open_shell

PAGE = PROJECT / "docs" / "tutorial.md"
ENDS_WITH_1 = "python -m pipeline contract draft"
"""A command that finds something wrong, as the page says."""
BORDERS = re.compile("[│┃\\s]+")
MADE = {".sandbox", "cdk.out", "cfn-outputs", "__pycache__"}
"""What is in .gitignore."""


@pytest.fixture(scope="module", name="project")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project as a newcomer has it after ``make setup``."""
    project = copy_project(tmp_path_factory.mktemp("tutorial"))
    yield project
    emulator.stop(project / ".sandbox")


def files(project: Path) -> set[str]:
    """The files of a project that Git would show."""
    found = (file.relative_to(project) for file in project.rglob("*"))
    return {str(file) for file in found if not MADE & {*file.parts}}


def prints(line: str, printed: str) -> bool:
    """Whether a line that a page shows is printed; an ellipsis stands for anything."""
    pattern = ".*".join(map(re.escape, plain(line).split("…")))
    return any(re.fullmatch(pattern, plain(one)) for one in printed.splitlines())


def plain(line: str) -> str:
    """A line without the borders of a table."""
    return BORDERS.sub(" ", line).strip()


def by_country() -> list[tuple[str, str, str]]:
    """What the last query finds, counted without contracts, tokens and SQL."""
    sent = [row for row in (*january(), *orders(2)) if len(row) == len(COLUMNS)]
    sound = [row for row in sent if row[2] and row[1][:2] not in ("31", "00")]
    sound = [row for row in sound if not row[11].startswith("#")]
    counted = Counter(row[8] for row in sound)
    people = Counter(country for country, _ in {(row[8], row[2]) for row in sound})
    most = sorted(counted, key=lambda country: (-counted[country], country))
    return [(one, f"{counted[one]}", f"{people[one]}") for one in most]


def test_the_last_query_is_right() -> None:
    *_, (_, _, block) = (one for one in FENCE.findall(PAGE.read_text()) if '"$sql"' in one[2])
    (found,) = commands(block)
    assert [tuple(plain(line).split()) for line in found.prints[1:]] == by_country()


def test_it_runs_as_it_is_written(project: Path, aws_cli: Path) -> None:
    shell = open_shell(project, new_state(project, aws_cli), "tutorial")
    before = files(project)
    for _, language, block in FENCE.findall(PAGE.read_text(encoding="utf-8")):
        if language == "diff":
            apply(project, block)
        for command, lines in commands(block) if language == "console" else ():
            codes = (1,) if command.startswith(ENDS_WITH_1) else (0,)
            printed = shell.run(command, codes=codes)
            missing = [line for line in lines if not prints(line, printed)]
            assert not missing, f"{command}\n{printed}"
    assert files(project) == before


def apply(project: Path, patch: str) -> None:
    """Edit a file as a page shows it."""
    subprocess.run(["git", "apply", "-"], cwd=project, input=patch, text=True, check=True)
