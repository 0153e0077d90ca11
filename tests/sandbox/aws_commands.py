"""The AWS CLI, imported once for many commands: importing it takes three times as long as most.

Run by the Python that has it. Each line of standard input is a request, answered with an exit code
on standard output. Each command runs in a process of its own.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn


class AwsCommands:
    """Runs commands of the AWS CLI; close it."""

    def __init__(self, python: Path) -> None:
        """Begin with the interpreter that has the AWS CLI."""
        self._process = subprocess.Popen(  # pylint: disable=consider-using-with  # until close
            [python, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self, arguments: Sequence[str], variables: Mapping[str, str], folder: Path
    ) -> tuple[int, str]:
        """Run a command in a folder; return its exit code, and what it printed."""
        assert self._process.stdin
        assert self._process.stdout
        with tempfile.NamedTemporaryFile() as printed:
            request = [list(arguments), dict(variables), str(folder), printed.name]
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return code, printed.read().decode()

    def close(self) -> None:
        """End."""
        self._process.communicate()


def serve() -> None:
    """Answer requests until there are no more."""
    importlib.import_module("awscli.handlers")
    main: Any = importlib.import_module("awscli.clidriver").main
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _run(main, *json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(
    main: Any, arguments: list[str], variables: dict[str, str], folder: str, printed: str
) -> NoReturn:
    os.environ.update(variables)
    os.chdir(folder)
    file = os.open(printed, os.O_WRONLY)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = ["aws", *arguments]
    code = main()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    serve()
