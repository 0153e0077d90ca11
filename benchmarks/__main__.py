"""The run: ``python -m benchmarks``, 12 minutes for 200 MB."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks import data, latency, throughput
from benchmarks.measurement import ROOT, MeasurementError, Usage, measure
from benchmarks.report import Report, Round, write
from lib.contracts import compile_contracts, write_contracts

CACHE = ROOT / ".cache"
PEERS = CACHE / "peers" / "bin" / "python"
ENGINES = {  # and the Python that has what they import
    "processor": sys.executable,
    "pseudonymize": sys.executable,
    "loop": sys.executable,
    "pandas": str(PEERS),
    "polars": str(PEERS),
    "polars_hmac": str(PEERS),
    "duckdb": str(PEERS),
    "spark": str(PEERS),
}


def run(engine: str, source: Path, folder: Path) -> Usage:
    """Run an engine on a file; what it made is in ``folder / engine`` until it runs again."""
    return run_module(f"benchmarks.engines.{engine}", ENGINES[engine], source, folder / engine)


def run_module(module: str, python: str, source: Path, target: Path) -> Usage:
    """Run a program that makes something of a file in an empty folder."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    environment = os.environ | {"PYTHONPATH": "lambda", "PYTHONWARNINGS": "ignore"}
    return measure([python, "-m", module, str(source), str(target)], environment)


def compare(folder: Path) -> None:
    """Make sure that all engines made what the processor made.

    Raises:
        MeasurementError: one did not; how has been printed.
    """
    for engine in ENGINES:
        command = [sys.executable, "-m", "benchmarks.equality", "processor", engine]
        if engine == "pseudonymize":
            command.append("--without-tokens")
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        if subprocess.run(command, check=False, cwd=folder, env=environment).returncode:
            raise MeasurementError(f"{engine} did not make the same rows")


def benchmark(megabytes: int, rounds: int) -> Report:
    """Measure everything on one file of so many MB, so many times."""
    load = os.getloadavg()
    contracts = compile_contracts(Path(__file__).with_name("contracts"))
    with tempfile.TemporaryDirectory(dir=CACHE) as cache:
        folder = Path(cache)
        write_contracts(contracts, folder / "contracts")
        small, large = folder / "small.csv", folder / "large.csv"
        data.write(small, 0)
        data.write(large, megabytes)
        measured: dict[str, list[Round]] = {engine: [] for engine in ENGINES}
        parts: list[Mapping[str, float]] = []
        best: list[Mapping[str, float]] = []
        for number in range(rounds):
            for engine in ENGINES:
                start = run(engine, small, folder)
                usage = run(engine, large, folder)
                measured[engine].append(Round(start, usage))
                print(
                    f"round {number + 1}: {engine:11} {usage.cpu:7.1f} s CPU "
                    f"{usage.wall:7.1f} s {usage.memory >> 20:6} MiB",
                    flush=True,
                )
            compare(folder)
            for name, python, found in (
                ("parts", sys.executable, parts),
                ("best_parts", str(PEERS), best),
            ):
                run_module(f"benchmarks.{name}", python, large, folder / name)
                found.append(json.loads((folder / name / f"{name}.json").read_text("utf-8")))
        counts = json.loads((folder / "processor" / "rows.json").read_text("utf-8"))
        return Report(
            megabytes=large.stat().st_size / 1e6,
            start_megabytes=small.stat().st_size / 1e6,
            rows=counts,
            rounds=measured,
            parts=parts,
            best_parts=best,
            latency=latency.measure(contracts),
            throughput=throughput.measure(),
            load=(load, os.getloadavg()),
        )


def main() -> None:
    """Measure, and write ``docs/benchmarks.md`` with its chart."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--megabytes", type=int, default=200, help="size of the file (200)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the medians count (3)")
    options = parser.parse_args()
    try:
        report = benchmark(options.megabytes, options.rounds)
    except MeasurementError as error:
        sys.exit(f"Error: {error}")
    write(report, ROOT / "docs")


if __name__ == "__main__":
    main()
