"""Whole files, against the reference implementation: no row is lost or invented."""

import gc
import io
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processor import batches, transformation
from processor.batches import Batch
from processor.contracts import parse
from processor.readers import encodings
from processor.reasons import FileRefusedError, Reason, Stated
from processor.transformation import Outputs, refuse
from processor.writers import parquet, quarantine
from processor.writers.quarantine import RejectedRows
from tests.parquet import read_parquet
from tests.unit.processor import examples
from tests.unit.processor.examples import EXAMPLES, PEOPLE, column, make_contract
from tests.unit.processor.outcomes import compare, run

HEADER = "id,name,phone,born,balance"
GOOD = "P1,ann,0151234567,1990-02-28,12.50"
# Fields that are often good, sometimes bad, and quoted more often than necessary.
FIELDS = [
    st.sampled_from(["P1", "P2", "P2", "P77", "", "X", '"P3"']),
    st.sampled_from(["ann", "bob", '"a ""b"""', '"a\nb"', '"a\r\n,b"', "", "far too long a name"]),
    st.sampled_from(["0151234567", "", "1", "éé7"]),
    st.sampled_from(["1990-02-28", "1990-02-29", "1899-12-31", "", "2000-01-01"]),
    st.sampled_from(["12.50", "-0.1", "", "1e5", "12345678", "0"]),
]
ROWS = st.tuples(*FIELDS).map(",".join) | st.sampled_from([GOOD, GOOD, GOOD, "", "P1,ann", ","])
BAD_ENDS = st.sampled_from(["", "", "", '"', '"P1"x,', "P1," + "x" * 200]).map(str.encode)
FILES = st.builds(
    lambda mark, header, rows, ends, last, bad: (
        (
            mark + "".join(row + end for row, end in zip([header, *rows], ends * 9, strict=False))
        ).encode()
        + last
        + bad
    ),
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from([HEADER] * 6 + ["born,id,name", "id,name", f"{HEADER},more", "id,id", ""]),
    st.lists(ROWS, max_size=25),
    st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=3, max_size=3),
    st.sampled_from([b"", b"", b"", b"\xe9\n", b"\xf0\x9f"]),
    BAD_ENDS,
)
# People whose files use another column's name for the id.
EXCHANGED = examples.relabelled(PEOPLE, id="born", born="id")


@EXAMPLES
@given(data=FILES, agreed=st.sampled_from([PEOPLE, PEOPLE, EXCHANGED]))
def test_a_file_becomes_what_the_reference_implementation_says(
    monkeypatch: pytest.MonkeyPatch, data: bytes, agreed: dict[str, Any]
) -> None:
    monkeypatch.setattr(batches, "BLOCK_SIZE", 64)
    monkeypatch.setattr(batches, "RECORD_LIMIT", 128)
    compare(data, agreed)


# The characters that replace comma and double quote, and the reverse.
DIALECTS = st.builds(
    lambda marks, header, nulls, preamble: {
        "delimiter": marks[0],
        "quote": marks[1],
        "header": header,
        "nulls": nulls,
        "preambleLines": preamble,
    },
    st.sampled_from([(",", '"'), (";", "'"), ("\t", '"'), ("|", ""), ('"', ","), (" ", "^")]),
    st.booleans(),
    st.sampled_from([[], [], ["P2", "1", "id", "1990-02-29", 'a "b"', "1e5", "P1,ann"]]),
    st.sampled_from([0, 0, 1, 2]),
)
FIRST_LINES = st.lists(
    st.sampled_from(
        [
            "sep=,\n",
            "SEP=;\r\n",
            '"sep=,"\n',
            "sep=\t\r",
            "sep=,,\n",
            '"\n',
            "\r",
            "Report, \0\n",
            "é" * 70 + "\n",
        ]
    ),
    max_size=2,
)


@EXAMPLES
@given(data=FILES, dialect=DIALECTS, first=FIRST_LINES)
def test_a_file_in_another_dialect_does_so_too(
    monkeypatch: pytest.MonkeyPatch, data: bytes, dialect: dict[str, Any], first: list[str]
) -> None:
    monkeypatch.setattr(batches, "BLOCK_SIZE", 64)
    monkeypatch.setattr(batches, "RECORD_LIMIT", 128)
    data = "".join(first[: dialect["preambleLines"]]).encode() + data
    ours, theirs = b',"', (dialect["delimiter"] + (dialect["quote"] or '"')).encode()
    compare(
        data.translate(bytes.maketrans(ours + theirs, theirs + ours)), PEOPLE | {"csv": dialect}
    )


ENCODED = st.builds(
    lambda data, encoding, mark, bad: (
        mark
        + data.decode("utf-8", "ignore").replace("\ufeff", "").encode(encoding[1], "replace")
        + bad,
        encoding[0],
    ),
    FILES,
    st.sampled_from(
        [
            *(("windows-1252", "cp1252"), ("utf-16-le",) * 2, ("utf-16-be",) * 2),
            *(("utf-16", "utf-16-le"), ("utf-16", "utf-16-be")),
        ]
    ),
    st.sampled_from([b"", b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]),
    st.sampled_from(
        [b"", b"", b"\x81", b"\x80\x9d", b"\x00\xd8", b"\xd8\x00\x00\x0a", b"\x0a\xdc"]
    ),
)


@EXAMPLES
@given(encoded=ENCODED, header=st.booleans())
@example(encoded=("id\n€".encode("cp1252") + b"\x8d\n", "windows-1252"), header=True)
@example(encoded=("\ufeffid,name\n\U0001f600".encode("utf-16-be"), "utf-16"), header=False)
@example(encoded=("\ufeff".encode("utf-16-le"), "utf-16"), header=True)
def test_a_file_in_another_encoding_does_so_too(
    monkeypatch: pytest.MonkeyPatch, encoded: tuple[bytes, str], header: bool
) -> None:
    monkeypatch.setattr(batches, "BLOCK_SIZE", 64)
    monkeypatch.setattr(batches, "RECORD_LIMIT", 128)
    monkeypatch.setattr(encodings, "PIECE", 7)
    data, encoding = encoded
    agreed = PEOPLE | {"csv": {"encoding": encoding, "header": header}}
    mark = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if encoding == "windows-1252" and mark:
        assert run(data, parse(agreed))[0].refusal is not None
    else:
        compare(data, agreed)


PERSONS = examples.document(
    column("email", required=True, unique=True, pattern="^[^x]*$", method="hmac", output="token")
    | {"deidentify": {"method": "hmac", "normalize": ["nfc", "trim", "lowercase"]}},
    column("alias", minLength=3, method="hmac", options={"normalize": ["lowercase"]}),
    column("code", unique=True, method="hmac"),
)
PERSON = st.lists(
    st.sampled_from(
        [
            *"aAéÉxX",
            *("e\u0301", "ab@c", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\u3000"),
            *("\u0323" * 16, "\u0301" * 15),
        ]
    ),
    max_size=4,
).map("".join)


@EXAMPLES
@given(rows=st.lists(st.tuples(PERSON, PERSON, PERSON).map(",".join), max_size=12))
@example(rows=["e\u0301" + "\u0323" * 30, "\u0323" * 30, "e\u0301" + "\u0323" * 30])
def test_the_normalized_text_identifies_a_person(rows: list[str]) -> None:
    rows = [row for row in rows if len(row.encode()) < 128]
    compare("\n".join(["email,alias,code", *rows, ""]).encode(), PERSONS)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("is_json", [False, True], ids=["CSV", "JSON"])
def test_empty_rows_are_rejected_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch, end: str, *, is_json: bool
) -> None:
    """They take much time for their size. Inside a field they are part of it, however many."""
    monkeypatch.setattr(quarantine, "SHORT_LIMIT", 4)
    monkeypatch.setattr(batches, "BLOCK_SIZE", 64)
    people = parse(examples.document(column("id"), column("text")))
    rows = ['{"id": "1"}'] * 3 if is_json else ["id,text", f'1,"x{end * 9}"', "2,y", "3,z"]
    account, _, _ = run(_spaced(rows, end, 2).encode(), people)
    assert account.refusal is None
    assert account.by_reason == {"row:blank": 4}
    assert account.clean == 3
    account, _, _ = run(_spaced(rows, end, 3).encode(), people)
    assert account.refusal is not None
    assert (account.refusal.reason, account.refusal.limit) == ("file:too-many-short-rejects", 4)
    assert account.read > 4


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("id,text\n", "x\n"),
        ("id,text\n", ",,\n"),
        ("id,text\n", '"\n"\n'),
        ("id,text\n", "x" * 15 + "\n"),
        ("", "{}\n"),
        ("", '{"x":1}\n'),
        ("", "{x\n"),
    ],
)
def test_short_rows_are_rejected_up_to_a_limit_whatever_the_reason(
    monkeypatch: pytest.MonkeyPatch, header: str, line: str
) -> None:
    monkeypatch.setattr(quarantine, "SHORT_LIMIT", 4)
    monkeypatch.setattr(batches, "BLOCK_SIZE", 64)
    people = parse(examples.document(column("id"), column("text")))
    account, _, _ = run(f"{header}{line * 4}".encode(), people)
    assert (account.refusal, account.rejected) == (None, 4)
    account, _, _ = run(f"{header}{line * 5}".encode(), people)
    assert account.refusal is not None
    assert (account.refusal.reason, account.refusal.limit) == ("file:too-many-short-rejects", 4)


def test_rejected_rows_that_carry_something_have_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "SHORT_LIMIT", 4)
    people = parse(examples.document(column("id"), column("text")))
    account, _, _ = run(b"id,text\n" + (b"x" * 16 + b"\n") * 9, people)
    assert (account.refusal, account.rejected) == (None, 9)


def _spaced(rows: list[str], end: str, blanks: int) -> str:
    """Return lines with empty ones after each of the last three, except the very last."""
    *before, one, two, three = rows
    gap = end * (blanks + 1)
    return "".join(line + end for line in before) + gap.join([one, two, three]) + end


def test_a_number_that_needs_more_than_64_bits_has_no_token() -> None:
    contract = make_contract(column("n", "integer", method="pseudonymize"))
    account, rows, lines = run(b'n\n9223372036854775807\n9223372036854775808\n"1"\n', contract)
    assert (account.read, len(rows)) == (3, 2)
    assert [(line["row"], line["reasons"]) for line in lines] == [(2, ["n:integer"])]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("field", ["a", '"a"'])
def test_a_pattern_for_any_text_takes_no_part_of_the_line_end(end: str, field: str) -> None:
    contract = make_contract(column("a", pattern="[^,]*"), column("b", pattern="(?s).*"))
    content = end.join(["a,b", f"{field},{field}", f"{field},{field}", ""])
    account, rows, _ = run(content.encode(), contract)
    assert (account.clean, rows) == (2, [{"a": "a", "b": "a"}] * 2)


def test_nothing_is_no_value_that_an_enum_lacks() -> None:
    contract = make_contract(column("kind", enum=["new", "old"]), column("n", "integer"))
    account, rows, lines = run(b'kind,n\n,1\n"",2\nnew,3\nother,4\n', contract)
    assert [row["kind"] for row in sorted(rows, key=lambda row: row["n"])] == [None, None, "new"]
    assert (account.read, [line["reasons"] for line in lines]) == (4, [["kind:enum"]])


def test_who_is_blank_is_nobody_and_one_token_is_one_person() -> None:
    data = "email,alias,code\n" + "".join(
        f"{email},{alias},{code}\n"
        for code, (email, alias) in enumerate(
            [
                *((" ", ""), ("\u200b", ""), ("\u00a0\ufeff", "")),
                *(("Ann@b", "\t "), (" ann@B", ""), ("bob@x ", ""), ("c@d", "\u3000")),
            ]
        )
    )
    _, rows, lines = run(data.encode(), parse(PERSONS))
    assert [line["reasons"] for line in lines] == [
        *[["email:required"]] * 3,
        ["email:unique"],
        ["email:pattern"],
    ]
    assert [row["alias"] for row in rows] == [None, None]
    assert len({row["token"] for row in rows}) == 2


@pytest.mark.parametrize("end", ["", '"'], ids=["processed", "refused"])
def test_cycles_are_not_collected_until_a_file_has_been_read(
    monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(batches, "BLOCK_SIZE", 64)
    enabled = []

    class WatchfulRows(RejectedRows):
        """Remembers whether the garbage collector was on."""

        def write(self, batch: Batch, rejects: dict[int, list[Stated]]) -> None:
            """Write."""
            enabled.append(gc.isenabled())
            super().write(batch, rejects)

    monkeypatch.setattr(transformation, "RejectedRows", WatchfulRows)
    account, _, _ = run(f"{HEADER}\n{GOOD}\n{GOOD}\n{GOOD}\n{end}".encode())
    assert bool(account.refusal) == bool(end)
    assert set(enabled) == {False}
    assert gc.isenabled()


def test_a_file_with_a_header_only_is_processed() -> None:
    account, rows, lines = run(HEADER.encode())
    assert (account.read, account.clean, account.rejected, account.refusal) == (0, 0, 0, None)
    assert not account.has_rejects
    assert rows == lines == []


def test_a_file_whose_footer_would_grow_too_large_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 2)
    data = "\n".join([HEADER, *[GOOD] * 7]).encode()
    chunks = 3 * 4  # full groups, columns that leave
    monkeypatch.setattr(parquet, "CHUNK_LIMIT", chunks)
    assert run(data)[0].clean == 7
    monkeypatch.setattr(parquet, "CHUNK_LIMIT", chunks - 1)
    account, rows, _ = run(data)
    assert rows == []
    assert account.refusal is not None
    assert (account.refusal.reason, account.refusal.limit) == (
        "file:too-many-column-chunks",
        chunks - 1,
    )
    assert account.rejected == account.read == 6


def test_what_was_written_before_a_refusal_is_gone() -> None:
    data = f"{HEADER}\n{GOOD}\nbad\n".encode() + b"\xff\n"
    account, rows, lines = run(data)
    assert (account.read, account.clean, account.rejected) == (2, 0, 2)
    assert account.has_rejects
    assert rows == []
    assert [line["reason"] for line in lines] == ["encoding:not-utf-8"]


def test_a_refusal_without_a_contract_has_no_columns() -> None:
    clean, rejected = io.BytesIO(), io.BytesIO()
    account = refuse(
        FileRefusedError(Reason.DATASET_NO_CONTRACT), None, {}, Outputs(clean, rejected)
    )
    assert account.has_rejects
    assert read_parquet(clean).num_columns == 0
