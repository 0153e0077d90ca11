"""Which of two terms are newer, when neither a digest nor a version tells."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from processor.contracts import parse
from processor.terms import OVERLAP, Terms, digest
from tests.unit.processor.aws import MOMENT
from tests.unit.processor.examples import EXAMPLES, PEOPLE

CONTRACT = parse(PEOPLE)
SECONDS = st.integers(-900, 900).map(lambda seconds: timedelta(seconds=seconds))


def at(moment: datetime) -> Terms:
    """Return what an invocation of a moment processes under."""
    return Terms.of(CONTRACT, moment)


@EXAMPLES
@given(acknowledged=SECONDS, replacing=SECONDS)
def test_what_replaces_others_for_good_was_invoked_after_the_overlap(
    acknowledged: timedelta, replacing: timedelta
) -> None:
    """A message is done if the manifest is of its time, give or take what is not worth a write.

    Whoever then replaces that manifest for good was invoked so much later than the message that it
    cannot be the function as it was.
    """
    stored = Terms.read(at(MOMENT).document | {"processed_at": "unused"})
    done = at(MOMENT + acknowledged)
    successor = at(MOMENT + replacing)
    if not done.renews(stored) and successor.succeeds(stored):
        assert successor.in_force_at - done.in_force_at > OVERLAP


def test_terms_are_read_as_they_were_written() -> None:
    local = datetime(2026, 3, 1, 13, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    written = at(local).document
    assert written["in_force_at"] == "2026-03-01T12:30:00Z"
    read = Terms.read(written | {"processed_at": "2030-01-01T00:00:00Z"})
    assert read.equal(at(MOMENT))
    assert read.in_force_at == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert read.document == written


def test_nothing_under_no_contract_changes() -> None:
    """A file without one is refused; only a contract makes that different."""
    nothing = Terms.of(None, MOMENT)
    assert nothing.equal(Terms.read(nothing.document | {"processed_at": "unused"}))
    assert not nothing.equal(at(MOMENT))


def test_a_digest_is_what_it_was() -> None:
    """Another one, without a change of the contract, would process all files again."""
    assert digest(CONTRACT) == "596d697d12f99e876e123023b121c95a2446f207b18f848ace37efa8996896d5"
