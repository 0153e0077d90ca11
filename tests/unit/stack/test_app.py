"""The entry point: which environment it builds, and how it fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3

import app as entry
from tests.unit.synthesis import ROOT, make_app


def test_the_default_environment_is_dev(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)
    monkeypatch.delenv("CDK_DEFAULT_REGION", raising=False)
    stack = entry.build(make_app())
    assert stack.stack_name == "TapStack-dev"
    assert stack.region == "us-east-1"


def test_context_and_variables_choose_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DEFAULT_ACCOUNT", "111122223333")
    monkeypatch.setenv("CDK_DEFAULT_REGION", "cn-north-1")
    stack = entry.build(make_app(environmentSuffix="pr-42"))
    assert stack.stack_name == "TapStack-pr-42"
    assert (stack.account, stack.region) == ("111122223333", "cn-north-1")


def test_cdk_json_runs_this_entry_point() -> None:
    assert json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["app"] == "python3 app.py"


def test_main_synthesizes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    project = make_app(environmentSuffix="test")
    context = {key: project.node.try_get_context(key) for key in ("environmentSuffix",)}
    made = App(outdir=str(tmp_path), context={**context, "aws:cdk:bundling-stacks": []})
    monkeypatch.setattr(entry, "App", lambda: made)
    entry.main()
    assert (tmp_path / "TapStack-test.template.json").is_file()


def test_main_holds_the_app_to_the_rule_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    def build_carelessly(app: App) -> None:
        s3.Bucket(Stack(app, "Careless"), "Bucket")

    monkeypatch.setattr(entry, "App", make_app)
    monkeypatch.setattr(entry, "build", build_carelessly)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        entry.main()


def test_main_ends_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "App", lambda: make_app(environmentSuffix="Bad_Suffix!"))
    with pytest.raises(SystemExit, match=r"^Error: environmentSuffix is 'Bad_Suffix!'"):
        entry.main()


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        (
            {"environmentSuffix": "Bad_Suffix!"},
            "Error: environmentSuffix is 'Bad_Suffix!': use 1 to 16 lower-case letters "
            "and digits, with single hyphens between them, such as 'dev' or 'pr-42'.\n",
        ),
        (
            {"environments": {"dev": {"memoryMb": 1}}},
            "Error: environments.dev.memoryMb is 1: "
            "input should be greater than or equal to 256.\n",
        ),
    ],
)
def test_a_mistake_ends_in_one_sentence(context: dict[str, object], sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "app.py"],
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps(context)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)
