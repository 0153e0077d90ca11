"""No program gives work to Arrow's threads: at exit, one may still hold a Python file.

To close the file, the thread needs Python's lock. An exit from C, such as the fuzzer's, holds the
lock while it joins the thread, and hangs forever; Python's own exit aborts.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.synthesis import ROOT

PROGRAMS = ("lambda", "lib", "sandbox", "tests")
MODULES = re.compile(r"(import|from) pyarrow\b.*\b(acero|csv|dataset|feather|json|orc)\b")
READERS = re.compile(r"(.*\.)?(read_table|read_pandas|ParquetDataset|to_pandas)")
OPTIONS = {
    re.compile(r"(.*\.)?ParquetFile"): "pre_buffer",
    re.compile(r".*ParquetFile\(.*\)\.read"): "use_threads",
    re.compile(r".*\.(group_by|iter_batches|read_row_groups?)"): "use_threads",
}


def threaded(source: str) -> Iterator[str]:
    """Yield the calls of a program that give work to Arrow's threads, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            if MODULES.match(ast.unparse(node)):
                yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            off = {word.arg for word in node.keywords if ast.unparse(word.value) == "False"}
            needed = {option for form, option in OPTIONS.items() if form.fullmatch(called)}
            if READERS.fullmatch(called) or needed - off:
                yield f"{node.lineno}: {called}"


@pytest.mark.no_cover
def test_no_program_asks_for_them() -> None:
    files = [file for name in PROGRAMS for file in sorted((ROOT / name).glob("**/*.py"))]
    found = [f"{file}:{one}" for file in files for one in threaded(file.read_text("utf-8"))]
    assert not found, "see tests/parquet.py for how to read Parquet"


@pytest.mark.parametrize(
    "line",
    [
        "pq.read_table(file)",
        "read_table(file, use_threads=False)",
        "pq.ParquetFile(file)",
        "pq.ParquetFile(file, pre_buffer=True)",
        "pq.ParquetFile(file, pre_buffer=False).read()",
        "file.iter_batches(columns=names)",
        "table.group_by(names).aggregate([])",
        "import pyarrow.dataset as ds",
        "from pyarrow import csv",
        "from pyarrow.json import read_json",
    ],
)
def test_a_program_that_does_is_found(line: str) -> None:
    assert list(threaded(line))


READ = """
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

long = io.BytesIO()
pq.write_table(pa.table({name: ["a"] * 100_000 for name in ("id", "region")}), long)
"""
WORK = """
from processor import batches
from processor.contracts import parse
from tests.fuzz.targets import SIZES, TARGETS
from tests.unit.processor.examples import column, document
from tests.unit.processor.outcomes import run

policies = {"anonymity": {"k": 1, "quasiIdentifiers": ["region"]}}
people = parse(document(column("id"), column("region")) | policies)
for content in (long.getvalue(), b"id,region\\na,b", b'{"id": "a"}'):
    assert run(content, people)[0].anonymity
for name, value in SIZES.items():
    setattr(batches, name, value)
for name, target in TARGETS.items():
    for file in Path("tests/fuzz/corpus", name).iterdir():
        target(file.read_bytes())
"""


# Prints the threads, except the one for Arrow's memory, and ends before Python ends them: that
# sometimes aborts.
LOOK = """
import os

names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
print(*(name for name in names if name != "jemalloc_bg_thd"), flush=True)
os._exit(0)
"""


def look_after(program: str) -> list[str]:
    """Return the names of the threads that a program leaves."""
    done = subprocess.run(
        [sys.executable, "-c", READ + program + LOOK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux tells the threads")
def test_the_processor_and_what_is_fuzzed_leave_none() -> None:
    assert len(look_after(WORK)) == 1
    assert len(look_after("pq.read_table(long)")) > 1
