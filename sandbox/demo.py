"""The demo: processes the sample files in a deployed pipeline, and shows the results.

``python -m sandbox.demo`` (or ``make demo``) starts the sandbox, deploys, uploads, waits, shows.
Then a file is refused, and somebody is notified; its contract is corrected, and the file replayed.
A query that joins the datasets by their tokens ends it.
"""

import argparse
import csv
import gzip
import io
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from lib.contracts import compile_contracts
from pipeline.outcomes import Exit
from pipeline.program import main as run_tool
from processor.deidentification.keep import Keep
from processor.reasons import Reason
from sandbox import PROJECT, SandboxError, deployment, emulator, refusal
from sandbox.emulator import Emulator
from sandbox.environment import environment

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SAMPLES = ("customers.csv", "payments.csv")
PATIENCE = 90.0  # seconds for the slowest file
COMPARED = 3  # rows shown before and after
# A customer can be in several files, and the demo can have run before: so what is counted differs.
SQL = """\
SELECT country, count(DISTINCT customers.customer_token) AS customers,
       count(DISTINCT payment_id) AS payments
FROM payments JOIN customers ON payments.customer_token = customers.customer_token
GROUP BY country ORDER BY payments DESC, country LIMIT 5"""

Manifest = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.demo",
        description="Deploy the pipeline to the sandbox, process the sample files, and show "
        "what came of every row. Then let a file be refused, correct its contract, and replay it. "
        "The sandbox stays up.",
    )
    parser.parse_args(arguments)
    return run(show)


def run(demo: Callable[[Console], None]) -> int:
    """Run a demo, and return its exit status."""
    try:
        demo(Console())
    except SandboxError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The sandbox may be up; end it with: make down", file=sys.stderr)
        return 130
    return 0


def start(console: Console) -> Emulator:
    """Start the sandbox, and say what comes next.

    Raises:
        SandboxError: it does not start.
    """
    target = emulator.start(emulator.default_state())
    console.print(f"[bold]The sandbox is up[/] at {target.endpoint}; deploying with the CDK CLI …")
    return target


def show(console: Console) -> None:
    """Deploy, process the samples, and print the tables.

    Raises:
        SandboxError: the sandbox or the deployment failed, or a file was not processed in time.
    """
    target = start(console)
    outputs = deployment.deploy(target, "dev")
    os.environ.update(environment(target))
    s3 = boto3.client("s3")
    bucket = outputs["S3BucketName"]
    # A folder for this run, so that an earlier demo's manifests are not mistaken for its own.
    names = [f"{Path(file).stem}/demo-{int(time.time())}/{file}" for file in SAMPLES]
    samples = {name: (PROJECT / "samples" / Path(name).name).read_bytes() for name in names}
    manifests = process(console, s3, bucket, samples)
    console.print()
    console.print(account(manifests))
    console.print(reasons(manifests))
    name = names[0]
    for table in comparisons(s3, bucket, name):
        console.print(table)
    recover(console, s3, outputs, target, name.replace(".csv", "-with-referrals.csv"))
    console.print("[bold]A query: customers and payments, joined by token[/]")
    console.print(SQL, highlight=False, soft_wrap=True)
    if run_tool(["query", SQL]) != Exit.OK:
        raise SandboxError("the query failed.")
    report = target.state / "report.html"
    if run_tool(["report", "--output", str(report)]) != Exit.OK:
        raise SandboxError("the report could not be written.")
    console.print(
        f"""[bold]Where to look next[/]
  eval "$(python3 -m sandbox env)"  # then aws, cdk and pytest talk to the sandbox
  aws s3 ls --recursive s3://{bucket}/
  aws s3 cp my.csv s3://{bucket}/incoming/customers/my.csv
  .venv/bin/python -m pipeline files
  make status · make logs · make down · make up  # deploys the contract of this folder again
  The manifest of this file: manifests/{name}.json
  The page for others: {report}
""",
        highlight=False,
        soft_wrap=True,
    )
    s3.close()


def process(
    console: Console, s3: "S3Client", bucket: str, files: Mapping[str, bytes]
) -> dict[str, Manifest]:
    """Upload files under ``incoming/`` and wait; the manifest of each by its name.

    Raises:
        SandboxError: one was missing when time was up.
    """
    manifests: dict[str, Manifest] = {}
    with waiting(console) as progress:
        tasks = {name: progress.add_task(f"processing {name}") for name in files}
        for name, content in files.items():
            s3.put_object(Bucket=bucket, Key=f"incoming/{name}", Body=content)
        deadline = time.monotonic() + PATIENCE
        while len(manifests) < len(files):
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"not every file was processed within {PATIENCE:.0f} s; make logs tells why."
                )
            time.sleep(0.2)
            for name in set(files) - set(manifests):
                manifest = read(s3, bucket, f"manifests/{name}.json")
                if manifest:
                    manifests[name] = json.loads(manifest)
                    progress.update(tasks[name], description=f"processed  {name}", total=1)
                    progress.advance(tasks[name])
    return {name: manifests[name] for name in files}


def waiting(console: Console) -> Progress:
    """Show what is waited for, and for how long."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    return Progress(*columns, console=console)


def recover(
    console: Console, s3: "S3Client", outputs: Mapping[str, str], target: Emulator, name: str
) -> None:
    """Let a file be refused, show the notice, correct the contract, and replay the file.

    Raises:
        SandboxError: one of the steps failed.
    """
    bucket = outputs["S3BucketName"]
    with refusal.inbox(outputs["NoticesTopicArn"]) as receive:
        before = process(console, s3, bucket, {name: refusal.new_file()})[name]
        notice = receive()
    with waiting(console) as progress:
        task = progress.add_task(f"deploying a contract that has {refusal.COLUMN}", total=1)
        version = refusal.deploy_correction(target, "dev")
        progress.advance(task)
    command = ["replay", "--only", "refused", "--prefix", f"incoming/{name}"]
    console.print(f"$ python -m pipeline {' '.join(command)}", highlight=False, soft_wrap=True)
    if run_tool(command) != Exit.OK:
        raise SandboxError("the replay failed.")
    deadline = time.monotonic() + PATIENCE
    after = before
    while after["outcome"] != "processed":
        if time.monotonic() > deadline:
            raise SandboxError(f"{name} was not processed again; make logs tells why.")
        time.sleep(0.2)
        after = json.loads(read(s3, bucket, f"manifests/{name}.json") or b"")
    console.print(story(name, before, notice, version, after))


def story(
    name: str, before: Manifest, notice: Mapping[str, Any], version: str, after: Manifest
) -> Table:
    """What happened to the file that was refused."""
    table = Table(title="From a refused file to a clean one", title_justify="left")
    table.add_column("step")
    table.add_column("what happened", overflow="fold")
    reason = before["refusal"]["reason"]
    table.add_row("file", f"incoming/{name}")
    table.add_row("refused", f"{reason}: {Reason.of(reason).explanation.means}")
    table.add_row("notice", f"{notice['AlarmName']}: {notice['AlarmDescription']}")
    table.add_row("deployed", f"version {version} of the contract, which has {refusal.COLUMN}")
    rows = after["rows"]
    table.add_row("replayed", f"{rows['clean']} clean rows, {rows['rejected']} rejected")
    return table


def read(s3: "S3Client", bucket: str, key: str) -> bytes | None:
    """The content of an object, or None if there is none."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    if not found:
        return None
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def account(manifests: dict[str, Manifest]) -> Table:
    """The input and output rows of each file."""
    table = Table(title="Every row is accounted for", title_justify="left")
    table.add_column("file", overflow="fold")
    for heading in ("rows in", "clean", "rejected", "Parquet"):
        table.add_column(heading, justify="right")
    for name, manifest in manifests.items():
        rows = manifest["rows"]
        written = manifest["outputs"]["processed"]["bytes"]
        counts = [f"{rows[kind]:,}" for kind in ("read", "clean", "rejected")]
        table.add_row(f"incoming/{name}", *counts, f"{written / 1024:,.0f} KiB")
    return table


def reasons(manifests: dict[str, Manifest]) -> Table:
    """Why rows were rejected; a row may have several reasons."""
    table = Table(title="Why rows were rejected", title_justify="left")
    table.caption = "A row may have several reasons."
    table.add_column("dataset")
    table.add_column("column:rule")
    table.add_column("rows", justify="right")
    for manifest in manifests.values():
        counted = sorted(manifest["rejected_by_reason"].items(), key=lambda item: -item[1])
        for reason, rows in counted:
            table.add_row(manifest["dataset"], reason, f"{rows:,}")
    return table


def comparisons(s3: "S3Client", bucket: str, file_name: str) -> Iterator[Table]:
    """The first clean rows of a file, before and after processing.

    The output has its own order, so each row is found by the columns that are kept.
    """
    columns = compile_contracts(PROJECT / "contracts")[Path(file_name).stem].columns
    kept = [
        column.name
        for column in columns
        if isinstance(column.deidentify, Keep) and column.type in ("string", "integer")
    ]
    parquet = read(s3, bucket, f"processed/{file_name}.parquet") or b""
    rows = pq.ParquetFile(io.BytesIO(parquet), pre_buffer=False).read(use_threads=False)
    left: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for after in rows.to_pylist():
        left[tuple(str(after[name]) for name in kept)].append(after)
    pairs = (
        (number, before, found[0])
        for number, before in clean_rows(s3, bucket, file_name)
        if len(found := left[tuple(before[name] for name in kept)]) == 1
    )
    for number, before, after in islice(pairs, COMPARED):
        table = Table(title=f"Row {number}", title_justify="left")
        table.add_column("column", overflow="fold")
        table.add_column("before", overflow="fold", style="red")
        table.add_column("after", overflow="fold", style="green")
        for column in columns:
            name, output = column.name, column.output
            value = "(dropped)" if output is None else after[output]
            heading = name if output in (None, name) else f"{name} → {output}"
            table.add_row(heading, before[name], "" if value is None else str(value))
        yield table


def clean_rows(
    s3: "S3Client", bucket: str, file_name: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """The original rows of a sample that were not rejected, each with its number."""
    rejects = gzip.decompress(read(s3, bucket, f"quarantine/{file_name}.jsonl.gz") or b"")
    rejected = {json.loads(line)["row"] for line in rejects.splitlines()}
    with (PROJECT / "samples" / Path(file_name).name).open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=1):
            if number not in rejected:
                yield number, row


if __name__ == "__main__":
    sys.exit(main())
