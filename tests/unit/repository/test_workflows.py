"""The workflows run targets of the Makefile and nothing else, with no more rights than needed.

What GitHub would not accept, actionlint and zizmor find in ``make lint``. These are our own rules.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from lib.settings import EnvironmentSettings, check_suffix
from tests.unit.synthesis import ROOT

Node = dict[str, Any]

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):.*##", MAKEFILE, re.MULTILINE))
PINNED = re.compile(r"[\w-]+/[\w./-]+@[0-9a-f]{40}")
USES = re.compile(r"^ *(?:- )?uses: (\S+)(.*)$", re.MULTILINE)
VERSION = re.compile(r" # v\d+\.\d+\.\d+")
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
TRUSTED = re.compile(
    r"vars\.[A-Z_]+|github\.(?:event_name|ref|repository|token|event\.pull_request\.number)"
    r"|runner\.os|hashFiles\(.*\)|'\w+'|==|\|\|"
)
"""Expressions that no outsider can choose: a number, one of GitHub's names, a repository variable.
"""
OWN = "github.event.pull_request.head.repo.full_name == github.repository"
CREDENTIALS = "aws-actions/configure-aws-credentials"
NEEDED = {"contents": "read", "id-token": "write"}
RIGHTS = {"attestations": "actions/attest-build-provenance@", "pull-requests": "make comment"}
"""The step that needs each additional permission."""


def read(text: str) -> Node:
    """A workflow; YAML 1.1 reads the key ``on`` as true."""
    return {"on" if key is True else key: one for key, one in yaml.safe_load(text).items()}


def find_faults(text: str) -> list[str]:
    """What is wrong with a workflow, one sentence per mistake."""
    workflow = read(text)
    faults = [
        f"{used} has no version next to it"
        for used, comment in USES.findall(text)
        if not VERSION.fullmatch(comment)
    ]
    if workflow.get("permissions") != {}:
        faults.append("the workflow has permissions: they belong to the jobs")
    if set(workflow["on"]) & {"pull_request_target", "workflow_run", "issue_comment"}:
        faults.append("strangers can start it with the rights of the repository")
    if "secrets." in text:
        faults.append("it uses a stored secret")
    for name, job in workflow["jobs"].items():
        faults += [f"job {name}: {fault}" for fault in _judge(job, workflow)]
    return faults


def _judge(job: Node, workflow: Node) -> Iterator[str]:
    if not 0 < job.get("timeout-minutes", 0) <= 360:
        yield "it has no time limit"
    if "concurrency" not in {*job, *workflow}:
        yield "it has no concurrency group"
    if job["runs-on"] != "ubuntu-24.04":
        yield "its machine is not named"
    texts = [step.get("uses", "") + step.get("run", "") for step in job["steps"]]
    yield from _judge_rights(job, texts, "pull_request" in workflow["on"])
    for step in job["steps"]:
        yield from _judge_step(step)
    for expression in EXPRESSION.findall(json.dumps([job.get("env"), job["steps"]])):
        if TRUSTED.sub("", expression).strip():
            yield f"somebody else chooses {expression.strip()}"


def _judge_rights(job: Node, texts: list[str], of_pull_requests: bool) -> Iterator[str]:
    rights = job.get("permissions", {"everything": "write"})
    asks_aws = any(text.startswith(CREDENTIALS) for text in texts)
    for name, level in rights.items():
        needed = asks_aws if name == "id-token" else name in NEEDED
        needed |= any(text.startswith(RIGHTS.get(name, "nothing")) for text in texts)
        if not needed or level != NEEDED.get(name, "write"):
            yield f"it does not need {name}: {level}"
    if asks_aws and "environment" not in job:
        yield "its token names no environment"
    if asks_aws and of_pull_requests and "needs" not in job:
        condition = job.get("if", "")
        if OWN not in condition and "github.event_name == 'schedule'" not in condition:
            yield "forks can start it"


def _judge_step(step: Node) -> Iterator[str]:
    if "uses" in step:
        if not PINNED.fullmatch(step["uses"]):
            yield f"{step['uses']} is not pinned by its commit"
        if step["uses"].startswith("actions/checkout@") and (
            step.get("with", {}).get("persist-credentials") is not False
        ):
            yield "the checkout leaves its token behind"
    elif step.get("run", "").removeprefix("make ") not in TARGETS:
        yield f"{step.get('run')} is not a target of the Makefile"
    if "shell" in step or step.get("continue-on-error"):
        yield "it runs a step otherwise than all others"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_sound(path: Path) -> None:
    assert not find_faults(path.read_text(encoding="utf-8"))


SABOTAGE = [
    ("ci", "run: make test", "run: pytest", "pytest is not a target"),
    ("ci", "run: make test", "run: make test && id", "is not a target"),
    ("ci", "run: make test", "run: make tests", "make tests is not a target"),
    ("ci", "run: make test", "run: |\n          make test\n          id", "is not a target"),
    ("ci", "run: make test", "run: make test\n        shell: python", "otherwise"),
    ("ci", "# v6.0.2", "", "has no version"),
    (
        "ci",
        "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd",
        "actions/checkout@v6",
        "not pinned",
    ),
    ("ci", "@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "@de0fac2e", "not pinned"),
    ("ci", "persist-credentials: false", "persist-credentials: true", "leaves its token"),
    ("ci", "permissions: {}", "permissions: read-all", "belong to the jobs"),
    ("ci", "    permissions:\n      contents: read\n", "", "everything: write"),
    ("ci", "contents: read", "contents: write", "does not need contents: write"),
    ("ci", "contents: read", "id-token: write", "does not need id-token"),
    ("ci", "contents: read", "packages: write", "does not need packages"),
    ("ci", "    timeout-minutes: 60\n", "", "no time limit"),
    ("ci", "concurrency:", "defaults:", "no concurrency group"),
    ("ci", "  pull_request:\n", "  pull_request_target:\n", "strangers"),
    ("ci", f"      && {OWN}\n", "", "forks can start it"),
    ("ci", "    environment: diff\n", "", "no environment"),
    ("ci", "pull_request.number", "pull_request.title", "somebody else chooses"),
    ("ci", "github.repository }}", "github.head_ref }}", "somebody else chooses"),
    ("ci", "${{ github.token }}", "${{ secrets.TOKEN }}", "stored secret"),
    ("pull-request", f"      && {OWN}\n", "", "forks can start it"),
    ("pull-request", "    environment: pull-request\n", "", "no environment"),
    ("deploy", "runs-on: ubuntu-24.04", "runs-on: self-hosted", "not named"),
]


@pytest.mark.parametrize(("name", "before", "after", "fault"), SABOTAGE)
def test_a_fault_is_found(name: str, before: str, after: str, fault: str) -> None:
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    assert before in text
    assert any(fault in found for found in find_faults(text.replace(before, after, 1)))


def read_jobs(name: str) -> dict[str, Node]:
    """The jobs of a workflow."""
    path = ROOT / ".github" / "workflows" / f"{name}.yml"
    jobs: dict[str, Node] = read(path.read_text(encoding="utf-8"))["jobs"]
    return jobs


def test_each_action_has_one_version() -> None:
    used = {
        text
        for path in WORKFLOWS
        for text in re.findall(r"uses: (\S+ # \S+)", path.read_text(encoding="utf-8"))
    }
    assert len(used) == len({text.partition("@")[0] for text in used})


def test_an_environment_is_deployed_after_the_one_before_it() -> None:
    jobs = read_jobs("deploy")
    assert [(name, job.get("needs"), job["environment"]) for name, job in jobs.items()] == [
        ("dev", None, "dev"),
        ("staging", "dev", "staging"),
        ("prod", "staging", "prod"),
    ]
    assert not [name for name, job in jobs.items() if "always()" in job.get("if", "")]


def test_every_environment_that_is_deployed_is_synthesized_and_checked() -> None:
    (listed,) = re.findall(r"^ENVIRONMENTS := (.*)$", MAKEFILE, re.MULTILINE)
    settings = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    assert listed.split() == list(read_jobs("deploy"))
    assert set(settings["environments"]) - {"test"} == set(listed.split())


def list_steps(job: Node) -> list[str]:
    """The targets that a job makes once it is set up, as commands."""
    environ = job.get("env", {})
    commands = []
    for step in job["steps"]:
        if step.get("run", "make setup") != "make setup":
            given = {**environ, **step.get("env", {})}
            words = [f"{name}={given[name]}" for name in ("suffix", "tests") if name in given]
            commands.append(" ".join([step["run"], *words]))
    return commands


@cache
def dry_run(target: str, *variables: str) -> str:
    """What a target would run in a project that is set up."""
    inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", "--dry-run", "--old-file=setup", "--no-print-directory", target, *variables],
        cwd=ROOT,
        env=inherited,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def list_local_steps() -> list[str]:
    """The same for ``make pipeline``."""
    recipe = dry_run("pipeline")
    return re.findall(r"\b(make [a-z]+ suffix=[^;\n]*?);? ?\\?$", recipe, re.MULTILINE)


def test_the_pipeline_is_the_workflow() -> None:
    jobs = read_jobs("deploy")
    assert list_local_steps() == [
        *list_steps(jobs["dev"]),
        *list_steps(jobs["staging"]),
        "make destroy suffix=staging",
        "make destroy suffix=dev",
    ]


def test_prod_is_delivered_as_staging_is_and_then_only_looked_at() -> None:
    jobs = read_jobs("deploy")
    *staging, _, _ = jobs["staging"]["steps"]
    *prod, _, smoke = jobs["prod"]["steps"]
    assert json.dumps(prod) == json.dumps(staging).replace("outputs-staging", "outputs-prod")
    assert smoke == {"run": "make smoke"}


def test_what_is_attested_is_what_is_deployed() -> None:
    for job in read_jobs("deploy").values():
        steps = [step.get("run") or step["uses"].partition("@")[0] for step in job["steps"]]
        order = ("make publish", "actions/attest-build-provenance", "make deploy")
        assert [step for step in steps if step in order] == list(order)
        (attested,) = [
            step["with"]["subject-path"]
            for step in job["steps"]
            if step.get("uses", "").startswith(order[1])
        ]
        assembly = job["env"]["assembly"]
        assert attested == f"{assembly}/.cache/*.zip"
        given = (f"suffix={job['env']['suffix']}", f"assembly={assembly}")
        assert f"--output {assembly}\n" in dry_run("publish", *given)
        deployed = re.findall("cdk deploy .*", dry_run("deploy", *given))
        assert [
            f"--app {assembly} TapStack-{job['env']['suffix']} " in one for one in deployed
        ] == [True]


def test_the_stack_of_a_pull_request_always_ends() -> None:
    jobs = read_jobs("pull-request")
    destroy = jobs["destroy"]
    assert destroy["needs"] == "deploy"
    assert destroy["if"] == "always() && needs.deploy.result != 'skipped'"
    assert list_steps(destroy) == [f"make destroy suffix={jobs['deploy']['env']['suffix']}"]
    assert destroy["env"]["approval"] == "never"
    assert list_steps(jobs["strays"]) == ["make strays"]


def test_a_pull_request_has_a_suffix_and_keeps_nothing() -> None:
    suffix = read_jobs("pull-request")["deploy"]["env"]["suffix"]
    number = "${{ github.event.pull_request.number }}"
    assert suffix.startswith("pr-")
    assert check_suffix(suffix.replace(number, "9999999"))
    assert not EnvironmentSettings().retain_data


def test_a_stray_is_older_than_any_test() -> None:
    (hours,) = re.findall(r"^hours \?= (\d+)$", MAKEFILE, re.MULTILINE)
    jobs = read_jobs("pull-request")
    assert jobs["deploy"]["timeout-minutes"] + jobs["destroy"]["timeout-minutes"] < 60 * int(hours)


def test_properties_are_tried_on_more_examples_than_at_home() -> None:
    ci = read((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    steps = [step for job in ci["jobs"].values() for step in job["steps"]]
    (tested,) = [step for step in steps if step.get("run") == "make test"]
    assert tested["env"] == {"examples": "thorough"}


# How long credentials last.
HOUR = 3600
"""Seconds that credentials last unless a step asks for longer, and a role's unless it is set.

https://github.com/aws-actions/configure-aws-credentials
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
"""
REMAINDER = 2
"""Minutes that an action may take, or that come on top of a limit of the Makefile's."""
SETUP = 20 * 60
"""Seconds that are left for `make setup`, which takes three minutes."""


@dataclass(frozen=True)
class Session:
    """For what a job assumes a role.

    Attributes:
        where: the workflow and the job, for people.
        role: as ``docs/delivery.md`` names it.
        seconds: for how long it asks.
        needed: the seconds that the steps may take until the next session, or the job.
    """

    where: str
    role: str
    seconds: int
    needed: int

    def __str__(self) -> str:
        """The name of the test."""
        return f"{self.where} as {self.role}"


def limit_minutes(target: str) -> float:
    """How long a target may take, where it says so for all of it."""
    if target == "strays":  # any number of them
        return float("inf")
    limits = re.findall(r"lib\.time_limit (\d+) ", dry_run(target, "approval=never"))
    assert limits, target
    return sum(float(limit) for limit in limits)


def list_sessions() -> Iterator[Session]:
    """Each step of each workflow that assumes a role."""
    for path in WORKFLOWS:
        for name, job in read_jobs(path.stem).items():
            steps = job["steps"]
            starts = [
                index
                for index, step in enumerate(steps)
                if step.get("uses", "").startswith(CREDENTIALS)
            ]
            for start, end in pairwise([*starts, len(steps)]):
                minutes = sum(
                    REMAINDER + (limit_minutes(step["run"][5:]) if "run" in step else 0)
                    for step in steps[start + 1 : end]
                )
                asked = steps[start]["with"]
                (duty,) = re.findall(r"vars\.([A-Z]+)_ROLE", asked["role-to-assume"])
                yield Session(
                    f"{path.stem} {name}",
                    f"zero-trust-{duty.lower()}-{job['environment']}",
                    asked.get("role-duration-seconds", HOUR),
                    round(60 * min(minutes, job["timeout-minutes"])),
                )


SESSIONS = list(list_sessions())


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_credentials_last_as_long_as_what_runs_with_them(session: Session) -> None:
    assert session.needed <= session.seconds


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_the_role_that_the_page_makes_admits_the_session(session: Session) -> None:
    page = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
    (made,) = re.findall(rf"^\$ aws iam create-role --role-name {session.role} .*", page, re.M)
    longest = re.search(r"--max-session-duration (\d+) ", made)
    assert session.seconds <= (int(longest[1]) if longest else HOUR)


def test_what_is_installed_never_sees_credentials() -> None:
    for path in WORKFLOWS:
        for job in read_jobs(path.stem).values():
            steps = [step.get("run") or step["uses"].partition("@")[0] for step in job["steps"]]
            if CREDENTIALS in steps:
                assert "make setup" in steps[: steps.index(CREDENTIALS)]


def test_a_job_ends_its_steps_before_it_is_ended() -> None:
    """A time limit of the Makefile's says what took too long, and lets it clean up."""
    for path in WORKFLOWS:
        for name, job in read_jobs(path.stem).items():
            needed = [one.needed for one in SESSIONS if one.where == f"{path.stem} {name}"]
            if needed and name != "strays":
                assert sum(needed) + SETUP <= 60 * job["timeout-minutes"], name


# Who waits for whom.
def evaluate(expression: str, github: Node) -> Any:
    """The value of an expression of GitHub's that has names, texts and operators alone.

    https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
    """

    def look_up(name: str) -> Any:
        if name.startswith("'"):
            return name.strip("'")
        value: Node = {"github": github}
        for part in name.split("."):
            value = value.get(part) or {}
        return value or None

    def judge(term: str) -> Any:
        first, operator, second = (*term.split(), "", "")[:3]
        if not operator:
            return look_up(first)
        return (look_up(first) == look_up(second)) == (operator == "==")

    value = None
    for alternative in expression.split("||"):
        for term in alternative.split("&&"):
            value = judge(term)
            if not value:
                break
        if value:
            break
    return value


def group(**event: Any) -> str:
    """The concurrency group of a run of ``pull-request.yml``."""
    path = ROOT / ".github" / "workflows" / "pull-request.yml"
    (text,) = [read(path.read_text(encoding="utf-8"))["concurrency"]["group"]]
    github = {"event": event, "run_id": 987654321}
    return EXPRESSION.sub(lambda found: str(evaluate(found[1], github)), text)


def test_a_push_waits_for_the_stack_before_it_and_nothing_else_takes_its_place() -> None:
    """Of all that wait in a group, GitHub keeps the newest only.

    https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
    """
    pull = {"pull_request": {"number": 7}}
    push = group(action="synchronize", **pull)
    assert push == group(action="reopened", **pull)
    assert push == group(action="labeled", label={"name": "deploy"}, **pull)
    others = [
        group(action="labeled", label={"name": "bug"}, **pull),
        group(action="synchronize", pull_request={"number": 8}),
        group(),  # at night
    ]
    assert len({push, *others}) == 1 + len(others)
