"""The stack on the sandbox: the CDK CLI deploys to the emulator as to an AWS account."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from sandbox import PROJECT, SandboxError, toolchain
from sandbox.emulator import ACCOUNT, REGION, Emulator
from sandbox.environment import environment

OUTPUTS = PROJECT / "cfn-outputs" / "flat-outputs.json"
"""Where tests and programs find the outputs: one flat JSON object of names and values."""


EXECUTION_POLICY = (
    "--cloudformation-execution-policies=arn:aws:iam::aws:policy/AdministratorAccess"
)
"""What CloudFormation may do in the sandbox: the default, stated to silence the CLI's warning."""


def deploy(
    emulator: Emulator,
    suffix: str,
    outputs: Path = OUTPUTS,
    *,
    project: Path = PROJECT,
    quiet: bool = False,
) -> dict[str, str]:
    """Deploy an environment's stack and write its outputs; return them.

    The account is bootstrapped first, once per emulator. ``project`` has the app. If ``quiet``,
    what the CLI prints is shown only when it fails.

    Raises:
        SandboxError: the CDK CLI failed; what it printed says why.
    """
    toolchain.install()
    bootstrapped = emulator.state / "bootstrapped"
    if not bootstrapped.exists():
        _cdk(emulator, "bootstrap", f"aws://{ACCOUNT}/{REGION}", EXECUTION_POLICY)
        bootstrapped.touch()
    written = emulator.state / f"outputs-{suffix}.json"
    _cdk(
        emulator,
        "deploy",
        "--require-approval=never",
        f"--outputs-file={written}",
        suffix=suffix,
        project=project,
        quiet=quiet,
    )
    flat = {
        name: value
        for stack in json.loads(written.read_text()).values()
        for name, value in stack.items()
    }
    outputs.parent.mkdir(parents=True, exist_ok=True)
    outputs.write_text(json.dumps(flat, indent=2, sort_keys=True) + "\n")
    return flat


def copy_app(folder: Path) -> None:
    """Copy the app to a folder, to change something before it is deployed as a ``project``."""
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("lib", "lambda", "contracts"):
        shutil.copytree(PROJECT / name, folder / name, ignore=skip)
    for name in ("app.py", "cdk.json"):
        shutil.copyfile(PROJECT / name, folder / name)
    (folder / ".cache").symlink_to(PROJECT / ".cache")  # the function's dependencies


def deploy_changed(
    emulator: Emulator,
    suffix: str,
    dataset: str,
    change: Callable[[dict[str, Any]], None],
    outputs: Path = OUTPUTS,
) -> dict[str, str]:
    """Deploy the stack with another contract of a dataset, as ``deploy`` does, quietly.

    The contract is changed in a copy of the app, so the project stays as it is.

    Raises:
        SandboxError: the CDK CLI failed; what it printed says why.
    """
    copy = emulator.state / "changed"
    shutil.rmtree(copy, ignore_errors=True)
    copy_app(copy)
    file = copy / "contracts" / f"{dataset}.odcs.yaml"
    contract = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(contract)
    file.write_text(yaml.safe_dump(contract, allow_unicode=True), encoding="utf-8")
    return deploy(emulator, suffix, outputs, project=copy, quiet=True)


def destroy(emulator: Emulator, suffix: str) -> None:
    """Delete an environment's stack.

    Raises:
        SandboxError: the CDK CLI failed; what it printed says why.
    """
    toolchain.install()
    _cdk(emulator, "destroy", "--force", suffix=suffix)


def _cdk(
    emulator: Emulator,
    command: str,
    *arguments: str,
    suffix: str = "",
    project: Path = PROJECT,
    quiet: bool = False,
) -> None:
    """Run the CDK CLI of ``package.json``; its output is shown as it comes, or on failure.

    A command about an environment runs in the project. Bootstrapping runs in the state directory,
    which has no ``cdk.json``: with one, the CLI first synthesizes the app, and takes ten times as
    long. The assembly is written into the state directory too: two runs cannot share ``cdk.out``,
    which the developer may be using. What was deployed is destroyed without another synthesis.
    """
    selection = ["--all", "-c", f"environmentSuffix={suffix}"] if suffix else []
    assembly = emulator.state / f"cdk.out-{suffix or command}"
    deployed = command == "destroy" and (assembly / "manifest.json").exists()
    arguments = (*arguments, *selection, "--no-notices")
    arguments += (f"--app={assembly}" if deployed else f"--output={assembly}",)
    try:
        subprocess.run(
            ["node", toolchain.CDK, command, *arguments],
            cwd=project if suffix else emulator.state,
            env=environment(emulator),
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        sys.stderr.write(error.stdout or "")
        raise SandboxError(f"cdk {command} failed (see above).") from None
