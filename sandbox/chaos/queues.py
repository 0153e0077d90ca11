"""The queues of a run: how many messages they have, and waiting until they have fewer."""

import time
from collections.abc import Sequence
from typing import Any

from rich.progress import Progress, TaskID

from pipeline.stack import Stack
from sandbox.chaos import ChaosError


class Queues:
    """Queues that are waited for, and what shows how far that is."""

    def __init__(self, stack: Stack, seed: int, progress: Progress) -> None:
        """Keep the stack, and the seed of the run, which is shown."""
        self._stack = stack
        self._seed = seed
        self._progress = progress

    def step(self, text: str, total: int) -> TaskID:
        """Show another step of the run in place of the last one."""
        for task in self._progress.tasks:
            self._progress.remove_task(task.id)
        return self._progress.add_task(f"seed {self._seed}: {text}", total=total)

    def await_silence(self, text: str, *queues: str) -> None:
        """Wait until queues have been empty for a moment.

        Raises:
            ChaosError: they do not become empty.
        """
        most = sum(map(self.depth, queues))
        task = self.step(text, most)
        deadline = time.monotonic() + 120 + most
        quiet = 0
        while quiet < 3:
            left = sum(map(self.depth, queues))
            if time.monotonic() > deadline:
                raise ChaosError(f"{left} messages are still in the queue.")
            self._progress.update(task, completed=max(0, most - left))
            quiet = 0 if left else quiet + 1
            time.sleep(0.2)

    def await_at_most(self, most: int, queues: Sequence[str]) -> None:
        """Wait until queues have at most this many messages.

        Raises:
            ChaosError: they have more for too long.
        """
        deadline = time.monotonic() + 120
        while (left := sum(map(self.depth, queues))) > most:
            if time.monotonic() > deadline:
                raise ChaosError(f"{left} messages are still in the queue.")
            time.sleep(0.2)

    def depth(self, url: str) -> int:
        """Return how many messages a queue has, hidden ones included."""
        names: Any = [f"ApproximateNumberOfMessages{w}" for w in ("", "Delayed", "NotVisible")]
        found = self._stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(map(int, found["Attributes"].values()))
