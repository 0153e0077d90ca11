"""What GitHub shows to contributors, and the updates that it proposes."""

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
    asked = yaml.safe_load(form.read_text(encoding="utf-8"))["body"]
    fields = [field for field in asked if field["type"] != "markdown"]
    assert len(fields) >= 3
    assert all(field["validations"]["required"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields)


def test_a_vulnerability_is_not_an_issue() -> None:
    config = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / "config.yml").read_text("utf-8"))
    assert config["blank_issues_enabled"] is False
    assert any("SECURITY.md" in link["about"] for link in config["contact_links"])
