"""Order: rows leave in an order that says nothing of the order they came in.

Sources are sorted, by time of arrival or by name, so a row's place in its file would tell what was
dropped or hashed of it. Here the place is made of the values that leave, and of nothing else: who
has the rows could sort them so himself, and learns nothing. Rows that are alike are
interchangeable.

What remains is the row group: it holds the rows of one stretch of the file, and row groups follow
each other as the stretches did.
"""

import pyarrow as pa
import pyarrow.compute as pc

_PREFIX = 8  # bytes of a text, as one number


def arrange(table: pa.Table) -> pa.Table:
    """Return the rows in an order that is the same whatever order they are given in."""
    table = table.combine_chunks()
    order = _by_prefix(table)
    return table.take(_by_values(table) if order is None else order)


def _by_prefix(table: pa.Table) -> pa.UInt64Array | None:
    """Return an order by the beginnings of the first column, if all of them differ.

    Those of tokens do, and numbers are sorted in a third of the time of texts.
    """
    first = table.column(0)
    if not pa.types.is_string(first.type) or first.null_count:
        return None
    texts = first.combine_chunks().cast(pa.binary())
    if pc.min(pc.binary_length(texts)).as_py() < _PREFIX:
        return None
    numbers = pc.binary_slice(texts, 0, _PREFIX).cast(pa.binary(_PREFIX)).view(pa.uint64())
    order = pc.sort_indices(numbers)
    ascending = numbers.take(order)
    return None if pc.any(pc.equal(ascending[1:], ascending[:-1])).as_py() else order


def _by_values(table: pa.Table) -> pa.UInt64Array:
    """Return an order by all columns, from left to right."""
    # Of doubles by their bits: 0 and -0 are equal and not alike.
    keys = [
        column.combine_chunks().view(pa.int64()) if pa.types.is_float64(column.type) else column
        for column in table.columns
    ]
    names = [str(place) for place in range(len(keys))]
    return pc.sort_indices(
        pa.table(keys, names), sort_keys=[(name, "ascending") for name in names]
    )
