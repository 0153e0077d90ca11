"""The deadline: an object that takes too long is refused while there is time to say so.

A function that is stopped half-way reports nothing. The message would come again, end the same
way, and end up in the dead-letter queue, where it needs a person.

But the file is not to blame if S3 was slow, or if other work took its time. So only the last try
of a message refuses it, and only an attempt that had its full time; any other fails, and the
message comes again.
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
        moment: in the clock's seconds; by default it never comes.
        full_time: the least seconds that an attempt must have to refuse the object.
        refuses: whether the object may be refused when time is up.
        clock: returns the time.
    """

    moment: float = math.inf
    full_time: float = 0.0
    refuses: bool = True
    clock: Callable[[], float] = time.monotonic

    def begin(self) -> Self:
        """Return the deadline for an attempt that begins now."""
        has_full_time = self.moment - self.clock() >= self.full_time
        return replace(self, refuses=self.refuses and has_full_time)

    @property
    def over(self) -> bool:
        """Whether the moment has passed."""
        return self.clock() > self.moment

    def check(self) -> None:
        """Give up the object if the moment has passed.

        Raises:
            FileRefusedError: it has, and the object is too slow.
            OutOfTimeError: it has, and the next attempt may have more time.
        """
        if not self.over:
            return
        if not self.refuses:
            raise OutOfTimeError("ran out of time; the message is not done")
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
