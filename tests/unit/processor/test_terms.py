"""Which of two terms are newer, when neither a digest nor a version tells."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from processor.contracts import parse
from processor.terms import OVERLAP, Terms, digest
from tests.unit.processor.aws import MOMENT
from tests.unit.processor.examples import EXAMPLES, PEOPLE

CONTRACT = parse(PEOPLE)
SETTINGS = {"memoryMb": 512}
CLEAN = {"refusal": None, "processed_at": "2030-01-01T00:00:00Z"}
SECONDS = st.integers(-900, 900).map(lambda seconds: timedelta(seconds=seconds))


def at(moment: datetime) -> Terms:
    """Return what an invocation of a moment processes under."""
    return Terms.of(CONTRACT, moment, SETTINGS)


@EXAMPLES
@given(acknowledged=SECONDS, replacing=SECONDS)
def test_what_replaces_others_for_good_was_invoked_after_the_overlap(
    acknowledged: timedelta, replacing: timedelta
) -> None:
    """A message is done if the manifest is of its time, give or take what is not worth a write.

    Whoever then replaces that manifest for good was invoked so much later than the message that it
    cannot be the function as it was.
    """
    stored = Terms.read(at(MOMENT).document | CLEAN)
    done = at(MOMENT + acknowledged)
    successor = at(MOMENT + replacing)
    if not done.renews(stored) and successor.succeeds(stored):
        assert successor.in_force_at - done.in_force_at > OVERLAP


def test_terms_are_read_as_they_were_written() -> None:
    local = datetime(2026, 3, 1, 13, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    written = at(local).document
    assert written["in_force_at"] == "2026-03-01T12:30:00Z"
    read = Terms.read(written | CLEAN)
    assert at(MOMENT).confirm(read)
    assert read.in_force_at == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert written["settings"] == SETTINGS
    refused = Terms.read(written | CLEAN | {"refusal": {"reason": "object:too-large"}})
    assert refused.document == written


def test_a_refusal_without_a_contract_is_confirmed_by_its_reason() -> None:
    nothing = Terms.of(None, MOMENT, SETTINGS, "dataset:no-contract")
    refusal = {"refusal": {"reason": "dataset:no-contract"}}
    read = Terms.read(nothing.document | CLEAN | refusal)
    assert nothing.confirm(read)
    assert not Terms.of(None, MOMENT, SETTINGS, "dataset:none").confirm(read)
    assert not at(MOMENT).confirm(read)


def test_only_a_refusal_depends_on_the_settings() -> None:
    written, raised = at(MOMENT).document, Terms.of(CONTRACT, MOMENT, {"memoryMb": 1024})
    assert raised.confirm(Terms.read(written | CLEAN))
    refused = written | CLEAN | {"refusal": {"reason": "object:too-large"}}
    assert not raised.confirm(Terms.read(refused))
    assert at(MOMENT).confirm(Terms.read(refused))
    del refused["settings"]  # by an earlier version
    assert not at(MOMENT).confirm(Terms.read(refused))


def test_a_digest_is_what_it_was() -> None:
    """Another one, without a change of the contract, would process all files again."""
    assert digest(CONTRACT) == "596d697d12f99e876e123023b121c95a2446f207b18f848ace37efa8996896d5"
