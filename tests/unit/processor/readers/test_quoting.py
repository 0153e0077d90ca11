"""Where quoted records end."""

from processor.contract.model import Csv
from processor.readers.framing import QuotedFraming
from tests.unit.processor.framed import make_buffer

# The example of QuotedFraming's docstring.
EXAMPLE = ["1,plain\n", '2,"one"\n', '3,"two\n', 'lines"\n', '4,a "b"\n']


def test_where_nothing_is_quoted_each_line_is_a_record() -> None:
    framed = QuotedFraming(Csv(quote="")).frame(make_buffer(EXAMPLE), 5)
    assert framed.rows.to_pylist() == [line.rstrip("\n").split(",") for line in EXAMPLE]
    assert list(framed.ends) == [1, 2, 3, 4, 5]
