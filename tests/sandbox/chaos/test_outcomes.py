"""The files of a run, and what identifies their rows."""

import csv
import io
import json

from sandbox.chaos.outcomes import CONTENTS, ROWS, Made, files, list_rows


def test_files_are_different_and_have_so_many_rows() -> None:
    found = list(files())
    assert len(found) == len(set(found)) == CONTENTS
    lines = [list(csv.reader(io.StringIO(file.decode(), newline=""))) for file in found]
    assert {len(one) for one in lines} == {ROWS + 1}


def test_a_rejected_row_is_known_by_its_number() -> None:
    lines = "\n".join(json.dumps({"row": number}) for number in (2, 5))
    assert list_rows(Made(b"", lines.encode())) == [2, 5]
