"""Reads Prometheus' text exposition format 0.0.4, strictly and within caps, since what it reads is hostile.

    # HELP requests_total Requests that ended.        optional
    # TYPE requests_total counter                     then this family's samples, and no others
    requests_total{route="/",outcome="ok"} 3

    metrics = read_exposition(submission.call("exposition").value)
    assert metrics["requests_total"].samples[Series("requests_total", labelled(route="/", outcome="ok"))] == 3
    assert metrics["seconds"].histogram(labelled(route="/")).count == 3

`sample_values` reads one metric's samples and ignores every other line, for promises that are not about the format.
Comments and empty lines are allowed, timestamps are not. Whatever is wrong raises `MalformedExposition`, which breaks
the promise of the test that reads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from grader.suite.observation import Unkept

TEXT_CHARS = 1 << 18
LINES = 5_000
LINE_CHARS = 8_192
LABELS = 16
"""The maximum number of labels of one sample."""
QUOTED_CHARS = 120
"""How much of a wrong line a message shows."""

METRIC_NAME = "[a-zA-Z_:][a-zA-Z0-9_:]{0,199}"
COMMENT = re.compile(rf"# (HELP|TYPE) ({METRIC_NAME})(?: (.*))?")
BEGIN = re.compile(rf"({METRIC_NAME})(\{{?)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]{0,199})="((?:[^"\\]|\\[\\"n])*)"([,}])')
NUMBER = re.compile(r" ([+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?|[+-]?Inf|NaN)")
HELP_TEXT = re.compile(r"(?:[^\\]|\\[\\n])*")
ESCAPE = re.compile(r"\\(.)")

SUFFIXES = {
    "counter": ("",),
    "gauge": ("",),
    "untyped": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("", "_sum", "_count"),
}
"""The types of metrics, each with the endings of its samples' names."""

Labels: TypeAlias = frozenset[tuple[str, str]]


class MalformedExposition(Unkept):
    """The text is not an exposition within the limits."""


def labelled(**labels: str) -> Labels:
    """Return labels as samples have them."""
    return frozenset(labels.items())


class Series(NamedTuple):
    """What identifies a sample."""

    name: str
    labels: Labels


@dataclass(frozen=True)
class HistogramReading:
    """One histogram: cumulative counts by upper bound, of which the last is infinity."""

    buckets: tuple[tuple[float, float], ...]
    sum: float
    count: float


@dataclass(frozen=True)
class MetricFamily:
    """One metric: its type, and its samples in the order of the text."""

    name: str
    kind: str
    samples: dict[Series, float] = field(default_factory=dict)

    def label_sets(self) -> list[Labels]:
        """Return the labels that occur, without those that only tell a histogram's buckets apart."""
        return list(dict.fromkeys(_without_bound(series) for series in self.samples))

    def histogram(self, labels: Labels) -> HistogramReading:
        """Return the histogram with these labels. Raises MalformedExposition."""
        ours = {series: value for series, value in self.samples.items() if _without_bound(series) == labels}
        buckets = tuple(
            (_bound(series), value) for series, value in ours.items() if series.name == f"{self.name}_bucket"
        )
        ends = [ours.get(Series(f"{self.name}{suffix}", labels)) for suffix in ("_sum", "_count")]
        total, count = ends
        if total is None or count is None or not buckets or buckets[-1][0] != math.inf:
            raise MalformedExposition(f"{self.name}{dict(labels)} needs a bucket for +Inf at the end, _sum and _count")
        if any(low >= high for (low, _), (high, _) in pairwise(buckets)):
            raise MalformedExposition(f"the bounds of {self.name}{dict(labels)} do not ascend")
        if any(lower > upper for (_, lower), (_, upper) in pairwise(buckets)) or buckets[-1][1] != count:
            raise MalformedExposition(f"the buckets of {self.name}{dict(labels)} are not cumulative up to _count")
        return HistogramReading(buckets, total, count)


def _without_bound(series: Series) -> Labels:
    bucket = series.name.endswith("_bucket")
    return frozenset(label for label in series.labels if not bucket or label[0] != "le")


def _bound(series: Series) -> float:
    texts = [text for name, text in series.labels if name == "le"]
    if not texts or not NUMBER.fullmatch(f" {texts[0]}"):
        raise MalformedExposition(f"a sample of {series.name} needs a number as its label le")
    return float(texts[0])


def read_exposition(text: object) -> Mapping[str, MetricFamily]:
    """Read a whole exposition: the metrics by name. Raises MalformedExposition."""
    families: dict[str, MetricFamily] = {}
    current: MetricFamily | None = None
    helped = ""
    for line in _lines(text):
        comment = COMMENT.fullmatch(line)
        if comment is None and (not line or line.startswith("#")):
            if line.startswith(("# HELP", "# TYPE")):
                raise _wrong(line, "is neither # HELP NAME TEXT nor # TYPE NAME TYPE")
        elif comment is None:
            _add_sample(current, line)
        elif comment[1] == "HELP":
            current, helped = None, _helped(comment, families, helped)
        else:
            current = families[comment[2]] = _typed(comment, families, helped)
            helped = ""
    for family in families.values():
        for labels in family.label_sets() if family.kind == "histogram" else ():
            family.histogram(labels)
    return families


def sample_values(text: object, name: str) -> dict[Labels, float]:
    """Read the samples of one name, whatever else the text says. Raises MalformedExposition."""
    values: dict[Labels, float] = {}
    for line in _lines(text):
        begin = BEGIN.match(line)
        if begin is not None and begin[1] == name:
            series, value = _sample(line)
            if series.labels in values:
                raise _wrong(line, "repeats a sample")
            values[series.labels] = value
    return values


def _lines(text: object) -> Iterator[str]:
    if not isinstance(text, str):
        raise MalformedExposition(f"an exposition is a str, not a value of type {type(text).__name__}")
    if len(text) > TEXT_CHARS or text.count("\n") > LINES:
        raise MalformedExposition(f"the exposition has more than {TEXT_CHARS} characters or {LINES} lines")
    *lines, rest = text.split("\n")
    if rest:
        raise _wrong(rest, "does not end with a newline")
    for line in lines:
        if len(line) > LINE_CHARS:
            raise _wrong(line, f"has more than {LINE_CHARS} characters")
        yield line


def _helped(comment: re.Match[str], families: Mapping[str, MetricFamily], helped: str) -> str:
    """Return the name of the metric whose block begins with this line."""
    if helped or comment[2] in families:
        raise _wrong(comment[0], "stands where it does not begin a new metric's block")
    if HELP_TEXT.fullmatch(comment[3] or "") is None:
        raise _wrong(comment[0], r"has a backslash that is neither \\ nor \n")
    return comment[2]


def _typed(comment: re.Match[str], families: Mapping[str, MetricFamily], helped: str) -> MetricFamily:
    if comment[3] not in SUFFIXES:
        raise _wrong(comment[0], f"does not name one of the types {', '.join(SUFFIXES)}")
    if comment[2] in families or helped not in ("", comment[2]):
        raise _wrong(comment[0], "stands where it does not begin a new metric's block")
    return MetricFamily(comment[2], comment[3])


def _add_sample(family: MetricFamily | None, line: str) -> None:
    series, value = _sample(line)
    if family is None or series.name not in [f"{family.name}{suffix}" for suffix in SUFFIXES[family.kind]]:
        raise _wrong(line, "does not stand in the block of its metric, after # TYPE")
    if series in family.samples:
        raise _wrong(line, "repeats a sample")
    family.samples[series] = value


def _sample(line: str) -> tuple[Series, float]:
    begin = BEGIN.match(line)
    if begin is None:
        raise _wrong(line, "does not begin with a metric's name")
    labels, at = _labels(line, begin.end()) if begin[2] else ({}, begin.end())
    number = NUMBER.fullmatch(line, at)
    if number is None:
        raise _wrong(line, "does not end with one space and one number")
    return Series(begin[1], frozenset(labels.items())), float(number[1])


def _labels(line: str, at: int) -> tuple[dict[str, str], int]:
    """Return the labels from this position on, and the position after the closing brace."""
    labels: dict[str, str] = {}
    while not line.startswith("}", at):
        label = LABEL.match(line, at)
        if label is None:
            raise _wrong(line, 'has a label that is not name="value", escaped')
        if label[1] in labels or len(labels) == LABELS:
            raise _wrong(line, f"has a label twice, or more than {LABELS}")
        labels[label[1]] = ESCAPE.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], label[2])
        at = label.end()
        if label[3] == "}":
            return labels, at
    return labels, at + 1


def _wrong(line: str, what: str) -> MalformedExposition:
    return MalformedExposition(f"the line {line[:QUOTED_CHARS]!r} {what}")
