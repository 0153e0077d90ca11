"""The page: HTML from figures, in one file that loads nothing."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.lateness import NEVER, late_by
from pipeline.moments import lasting, written
from pipeline.report.charts import draw
from pipeline.report.figures import Figures
from pipeline.text import plain

TEMPLATE = "page.html"


def render(
    figures: Sequence[Figures],
    *,
    suffix: str,
    now: datetime,
    since: datetime | None,
    missing: int = 0,
) -> str:
    """Return the page.

    Args:
        figures: of each dataset.
        suffix: the environment.
        now: when the report is made.
        since: from when on files were counted; None if from the beginning on.
        missing: how many manifests could not be read.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "lasting": lasting,
        "late_by": late_by,
        "plain": plain,
        "written": written,
    }
    charts = [draw(one.bars, number) for number, one in enumerate(figures)]
    return environment.get_template(TEMPLATE).render(
        datasets=list(zip(figures, charts, strict=True)),
        suffix=suffix,
        now=now,
        since=since,
        missing=missing,
        never=NEVER,
    )
