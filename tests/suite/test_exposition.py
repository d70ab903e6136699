"""The exposition reader: right for what prometheus_client writes, strict with everything else, and bounded."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from grader.suite.exposition import (
    LABELS,
    LINE_CHARS,
    LINES,
    TEXT_CHARS,
    HistogramReading,
    MalformedExposition,
    Series,
    labelled,
    read_exposition,
    sample_values,
)

GOOD = r"""# HELP hits_total Hits \\ in all\n
# TYPE hits_total counter
hits_total{route="/a\\b\"c\nd,}"} 3
hits_total{route="",} 1e3

# TYPE busy gauge
# this is only a comment
busy -2.5
busy{x="y"} +Inf
# TYPE seconds histogram
seconds_bucket{route="x",le="0.5"} 1
seconds_bucket{le="+Inf",route="x"} 2
seconds_sum{route="x"} 1.25
seconds_count{route="x"} 2
"""
HISTOGRAM = GOOD[GOOD.index("# TYPE seconds") :]


@given(
    routes=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=4, unique=True),
    seconds=st.lists(st.integers(0, 4096).map(lambda ticks: ticks / 1024), max_size=6),
)
def test_what_prometheus_client_writes_is_read(routes: list[str], seconds: list[float]) -> None:
    """Counters, gauges and histograms with any labels come out as they went in."""
    registry = CollectorRegistry()
    hits, busy = Counter("hits", "Hits \\ \n", ["route"], registry=registry), Gauge("busy", "", registry=registry)
    times = Histogram("seconds", "Times", ["route"], buckets=(0.5, 1.0, 2.5), registry=registry)
    for number, route in enumerate(routes):
        hits.labels(route).inc(number)
        for duration in seconds:
            times.labels(route).observe(duration)
    busy.set(-1.5)
    metrics = read_exposition(generate_latest(registry).decode())
    assert metrics["busy"].samples == {Series("busy", labelled()): -1.5}
    for number, route in enumerate(routes):
        assert metrics["hits_total"].samples[Series("hits_total", labelled(route=route))] == number
        if seconds:
            cumulative = [(bound, sum(own <= bound for own in seconds)) for bound in (0.5, 1.0, 2.5, math.inf)]
            expected = HistogramReading(tuple(cumulative), sum(seconds), len(seconds))
            assert metrics["seconds"].histogram(labelled(route=route)) == expected


def test_the_format_in_all_its_parts() -> None:
    """Escapes, empty label sets, trailing commas, comments, empty lines and special numbers are read."""
    metrics = read_exposition(GOOD)
    assert [(family.name, family.kind) for family in metrics.values()] == [
        ("hits_total", "counter"),
        ("busy", "gauge"),
        ("seconds", "histogram"),
    ]
    assert list(metrics["busy"].samples.values()) == [-2.5, math.inf]
    assert metrics["hits_total"].samples == {
        Series("hits_total", labelled(route='/a\\b"c\nd,}')): 3.0,
        Series("hits_total", labelled(route="")): 1000.0,
    }
    assert metrics["seconds"].label_sets() == [labelled(route="x")]
    assert metrics["seconds"].histogram(labelled(route="x")) == HistogramReading(((0.5, 1), (math.inf, 2)), 1.25, 2)


WRONG = {
    "no newline at the end": "# TYPE a gauge\na 1",
    "carriage return": "# TYPE a gauge\r\na 1\n",
    "no type": "a 1\n",
    "another's block": "# TYPE a gauge\nb 1\n",
    "torn block": '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x="1"} 1\n',
    "typed twice": "# TYPE a gauge\n# TYPE a gauge\n",
    "unknown type": "# TYPE a meter\n",
    "type without a name": "# TYPE\n",
    "help without its type": "# HELP a A.\n# TYPE b gauge\n",
    "help after its type": "# TYPE a gauge\n# HELP a A.\n",
    "help with an escape of its own": "# HELP a \\t\n# TYPE a gauge\n",
    "sample after help": "# TYPE a gauge\n# HELP b B.\na 1\n",
    "repeated sample": '# TYPE a gauge\na{x="1",y="2"} 1\na{y="2",x="1"} 1\n',
    "timestamp": "# TYPE a gauge\na 1 1700000000\n",
    "two spaces": "# TYPE a gauge\na  1\n",
    "no number": "# TYPE a gauge\na one\n",
    "hexadecimal": "# TYPE a gauge\na 0x1\n",
    "underscores": "# TYPE a gauge\na 1_000\n",
    "digits of another script": "# TYPE a gauge\na \u0661\n",
    "digit at the front": "# TYPE a gauge\n1a 1\n",
    "label without quotes": "# TYPE a gauge\na{x=1} 1\n",
    "label that is open": '# TYPE a gauge\na{x="1} 1\n',
    "labels that are open": '# TYPE a gauge\na{x="1" 1\n',
    "label twice": '# TYPE a gauge\na{x="1",x="2"} 1\n',
    "raw quote": '# TYPE a gauge\na{x="a"b"} 1\n',
    "unknown escape": '# TYPE a gauge\na{x="\\t"} 1\n',
    "space between labels": '# TYPE a gauge\na{x="1", y="2"} 1\n',
    "commas alone": "# TYPE a gauge\na{,} 1\n",
    "too many labels": "# TYPE a gauge\na{" + "".join(f'x{number}="",' for number in range(LABELS + 1)) + "} 1\n",
    "too long a line": "# TYPE a gauge\n#" + "x" * LINE_CHARS + "\n",
    "too many lines": "\n" * (LINES + 1),
    "too long": "#\n" * (TEXT_CHARS // 2 + 1),
    "bare name of a histogram": HISTOGRAM + "seconds 1\n",
    "no infinite bucket": HISTOGRAM.replace("+Inf", "5"),
    "bucket without a bound": HISTOGRAM.replace('le="+Inf",', ""),
    "bound that is no number": HISTOGRAM.replace("0.5", "half"),
    "bounds that descend": HISTOGRAM.replace("0.5", "+Inf").replace('{le="+Inf"', '{le="0.5"'),
    "bounds that are equal": HISTOGRAM.replace("0.5", "Inf"),
    "counts that descend": HISTOGRAM.replace('"0.5"} 1', '"0.5"} 3'),
    "count of its own": HISTOGRAM.replace('count{route="x"} 2', 'count{route="x"} 3'),
    "no sum": HISTOGRAM.replace('seconds_sum{route="x"} 1.25\n', ""),
    "no count": HISTOGRAM.replace('seconds_count{route="x"} 2\n', ""),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_anything_else_is_refused(text: str) -> None:
    """What is not in the format, or exceeds a cap, is refused."""
    with pytest.raises(MalformedExposition):
        read_exposition(text)


@pytest.mark.parametrize("value", [None, 3, b"a 1\n", ["a 1\n"]])
def test_an_exposition_is_text(value: object) -> None:
    """Any other value is refused."""
    with pytest.raises(MalformedExposition):
        read_exposition(value)


@given(text=st.text('ab_{}=",\\\n# 01.+eInfNaHELPTYPgaue', max_size=60) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but MalformedExposition is ever raised."""
    for read in (read_exposition, lambda given: sample_values(given, "a")):
        with suppress(MalformedExposition):
            read(text + "\n")


def test_one_metric_is_read_whatever_else_is_wrong() -> None:
    """`sample_values` reads the samples of one name, strictly, and ignores all other lines."""
    text = 'nonsense\nhits{x="\\n"} 2\nhits_total 5\n# TYPE later gauge\nhits 3\n'
    assert sample_values(text, "hits") == {labelled(x="\n"): 2.0, labelled(): 3.0}
    for wrong in ("hits one\n", "hits 1\nhits 1\n", "hits 1"):
        with pytest.raises(MalformedExposition):
            sample_values(wrong, "hits")
