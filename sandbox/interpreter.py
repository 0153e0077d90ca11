"""The interpreter that runs the sandbox: always the virtual environment's."""

import os
import sys
from typing import NoReturn

from sandbox import PROJECT

ENVIRONMENT = PROJECT / ".venv"


def rerun(missing: ModuleNotFoundError) -> NoReturn:
    """Run this command again with the interpreter that has the packages.

    Raises:
        SystemExit: there is none, or it does not have them either.
    """
    if not ENVIRONMENT.exists() or ENVIRONMENT.samefile(sys.prefix):
        sys.exit(f"Error: the Python package {missing.name} is not installed. Run: make setup")
    python = str(ENVIRONMENT / "bin" / "python")
    os.execv(python, [python, "-m", "sandbox", *sys.argv[1:]])  # noqa: S606  # no shell is needed
