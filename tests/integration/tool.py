"""The tool for people, run in this process with some credentials."""

import contextlib
import io
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from pipeline.program import main


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def run(*arguments: str, session: boto3.Session | None = None) -> Answer:
    """Run a command with the credentials of a session, by default those of the environment."""
    out, err = io.StringIO(newline=""), io.StringIO(newline="")
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        if session:
            found: Any = session.get_credentials()
            patch.setenv("AWS_ACCESS_KEY_ID", found.access_key)
            patch.setenv("AWS_SECRET_ACCESS_KEY", found.secret_key)
            patch.setenv("AWS_SESSION_TOKEN", found.token)
            patch.delenv("AWS_PROFILE", raising=False)
        code = main(arguments)
    return Answer(code, out.getvalue(), err.getvalue())
