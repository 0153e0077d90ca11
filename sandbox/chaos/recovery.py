"""What an operator does after faults and a change of contracts, with the tool."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.moments import written
from pipeline.stack import Stack
from sandbox import PROJECT
from sandbox.chaos import ChaosError
from sandbox.chaos.queues import Queues


class Recovery:
    """Redrives and replays until nothing is unfinished.

    Args:
        environ: the environment of the tool.
        place: the folder of the objects, below ``incoming/``.
        facts: how often each thing happened; what is sent again is added.
    """

    def __init__(
        self,
        stack: Stack,
        queues: Queues,
        environ: Mapping[str, str],
        place: str,
        facts: Counter[str],
    ) -> None:
        """Keep them."""
        self._stack = stack
        self._queues = queues
        self._environ = environ
        self._place = place
        self._facts = facts

    def recover(self) -> None:
        """Do it.

        Raises:
            ChaosError: something is unfinished afterwards.
        """
        self._redrive()
        soon = written(datetime.now(UTC) + timedelta(hours=1))
        young = ("--only", "unfinished", "--until", soon)
        for options in (young, ("--only", "all")):
            what = f"replay {' '.join(options[:2])}"
            self._facts[f"message sent again by {what}"] = self._replay(*options)
            self._queues.await_silence(what, self._stack.output("QueueUrl"))
            self._redrive()
        if found := self._replay(*young):
            raise ChaosError(f"{found} objects are not settled after reconciliation.")

    def _redrive(self) -> None:
        for _ in range(3):
            if not self._queues.depth(self._stack.output("DeadLetterQueueUrl")):
                return
            self._use_tool("redrive", "--yes")
            self._queues.await_silence("redrive", self._stack.output("QueueUrl"))
        raise ChaosError("Messages are parked again and again, without any fault.")

    def _replay(self, *options: str) -> int:
        found = self._use_tool("replay", "--prefix", f"incoming/{self._place}/", *options)
        return int(found["counts"]["sent"])

    def _use_tool(self, *arguments: str) -> Any:
        """Run ``python -m pipeline`` and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments, "--json"],
            cwd=PROJECT,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = f"{done.stderr}{done.stdout}"  # with --json, the cause is in the document
            raise ChaosError(f"python -m pipeline {' '.join(arguments)} failed: {said}")
        return json.loads(done.stdout)
