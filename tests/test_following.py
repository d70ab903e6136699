"""What follows working code: text is worth its points only as far as the code works, in every challenge."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import rubric
from grader.challenges.catalogue import catalogue
from grader.challenges.following import followed
from grader.model import (
    Evidence,
    Finding,
    Kind,
    MarkStatus,
    Promise,
    PromiseOutcome,
    Severity,
)
from tests.test_rubric import BEHAVIOUR, BROKEN, KEPT, OPEN, SECURITY, behaviour, challenge

SHIPPED = {challenge.slug: challenge for challenge in catalogue().challenges()}


@pytest.mark.parametrize(("kept", "earned"), [(0, 0.0), (1, 4.0), (2, 8.0), (3, 10.0), (5, 10.0)])
def test_quality_follows_all_behaviour(kept: int, earned: float) -> None:
    """What is read from the text earns its share times twice the share of behaviour that is earned, at most once."""
    promises = behaviour(*[KEPT] * kept, *[BROKEN] * (5 - kept))
    (_, mark) = rubric.mark(challenge(BEHAVIOUR, SECURITY), [promises, Evidence(kind=Kind.SECURITY)])
    assert mark.earned == earned
    assert [finding.id for finding in mark.findings] == {
        0: ["quality.nothing-works"],
        4: ["quality.half-works"],
        8: ["quality.half-works"],
    }.get(int(earned), [])


def test_a_criterion_follows_what_its_manifest_names() -> None:
    """Where working code is to be changed, what it did before is worth nothing until it is changed."""
    still = msgspec.structs.replace(BEHAVIOUR, id="still", follows=("behaviour",))
    evidence = behaviour(BROKEN, BROKEN), behaviour(KEPT, KEPT, criterion="still")
    both = msgspec.structs.replace(evidence[0], promises=(*evidence[0].promises, *evidence[1].promises))
    marks = rubric.mark(challenge(BEHAVIOUR, still, SECURITY), [both, Evidence(kind=Kind.SECURITY)])
    assert [mark.earned for mark in marks] == [0.0, 0.0, 0.0]
    half = behaviour(KEPT, BROKEN, BROKEN, BROKEN)
    both = msgspec.structs.replace(half, promises=(*half.promises, *evidence[1].promises))
    marks = rubric.mark(challenge(BEHAVIOUR, still, SECURITY), [both, Evidence(kind=Kind.SECURITY)])
    assert [mark.earned for mark in marks] == [7.5, 15.0, 7.5]


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([KEPT, OPEN], MarkStatus.EARNED),
        ([KEPT, OPEN, OPEN, BROKEN, BROKEN], MarkStatus.NOT_MEASURED),
        ([KEPT, BROKEN, BROKEN, BROKEN], MarkStatus.PARTIAL),
        ([BROKEN, OPEN], MarkStatus.NOT_MEASURED),
    ],
)
def test_what_may_still_be_kept_leaves_followers_open(outcomes: list[PromiseOutcome], status: MarkStatus) -> None:
    """A machine that broke down costs no points, and gives none that its promises would not have given in any case."""
    (_, mark) = rubric.mark(challenge(BEHAVIOUR, SECURITY), [behaviour(*outcomes), Evidence(kind=Kind.SECURITY)])
    assert mark.status is status


def test_text_is_judged_by_itself_where_no_test_was_run() -> None:
    """`grader verify` asks of a mutant's text alone whether an analyser notices it."""
    (_, mark) = rubric.mark(challenge(BEHAVIOUR, SECURITY), [Evidence(kind=Kind.SECURITY)])
    assert mark.status is MarkStatus.EARNED


def test_what_is_lost_by_following_alone_is_told_from_what_is_lost_by_itself() -> None:
    """A mistake that breaks most of the behaviour is not said to break the quality as well."""
    weak = Finding(id="security.b602", severity=Severity.ERROR, message="shell")
    broken = behaviour(KEPT, BROKEN, BROKEN, BROKEN)
    for findings, alone in (((), True), ((weak,), False)):
        (_, mark) = rubric.mark(
            challenge(BEHAVIOUR, SECURITY), [broken, Evidence(kind=Kind.SECURITY, findings=findings)]
        )
        assert rubric.merely_follows(mark) is alone


@settings(max_examples=30)
@given(data=st.data(), slug=st.sampled_from(sorted(SHIPPED)))
def test_text_of_every_challenge_follows_all_behaviour(data: st.DataObject, slug: str) -> None:
    """Constructs, types, complexity and security earn their share times the smaller of 1 and twice the tests' share."""
    target = SHIPPED[slug]
    tested = [criterion for criterion in target.manifest.criteria if criterion.kind.by_tests]
    kept = data.draw(st.lists(st.integers(0, 4), min_size=len(tested), max_size=len(tested)))
    promises = tuple(
        Promise(
            id=f"test_{criterion.id}_{i}", text="P.", outcome=KEPT if i < number else BROKEN, criterion=criterion.id
        )
        for criterion, number in zip(tested, kept, strict=True)
        for i in range(4)
    )
    text = [Evidence(kind=kind) for kind in (Kind.TYPES, Kind.COMPLEXITY, Kind.SECURITY)]
    marks = {mark.id: mark for mark in rubric.mark(target, [Evidence(kind=Kind.BEHAVIOUR, promises=promises), *text])}
    points = {criterion.id: Fraction(str(criterion.points)) for criterion in target.manifest.criteria}
    earned = sum(
        marks[criterion.id].earned for criterion in tested
    )  # less than was kept, where a criterion follows another
    part = min(1.0, 2 * earned / float(sum((points[criterion.id] for criterion in tested), Fraction(0))))
    for criterion in target.manifest.criteria:
        if criterion.kind in (Kind.TYPES, Kind.COMPLEXITY, Kind.SECURITY):
            assert marks[criterion.id].earned == pytest.approx(float(points[criterion.id]) * part)
        elif criterion.kind is Kind.CONSTRUCTS:
            assert set(followed(criterion, target.manifest.criteria)) == set(tested)
