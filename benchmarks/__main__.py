"""The run: ``python -m benchmarks``, 12 minutes for 200 MB.

Delete it once no engine is compared with the processor.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import cores, data, files, latency, methods, throughput
from benchmarks.measurement import ROOT, MeasurementError, Usage, measure
from benchmarks.report import FileUsage, Report, Round, write
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
    "polars_cmac": str(PEERS),
    "duckdb": str(PEERS),
    "spark": str(PEERS),
}

BY_CMAC = ("pseudonymize", "polars_cmac")  # whose tokens are others than those by HMAC


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
    """Make sure that all engines made what the processor made; two make other tokens, the same.

    Raises:
        MeasurementError: one did not; how has been printed.
    """
    for engine in ENGINES:
        check_equal(folder, "processor", engine, tokens=engine not in BY_CMAC)
    check_equal(folder, *BY_CMAC)


def check_equal(folder: Path, expected: str, found: str, *, tokens: bool = True) -> None:
    """Make sure that two engines made the same.

    Raises:
        MeasurementError: they did not; how has been printed.
    """
    command = [sys.executable, "-m", "benchmarks.equality", expected, found]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command += [] if tokens else ["--without-tokens"]
    if subprocess.run(command, check=False, cwd=folder, env=environment).returncode:
        raise MeasurementError(f"{found} did not make the same rows as {expected}")


def measure_files(folder: Path) -> Iterator[FileUsage]:
    """Yield what each file takes ours, and Polars where that has a program for it.

    Raises:
        MeasurementError: the two did not make the same rows of one.
    """
    for file in files.FILES:
        source = folder / f"{file.dataset}{file.suffix}"
        file.write(source, files.FILE_ROWS)
        ours = run("pseudonymize", source, folder).cpu
        peer = None
        if (file.dataset, file.suffix) == ("people", ".csv"):
            peer = run("polars", source, folder).cpu
            check_equal(folder, "pseudonymize", "polars", tokens=False)
        yield FileUsage(file.name, source.stat().st_size / 1e6, ours, peer)


def write_people(folder: Path, megabytes: int) -> Path:
    """Write the benchmark's rows into a new folder, under the name of their dataset."""
    folder.mkdir()
    data.write(folder / "people.csv", megabytes)
    return folder / "people.csv"


def measure_parts(name: str, python: str, source: Path, folder: Path) -> Mapping[str, float]:
    """Return the CPU seconds of each part, as a module measures them."""
    run_module(f"benchmarks.{name}", python, source, folder / name)
    found: Mapping[str, float] = json.loads((folder / name / f"{name}.json").read_text("utf-8"))
    return found


def benchmark(megabytes: int, rounds: int) -> Report:
    """Measure everything on one file of this many MB, this many times."""
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(dir=CACHE) as cache:
        folder = Path(cache)
        files.write_contracts(folder / "odcs")
        contracts = compile_contracts(folder / "odcs")
        write_contracts(contracts, folder / "contracts")
        small = write_people(folder / "small", 0)
        large = write_people(folder / "large", megabytes)
        measured: dict[str, list[Round]] = {engine: [] for engine in ENGINES}
        parts: list[Mapping[str, float]] = []
        best: list[Mapping[str, float]] = []
        others: list[Sequence[FileUsage]] = []
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
            others.append(list(measure_files(folder)))
            parts.append(measure_parts("parts", sys.executable, large, folder))
            best.append(measure_parts("best_parts", str(PEERS), large, folder))
        counts = json.loads((folder / "processor" / "rows.json").read_text("utf-8"))
        return Report(
            megabytes=large.stat().st_size / 1e6,
            start_megabytes=small.stat().st_size / 1e6,
            rows=counts,
            rounds=measured,
            parts=parts,
            best_parts=best,
            methods=methods.measure(),
            files=others,
            by_memory=cores.measure(small, large, folder / "cores", rounds),
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
