"""The rubric: what evidence is worth, and that what was not measured is neither earned nor lost."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from grader import rubric
from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.challenges.manifest import Criterion, LevelRule, Manifest, Requirement
from grader.model import (
    AT_WORK,
    IDLE,
    UNASKED,
    Area,
    Evidence,
    Fact,
    Failure,
    Fault,
    Finding,
    Kind,
    Level,
    MarkStatus,
    Measurement,
    Promise,
    PromiseOutcome,
    Severity,
)

SHIPPED = {challenge.slug: challenge for challenge in catalogue().challenges()}
KEPT, BROKEN, OPEN = PromiseOutcome.KEPT, PromiseOutcome.BROKEN, PromiseOutcome.NOT_MEASURED


def challenge(*criteria: Criterion, levels: tuple[LevelRule, ...] = ()) -> Challenge:
    manifest = Manifest(
        format_version=1,
        title="A challenge",
        summary="A challenge for the rubric",
        skill="Metaclasses",
        version="1.0",
        modules=("orm.py",),
        criteria=criteria,
        levels=levels or (LevelRule(level=Level.JUNIOR, percent=40), LevelRule(level=Level.SENIOR, percent=80)),
    )
    return Challenge(slug="c", area=Area.LANGUAGE, folder=Path("/nowhere"), manifest=manifest, digest="")


def behaviour(
    *outcomes: PromiseOutcome, criterion: str = "behaviour", weights: Sequence[int] | None = None
) -> Evidence:
    promises = tuple(
        Promise(
            id=f"test_{i}",
            text=f"Promise {i}.",
            outcome=outcome,
            criterion=criterion,
            weight=weights[i] if weights else 1,
        )
        for i, outcome in enumerate(outcomes)
    )
    return Evidence(kind=Kind.BEHAVIOUR, promises=promises)


BEHAVIOUR = Criterion(id="behaviour", kind=Kind.BEHAVIOUR, title="Behaviour", points=30)
SECURITY = Criterion(id="security", kind=Kind.SECURITY, title="Security", points=10)
METACLASS = Criterion(
    id="metaclass",
    kind=Kind.CONSTRUCTS,
    title="Metaclass",
    points=10,
    requires=(Requirement(id="meta", rule="metaclass", of="orm.Model"),),
)
MET = (Fact(requirement="meta", status="met"),)


@pytest.mark.parametrize(
    ("outcomes", "earned", "status"),
    [
        ([KEPT, KEPT, KEPT], 30.0, MarkStatus.EARNED),
        ([KEPT, BROKEN, KEPT], 20.0, MarkStatus.PARTIAL),
        ([BROKEN, BROKEN, BROKEN], 0.0, MarkStatus.LOST),
        ([KEPT, OPEN, BROKEN], 0.0, MarkStatus.NOT_MEASURED),
    ],
)
def test_promises_share_the_points(outcomes: list[PromiseOutcome], earned: float, status: MarkStatus) -> None:
    """Each kept promise earns its share; one that was not measured leaves the whole criterion open."""
    (mark,) = rubric.mark(challenge(BEHAVIOUR), [behaviour(*outcomes)])
    assert (mark.earned, mark.status) == (earned, status)


def test_weights_count() -> None:
    """A hidden test of weight two is worth two."""
    (mark,) = rubric.mark(challenge(BEHAVIOUR), [behaviour(KEPT, BROKEN, weights=[2, 1])])
    assert mark.earned == 20.0


def test_no_promise_is_not_full_marks() -> None:
    """A criterion that no hidden test counts for is not measured: an empty suite earns nothing."""
    (mark,) = rubric.mark(challenge(BEHAVIOUR), [behaviour(KEPT, criterion="another")])
    assert mark.status is MarkStatus.NOT_MEASURED


@pytest.mark.parametrize("fault", [Fault.CHALLENGE, Fault.MACHINE, Fault.HARNESS])
def test_a_failure_that_is_not_the_submissions_costs_nothing(fault: Fault) -> None:
    """What we could not measure is not measured, and the report gives the range the score can still take."""
    evidence = Evidence(kind=Kind.BEHAVIOUR, failure=Failure(fault=fault, reason="it broke"))
    target = challenge(BEHAVIOUR, SECURITY)
    marks = rubric.mark(target, [evidence, Evidence(kind=Kind.SECURITY)])
    standing = rubric.standing(target, marks)
    assert [mark.status for mark in marks] == [MarkStatus.NOT_MEASURED] * 2
    assert (standing.score, standing.best_possible) == (0.0, 40.0)


def test_code_that_nobody_could_try_reaches_no_level() -> None:
    """Whoever breaks the measuring of every promise gains nothing by it: clean code is not a level."""
    target = challenge(BEHAVIOUR, METACLASS, SECURITY, levels=(LevelRule(level=Level.JUNIOR, percent=30),))
    clean = [Evidence(kind=Kind.CONSTRUCTS, facts=MET), Evidence(kind=Kind.SECURITY)]
    broken = Failure(fault=Fault.CHALLENGE, reason="an odd answer broke the suite")
    marks = rubric.mark(target, [msgspec.structs.replace(behaviour(OPEN, BROKEN), failure=broken), *clean])
    assert rubric.standing(target, marks).level is None
    assert all(mark.reason for mark in marks)


def test_one_kept_promise_shows_that_the_code_works() -> None:
    """What was read of working code counts, though the machine broke down later."""
    evidence = msgspec.structs.replace(behaviour(KEPT, OPEN), failure=Failure(fault=Fault.MACHINE, reason="it broke"))
    marks = rubric.mark(challenge(BEHAVIOUR, SECURITY), [evidence, Evidence(kind=Kind.SECURITY)])
    assert [mark.earned for mark in marks] == [0.0, 10.0]


def test_missing_evidence_is_not_measured() -> None:
    """A collector that never ran does not earn its criterion."""
    (mark,) = rubric.mark(challenge(SECURITY), [])
    assert mark.status is MarkStatus.NOT_MEASURED


@pytest.mark.parametrize(("status", "earned"), [("met", 10.0), ("decoy", 0.0), ("absent", 0.0), ("dynamic", 0.0)])
def test_only_a_met_construct_earns(status: str, earned: float) -> None:
    """Decoys, absences and constructs that nobody could prove earn nothing."""
    evidence = Evidence(kind=Kind.CONSTRUCTS, facts=(Fact(requirement="meta", status=status),))
    (mark,) = rubric.mark(challenge(METACLASS), [evidence])
    assert mark.earned == earned


def _finding(id_: str, severity: Severity) -> Finding:
    return Finding(id=id_, severity=severity, message="m")


@pytest.mark.parametrize(
    ("findings", "earned"),
    [
        ([], 10.0),
        ([_finding("security.b602", Severity.ERROR)], 8.0),
        ([_finding("security.b101", Severity.WARNING)], 9.0),
        ([_finding("security.b101", Severity.NOTE)], 10.0),
        ([_finding("security.b602", Severity.ERROR)] * 9, 0.0),
        ([_finding("security.unanalysable", Severity.ERROR)], 0.0),
    ],
)
def test_findings_cost_their_share(findings: list[Finding], earned: float) -> None:
    """An error costs a fifth, a warning a tenth, a note nothing; what could not be analysed costs all."""
    evidence = [behaviour(KEPT), Evidence(kind=Kind.SECURITY, findings=tuple(findings))]
    assert rubric.mark(challenge(BEHAVIOUR, SECURITY), evidence)[1].earned == earned


@pytest.mark.parametrize(
    ("outcome", "earned", "status"),
    [(BROKEN, 0.0, MarkStatus.LOST), (KEPT, 10.0, MarkStatus.EARNED), (OPEN, 0.0, MarkStatus.NOT_MEASURED)],
)
def test_clean_code_that_does_nothing_earns_nothing(outcome: PromiseOutcome, earned: float, status: MarkStatus) -> None:
    """Points for quality and constructs follow working code; where nobody knows whether it works, they stay open."""
    clean = [Evidence(kind=Kind.SECURITY), Evidence(kind=Kind.CONSTRUCTS, facts=MET)]
    _, *marks = rubric.mark(challenge(BEHAVIOUR, SECURITY, METACLASS), [behaviour(outcome), *clean])
    assert [(mark.earned, mark.status) for mark in marks] == [(earned, status)] * 2
    named = [any(finding.id == "quality.nothing-works" for finding in mark.findings) for mark in marks]
    assert named == [outcome is BROKEN] * 2


def test_a_promise_without_weight_is_no_working_code() -> None:
    """What `grader verify` found forgeable stays as a diagnosis, and opens no points to whoever forges it."""
    marks = rubric.mark(
        challenge(BEHAVIOUR, SECURITY), [behaviour(KEPT, BROKEN, weights=[0, 1]), Evidence(kind=Kind.SECURITY)]
    )
    assert [mark.earned for mark in marks] == [0.0, 0.0]


def test_thirds_add_up_to_whole_points() -> None:
    """Three thirds of ten points are ten points, not 9.9999."""
    criteria = [Criterion(id=f"c{i}", kind=Kind.BEHAVIOUR, title="Third", points=10) for i in range(3)]
    promises = tuple(
        Promise(id=f"test_{i}_{j}", text="P.", outcome=KEPT if i == j else BROKEN, criterion=f"c{i}")
        for i in range(3)
        for j in range(3)
    )
    target = challenge(*criteria)
    marks = rubric.mark(target, [Evidence(kind=Kind.BEHAVIOUR, promises=promises)])
    assert rubric.standing(target, marks).score == 10.0


def test_thirds_that_make_up_a_level_reach_it() -> None:
    """5 / 3 and 16 / 3 and 87 points are 94, although as floats they are a little less."""
    points = (5, 8, 87)
    criteria = [Criterion(id=f"c{i}", kind=Kind.BEHAVIOUR, title="Third", points=points[i]) for i in range(3)]
    promises = tuple(
        Promise(id=f"test_{i}_{j}", text="P.", outcome=KEPT if j <= i else BROKEN, criterion=f"c{i}")
        for i in range(3)
        for j in range(3)
    )
    target = challenge(*criteria, levels=(LevelRule(level=Level.SENIOR, percent=94),))
    marks = rubric.mark(target, [Evidence(kind=Kind.BEHAVIOUR, promises=promises)])
    assert rubric.standing(target, marks).level is Level.SENIOR


@pytest.mark.parametrize(
    ("kept", "level", "asks"),
    [
        (0, None, "Junior (level 1) requires 40 %."),
        (2, Level.JUNIOR, "Senior (level 3) requires 80 %"),
        (3, Level.SENIOR, ""),
    ],
)
def test_the_level_is_the_highest_whose_conditions_hold(kept: int, level: Level | None, asks: str) -> None:
    """Percent and required criteria both count, and the report says what the next level asks for."""
    target = challenge(
        BEHAVIOUR,
        levels=(
            LevelRule(level=Level.JUNIOR, percent=40),
            LevelRule(level=Level.SENIOR, percent=80, earned=("behaviour",)),
        ),
    )
    marks = rubric.mark(target, [behaviour(*[KEPT] * kept, *[BROKEN] * (3 - kept))])
    standing = rubric.standing(target, marks)
    assert standing.level is level
    assert standing.next_level.startswith(asks)
    assert bool(standing.next_level) == bool(asks)


def test_a_level_needs_the_criteria_it_names() -> None:
    """Enough percent is not enough when the level requires a criterion that was lost."""
    target = challenge(BEHAVIOUR, SECURITY, levels=(LevelRule(level=Level.SENIOR, percent=50, earned=("security",)),))
    evidence = [behaviour(KEPT), Evidence(kind=Kind.SECURITY, findings=(_finding("security.b602", Severity.ERROR),))]
    standing = rubric.standing(target, rubric.mark(target, evidence))
    assert standing.level is None
    assert "Security" in standing.next_level


def test_a_broken_promise_tells_the_candidate_the_promise_and_the_hint_only() -> None:
    """A candidate's finding holds the promise, the reason and the hint; never the hidden test's source or inputs."""
    from grader.model import Detail

    promise = Promise(
        id="test_x",
        text="Bad ages are refused.",
        outcome=BROKEN,
        criterion="behaviour",
        hint="Look at __set__.",
        reason="An answer was not the one.",
        file="orm.py",
        line=3,
        detail=Detail(source="SECRET", counterexample="SECRET", trace="SECRET"),
    )
    (mark,) = rubric.mark(challenge(BEHAVIOUR), [Evidence(kind=Kind.BEHAVIOUR, promises=(promise,))])
    (finding,) = mark.findings
    assert "Bad ages are refused." in finding.message
    assert finding.help == "Look at __set__."
    assert (finding.file, finding.line) == ("orm.py", 3)
    assert "SECRET" not in repr(finding)


PROVABLE = Requirement(id="it", rule="metaclass", of="orm.Model", proved_by=("test_0",))


@pytest.mark.parametrize("text", ["met", "absent", "dynamic", "decoy"])
@pytest.mark.parametrize("running", [AT_WORK, IDLE, UNASKED, None])
@pytest.mark.parametrize("proof", [KEPT, BROKEN, OPEN])
def test_a_construct_is_there_and_at_work(text: str, running: str | None, proof: PromiseOutcome) -> None:
    """Met and not idle; or at work, proved by every promise that needs it, and no decoy."""
    criterion = msgspec.structs.replace(METACLASS, requires=(PROVABLE,))
    facts = () if running is None else (Fact(requirement="it", status=running),)
    asked = msgspec.structs.replace(behaviour(proof, KEPT), facts=facts)
    said = () if text == "met" else (_finding("constructs.metaclass.missing", Severity.ERROR),)
    read = Evidence(kind=Kind.CONSTRUCTS, facts=(Fact(requirement="it", status=text),), findings=said)
    mark = rubric.mark(challenge(BEHAVIOUR, criterion), (asked, read))[1]
    met = text == "met" and running != IDLE
    proved = text in ("absent", "dynamic") and running == AT_WORK and proof is KEPT
    assert mark.status is (MarkStatus.EARNED if met or proved else MarkStatus.LOST)
    ids = [finding.id.rpartition(".")[2] for finding in mark.findings]
    expected = (
        ["proved"] if proved else ["idle"] if text == "met" and running == IDLE else ["missing"] * (text != "met")
    )
    assert ids == expected


def test_a_machine_that_could_not_look_takes_no_construct_away() -> None:
    """Where behaviour was not measured, whether a construct is at work was not either."""
    failure = Failure(fault=Fault.MACHINE, reason="no namespaces")
    asked = msgspec.structs.replace(behaviour(KEPT), failure=failure)
    read = Evidence(kind=Kind.CONSTRUCTS, facts=(Fact(requirement="model-metaclass", status="met"),))
    mark = rubric.mark(challenge(BEHAVIOUR, METACLASS), (asked, read))[1]
    assert mark.status is MarkStatus.NOT_MEASURED
    assert mark.reason == "no namespaces"


@pytest.mark.parametrize("kind", [Kind.CONSTRUCTS, Kind.TYPES, Kind.COMPLEXITY])
def test_what_was_not_read_earns_nothing_for_reading(kind: Kind) -> None:
    """A name that is bound at run time takes every point that rests on the text, and says why."""
    requires = METACLASS.requires if kind is Kind.CONSTRUCTS else ()
    criterion = Criterion(id="text", kind=kind, title="Text", points=10, requires=requires)
    facts = tuple(Fact(requirement=requirement.id, status="met") for requirement in requires)
    clean = Evidence(kind=kind, facts=facts)
    rebound = msgspec.structs.replace(clean, findings=(_finding("answer.rebound", Severity.ERROR),))
    assert rubric.mark(challenge(BEHAVIOUR, criterion), (behaviour(KEPT), clean))[1].status is MarkStatus.EARNED
    lost = rubric.mark(challenge(BEHAVIOUR, criterion), (behaviour(KEPT), rebound))[1]
    assert lost.status is MarkStatus.LOST
    assert [finding.id for finding in lost.findings] == ["answer.rebound"]


def complexity(*values: int, worst: int = 8) -> Evidence:
    findings = tuple(
        Finding(id="complexity.too-high", severity=Severity.ERROR, message=f"{value}")
        for value in values
        if value > worst
    )
    excess = sum(max(0, value - worst) for value in values)
    return Evidence(
        kind=Kind.COMPLEXITY, findings=findings, measurements=(Measurement(name="complexity.excess", value=excess),)
    )


@pytest.mark.parametrize(
    ("values", "earned"),
    [([8], 8.0), ([9], 7.0), ([9] * 5, 3.0), ([41], 0.0), ([201], 0.0), ([16], 0.0), ([12], 4.0)],
    ids=str,
)
def test_complexity_costs_by_how_far_it_exceeds(values: list[int], earned: float) -> None:
    """One giant is not cheaper than the functions that it was merged from, and twice the bound costs all."""
    criterion = Criterion(id="complexity", kind=Kind.COMPLEXITY, title="Complexity", points=8, worst=8)
    (mark,) = rubric.mark(challenge(criterion), [complexity(*values)])
    assert mark.earned == earned


def test_an_excess_that_nobody_measured_costs_by_the_finding() -> None:
    """Records of older graders have no such figure: each finding costs what it cost then."""
    criterion = Criterion(id="complexity", kind=Kind.COMPLEXITY, title="Complexity", points=10)
    (mark,) = rubric.mark(challenge(criterion), [msgspec.structs.replace(complexity(201), measurements=())])
    assert mark.earned == 8.0


def test_a_report_of_other_criteria_reaches_no_level_that_needs_them() -> None:
    """A stored report may lack a criterion that the challenge has got since: it is named, and nothing breaks."""
    target = challenge(BEHAVIOUR, levels=(LevelRule(level=Level.SENIOR, percent=50, shares={"behaviour": 0.5}),))
    (mark,) = rubric.mark(challenge(SECURITY), [Evidence(kind=Kind.SECURITY)])
    standing = rubric.standing(target, [msgspec.structs.replace(mark, earned=10.0)])
    assert (standing.level, standing.next_level) == (
        None,
        "Senior (level 3) requires 50 % and half of the points for behaviour.",
    )


def test_a_criterion_states_the_highest_ratio_of_its_kept_promises() -> None:
    """For people and for certificates; it decides nothing."""
    kept = behaviour(KEPT, KEPT, BROKEN)
    ratios = (1.5, 2.0, None)
    promises = tuple(
        msgspec.structs.replace(promise, ratio=ratio) for promise, ratio in zip(kept.promises, ratios, strict=True)
    )
    (mark,) = rubric.mark(challenge(BEHAVIOUR), [msgspec.structs.replace(kept, promises=promises)])
    assert mark.measurements == (Measurement(name="performance.ratio", value=2.0),)
    (plain,) = rubric.mark(challenge(BEHAVIOUR), [kept])
    assert (plain.earned, plain.measurements) == (mark.earned, ())
