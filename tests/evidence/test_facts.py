"""Constructs at work: every requirement of the catalogue in every row of the table that it can reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

from grader.assess.pipeline import grade
from grader.at_work import outcomes
from grader.challenges.challenge import Challenge, load
from grader.challenges.manifest import Requirement
from grader.evidence.sandboxes import policy_for, program_for
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.facts import JUDGES, judged, observe, required
from grader.inside.constructs import judge as constructs
from grader.intake import take_folder
from grader.model import (
    AT_WORK,
    IDLE,
    UNASKED,
    Evidence,
    Fact,
    Kind,
    Promise,
    PromiseOutcome,
    Submission,
)
from sandbox.backends import backend_named
from sandbox.policy import Mount
from sandbox.session import Plain
from tests.evidence.construct_edits import DECOYS, DESIGNS, followed_by

ROOT = Path(__file__).parent.parent.parent / "challenges"
ASKING = sorted(path.parent.name for path in ROOT.glob("*/*/challenge.toml") if "criteria.requires" in path.read_text())
KEPT, BROKEN = PromiseOutcome.KEPT, PromiseOutcome.BROKEN


class Row(NamedTuple):
    """Where a requirement stands in the table."""

    text: str
    running: str
    earned: bool


def challenge(slug: str) -> Challenge:
    return load(next(ROOT.glob(f"*/{slug}")))


def rows(
    subject: Challenge, edit: Callable[[str], str], folder: Path, *, of: str = "solution", kept: PromiseOutcome = KEPT
) -> dict[str, Row]:
    """Each requirement's row for an edited submission, when the promises that prove it end like this."""
    start = subject.folder / of
    files = {path.relative_to(start).as_posix(): path.read_text("utf-8") for path in start.rglob("*.py")}
    files[subject.manifest.modules[0]] = edit(files[subject.manifest.modules[0]])
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    folder.chmod(0o755)
    asked = required(subject)
    questions: list[constructs.RequirementDict] = [
        {
            "id": requirement.id,
            "rule": requirement.rule,
            "of": requirement.of,
            "options": dict(requirement.options),
            "message": requirement.message,
            "help": requirement.help,
        }
        for requirement in asked
    ]
    text_facts = constructs.judge(files, subject.manifest.modules, questions)["facts"]
    program = program_for(subject, Mount(folder, PurePosixPath("/submission")), hash_seed=1)
    with backend_named("bubblewrap").open(policy_for(subject), program) as session:
        running = observe(session, subject)
    facts = tuple(Fact(requirement=fact["requirement"], status=fact["status"]) for fact in text_facts)
    read = Evidence(kind=Kind.CONSTRUCTS, facts=facts)
    promises = tuple(
        Promise(id=name, text="A promise.", outcome=kept, criterion="x")
        for requirement in asked
        for name in requirement.proved_by
    )
    seen = Evidence(kind=Kind.BEHAVIOUR, promises=promises, facts=running)
    return {
        requirement.id: Row(fact.status, ran.status, outcome.earned)
        for requirement, fact, ran, outcome in zip(asked, facts, running, outcomes(asked, read, seen), strict=True)
    }


def top_names(subject: Challenge) -> list[str]:
    """The names that the requirements are about, in the module itself."""
    return sorted({requirement.of.split(".")[1] for requirement in required(subject) if is_seen_running(requirement)})


def is_seen_running(requirement: Requirement) -> bool:
    """Whether it means something at run time; the direction of imports, say, is a matter of the text."""
    return requirement.rule in JUDGES or bool(requirement.at_work)


SEEN_RUNNING = [slug for slug in ASKING if any(map(is_seen_running, required(challenge(slug))))]
"""The challenges for which more than the text is asked."""


@pytest.mark.parametrize("slug", ASKING)
@pytest.mark.parametrize("of", ["solution", "solution_alt"])
def test_a_reference_has_its_constructs_at_work(slug: str, of: str, tmp_path: Path) -> None:
    """The text is met, the thing is at work, the share is earned."""
    subject = challenge(slug)
    found = rows(subject, lambda text: text, tmp_path, of=of)
    assert found == {
        requirement.id: Row("met", AT_WORK if is_seen_running(requirement) else UNASKED, earned=True)
        for requirement in required(subject)
    }


@pytest.mark.parametrize("slug", SEEN_RUNNING)
@pytest.mark.parametrize("kept", [KEPT, BROKEN], ids=["kept", "broken"])
def test_what_cannot_be_read_is_earned_by_proof(slug: str, kept: PromiseOutcome, tmp_path: Path) -> None:
    """A name that comes out of a computed dict: at work, and the promises that need it decide."""
    subject = challenge(slug)
    aliases = "".join(f"\n{name} = dict(one={name})['one']" for name in top_names(subject))
    found = rows(subject, lambda text: text + aliases + "\n", tmp_path, kept=kept)
    for requirement in required(subject):
        text, running, earned = found[requirement.id]
        assert running == (AT_WORK if is_seen_running(requirement) else UNASKED)
        assert earned == (text == "met" or (bool(requirement.proved_by) and kept is KEPT and text != "decoy"))
    assert any(row.text != "met" for row in found.values())


@pytest.mark.parametrize("slug", SEEN_RUNNING)
def test_what_is_there_and_not_at_work_is_lost(slug: str, tmp_path: Path) -> None:
    """The text has everything, and something else runs under the name."""
    subject = challenge(slug)
    other = "".join(f"\nglobals()[{name!r}] = int" for name in top_names(subject))
    found = rows(subject, lambda text: text + other + "\n", tmp_path)
    for requirement in required(subject):
        is_asked = is_seen_running(requirement)
        assert found[requirement.id] == Row("met", IDLE if is_asked else UNASKED, earned=not is_asked)


@pytest.mark.parametrize("slug", ASKING)
def test_a_starter_has_nothing_to_show(slug: str, tmp_path: Path) -> None:
    """No requirement is earned by proof with what candidates begin with, where the text does not have it."""
    found = rows(challenge(slug), lambda text: text, tmp_path, of="starter", kept=BROKEN)
    assert {name for name, row in found.items() if row.earned and row.text != "met"} == set()


@pytest.mark.parametrize(("slug", "requirement", "edit"), DECOYS.values(), ids=DECOYS)
def test_a_decoy_earns_nothing(slug: str, requirement: str, edit: Callable[[str], str], tmp_path: Path) -> None:
    """It is written down, and something else does the work, or nothing does."""
    row = rows(challenge(slug), edit, tmp_path)[requirement]
    assert not row.earned, row


@pytest.mark.parametrize(("slug", "requirement", "edit"), DESIGNS.values(), ids=DESIGNS)
def test_another_design_earns_everything(
    slug: str, requirement: str, edit: Callable[[str], str], tmp_path: Path
) -> None:
    """Ordinary code that is not what the rule's author thought of first."""
    row = rows(challenge(slug), edit, tmp_path)[requirement]
    assert row.earned, row


ASKED = Requirement(id="it", rule="slots", of="m.Thing")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"it": {"dict": False}}, AT_WORK),
        ({"it": {"dict": True}}, IDLE),
        ({"it": {"error": "AttributeError"}}, IDLE),
        ({"it": {"dict": 0}}, IDLE),
        ({"it": "yes"}, IDLE),
        ({"other": {"dict": False}}, IDLE),
        ([1, 2], IDLE),
        (None, IDLE),
    ],
)
def test_what_the_sandbox_says_is_judged_strictly(told: Plain, status: str) -> None:
    """Whatever is not the plain fact that was asked for is not at work."""
    (fact,) = judged([ASKED], told)
    assert fact.status == status


def test_a_rule_about_the_text_alone_is_not_asked() -> None:
    """Without a run-time meaning and without expectations of the author's, the text decides."""
    uses = Requirement(id="it", rule="uses", of="m.Thing")
    assert judged([uses], {"it": {}})[0].status == UNASKED
    expecting = Requirement(id="it", rule="uses", of="m.Thing", at_work={"calls": 2})
    assert judged([expecting], {"it": {"calls": 2}})[0].status == AT_WORK
    assert judged([expecting], {"it": {"calls": 1}})[0].status == IDLE


def test_a_module_that_cannot_be_imported_shows_nothing(tmp_path: Path) -> None:
    """The submission was reached, so nothing is at work; it is not left open."""
    found = rows(challenge("generators"), lambda text: f"raise SystemExit\n{text}", tmp_path)
    assert {row.running for row in found.values()} == {IDLE}


REAL = """
def _class(name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
    return type(name, bases, body)


globals()["Model"] = Model
"""


@pytest.mark.parametrize(
    ("edit", "marks"),
    [
        (lambda text: text, {"metaclass": 10.0, "types": 12.0, "complexity": 6.0, "security": 4.0}),
        (DECOYS["a metaclass beside __init_subclass__"][2], {"metaclass": 0.0, "complexity": 6.0, "security": 4.0}),
        (DESIGNS["a partial as metaclass"][2], {"metaclass": 10.0, "complexity": 6.0, "security": 4.0}),
        (followed_by(REAL), {"metaclass": 0.0, "types": 0.0, "complexity": 0.0, "security": 3.2}),
    ],
    ids=["reference", "decoy", "design", "rebound"],
)
def test_a_whole_grading_has_these_marks(
    edit: Callable[[str], str], marks: Mapping[str, float], warm: SuiteHost, tmp_path: Path
) -> None:
    """From the text to the points: decoys lose the construct, a rebound name all that rests on reading."""
    subject = challenge("metaclass_orm")
    text = edit((subject.folder / "solution/orm.py").read_text("utf-8"))
    (tmp_path / "orm.py").write_text(text, encoding="utf-8")
    submission = take_folder(tmp_path)
    assert isinstance(submission, Submission)
    report = grade(submission, subject, backend=backend_named("bubblewrap"), seed=1, host=warm, explain=False)
    assert {mark.id: mark.earned for mark in report.criteria if mark.id in marks} == marks
