"""Runbooks as operators follow them: the commands of a page, in order, as they are printed."""

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pytest

from sandbox import PROJECT
from sandbox.emulator import Emulator
from sandbox.environment import environment
from tests.integration.tool import run
from tests.patience import Wait, wait_for
from tests.sandbox.aws_commands import AwsCommands
from tests.sandbox.pages import Shown, shown

FOLDER = PROJECT / "docs" / "runbooks"
DO, OVER = "What to do", "How to know it is over"
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
TOOL = "python -m pipeline "
LOOKS = ("files", "reconcile", "show", "status")
"""The commands of the tool that end with 1 because something is wrong with files."""
SECONDS = 300
END = Wait(120)


def sections(page: str) -> dict[str, str]:
    """The text of a page below each of its headings."""
    _, *found = SECTION.split((FOLDER / f"{page}.md").read_text(encoding="utf-8"))
    return dict(zip(found[::2], found[1::2], strict=True))


@dataclass(frozen=True)
class Answer:
    """What a command printed, and how it ended."""

    command: str
    code: int
    out: str


@dataclass
class Operator:
    """Somebody who follows runbooks in a copy of the project.

    Commands of the tool run in this process, and those of the AWS CLI in one that has it loaded,
    which takes a third of the time. All others run in a shell, whose ``make`` asks nothing. What a
    page exports stays exported.

    Attributes:
        emulator: the sandbox.
        project: the copy.
        aws: the AWS CLI.
        suffix: of the environment: ``S`` in the pages.
        aside: commands of pages that are not run, with the reason.
        credentials: of somebody else than the account's root user, as variables.
        done: the commands of each page that were run.
    """

    emulator: Emulator
    project: Path
    aws: AwsCommands
    suffix: str
    aside: Mapping[tuple[str, str], str]
    credentials: dict[str, str] = field(default_factory=dict)
    done: dict[str, list[str]] = field(default_factory=dict)

    @property
    def outputs(self) -> Path:
        """The file with the outputs of the deployed stack."""
        return self.project / "cfn-outputs" / "flat-outputs.json"

    @cached_property
    def environment(self) -> dict[str, str]:
        """The variables of all commands."""
        return environment(self.emulator) | {
            "CFN_OUTPUTS": str(self.outputs),
            "CDK_OUTPUT": str(self.emulator.state / f"cdk.out-{self.suffix}"),
            "approval": "never",
        }

    def end(self, page: str, values: dict[str, str]) -> list[Answer]:
        """Follow a page: it is not over, then it is; return what was printed on the way."""
        assert not self.is_over(page, values)
        answers = list(self.follow(page, values))
        self.wait_until_over(page, values)
        return answers

    def follow(self, page: str, values: dict[str, str]) -> Iterator[Answer]:
        """Do what a page says, a command for each answer; none of them may fail.

        ``values`` are those of the placeholders; later ones may be added on the way.
        """
        for command, _ in self.commands(page, DO):
            yield self.run(page, command, values)

    def wait_until_over(self, page: str, values: dict[str, str]) -> None:
        """Wait until what a page is about is over."""
        wait_for(f"end of {page}", lambda: self.is_over(page, values) or None, END)

    def is_over(self, page: str, values: dict[str, str]) -> bool:
        """Whether all commands that tell it end well, and print what the page shows."""
        for command, prints in self.commands(page, OVER):
            answer = self.ask(page, command, values)
            # A status ends with 1 for other reasons too, so what it prints decides.
            if command == f"{TOOL}status" and prints and answer.code == 1:
                answer = replace(answer, code=0)
            wanted = {self.fill(line, values) for line in prints}
            printed = {line.strip().rstrip(",") for line in answer.out.splitlines()}
            if answer.code or not wanted <= printed:
                return False
        return True

    def commands(self, page: str, section: str) -> list[Shown]:
        """The commands of a section that are run."""
        found = shown(sections(page)[section])
        return [one for one in found if (page, one.command) not in self.aside]

    def run(self, page: str, command: str, values: dict[str, str]) -> Answer:
        """Run a command, which must end well."""
        answer = self.ask(page, command, values)
        tool = command.removeprefix(TOOL).split()[0] if command.startswith(TOOL) else ""
        assert answer.code in ((0, 1) if tool in LOOKS else (0,)), answer
        return answer

    def ask(self, page: str, command: str, values: dict[str, str]) -> Answer:
        """Run a command, however it ends."""
        self.done.setdefault(page, []).append(command)
        script = self.fill(command, values)
        if script.startswith("export "):
            for pair in shlex.split(script)[1:]:
                name, _, value = pair.partition("=")
                self.environment[name] = value
            return Answer(script, 0, "")
        if script.startswith(TOOL):
            return self._tool(script)
        if script.startswith("aws "):
            variables = self.environment | self.credentials
            return Answer(script, *self.aws.run(shlex.split(script)[1:], variables, self.project))
        ended = subprocess.run(
            ["bash", "-c", script],
            cwd=self.project,
            env=self.environment | self.credentials,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Answer(script, ended.returncode, ended.stdout + ended.stderr)

    def fill(self, text: str, values: dict[str, str]) -> str:
        """Write values in place of the placeholders."""
        text = re.sub("<([^<>]+)>", lambda place: values[place[1]], text)
        return re.sub(r"\bS\b", self.suffix, text)

    @contextmanager
    def becoming(self, found: Mapping[str, str]) -> Iterator[None]:
        """Run commands with the credentials of a session, as STS returns them."""
        self.credentials = {
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["SessionToken"],
        }
        try:
            yield
        finally:
            self.credentials = {}

    def _tool(self, script: str) -> Answer:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (self.environment | self.credentials).items():
                patch.setenv(name, value)
            found = run(*shlex.split(script)[3:])
        return Answer(script, found.code, found.out + found.err)
