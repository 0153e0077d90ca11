"""The interpreter that runs our programs: the virtual environment's, whichever started them."""

import os
import sys
from pathlib import Path
from typing import NoReturn

FAILED = 4
"""The exit code of what could not be asked, as of :class:`pipeline.outcomes.Exit`."""

PROJECT = Path(__file__).resolve().parents[1]
ENVIRONMENT = PROJECT / ".venv"


def rerun(program: str, missing: ModuleNotFoundError) -> NoReturn:
    """Run ``python -m program`` again with the interpreter that has the packages.

    Raises:
        SystemExit: there is none, or it does not have them either.
        ModuleNotFoundError: the module is our own, so no installation helps.
    """
    if (PROJECT / str(missing.name).partition(".")[0]).is_dir():
        raise missing
    python = ENVIRONMENT / "bin" / "python"
    # The link is there, and leads nowhere, once another Python was installed.
    if not python.exists() or ENVIRONMENT.samefile(sys.prefix):
        print(
            f"Error: the Python package {missing.name} is not installed. Run: make setup",
            file=sys.stderr,
        )
        sys.exit(FAILED)
    command = [str(python), "-m", program, *sys.argv[1:]]
    os.execv(command[0], command)  # noqa: S606  # no shell is needed
