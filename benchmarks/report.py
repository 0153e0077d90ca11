"""The report: ``docs/benchmarks.md`` and its chart, from what was measured.

Delete it with ``docs/benchmarks.md``.
"""

import ast
import platform
import re
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil
import pyarrow as pa

from benchmarks import methods, throughput
from benchmarks.cores import CORE_MB
from benchmarks.files import FILE_ROWS, WIDTH
from benchmarks.latency import Latency
from benchmarks.measurement import ROOT, Usage
from benchmarks.throughput import Throughput

TITLES = {
    "processor": "this processor, `hmac`",
    "pseudonymize": "this processor, `pseudonymize`",
    "loop": "`csv` + `hmac` loop",
    "pandas": "pandas",
    "polars": "Polars, plugin",
    "polars_hmac": "Polars, `hmac`",
    "polars_cmac": "Polars, CMAC",
    "duckdb": "DuckDB",
    "spark": "PySpark",
}

GB_PER_CORE = CORE_MB / 1024
"""Memory at which Lambda gives a function one core, of 1,769 MB.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""
GB_SECOND = "0.0000166667"
"""USD, https://aws.amazon.com/lambda/pricing/"""

TEXT = """\
# Benchmarks

`make bench megabytes={megabytes:.0f}` wrote this page on {machine}. Load average of the machine \
when it began: {before:.1f}, when it ended: {after:.1f}.

Every engine reads the same CSV file of {megabytes:.0f} MB, {rows:,} rows of eleven columns, of \
which {rejected:,} break the contract; checks every column, makes four tokens a row by \
HMAC-SHA256, writes the clean rows as Parquet (zstd) and the rejected ones next to it. The clean \
rows and the number of rejected ones were compared and are the same. `pseudonymize` makes its \
tokens by AES-256-CMAC, the quicker of two keyed functions: its row compares the functions too. \
Its tokens are those of "Polars, CMAC", and its other values those of all. Each ran in a process \
of its own, pinned to one core, {rounds} times; the numbers are medians.

![CPU seconds per GB](benchmarks.svg)

{table}

CPU is user and system time of all processes of an engine, without what the same engine takes for \
a file of 1,000 rows: that is its start, in a column of its own, because it is paid once whatever \
the file. Peak memory is resident size, of all processes together, sampled \
every 10 ms. In parentheses: how many times ours with `hmac`.

What each of them is, and what it does less than the contract asks:

{engines}

## Where our time goes

{parts}

The best single parts, each alone in the tool that is quickest at it (Polars, and for the hash a \
bare loop over copied states, since the plugin does not take the key), measured in the same run \
on the whole file: {best}. Together that is {best_sum:.1f} CPU s/GB; the processor with `hmac`, \
which also streams, bounds its memory, writes rejects with their lines and reasons and accounts \
for every row, takes {over_best:.2f} times as much.

## A value of each method

CPU microseconds for one value of this many characters, among {batch:,} different ones that are \
done at once; of `shift`, for a date whose subject has this many. Nothing is read, checked or \
written.

{methods}

## Other files

{rows_of_files:,} rows in other forms (of {width} columns: as many fields), CPU s/GB without the \
start, the median of {rounds} rounds. A GB of CSV, of JSON Lines and of Parquet hold different \
numbers of rows. Polars with the plugin, where it has a program for the file, made the same rows.

{files}

## Memory

Lambda gives a function processor time by its memory. With `pseudonymize`, under limits of the \
kernel that give as much, the file took:

{by_memory}

From 3,538 MB there are two cores, and threads read ahead and write. The file is on the disk, so \
what reading ahead saves on the network is not in it.

## Cost

A TB of such files takes {cost:.2f} USD of Lambda with `pseudonymize`, if its cores are as fast \
as this one: {ours:.0f} CPU seconds per GB, times 1,000 GB, times {gb_per_core:.4f} GB of memory \
for a whole core, times {gb_second} USD per GB-second (x86_64, us-east-1, 2026-11-23).

## Latency

| | seconds | goal |
| --- | --- | --- |
| cold import of the handler | {import_:.2f} | 0.35 |
| first file of one row, with clients and key | {first:.3f} | |
| later file of one row, warm | {later:.3f} | 0.3 |

The bundle that is deployed, alone in a new process, against S3 and KMS of the sandbox on the \
same machine: the network of AWS is not in it, nor is the start of what Lambda runs it in. The \
file cache was warm.

## Throughput

{objects} files of one row, put by {producers} at a time into the stack deployed to the sandbox, \
were done with at {processed:.0f} a second; when the function's code was replaced by a handler \
that does nothing, at {ignored:.0f} a second ({ratio:.1f} times as many). The emulator, the queue \
and all functions share the {cores} cores.

## Versions

{versions}
"""


class Round(NamedTuple):
    """One run of an engine on 1,000 rows, and one on the whole file."""

    start: Usage
    whole: Usage


class FileUsage(NamedTuple):
    """What one file took in one round.

    Attributes:
        file: its name.
        megabytes: its size, 10^6 bytes.
        ours: CPU seconds of the processor, with ``pseudonymize``, its start included.
        peer: those of Polars, or None.
    """

    file: str
    megabytes: float
    ours: float
    peer: float | None


@dataclass(frozen=True)
class Report:
    """What was measured.

    Attributes:
        megabytes: size of the file, 10^6 bytes.
        start_megabytes: that of the file of 1,000 rows.
        rows: how many are ``clean`` and ``rejected``.
        rounds: of each engine.
        parts: CPU seconds of each part of the processor, in each round.
        best_parts: CPU seconds of each part alone, in each round.
        methods: microseconds for a value of each of LENGTHS, by method.
        files: what each file in another form took, in each round.
        by_memory: GB a minute, by the function's MB of memory.
        latency: of the function.
        throughput: of the deployed stack.
        load: the load averages of the machine before and after.
    """

    megabytes: float
    start_megabytes: float
    rows: Mapping[str, int]
    rounds: Mapping[str, Sequence[Round]]
    parts: Sequence[Mapping[str, float]]
    best_parts: Sequence[Mapping[str, float]]
    methods: Mapping[str, Sequence[float]]
    files: Sequence[Sequence[FileUsage]]
    by_memory: Mapping[int, float]
    latency: Latency
    throughput: Throughput
    load: tuple[tuple[float, float, float], tuple[float, float, float]]

    def per_gigabyte(self, engine: str) -> float:
        """Return the CPU seconds that a GB takes, without the start."""
        seconds = median(round_.whole.cpu - round_.start.cpu for round_ in self.rounds[engine])
        return seconds / (self.megabytes - self.start_megabytes) * 1000

    def start(self, engine: str) -> float:
        """Return the CPU seconds of a file of 1,000 rows."""
        return median(round_.start.cpu for round_ in self.rounds[engine])


def write(report: Report, folder: Path) -> None:
    """Write the page and the chart."""
    names = {engine: re.sub("`", "", title) for engine, title in TITLES.items()}
    values = {names[engine]: report.per_gigabyte(engine) for engine in report.rounds}
    (folder / "benchmarks.svg").write_text(chart(values), encoding="utf-8")
    (folder / "benchmarks.md").write_text(page(report), encoding="utf-8")


def page(report: Report) -> str:
    """Return the page, in Markdown."""
    best = {
        name: median(parts[name] for parts in report.best_parts) / report.megabytes * 1000
        for name in report.best_parts[0]
    }
    return TEXT.format(
        megabytes=report.megabytes,
        machine=describe_machine(),
        before=report.load[0][0],
        after=report.load[1][0],
        rows=sum(report.rows.values()),
        rejected=report.rows["rejected"],
        rounds=len(report.parts),
        table=_table(report),
        engines="\n".join(f"- **{TITLES[name]}**: {_about(name)}" for name in report.rounds),
        parts=_parts(report),
        best=", ".join(f"{name} {value:.1f}" for name, value in best.items()),
        best_sum=sum(best.values()),
        batch=methods.ROWS,
        methods=methods_table(report.methods),
        rows_of_files=FILE_ROWS,
        width=WIDTH,
        files=_files(report),
        by_memory=_by_memory(report),
        over_best=report.per_gigabyte("processor") / sum(best.values()),
        cost=report.per_gigabyte("pseudonymize") * 1000 * GB_PER_CORE * float(GB_SECOND),
        ours=report.per_gigabyte("pseudonymize"),
        gb_per_core=GB_PER_CORE,
        gb_second=GB_SECOND,
        objects=throughput.OBJECTS,
        producers=throughput.PRODUCERS,
        processed=report.throughput.processed,
        ignored=report.throughput.ignored,
        ratio=report.throughput.ignored / report.throughput.processed,
        cores=psutil.cpu_count(),
        import_=report.latency.cold_import,
        first=report.latency.first_object,
        later=report.latency.later_object,
        versions=_versions(),
    )


def chart(values: Mapping[str, float]) -> str:
    """Return a bar chart, the smallest value on top, as SVG."""
    bars = []
    for place, (name, value) in enumerate(sorted(values.items(), key=lambda item: item[1])):
        y = 30 + 26 * place
        width = 380 * value / max(values.values())
        colour = "#c2410c" if name.startswith("this processor") else "#64748b"
        bars.append(
            f'<text x="210" y="{y + 14}" text-anchor="end">{name}</text>'
            f'<rect x="218" y="{y}" width="{width:.1f}" height="20" fill="{colour}"/>'
            f'<text x="{224 + width:.1f}" y="{y + 14}">{value:.0f}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 {40 + 26 * len(bars)}" '
        'font-family="sans-serif" font-size="13" fill="#64748b">\n'
        '<text x="218" y="16">CPU seconds per GB of CSV, one core; less is better</text>\n'
        + "\n".join(bars)
        + "\n</svg>\n"
    )


def _table(report: Report) -> str:
    lines = [
        "| | CPU s/GB | wall s | peak MiB | start, CPU s |",
        "| --- | --- | --- | --- | --- |",
    ]
    ours: list[float] = []
    for engine, rounds in report.rounds.items():
        values = [
            report.per_gigabyte(engine),
            median(round_.whole.wall for round_ in rounds),
            median(round_.whole.memory for round_ in rounds) / 2**20,
        ]
        ours = ours or values
        ratios = [
            f"{value:.0f} ({value / our:.2f})" for value, our in zip(values, ours, strict=True)
        ]
        lines.append(f"| {TITLES[engine]} | {' | '.join(ratios)} | {report.start(engine):.1f} |")
    return "\n".join(lines)


def _parts(report: Report) -> str:
    lines = ["| part | CPU s/GB | share |", "| --- | --- | --- |"]
    seconds = {name: median(parts[name] for parts in report.parts) for name in report.parts[0]}
    for name, value in sorted(seconds.items(), key=lambda item: -item[1]):
        share = value / sum(seconds.values())
        lines.append(f"| {name} | {value / report.megabytes * 1000:.1f} | {share:.0%} |")
    return "\n".join(lines)


def methods_table(measured: Mapping[str, Sequence[float]]) -> str:
    """Return the table of what a value of each method takes."""
    lines = [
        f"| | {' | '.join(f'{length} characters' for length in methods.LENGTHS)} |",
        f"| --- |{' --- |' * len(methods.LENGTHS)}",
    ]
    for name, values in measured.items():
        lines.append(f"| `{name}` | {' | '.join(f'{value:.2f}' for value in values)} |")
    return "\n".join(lines)


def _files(report: Report) -> str:
    lines = [
        f"| | {TITLES['pseudonymize']} | {TITLES['polars']} | ratio |",
        "| --- | --- | --- | --- |",
    ]
    for usages in zip(*report.files, strict=True):
        size = usages[0].megabytes / 1000
        ours = (median(one.ours for one in usages) - report.start("pseudonymize")) / size
        found = [one.peer for one in usages if one.peer is not None]
        peer = (median(found) - report.start("polars")) / size if found else None
        compared = f"{peer:.0f} | {ours / peer:.2f}" if peer else " | "
        lines.append(f"| {usages[0].file} | {ours:.0f} | {compared} |")
    return "\n".join(lines)


def _by_memory(report: Report) -> str:
    lines = ["| memory, MB | cores | GB a minute |", "| --- | --- | --- |"]
    for memory, speed in report.by_memory.items():
        lines.append(f"| {memory:,} | {memory / CORE_MB:.2f} | {speed:.2f} |")
    return "\n".join(lines)


def _about(engine: str) -> str:
    """Return what the module of an engine says of itself, but not when to delete it."""
    source = ROOT / "benchmarks" / "engines" / f"{engine}.py"
    about = ast.get_docstring(ast.parse(source.read_text("utf-8"))) or ""
    return " ".join(about.partition("\n\nDelete ")[0].replace("``", "`").split())


def describe_machine() -> str:
    """Return what it is that everything was measured on."""
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"))
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{processor[1] if processor else platform.processor()}, {psutil.cpu_count()} cores, "
        f"{memory:.0f} GiB, {platform.system()} {platform.release()}"
    )


def _versions() -> str:
    java = subprocess.run(["java", "--version"], check=True, capture_output=True, text=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    peers = ", ".join(pin.replace("==", " ") for pin in project["dependency-groups"]["peers"])
    return (
        f"Python {platform.python_version()}. The processor and the loop: pyarrow "
        f"{pa.__version__}. The others: {peers}; {java.stdout.splitlines()[0]}."
    )
