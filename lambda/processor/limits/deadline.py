"""The deadline: an object that takes too long is refused while there is time to say so.

A function that is stopped half-way says nothing. The message would come again, end the same way,
and take its place in the dead-letter queue, where it needs a person.

But a file is not slow because S3 was, or because others took its time. So only the last try of a
message refuses it, and only an attempt that had its full time; any other fails, and the message
comes again.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from processor import ProcessorError
from processor.batches import Batch, Records, Stream
from processor.reasons import FileRefusedError, Reason


class OutOfTimeError(ProcessorError):
    """Time ran out, perhaps not because of the object; the message is to be delivered again."""


@dataclass(frozen=True)
class Deadline:
    """A moment of a clock.

    Attributes:
        moment: in the clock's seconds; if not said otherwise it never comes.
        full_time: seconds that an attempt has at least, if it may refuse the object.
        refuses: whether the object is refused when time is up.
        clock: what tells the time.
    """

    moment: float = math.inf
    full_time: float = 0.0
    refuses: bool = True
    clock: Callable[[], float] = time.monotonic

    def begin(self) -> Self:
        """Return the deadline of an attempt that begins now."""
        has_full_time = self.moment - self.clock() >= self.full_time
        return replace(self, refuses=self.refuses and has_full_time)

    @property
    def over(self) -> bool:
        """Whether it is later than that."""
        return self.clock() > self.moment

    def check(self) -> None:
        """Give the object up if it is later than that.

        Raises:
            FileRefusedError: it is, and the object is too slow.
            OutOfTimeError: it is, and the next attempt may have more time.
        """
        if not self.over:
            return
        if not self.refuses:
            raise OutOfTimeError("ran out of time; the message comes again")
        raise FileRefusedError(Reason.OBJECT_TAKES_TOO_LONG, setting="timeoutSeconds")

    def batches(self, records: Records) -> Iterator[Batch]:
        """Yield the batches of records as long as there is time."""
        for batch in records:
            yield batch
            self.check()


NEVER = Deadline()


@dataclass(frozen=True)
class TimedStream:
    """A stream that is read as long as there is time."""

    stream: Stream
    deadline: Deadline

    def read(self, amount: int, /) -> bytes:
        """Return up to ``amount`` bytes.

        Raises:
            FileRefusedError, OutOfTimeError: it is too late.
        """
        self.deadline.check()
        return self.stream.read(amount)
