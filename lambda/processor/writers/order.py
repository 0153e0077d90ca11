"""Order: sorts rows so that their order says nothing about the order in the source.

Sources are often sorted, by arrival or by name, so a row's position would reveal dropped or hashed
values. Here the position depends only on the output values: whoever has the rows could sort them
the same way, and learns nothing. Equal rows are interchangeable.

The row group remains: it holds the rows of one section of the file, and row groups are in the
order of the sections.
"""

from array import array

import pyarrow as pa
import pyarrow.compute as pc

_PREFIX = 8  # bytes of a text, as one number
_FEW = 16  # rows for one whose prefix occurs again; with fewer it is quicker to sort by all values


def arrange(table: pa.Table) -> pa.Table:
    """Return the rows in an order that does not depend on the given order."""
    table = table.combine_chunks()
    order = _by_prefix(table)
    order = _by_values(table) if order is None else order
    columns = [_taken(column.combine_chunks(), order) for column in table.columns]
    return pa.Table.from_arrays(columns, schema=table.schema)


def _by_prefix(table: pa.Table) -> pa.UInt64Array | None:
    """Return an order by the first bytes of the first column, if nearly all of them differ.

    Those of tokens do, and sorting numbers takes a fraction of the time. If all differ, the rows
    are in the order of the numbers that these bytes are in memory; else in that of all values.
    """
    first = table.column(0)
    if not pa.types.is_string(first.type) or first.null_count:
        return None
    texts = first.combine_chunks().cast(pa.binary())
    if pc.min(pc.binary_length(texts)).as_py() < _PREFIX:
        return None
    numbers = pc.binary_slice(texts, 0, _PREFIX).cast(pa.binary(_PREFIX)).view(pa.uint64())
    as_texts = _swapped(numbers)  # these numbers are in the order of the texts
    order = pc.sort_indices(as_texts)
    ascending = as_texts.take(order)
    repeated = pc.equal(ascending[1:], ascending[:-1])
    if not repeated.true_count:
        return pc.sort_indices(numbers)
    if repeated.true_count > len(order) // _FEW:
        return None
    no = pa.array([False])
    tied = pc.or_(pa.concat_arrays([repeated, no]), pa.concat_arrays([no, repeated]))
    rows = order.filter(tied)
    return pc.replace_with_mask(order, tied, rows.take(_by_values(table.take(rows))))


def _swapped(numbers: pa.UInt64Array) -> pa.UInt64Array:
    """Return the numbers that the same bytes are in the other order."""
    swapped = array("Q", numbers.buffers()[1].to_pybytes())[: len(numbers)]
    swapped.byteswap()
    return pa.Array.from_buffers(pa.uint64(), len(numbers), [None, pa.py_buffer(swapped)])


def _taken(values: pa.Array, order: pa.UInt64Array) -> pa.Array:
    """Return values in an order; texts of one length, as tokens are, in half the time."""
    if pa.types.is_string(values.type) and not values.null_count:
        least, most = (one.as_py() for one in pc.min_max(pc.binary_length(values)).values())
        if least == most:
            fixed = values.cast(pa.binary()).cast(pa.binary(most))
            return fixed.take(order).cast(pa.binary()).view(pa.string())
    return values.take(order)


def _by_values(table: pa.Table) -> pa.UInt64Array:
    """Return an order by all columns, from left to right."""
    # Doubles by their bits: 0 and -0 are equal, but not identical.
    keys = [
        column.combine_chunks().view(pa.int64()) if pa.types.is_float64(column.type) else column
        for column in table.columns
    ]
    names = [str(place) for place in range(len(keys))]
    return pc.sort_indices(
        pa.table(keys, names), sort_keys=[(name, "ascending") for name in names]
    )
