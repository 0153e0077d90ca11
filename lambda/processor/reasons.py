"""The refusal of a whole object: nothing of it may reach ``processed/``."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Anonymity:
    """How anonymous the clean rows of a file are.

    Attributes:
        k: the size of the smallest class; None without rows, 0 if it has no subject.
        required: what the contract asks for.
        classes: how many there are.
        rows_below: rows in classes smaller than required.
        counted: what the size of a class is: ``rows``, or different ``subjects``.
    """

    k: int | None
    required: int
    classes: int
    rows_below: int
    counted: str = "rows"


class FileRefusedError(Exception):
    """An object cannot be processed as a whole; its raw form stays where it is.

    Attributes:
        reason: what was wrong, as ``subject:rule``; never text of the file.
        line: physical line of the file, from 1, where known.
        column: position in the header, from 1, where the header is at fault.
        rows_read: data rows that had been framed before.
        name: a column of the *contract*, perhaps one that was meant; a header's own text is data
            until proven otherwise.
        text: of the header, for who has the file at hand; never to be stored or logged.
        anonymity: that of the rows that would have been clean, where it was measured.
        limit: the number that was exceeded, in the unit of the reason.
        setting: what to change for a higher one, where that can be done.
    """

    def __init__(
        self,
        reason: str,
        *,
        line: int | None = None,
        column: int | None = None,
        name: str | None = None,
        text: str | None = None,
        rows_read: int = 0,
        anonymity: Anonymity | None = None,
        limit: int | None = None,
        setting: str | None = None,
    ) -> None:
        """Keep the facts; the message is the reason alone."""
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column
        self.name = name
        self.text = text
        self.rows_read = rows_read
        self.anonymity = anonymity
        self.limit = limit
        self.setting = setting
