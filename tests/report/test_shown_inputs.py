"""Drawn inputs are a reviewer's, unless the challenge shows them; the hidden test and its trace always are."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from grader.assess.pipeline import reject
from grader.challenges.catalogue import catalogue
from grader.model import Detail, MarkStatus, Promise, PromiseOutcome, Report
from grader.report import Audience, View, render

replace = msgspec.structs.replace


@pytest.fixture
def report(adder: Path) -> Report:
    found = reject("mine", catalogue((adder.parent.parent,)).find("adder"), ())
    detail = Detail(source="HIDDEN TEST", counterexample="a=DRAWN", trace="TRACE")
    promise = Promise(id="t", text="P.", outcome=PromiseOutcome.BROKEN, criterion="sums", detail=detail)
    first, *rest = found.criteria
    return replace(found, criteria=(replace(first, promises=(promise,), status=MarkStatus.LOST), *rest))


@pytest.mark.parametrize("shows", [False, True])
def test_a_challenge_decides_whether_candidates_see_inputs(report: Report, shows: bool) -> None:
    """With `show_inputs` a candidate's report has the drawn inputs and nothing more of the hidden suite."""
    report = replace(report, challenge=replace(report.challenge, show_inputs=shows))
    shown = render(report, "json", View(audience=Audience.CANDIDATE))
    assert ("DRAWN" in shown) == shows
    assert "HIDDEN TEST" not in shown
    assert "TRACE" not in shown
    assert "TRACE" in json.dumps(json.loads(render(report, "json", View(audience=Audience.REVIEWER))))
