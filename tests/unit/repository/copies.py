"""A copy of the sources, to change and to run as their own project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.unit.synthesis import ROOT


def copy_sources(copy: Path, *names: str) -> None:
    """Copy files and folders of the repository."""
    left_out = shutil.ignore_patterns("__pycache__", "corpus")
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=left_out)
        else:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)


def change(file: Path, old: str, new: str) -> None:
    """Replace a text, which the file has once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} has {text.count(old)} times {old!r}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def run(copy: Path, *arguments: str, status: int = 0) -> str:
    """Run Python on the copy, which ends with a status, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-B", *arguments],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(copy), str(copy / "lambda")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout
