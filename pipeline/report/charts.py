"""Charts: the rows over time as SVG, drawn when the report is written.

Colours are the page's own variables, so a chart is light and dark with it. The page says the same
in a table, for those who do not see the chart.
"""

import re
from collections.abc import Sequence
from typing import Any

import pygal
from pygal.style import Style

from pipeline.report.figures import Bar

WIDTH, HEIGHT = 800, 280
LABELS = 8  # below the bars

# What pygal adds for its tooltips, with ids that are the same in every chart, and a remark with
# the date. The page runs no script.
_UNWANTED = re.compile(r'<script.*?</script>|<!--.*?-->| id="activate-serie-\d+"', re.DOTALL)

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--ink)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--line)",
    colors=("var(--clean)", "var(--rejected)"),
    opacity="1",
    opacity_hover="1",
    transition="0s",
    font_family="inherit",
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=15,
)


def draw(bars: Sequence[Bar], number: int) -> str:
    """Return the chart of some bars as an SVG element; ``number`` is its own on the page."""
    chart: Any = pygal.StackedBar(
        style=_STYLE,
        js=(),
        width=WIDTH,
        height=HEIGHT,
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        margin=4,
        spacing=8,
        truncate_label=-1,
        show_minor_x_labels=False,
        disable_xml_declaration=True,
        no_data_text="no rows",
        value_formatter=lambda value: f"{value:,.0f}",
    )
    chart.uuid = f"{number}"
    chart.x_labels = [one.label for one in bars]
    step = max(1, -(-len(bars) // LABELS))
    chart.x_labels_major = [one.label for one in bars[::step]]
    chart.add("clean rows", [one.clean for one in bars])
    chart.add("rejected rows", [one.rejected for one in bars])
    return _UNWANTED.sub("", chart.render(is_unicode=True))
