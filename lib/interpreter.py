"""The interpreter that runs our programs: the virtual environment's, whichever started them."""

import os
import sys
from pathlib import Path
from typing import NoReturn

ENVIRONMENT = Path(__file__).resolve().parents[1] / ".venv"


def rerun(program: str, missing: ModuleNotFoundError) -> NoReturn:
    """Run ``python -m program`` again with the interpreter that has the packages.

    Raises:
        SystemExit: there is none, or it does not have them either.
    """
    if not ENVIRONMENT.exists() or ENVIRONMENT.samefile(sys.prefix):
        sys.exit(f"Error: the Python package {missing.name} is not installed. Run: make setup")
    python = str(ENVIRONMENT / "bin" / "python")
    os.execv(python, [python, "-m", program, *sys.argv[1:]])  # noqa: S606  # no shell is needed
