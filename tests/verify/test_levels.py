"""The check `levels`: what it says of submissions whose level is known, and the form that they have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import msgspec
import pytest

from grader.challenges.challenge import Challenge, load
from grader.model import Kind, Mark, MarkStatus
from grader.verify.checks import CheckResult, levels
from grader.verify.examination import Examination

Weakened = Callable[..., Challenge]
Checked = Callable[[str, Challenge], CheckResult]

SOUND = {
    "without_skill": {"walk": 0.0},
    "slips/lengths_are_forgotten": {"packing": 0.5},
    "slips/packed_runs_are_anything": {"types": 0.8},
    "slips/the_bounds_are_anything": {"types": 0.8},
}


class FakeExamination:
    """Marks by name, without running anything."""

    seeds = (1,)

    def __init__(self, challenge: Challenge, earned: dict[str, dict[str, float]]) -> None:
        self.challenge = challenge
        self._earned = earned

    def each(self, work: Callable[[str], Any], items: Iterable[str], *, saying: str) -> list[Any]:
        return [work(item) for item in items]

    def entrant(self, name: str) -> str:
        return name

    def marks(self, entrant: str, seed: int) -> tuple[Mark, ...]:
        shares = self._earned.get(entrant, {})
        return tuple(
            Mark(
                id=criterion.id,
                kind=criterion.kind,
                title=criterion.title,
                points=criterion.points,
                earned=criterion.points * shares.get(criterion.id, 1.0),
                status=MarkStatus.PARTIAL,
            )
            for criterion in self.challenge.manifest.criteria
        )


def found(challenge: Challenge, **earned: dict[str, float]) -> CheckResult:
    """What the check says of the sound samples, some of which earn something else."""
    named = {name.replace("__", "/"): shares for name, shares in earned.items()}
    return levels.run(cast("Examination", FakeExamination(challenge, SOUND | named)))


def told(result: CheckResult) -> list[tuple[str, str]]:
    return [(problem.id, problem.where) for problem in result.problems]


def voiced(challenge: Challenge) -> Challenge:
    """The challenge with three voices."""
    for name in ("junior", "mid", "senior"):
        folder = challenge.folder / "voices" / name
        folder.mkdir(parents=True)
        (folder / "runs.py").write_text(f"NAME = {name!r}\n")
    return load(challenge.folder)


def test_levels_that_make_sense_hold(challenge: Weakened) -> None:
    """The figures of all samples are told, and that nobody has been heard who read the brief alone."""
    result = found(challenge())
    assert result.problems == ()
    assert "without_skill 90 % Mid-level; slips/lengths_are_forgotten 80 % Senior" in result.notes[0]
    assert result.notes[1].startswith("Missing samples: voices/junior, voices/mid, voices/senior. Have them written")


@pytest.mark.parametrize(
    ("earned", "id_", "where"),
    [
        ({"without_skill": {"walk": 0.5}}, "levels.gate", "without_skill"),
        ({"without_skill": {"walk": 0.0, "bounds": 0.0, "packing": 0.0}}, "levels.idle", "without_skill"),
        ({"slips__lengths_are_forgotten": {"packing": 0.4}}, "levels.slip", "slips/lengths_are_forgotten"),
        ({"slips__the_bounds_are_anything": {}}, "levels.unnoticed", "slips/the_bounds_are_anything"),
        ({"solution": {"walk": 0.8}}, "levels.solution", "solution"),
        ({"solution_alt": {"packing": 0.8}}, "levels.solution", "solution_alt"),
    ],
)
def test_a_level_that_makes_no_sense_is_told(
    challenge: Weakened, earned: dict[str, dict[str, float]], id_: str, where: str
) -> None:
    """Senior without the skill, below it for one slip, less than Expert with the solution: each with a remedy."""
    result = found(challenge(), **earned)
    assert told(result) == [(id_, where)]
    assert all(problem.help for problem in result.problems)


def test_what_a_person_marks_is_taken_as_given(challenge: Weakened) -> None:
    """A solution is Expert although nobody has reviewed it: the rest of the numbers is what the check speaks of."""
    subject = challenge()
    criteria = tuple(
        msgspec.structs.replace(criterion, kind=Kind.REVIEW if criterion.id == "types" else criterion.kind)
        for criterion in subject.manifest.criteria
    )
    reviewed = msgspec.structs.replace(subject, manifest=msgspec.structs.replace(subject.manifest, criteria=criteria))
    nobody_yet = {"types": 0.0}
    assert told(found(reviewed, solution=nobody_yet, solution_alt=nobody_yet)) == [
        ("levels.unnoticed", "slips/packed_runs_are_anything"),
        ("levels.unnoticed", "slips/the_bounds_are_anything"),
    ]


def test_voices_are_in_order(challenge: Weakened) -> None:
    """A junior who earns as much as a mid-level is a problem; another level than was noted is a note."""
    subject = voiced(challenge())
    earned = {
        "voices__junior": {"bounds": 0.0, "packing": 0.5},
        "voices__mid": {"packing": 0.25},
        "voices__senior": {"types": 0.5},
    }
    result = found(subject, **earned)
    assert told(result) == []
    assert [note for note in result.notes[1:] if "review the levels" not in note] == []
    swapped = earned | {"voices__junior": {"packing": 0.25}}
    assert told(found(subject, **swapped)) == [("levels.order", "voices/mid")]
    upward = earned | {"voices__mid": {"packing": 0.75}}
    assert "voices/mid reaches Senior" in " ".join(found(subject, **upward).notes)


def test_what_is_missing_is_told_without_running_anything(challenge: Weakened, checked: Checked) -> None:
    """Skill, time, a submission without the skill, three slips: a challenge that lacks them is not finished."""
    subject = challenge()
    manifest = subject.folder / "challenge.toml"
    lines = manifest.read_text().splitlines(keepends=True)
    manifest.write_text("".join(line for line in lines if not line.startswith(("skill_criteria", "minutes"))))
    (subject.folder / "without_skill.patch").unlink()
    (subject.folder / "slips/lengths_are_forgotten.patch").unlink()
    assert told(checked("form", load(subject.folder))) == [
        ("form.skill", "challenge.toml: skill_criteria"),
        ("form.minutes", "challenge.toml: minutes"),
        ("form.samples", "without_skill/"),
        ("form.samples", "slips/"),
    ]


def test_voices_are_three_and_named_by_level(challenge: Weakened, checked: Checked) -> None:
    """Some without the others, or by another name, is told; none at all is a note of the check `levels`."""
    subject = challenge()
    solution = (subject.folder / "solution/runs.py").read_text()
    for name in ("junior", "middle"):
        (subject.folder / "voices" / name).mkdir(parents=True)
        (subject.folder / "voices" / name / "runs.py").write_text(f"{solution}\n# by a {name}\n")
    result = checked("form", subject)
    assert told(result) == [("form.samples", "voices/middle"), ("form.samples", "voices/")]
    assert "missing: voices/mid, voices/senior" in result.problems[1].what


def test_gates_that_turn_levels_upside_down_are_told(challenge: Weakened, checked: Checked) -> None:
    """Every point for Mid-level: 99 % may be a Junior. Less for Expert than for Senior: an Expert is no Senior."""
    subject = challenge()
    manifest = subject.folder / "challenge.toml"
    text = manifest.read_text().replace("percent = 50\n", 'percent = 50\nearned = ["types"]\n')
    manifest.write_text(text)
    result = checked("form", load(subject.folder))
    assert set(told(result)) == {("form.levels", "challenge.toml: levels")}
    words = " ".join(problem.what for problem in result.problems)
    assert "level 3 requires less of 'types' than the level below it" in words
    assert "a score of 100 % may miss Mid-level, which requires 100% of 'types'" in words


def test_a_sample_is_a_folder_or_a_patch_that_applies(challenge: Weakened, checked: Checked) -> None:
    """A patch that does not apply any more, and a sample that is the solution, are told like those of flaws."""
    subject = challenge()
    slips = subject.folder / "slips"
    copy = slips / "nothing_changed"
    copy.mkdir()
    solution = (subject.folder / "solution/runs.py").read_text()
    (copy / "runs.py").write_text(solution)
    stale = slips / "lengths_are_forgotten.patch"
    stale.write_text(stale.read_text().replace("-    return", "-    yield"))
    assert told(checked("form", subject)) == [
        ("form.patch", "slips/lengths_are_forgotten"),
        ("form.copy", "slips/nothing_changed"),
    ]
