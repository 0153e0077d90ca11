"""What GitHub shows to contributors, and the updates that it proposes."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.synthesis import ROOT

GITHUB = ROOT / ".github"
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
MANIFESTS = {
    "uv": "uv.lock",
    "npm": "package-lock.json",
    "github-actions": ".github/workflows/*.yml",
}
UPDATES: list[dict[str, Any]] = yaml.safe_load((GITHUB / "dependabot.yml").read_text("utf-8"))[
    "updates"
]


def test_every_kind_of_dependency_is_updated() -> None:
    assert {update["package-ecosystem"] for update in UPDATES} == set(MANIFESTS)


@pytest.mark.parametrize("update", UPDATES, ids=lambda update: str(update["package-ecosystem"]))
def test_an_update_waits_and_finds_what_it_is_for(update: dict[str, Any]) -> None:
    assert update["cooldown"]["default-days"] >= 7
    assert update["directory"] == "/"
    assert list(ROOT.glob(MANIFESTS[update["package-ecosystem"]]))


@pytest.mark.parametrize("form", FORMS, ids=lambda path: str(path.stem))
def test_an_issue_says_what_is_needed(form: Any) -> None:
    """GitHub shows no form that it cannot read.

    https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-issue-forms
    """
    shown = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert shown["name"]
    assert shown["description"]
    asked = shown["body"]
    assert {field["type"] for field in asked} <= {"dropdown", "input", "markdown", "textarea"}
    fields = [field for field in asked if field["type"] != "markdown"]
    assert len(fields) >= 3
    assert all(field["validations"]["required"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields)


def test_a_vulnerability_is_not_an_issue() -> None:
    config = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / "config.yml").read_text("utf-8"))
    assert config["blank_issues_enabled"] is False
    assert any("SECURITY.md" in link["about"] for link in config["contact_links"])


@pytest.mark.parametrize("changed", ["lib/names.py", "pyproject.toml", "package.json", "Makefile"])
@pytest.mark.parametrize("status", [0, 1])
def test_a_commit_of_anything_is_linted(tmp_path: Path, changed: str, status: int) -> None:
    """pre-commit runs ``make lint``, and lets through what that lets through."""
    tools, clone = tmp_path / "tools", tmp_path / "clone"
    tools.mkdir()
    (tools / "make").write_text(f'#!/bin/sh\necho "$@" >>"$CALLS"\nexit {status}\n')
    (tools / "make").chmod(0o755)
    (clone / changed).parent.mkdir(parents=True)
    (clone / changed).touch()
    (clone / ".pre-commit-config.yaml").write_bytes(
        (ROOT / ".pre-commit-config.yaml").read_bytes()
    )
    environ = {
        "CALLS": str(tmp_path / "calls"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "HOME": str(tmp_path),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
    }

    def run(*command: str) -> int:
        return subprocess.run(command, cwd=clone, env=environ, check=False).returncode

    assert run("git", "init", "--quiet") == 0
    assert run("git", "add", ".") == 0
    assert run(sys.executable, "-m", "pre_commit", "run", "--files", changed) == status
    assert (tmp_path / "calls").read_text() == "lint\n"


def test_make_test_is_every_check_of_ci() -> None:
    """What CI makes besides is part of it, asks an account, compares with another commit, or
    needs Java.
    """
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    first, others = re.findall(r"^(?:test:|others =) ([a-z ]+)", makefile, re.MULTILINE)
    ci = yaml.safe_load((GITHUB / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    of_an_account = ci["jobs"].pop("diff")
    of_a_change = ci["jobs"].pop("contracts")
    with_java = ci["jobs"].pop("readers")
    made = {step.get("run") for job in ci["jobs"].values() for step in job["steps"]} - {None}
    assert made <= {"make test", *(f"make {part}" for part in f"{first} {others}".split())}
    assert "vars.AWS_REGION" in of_an_account["if"]
    assert [step["run"] for step in with_java["steps"] if "run" in step] == ["make readers"]
    assert of_a_change["if"] == "github.event_name == 'pull_request'"
