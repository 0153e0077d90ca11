"""What the CDK CLI is asked to do, with a stand-in for it."""

import json
import shutil
from pathlib import Path

import pytest

from sandbox import SandboxError, deployment, toolchain
from tests.sandbox.cloud import Cloud

CLI = """
const fs = require("fs");
const args = process.argv.slice(2);
fs.appendFileSync(process.env.CALLS, JSON.stringify({
    args,
    endpoint: process.env.AWS_ENDPOINT_URL,
    platform: process.env.FUNCTION_BUNDLE_PLATFORM,
    app: fs.existsSync("cdk.json"),
}) + "\\n");
const outputs = args.find((arg) => arg.startsWith("--outputs-file="));
if (outputs) {
    fs.writeFileSync(outputs.split("=")[1], JSON.stringify({"TapStack-x": {B: "2", A: "1"}}));
}
process.exit(process.env.FAIL === args[0] ? 1 : 0);
"""


@pytest.fixture(name="calls")
def replace_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace the CDK CLI; return the file with the calls to it."""
    program, calls = tmp_path / "cdk", tmp_path / "calls"
    program.write_text(CLI)
    monkeypatch.setattr(toolchain, "CDK", program)
    monkeypatch.setenv("CALLS", str(calls))
    return calls


def test_bootstrapped_once_and_outputs_flat(parity: Cloud, calls: Path, tmp_path: Path) -> None:
    outputs = tmp_path / "new" / "outputs.json"
    (parity.emulator.state / "bootstrapped").unlink(missing_ok=True)
    assert deployment.deploy(parity.emulator, "x", outputs) == {"A": "1", "B": "2"}
    deployment.deploy(parity.emulator, "y", outputs)
    deployment.destroy(parity.emulator, "y")

    assert json.loads(outputs.read_text()) == {"A": "1", "B": "2"}
    made = [json.loads(line) for line in calls.read_text().splitlines()]
    assert [call["args"][0] for call in made] == ["bootstrap", "deploy", "deploy", "destroy"]
    assert [call["app"] for call in made] == [False, True, True, True]
    assert "environmentSuffix=x" in made[1]["args"]
    assert {call["endpoint"] for call in made} == {parity.emulator.endpoint}


@pytest.mark.parametrize("deployed", [True, False])
def test_what_was_deployed_is_not_synthesized_to_destroy_it(
    parity: Cloud, calls: Path, *, deployed: bool
) -> None:
    assembly = parity.emulator.state / "cdk.out-x"
    assembly.mkdir()
    try:
        if deployed:
            (assembly / "manifest.json").touch()
        deployment.destroy(parity.emulator, "x")
    finally:
        shutil.rmtree(assembly)
    option = "--app" if deployed else "--output"
    assert f"{option}={assembly}" in json.loads(calls.read_text())["args"]


@pytest.mark.parametrize("command", ["bootstrap", "deploy"])
def test_a_failure_of_the_cli(
    parity: Cloud, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (parity.emulator.state / "bootstrapped").unlink(missing_ok=True)
    monkeypatch.setenv("FAIL", command)
    with pytest.raises(SandboxError, match=f"cdk {command} failed"):
        deployment.deploy(parity.emulator, "x", tmp_path / "outputs.json")
    assert calls.exists()
    assert not (tmp_path / "outputs.json").exists()


@pytest.mark.parametrize(("as_on_aws", "platform"), [(True, None), (False, "host")])
def test_the_bundle_is_for_this_machine_only_when_it_must_be(
    parity: Cloud,
    calls: Path,
    monkeypatch: pytest.MonkeyPatch,
    platform: object,
    *,
    as_on_aws: bool,
) -> None:
    monkeypatch.setattr(toolchain, "function_platform", lambda: as_on_aws)
    deployment.destroy(parity.emulator, "x")
    assert json.loads(calls.read_text()).get("platform") == platform
