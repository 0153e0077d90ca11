"""The deadline: an object that takes too long is refused while there is time to say so.

A function that is stopped half-way says nothing. The message would come again, end the same way,
and take its place in the dead-letter queue, where it needs a person.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from processor.framing import Batch, Records, Stream
from processor.refusal import FileRefusedError


@dataclass(frozen=True)
class Deadline:
    """A moment of ``time.monotonic``; if not said otherwise it never comes."""

    moment: float = math.inf

    @property
    def over(self) -> bool:
        """Whether it is later than that."""
        return time.monotonic() > self.moment

    def check(self, rows_read: int = 0) -> None:
        """Refuse the object, of which so many rows were read, if it is later than that.

        Raises:
            FileRefusedError: it is.
        """
        if self.over:
            raise FileRefusedError(
                "object:takes-too-long", rows_read=rows_read, setting="timeoutSeconds"
            )

    def batches(self, records: Records) -> Iterator[Batch]:
        """Yield the batches of records as long as there is time."""
        for batch in records:
            yield batch
            self.check(records.rows_read)


NEVER = Deadline()


@dataclass(frozen=True)
class TimedStream:
    """A stream that is read as long as there is time."""

    stream: Stream
    deadline: Deadline

    def read(self, amount: int, /) -> bytes:
        """Return up to ``amount`` bytes.

        Raises:
            FileRefusedError: it is too late.
        """
        self.deadline.check()
        return self.stream.read(amount)
