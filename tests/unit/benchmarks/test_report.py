"""The report: medians, and what the page says."""

from xml.etree import ElementTree as ET

from benchmarks.latency import Latency
from benchmarks.measurement import Usage
from benchmarks.report import FileUsage, Report, Round, chart, page
from benchmarks.throughput import Throughput


def rounds(cpu: float, wall: float, mebibytes: int) -> list[Round]:
    """Three rounds, one of them disturbed; each start takes a second."""
    return [
        Round(Usage(1.0, 1.0, 0), Usage(cpu * factor, wall, mebibytes << 20))
        for factor in (1, 9, 1)
    ]


def test_the_report_takes_medians_and_leaves_out_the_start() -> None:
    report = Report(
        megabytes=100,
        start_megabytes=0,
        rows={"clean": 99, "rejected": 1},
        rounds={
            "processor": rounds(5, 6, 100),
            "pseudonymize": rounds(3, 3, 100),
            "polars": rounds(6, 3, 100),
            "spark": rounds(11, 12, 300),
        },
        parts=[{"frame": 3.0, "hash": 1.0}],
        best_parts=[{"parse": 1.0, "hash": 1.0}] * 2 + [{"parse": 9.0, "hash": 9.0}],
        methods={"pseudonymize": [0.04, 0.1, 0.126], "encrypt": [0.08, 0.2, 1.0]},
        files=[
            [FileUsage("no quotes", 100, ours, 6.0), FileUsage("Parquet", 50, ours, None)]
            for ours in (2.0, 3.0, 9.0)
        ],
        by_memory={512: 0.3, 3538: 2.0},
        latency=Latency(0.4, 0.1, 0.01),
        throughput=Throughput(30, 75),
        load=((0.1, 0, 0), (1.2, 0, 0)),
    )
    text = page(report)
    assert "| this processor, `pseudonymize` | 20 (0.50) | 3 (0.50) | 100 (1.00) | 1.0 |" in text
    assert "| this processor, `hmac` | 40 (1.00) | 6 (1.00) | 100 (1.00) | 1.0 |" in text
    assert "| PySpark | 100 (2.50) | 12 (2.00) | 300 (3.00) | 1.0 |" in text
    assert "| frame | 30.0 | 75% |" in text
    assert "| `pseudonymize` | 0.04 | 0.10 | 0.13 |\n| `encrypt` | 0.08 | 0.20 | 1.00 |\n" in text
    assert "| no quotes | 20 | 50 | 0.40 |\n| Parquet | 40 |  |  |\n" in text
    assert "| 512 | 0.29 | 0.30 |\n| 3,538 | 2.00 | 2.00 |\n" in text
    assert "began: 0.1, when it ended: 1.2" in text
    assert "parse 10.0, hash 10.0. Together that is 20.0 CPU s/GB" in text
    assert "takes 2.00 times as much" in text
    assert "A TB of such files takes 0.58 USD of Lambda" in text
    assert "20 CPU seconds per GB, times 1,000 GB, times 1.7275 GB of memory" in text
    assert "at 30 a second" in text
    assert "at 75 a second (2.5 times as many)" in text


def test_the_chart_has_a_bar_for_each_value_as_long_as_it_says() -> None:
    drawn = ET.fromstring(chart({"this processor": 40, "PySpark": 100, "Polars": 20}))
    namespace = "{http://www.w3.org/2000/svg}"
    texts = [text.text for text in drawn.iter(f"{namespace}text")][1:]
    widths = [float(rect.attrib["width"]) for rect in drawn.iter(f"{namespace}rect")]
    assert texts == ["Polars", "20", "this processor", "40", "PySpark", "100"]
    assert [width / widths[0] for width in widths] == [1, 2, 5]
