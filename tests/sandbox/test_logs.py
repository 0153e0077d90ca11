"""What the functions logged."""

import json

import pytest

from sandbox import __main__
from tests.sandbox.cloud import Cloud, function


def test_logs_of_functions(here: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    code = "def handler(event, context):\n    print('first')\n    print('second')\n"
    role = here.role("lambda.amazonaws.com")
    name, other = (here.deploy({"Function": function(role, code)})["Function"] for _ in range(2))
    here.client("lambda").invoke(FunctionName=name)
    here.client("lambda").invoke(FunctionName=other)

    assert __main__.main(["logs", "--function", name]) == 0

    lines = [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()]
    assert lines[1:3] == [f"{name}: first", f"{name}: second"]
    assert not [line for line in lines if line.startswith(other)]
    assert __main__.main(["logs"]) == 0
    assert f"{other}: first" in capsys.readouterr().out


def test_following_logs_ends_with_ctrl_c(
    here: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    role = here.role("lambda.amazonaws.com")
    code = "def handler(event, context):\n    print(event)\n"
    name = here.deploy({"Function": function(role, code)})["Function"]
    waits = 0

    def invoke_then_interrupt(_seconds: float) -> None:
        nonlocal waits
        waits += 1
        if waits > 2:
            raise KeyboardInterrupt
        payload = json.dumps(f"call {waits}").encode()
        here.client("lambda").invoke(FunctionName=name, Payload=payload)

    monkeypatch.setattr("sandbox.logs.time.sleep", invoke_then_interrupt)
    assert __main__.main(["logs", "--follow", "--function", name]) == 130
    printed = capsys.readouterr()
    assert [line[-6:] for line in printed.out.splitlines() if "call" in line] == [
        "call 1",
        "call 2",
    ]
    assert printed.err == "Interrupted.\n"
