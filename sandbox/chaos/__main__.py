"""The command line: ``python -m sandbox.chaos OUTPUTS``, or ``make chaos``."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sandbox import SandboxError, emulator
from sandbox.chaos import page
from sandbox.chaos.run import Chaos, Run
from sandbox.environment import environment

INTERRUPTED = 128 + 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a run for each seed, write the page, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.chaos",
        description="Process objects in the sandbox while everything fails, check that nothing "
        "is lost, and write docs/reliability.md. Afterwards the stack is of no other use: "
        "`make chaos` starts a sandbox for it, and ends it.",
    )
    parser.add_argument("outputs", type=Path, help="the file with the stack's outputs")
    parser.add_argument(
        "--objects", type=int, default=10_000, help="of each run (default: %(default)s)"
    )
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3], help="a run each (default: 1 2 3)"
    )
    options = parser.parse_args(arguments)
    runs = [Run(seed, options.objects) for seed in options.seeds]
    try:
        target = emulator.running(emulator.default_state())
        os.environ.update(environment(target))
        for number, run in enumerate(runs, start=1):
            execute(target, options.outputs, run)
            page.PAGE.write_text(page.write(runs[:number]), encoding="utf-8")
    except SandboxError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    print(f"Nothing was lost. The figures: {page.PAGE}")
    return 0


def execute(target: emulator.Emulator, outputs: Path, run: Run) -> None:
    """Carry out a run with a stack in a sandbox, and show how far it is.

    Raises:
        ChaosError: an object was lost, or is not what it would be without faults.
    """
    bundle = next(target.state.glob("cdk.out-*/asset.*/processor")).parent
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(dir=target.state) as folder,
        Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress,
        closing(Chaos(outputs, bundle, Path(folder), run, progress)) as chaos,
    ):
        chaos.execute()
    console.print(f"seed {run.seed}: {run.objects:,} objects, {run.seconds:,.0f} seconds")


if __name__ == "__main__":
    sys.exit(main())
