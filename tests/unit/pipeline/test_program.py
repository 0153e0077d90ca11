"""What becomes of the errors of commands."""

import errno
import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import (
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
    SSOTokenLoadError,
    TokenRetrievalError,
)

from pipeline.outcomes import Exit, NoStackError
from pipeline.program import main
from pipeline.stack import Stack
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.conftest import Tool
from tests.unit.synthesis import ROOT


@pytest.mark.parametrize("arguments", [[], ["none"], ["show"], ["files", "--since", "never"]])
def test_what_is_not_understood_is_a_mistake_of_use(tool: Tool, arguments: list[str]) -> None:
    answer = tool(*arguments)
    assert (answer.code, answer.out) == (Exit.USAGE, "")
    assert "Usage: python -m pipeline" in answer.err


@pytest.mark.parametrize(
    ("arguments", "wrong", "instead"),
    [
        (["files", "--since", "never"], "'never' is not a time.", "Write a date such as"),
        (["files", "--until", "2026-02-30"], "'2026-02-30' is not a time.", "7d or 2w"),
        (
            ["files", "--since", "2026-03-02", "--until", "2026-03-02"],
            "2026-03-02T00:00:00Z is not after --since",
            "Write a later time",
        ),
        (["files", "--dataset", "a/b"], "'a/b' is not a dataset.", "such as customers"),
        (["status", "--dataset", ""], "'' is not a dataset.", "such as customers"),
        (["files", "--outcome", "bad"], "'bad' is not one of", "'processed', 'refused'"),
        (["rejects", "a", "--delimiter", "ab"], "'ab' cannot separate", "Write one character"),
        (["replay", "--only", "all", "--concurrency", "0"], "0 is not in the range", "1<=x<=1000"),
        (["files", "--dataset", "\udcff"], "\\udcff is not UTF-8", "LC_ALL=C.UTF-8"),
    ],
)
def test_a_wrong_option_says_what_to_write_instead(
    tool: Tool, arguments: list[str], wrong: str, instead: str
) -> None:
    answer = tool(*arguments)
    assert (answer.code, answer.out) == (Exit.USAGE, "")
    said = " ".join(answer.err.split())
    assert wrong in said
    assert instead in said


@pytest.mark.parametrize("arguments", [["show", "a\udcff.csv"], ["files", "--dataset", "\udcff"]])
def test_what_is_not_utf_8_is_the_name_of_nothing(tool: Tool, arguments: list[str]) -> None:
    answer = tool(*arguments)
    assert (answer.code, answer.out) == (Exit.USAGE, "")
    assert "\\udcff" in answer.err
    assert "UTF-8" in answer.err


def test_without_a_stack_there_is_nothing_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def find() -> Stack:
        raise NoStackError("There is none.")

    monkeypatch.setattr(Stack, "find", find)
    assert main(["files"]) == Exit.USAGE
    assert capsys.readouterr().err == "Error: There is none.\n"
    assert main(["files", "--help"]) == Exit.OK


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), Exit.INTERRUPTED, "Interrupted."),
        (NoCredentialsError(), Exit.FAILED, "AWS_PROFILE"),
        (EndpointConnectionError(endpoint_url="https://x"), Exit.FAILED, "make up"),
        (SSLError(endpoint_url="https://x", error=ValueError()), Exit.FAILED, "certificate: eval"),
        (SSLError(endpoint_url="https://x", error=ValueError()), Exit.FAILED, "AWS_CA_BUNDLE"),
        (ReadTimeoutError(endpoint_url="https://x"), Exit.FAILED, "Read timeout on"),
        (SSOTokenLoadError(error_msg="x"), Exit.FAILED, "Sign in again"),
        (TokenRetrievalError(provider="sso", error_msg="x"), Exit.FAILED, "Sign in again"),
        (PermissionError(errno.EACCES, "No", "a.json"), Exit.FAILED, "a.json cannot be read"),
        (OSError("odd"), Exit.FAILED, "written: odd."),
        (BrokenPipeError(), Exit.OK, ""),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), Exit.OK, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_while_it_asks(
    tool: Tool,
    account: Account,
    error: BaseException,
    code: int,
    said: str,
) -> None:
    def interrupt(_: str) -> None:
        raise error

    account.interrupt = interrupt
    answer = tool("files")
    assert answer.code == code
    assert said in answer.err


def printed(
    monkeypatch: pytest.MonkeyPatch, account: Account, encoding: str, *arguments: str
) -> bytes:
    """What a command writes to standard output, in a locale of this encoding."""
    monkeypatch.setattr(Stack, "find", account.stack)
    out = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, encoding))
    assert main(arguments) == Exit.OK
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_locale_may_lack_characters(
    monkeypatch: pytest.MonkeyPatch, account: Account, encoding: str
) -> None:
    account.process("incoming/customers/\N{SNOWMAN}.csv")
    found = printed(monkeypatch, account, encoding, "files")
    assert rb"incoming/customers/\u2603.csv" in found


def test_csv_is_utf_8_in_every_locale(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    account.process("incoming/customers/a.csv")
    row = {"row": 1, "line": 2, "reasons": ["email:required"], "raw": "\N{SNOWMAN},x"}
    account.put("quarantine/customers/a.csv.jsonl.gz", gzip.compress(json.dumps(row).encode()))
    found = printed(monkeypatch, account, "ascii", "rejects", "customers/a.csv", "--csv")
    assert found.startswith(b"\xef\xbb\xbf")
    assert '"\N{SNOWMAN}","x"'.encode() in found


def test_nobody_has_to_read_on() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--help"],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (Exit.OK, b"")


def test_without_standard_output_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, None)  # as Python has it if the system has none
    assert main(["--help"]) == Exit.OK
    assert main(["none"]) == Exit.USAGE
    for nowhere in (sys.stdout, sys.stderr):
        nowhere.close()


@pytest.mark.parametrize("closed", ["1", "2"])
@pytest.mark.parametrize("arguments", ["--help", "contract check", "none"])
def test_standard_output_and_errors_may_be_closed(arguments: str, closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m pipeline {arguments} {closed}>&-"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (Exit.USAGE if arguments == "none" else Exit.OK)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["files", "--help"]])
def test_a_disk_may_be_full(arguments: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == Exit.FAILED
    assert done.stderr == (
        "Error: standard output, or a temporary file, cannot be read or written: "
        "No space left on device.\n"
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ExpiredToken", "Sign in again"),
        ("InvalidAccessKeyId", "See AWS_PROFILE and the variables of a key"),
        ("SignatureDoesNotMatch", "See AWS_PROFILE and the variables of a key"),
        ("RequestTimeTooSkewed", "Set the clock of this machine."),
        ("NoSuchBucket", "The stack was deleted, or this is not its account"),
    ],
)
def test_an_error_of_aws_says_what_to_do(
    tool: Tool, account: Account, code: str, said: str
) -> None:
    account.broken["ListObjectsV2"] = code
    answer = tool("files")
    assert answer.code == Exit.FAILED
    assert code in answer.err
    assert said in answer.err


def test_an_error_of_aws_is_not_one_of_ours(tool: Tool, account: Account) -> None:
    account.broken["ListObjectsV2"] = "SlowDown"
    answer = tool("files")
    assert answer.code == Exit.FAILED
    assert answer.err.startswith("Error: ")
    assert "SlowDown" in answer.err


def test_a_refusal_has_a_code_of_its_own(tool: Tool, account: Account) -> None:
    account.denied["ListObjectsV2"] = "Access Denied"
    answer = tool("files")
    assert answer.code == Exit.REFUSED
    assert answer.err.startswith("Error: IAM refused s3:ListBucket on manifests/: ")
    assert answer.err.count("\n") == 1


def test_it_loads_neither_cdk_nor_node() -> None:
    script = (
        "import sys; from pipeline.program import main; main(['--help']); "
        "sys.exit(bool({'aws_cdk', 'jsii', 'constructs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
