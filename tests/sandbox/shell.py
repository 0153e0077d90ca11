"""A shell as somebody has it who reads the pages, in a copy of the project.

It has no virtual environment until a command activates one, and its Python has no packages. The
developer's own sandbox and outputs are not touched.
"""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import PROJECT
from sandbox.emulator import ACCOUNT, REGION


@dataclass
class Shell:
    """A shell in the copy of the project; each command sees what earlier ones exported.

    Attributes:
        project: the copy.
        state: a script with what was exported.
        printed: what each command printed.
    """

    project: Path
    state: Path
    printed: dict[str, str] = field(default_factory=dict)

    def run(self, command: str, instead: str = "", codes: tuple[int, ...] = (0,)) -> str:
        """Run a command, or another one instead; return what it printed."""
        script = re.sub("<([^<>]+)>", self._fill, instead or command)
        keep = f"status=$?; export -p >{self.state}; exit $status"
        shell = ["bash", "-c", f". {self.state}\n{script}\n{keep}"]
        done = subprocess.run(
            [sys.executable, "-m", "lib.time_limit", "10", "emulator", *shell],
            cwd=self.project,
            env={},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in codes, f"{script}\n{done.stdout}{done.stderr}"
        self.printed[command] = done.stdout
        return done.stdout + done.stderr

    def _fill(self, place: re.Match[str]) -> str:
        """Return what a reader writes for a placeholder."""
        outputs = json.loads((self.project / "cfn-outputs" / "flat-outputs.json").read_text())
        queue = outputs["DeadLetterQueueUrl"].rpartition("/")[2]
        values = {
            "account": ACCOUNT,
            "ARN": str(outputs["ProducerPolicyArn"]),
            "bucket": str(outputs["S3BucketName"]),
            "state machine's ARN": str(outputs["ReplayStateMachineArn"]),
            "execution's ARN": self._printed(r'"executionArn": "([^"]+)"'),
            "dead-letter queue's ARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
            "owner": "octo-org",
            "repository": "octo-repo",
            "reviewer": "alice",
        }
        return values[place[1]]

    def _printed(self, pattern: str) -> str:
        """Return what the last command that printed such a text printed."""
        found = [one for text in self.printed.values() for one in re.findall(pattern, text)]
        return str(found[-1]) if found else ""


def copy_project(folder: Path) -> Path:
    """Copy the project as a newcomer has it after ``make setup``."""
    project = folder / "project"
    others = shutil.ignore_patterns(".*", "__pycache__", "cdk.out", "cfn-outputs", "node_modules")
    shutil.copytree(PROJECT, project, ignore=others)
    for name in (".cache", ".venv", "node_modules"):
        (project / name).symlink_to(PROJECT / name)
    return project


def new_state(project: Path, aws_cli: Path) -> str:
    """The state of a new shell with make, the AWS CLI and a Python without packages."""
    tools = project.parent / "tools"
    tools.mkdir()
    (tools / "aws").symlink_to(aws_cli)
    # tests/unit/repository/test_delivery_page.py shows what GitHub's CLI is asked.
    (tools / "gh").write_text("#!/bin/sh\necho repo:octo-org@123456/octo-repo@456789\n")
    (tools / "gh").chmod(0o755)
    (tools / "python3").write_text(f'#!/bin/sh\nexec {sys.base_prefix}/bin/python3 -S "$@"\n')
    (tools / "python3").chmod(0o755)
    return f"export HOME={project.parent} PATH={tools}:/usr/local/bin:/usr/bin:/bin\n"


def open_shell(project: Path, state: str, name: str) -> Shell:
    """A new shell."""
    file = project.parent / name
    file.write_text(state)
    return Shell(project, file)
