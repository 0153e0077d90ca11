"""The commands of ``docs/delivery.md`` set up all that the workflows rely on.

The page is run as a reader would, with tools that only write down what they are asked. With the
AWS CLI, ``tests/sandbox/test_readme.py`` runs its commands too.
"""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from tests.unit.documentation import names, table
from tests.unit.policies.delivery import REPOSITORY, read
from tests.unit.synthesis import ACCOUNT, ROOT, Resource

PAGE = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^\$ (?!make )(.*)$", re.MULTILINE)
FILLED = {"owner": "acme", "repository": "pipeline", "reviewer": "alice"}
TOOL = f"""#!/usr/bin/env python3
import json, os, sys
name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps([name, *words]) + "\\n")
if "get-caller-identity" in words:
    print("{ACCOUNT}")
if "get-role" in words:
    print("arn:aws:iam::{ACCOUNT}:role/" + words[words.index("--role-name") + 1])
if words[-2:] == ["--jq", ".sub_claim_prefix"]:
    print("{REPOSITORY}")
if words[1:2] == ["users/alice"]:
    print("1001")
"""
ON_MAIN = ("dev", "staging", "prod")
FOR_PULLS = ("pull-request", "diff")
SUFFIXES = {"pull-request": "pr-*", "diff": "dev"}


@dataclass(frozen=True)
class Call:
    """A command that was run.

    Attributes:
        words: its words, without options.
        options: name → values, in the order that they were given.
    """

    words: tuple[str, ...]
    options: dict[str, list[str]]

    def option(self, name: str) -> str:
        """The one value of an option."""
        (value,) = self.options[name]
        return value


def parse(words: list[str]) -> Call:
    """A command as its tool understands it: every option that the page uses takes a value."""
    plain: list[str] = []
    options: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        if word.startswith("-"):
            options.setdefault(word, []).append(next(rest))
        else:
            plain.append(word)
    return Call(tuple(plain), options)


@pytest.fixture(scope="module", name="calls")
def run_page(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """What the tools were asked, by somebody who ran every command of the page."""
    tools = tmp_path_factory.mktemp("tools")
    for name in ("aws", "gh"):
        (tools / name).write_text(TOOL, encoding="utf-8")
        (tools / name).chmod(0o755)
    commands = "\n".join(COMMAND.findall(PAGE))
    script = re.sub("<([^<>]+)>", lambda place: FILLED[place[1]], commands)
    subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=ROOT,
        env={
            "CALLS": str(tools / "calls"),
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        },
        check=True,
    )
    lines = (tools / "calls").read_text(encoding="utf-8").splitlines()
    return [parse(json.loads(line)) for line in lines]


def find(calls: list[Call], *words: str, **options: str) -> list[Call]:
    """The calls that begin with some words and have some options."""
    return [
        call
        for call in calls
        if call.words[: len(words)] == words
        and all(
            call.options[f"--{name.replace('_', '-')}"] == [value]
            for name, value in options.items()
        )
    ]


def fields(call: Call) -> set[str]:
    """What ``gh api`` sends."""
    return {*call.options.get("-f", []), *call.options.get("-F", [])}


def jobs() -> list[tuple[str, dict[str, Any]]]:
    """Each job, with the text of its steps."""
    found = []
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            found.append((json.dumps(job), job))
    return found


def used_environments() -> set[str]:
    """The environments that jobs name."""
    return {job["environment"] for _, job in jobs() if "environment" in job}


def test_every_environment_is_made() -> None:
    assert used_environments() == {*ON_MAIN, *FOR_PULLS}


@pytest.mark.parametrize("environment", [*ON_MAIN, *FOR_PULLS])
def test_an_environment_is_protected(calls: list[Call], environment: str) -> None:
    path = f"repos/{{owner}}/{{repo}}/environments/{environment}"
    (made,) = find(calls, "gh", "api", path, method="PUT")
    branches = find(calls, "gh", "api", f"{path}/deployment-branch-policies", method="POST")
    if environment in FOR_PULLS:
        assert not fields(made)
        assert not branches
        return
    policy = {
        "deployment_branch_policy[protected_branches]=false",
        "deployment_branch_policy[custom_branch_policies]=true",
    }
    reviewers = {"prevent_self_review=true", "reviewers[][type]=User", "reviewers[][id]=1001"}
    assert fields(made) == policy | (reviewers if environment == "prod" else set())
    assert [fields(branch) for branch in branches] == [{"name=main"}]


def test_main_needs_the_checks_that_every_pull_request_has(calls: list[Call]) -> None:
    (protected,) = find(
        calls, "gh", "api", "repos/{owner}/{repo}/branches/main/protection", method="PUT"
    )
    ci = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    always = {job["name"] for job in ci["jobs"].values() if "if" not in job}
    prefix = "required_status_checks[contexts][]="
    assert {one.removeprefix(prefix) for one in fields(protected) if one.startswith(prefix)} == (
        always
    )
    # The API asks for all four of them.
    # https://docs.github.com/en/rest/branches/branch-protection#update-branch-protection
    assert {re.split(r"[\[=]", one)[0] for one in fields(protected)} == {
        "enforce_admins",
        "required_pull_request_reviews",
        "required_status_checks",
        "restrictions",
    }


def test_the_table_names_what_each_workflow_makes() -> None:
    made = {
        file.name: set(re.findall(r"run: (make \w+)", file.read_text(encoding="utf-8")))
        for file in (ROOT / ".github" / "workflows").glob("*.yml")
    }
    named = {
        name: {one for one in names([does]) if re.fullmatch(r"make \w+", one)}
        for cell, _, does in table("delivery.md", "## The workflows")
        for name in names([cell])
    }
    assert named == {name: targets - {"make setup"} for name, targets in made.items()}


def test_vulnerabilities_can_be_reported_in_private(calls: list[Call]) -> None:
    path = "repos/{owner}/{repo}/private-vulnerability-reporting"
    assert len(find(calls, "gh", "api", path, method="PUT")) == 1
    assert "Report a vulnerability" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_the_label_is_the_one_that_the_workflow_asks_for(calls: list[Call]) -> None:
    workflow = (ROOT / ".github" / "workflows" / "pull-request.yml").read_text(encoding="utf-8")
    labels = set(re.findall(r"labels\.\*\.name, '(\w+)'|label\.name [!=]= '(\w+)'", workflow))
    (created,) = find(calls, "gh", "label", "create")
    assert {one or other for one, other in labels} == {created.words[3]}


def test_tokens_name_the_repository_with_its_numbers_before_a_role_trusts_them(
    calls: list[Call],
) -> None:
    """Names of the fields: https://docs.github.com/en/rest/actions/oidc"""
    path = "repos/{owner}/{repo}/actions/oidc/customization/sub"
    switched, read_back = find(calls, "gh", "api", path)
    assert switched.option("--method") == "PUT"
    assert fields(switched) == {"use_default=true", "use_immutable_subject=true"}
    assert read_back.option("--jq") == ".sub_claim_prefix"
    roles = find(calls, "aws", "iam", "create-role")
    assert all(calls.index(read_back) < calls.index(role) for role in roles)


def test_every_variable_is_set_to_the_role_of_its_environment(calls: list[Call]) -> None:
    used = {
        (job.get("environment"), name)
        for text, job in jobs()
        for name in re.findall(r"vars\.([A-Z_]+)", text)
        if name != "AWS_REGION"
    }
    made = {}
    for call in find(calls, "gh", "variable", "set"):
        environment = call.options.get("--env", [None])[0]
        made[environment, call.words[3]] = call.option("--body")
    assert made.pop((None, "AWS_REGION")) == "us-east-1"
    assert set(made) == used
    for (environment, name), arn in made.items():
        duty = name.partition("_")[0].lower()
        assert arn == f"arn:aws:iam::{ACCOUNT}:role/zero-trust-{duty}-{environment}"


@pytest.mark.parametrize("environment", [*ON_MAIN, *FOR_PULLS])
def test_the_roles_of_an_environment_have_its_documents(
    calls: list[Call], environment: str
) -> None:
    def read_own(name: str) -> Resource:
        return read(name, environment, SUFFIXES.get(environment, environment))

    trust = read_own("trust" if environment in ON_MAIN else "trust-pull-request")
    policies = {
        "deploy": "diff-policy" if environment == "diff" else "deploy-policy",
        "test": {"prod": "smoke-policy", "dev": "", "diff": ""}.get(environment, "test-policy"),
    }
    for duty, policy in policies.items():
        role = f"zero-trust-{duty}-{environment}"
        made = find(calls, "aws", "iam", "create-role", role_name=role)
        documents = [json.loads(one.option("--assume-role-policy-document")) for one in made]
        assert documents == ([] if (duty, environment) == ("test", "diff") else [trust])
        given = find(calls, "aws", "iam", "put-role-policy", role_name=role)
        assert [json.loads(one.option("--policy-document")) for one in given] == (
            [read_own(policy)] if policy else []
        )


def test_only_what_is_attacked_has_an_administrator(calls: list[Call]) -> None:
    attached = find(calls, "aws", "iam", "attach-role-policy")
    assert [one.option("--role-name") for one in attached] == ["zero-trust-test-dev"]


def test_the_provider_is_that_of_the_trust(calls: list[Call]) -> None:
    (made,) = find(calls, "aws", "iam", "create-open-id-connect-provider")
    issuer = made.option("--url").removeprefix("https://")
    trust = json.dumps(read("trust"))
    assert f":oidc-provider/{issuer}" in trust
    assert f'"{issuer}:aud": "{made.option("--client-id-list")}"' in trust
