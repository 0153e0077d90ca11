"""Manifests that could not be read."""

import pytest

from pipeline.gaps import MOST_NAMED, Gap, Gaps
from pipeline.outcomes import PipelineError, RefusedError

REFUSED = Gap("manifests/a.json", RefusedError("manifests/a.json: no"))
BROKEN = Gap("manifests/b.json", PipelineError("manifests/b.json: broken"))


@pytest.mark.parametrize(
    ("gaps", "refused"),
    [
        (Gaps(), False),
        (Gaps([REFUSED]), True),
        (Gaps([REFUSED, REFUSED]), True),
        (Gaps([REFUSED], read=1), False),
        (Gaps([REFUSED, BROKEN]), False),
        (Gaps([BROKEN]), False),
    ],
)
def test_an_answer_about_nothing_is_a_refusal(gaps: Gaps, refused: bool) -> None:
    if refused:
        with pytest.raises(RefusedError, match="manifests/a"):
            gaps.check()
    else:
        gaps.check()


def test_each_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    gaps = Gaps([REFUSED, BROKEN])
    gaps.tell()
    assert capsys.readouterr().err.splitlines() == [
        "Not counted: manifests/a.json: no",
        "Not counted: manifests/b.json: broken",
    ]
    assert gaps.document == [
        {"manifest": "manifests/a.json", "why": "manifests/a.json: no"},
        {"manifest": "manifests/b.json", "why": "manifests/b.json: broken"},
    ]


def test_many_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    gaps = Gaps([BROKEN] * 1_234)
    gaps.tell()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == MOST_NAMED + 1
    assert "1,234 manifests" in lines[-1]
    assert len(gaps.document) == 1_234
