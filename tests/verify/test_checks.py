"""Each check holds for a sound challenge, and fails for the weakness that it is there to find."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest

from grader.challenges.challenge import Challenge, load
from grader.verify.checks import CHECKS, CheckResult, CheckSchedule
from grader.verify.verdict import Unusable

Weakened = Callable[..., Challenge]
Checked = Callable[[str, Challenge], CheckResult]


def told(found: CheckResult) -> list[tuple[str, str]]:
    """Each problem's id and where it is."""
    return [(problem.id, problem.where) for problem in found.problems]


def keep_flaws(subject: Challenge, *kept: str) -> None:
    """Leave the other flawed submissions out, for the sake of time."""
    for folder in subject.folder.glob("flawed/*/*"):
        if folder.relative_to(subject.folder / "flawed").as_posix() not in kept:
            shutil.rmtree(folder)


@pytest.mark.heavy
@pytest.mark.parametrize("check", [checker.id for checker in CHECKS if checker.runs is not CheckSchedule.NAMED])
def test_a_sound_challenge_passes(check: str, challenge: Weakened, checked: Checked) -> None:
    """No check finds anything in a challenge that keeps its claims."""
    assert checked(check, challenge()).problems == ()


@pytest.mark.parametrize(
    ("weakness", "id_", "where"),
    [
        ("a_promise_without_words", "form.promise", "test_runs.py: test_packed_text_is_unpacked"),
        ("a_suite_that_imports_more", "form.imports", "test_runs.py"),
        ("points_that_do_not_add_up", "form.points", "challenge.toml: criteria"),
        ("a_rule_that_does_not_exist", "form.requirement", "challenge.toml: requires 'walk-generator'"),
        ("a_flaw_of_no_criterion", "form.flaws", "flawed/limits/lower_bound_forgotten"),
        ("a_copy_of_the_solution", "form.copy", "flawed/bounds/nothing_changed"),
        ("a_brief_without_a_name", "form.brief", "README.md"),
    ],
)
def test_form_is_read_without_running_anything(
    weakness: str, id_: str, where: str, challenge: Weakened, checked: Checked
) -> None:
    """What is missing or does not fit is told with its place, and nothing else is."""
    assert told(checked("form", challenge(weakness))) == [(id_, where)]


def test_missing_parts_are_all_told(challenge: Weakened, checked: Checked) -> None:
    """An author learns of everything that is missing at once."""
    subject = challenge()
    for name in ("probe.py", "contract.py", "solution_alt/runs.py"):
        (subject.folder / name).unlink()
    found = checked("form", subject)
    assert told(found) == [("form.missing", name) for name in ("probe.py", "contract.py", "solution_alt/runs.py")]
    assert all(problem.help for problem in found.problems)


def test_an_option_without_effect_is_told(challenge: Weakened, checked: Checked) -> None:
    """A manifest with `show_inputs` still holds; its author learns that nothing comes of it."""
    subject = challenge()
    manifest = subject.folder / "challenge.toml"
    manifest.write_text(f"show_inputs = true\n{manifest.read_text()}")
    found = checked("form", load(subject.folder))
    assert found.problems == ()
    assert "`show_inputs` no longer has an effect" in " ".join(found.notes)


def test_a_prerequisite_that_is_no_challenge_is_told(challenge: Weakened, checked: Checked) -> None:
    """Beside the challenge or among the shipped ones it is found, wherever the challenge lies."""
    subject = challenge()
    manifest = subject.folder / "challenge.toml"
    text = manifest.read_text()
    manifest.write_text(f'prerequisites = ["language/generators"]\n{text}')
    assert told(checked("form", load(subject.folder))) == []
    manifest.write_text(f'prerequisites = ["language/generator"]\n{text}')
    (problem,) = checked("form", load(subject.folder)).problems
    assert (problem.id, problem.where) == ("form.prerequisites", "challenge.toml: prerequisites")
    assert problem.help == "Did you mean language/generators?"


@pytest.mark.heavy
def test_an_unnoticed_mistake_is_told(challenge: Weakened, checked: Checked) -> None:
    """A flawed submission that keeps all points shows a blind suite; the others still hold."""
    subject = challenge("a_flaw_that_nothing_notices")
    keep_flaws(subject, "bounds/same_behaviour", "bounds/lower_bound_forgotten")
    found = checked("flawed", subject)
    assert told(found) == [("flawed.unnoticed", "flawed/bounds/same_behaviour")]
    assert found.figure == "1 of 2"


@pytest.mark.heavy
def test_collateral_losses_are_told_unless_declared(challenge: Weakened, checked: Checked) -> None:
    """A flaw that loses more than its path says is told with what else it loses, until loses.txt says so."""
    subject = challenge("a_flaw_that_loses_more")
    keep_flaws(subject, "bounds/nothing_is_right")
    found = checked("flawed", subject)
    (problem,) = found.problems
    assert (problem.id, problem.where) == ("flawed.collateral", "flawed/bounds/nothing_is_right")
    assert "the submission also loses 'packing': test_packed_text_is_unpacked" in problem.what
    (subject.folder / "flawed/bounds/nothing_is_right/loses.txt").write_text("packing  # by the same mistake\n")
    assert checked("flawed", subject).problems == ()


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("weakness", "test", "by"),
    [
        ("a_test_with_constant_inputs", "test_five_is_between_one_and_nine", "looking answers up in a table"),
        ("a_round_trip_that_an_echo_passes", "test_what_was_packed_is_unpacked", "returning the arguments"),
        ("a_stage_that_can_be_remembered", "test_what_was_packed_is_unpacked", "remembering what an earlier call"),
    ],
)
def test_a_forgeable_test_is_named(weakness: str, test: str, by: str, challenge: Weakened, checked: Checked) -> None:
    """The test that canned, echoed or remembered answers pass is told, and by what."""
    (problem,) = checked("forgers", challenge(weakness)).problems
    assert (problem.id, problem.where) == ("forgers.passed", test)
    assert by in problem.what


@pytest.mark.heavy
def test_fresh_defeats_a_memory(challenge: Weakened, checked: Checked) -> None:
    """With `fresh()` between the stages of a round trip nothing can be remembered."""
    subject = challenge("a_stage_that_can_be_remembered")
    text = subject.suite.read_text()
    subject.suite.write_text(
        text.replace("    assert packed != text", "    submission.fresh()\n    assert packed != text")
    )
    assert checked("forgers", subject).problems == ()


@pytest.mark.heavy
def test_a_suite_that_breaks_on_odd_answers_is_told(challenge: Weakened, checked: Checked) -> None:
    """A suite that raises by itself would let a submission void its own grading."""
    found = checked("forgers", challenge("a_suite_that_breaks_on_odd_answers"))
    assert told(found) == [("forgers.suite-broken", "test_runs_are_packed")]
    assert all("TypeError" in problem.what for problem in found.problems)


@pytest.mark.heavy
def test_marks_that_depend_on_the_seed_are_told(challenge: Weakened, checked: Checked) -> None:
    """A test that catches a mistake under some seeds only is named with the submission that was lucky."""
    subject = challenge("a_test_that_swings")
    keep_flaws(subject, "bounds/lower_bound_forgotten")
    found = checked("seeds", subject)
    assert ("seeds.unstable", "flawed/bounds/lower_bound_forgotten: bounds") in told(found)
    assert all("test_one_of_two_values_is_kept" in problem.what for problem in found.problems)


@pytest.mark.heavy
def test_a_suite_for_one_design_refuses_the_other(challenge: Weakened, checked: Checked) -> None:
    """The second solution shows a test that asks for more than the brief."""
    subject = challenge("a_suite_for_one_design")
    assert checked("solution", subject).problems == ()
    (problem,) = checked("solution-alt", subject).problems
    assert "test_the_message_names_the_bounds" in problem.what


def test_a_starter_that_works_is_told(challenge: Weakened, checked: Checked) -> None:
    """What candidates begin with keeps no promise."""
    found = checked("starter", challenge("a_starter_that_works"))
    assert told(found) == [("starter.earns", "starter: bounds"), ("starter.earns", "starter: packing")]


@pytest.mark.heavy
def test_a_module_given_beside_the_starter_that_works_is_told(challenge: Weakened, checked: Checked) -> None:
    """What candidates are given, handed in under the name of the answer, earns nothing for behaviour."""
    subject = challenge()
    (subject.folder / "starter/old.py").write_text((subject.folder / "solution/runs.py").read_text())
    found = checked("starter", subject)
    assert told(found) == [("starter.earns", f"starter, old.py as runs.py: {name}") for name in ("bounds", "packing")]


def test_a_requirement_that_a_decoy_meets_is_told(challenge: Weakened, checked: Checked) -> None:
    """`of` names the exported thing, not merely its module."""
    found = checked("decoys", challenge("a_decoy_is_enough"))
    assert told(found) == [("decoys.met", "challenge.toml: walk-generator")]


@pytest.mark.heavy
def test_survivors_are_told_with_the_closest_test(challenge: Weakened, checked: Checked) -> None:
    """A suite that sees little lets mutants live; each comes with its diff and a hidden test to strengthen."""
    found = checked("mutants", challenge("a_suite_that_sees_little"))
    assert {problem.id for problem in found.problems} == {"mutants.survivor"}
    survivor = next(survivor for survivor in found.survivors if survivor.mutant.startswith("runs.py:clamp:"))
    assert survivor.nearest_source.startswith("@criterion")
    assert "+++ runs.py" in survivor.diff


@pytest.mark.heavy
def test_false_equivalents_are_told(challenge: Weakened, checked: Checked) -> None:
    """A declared equivalent that is noticed, or that is no mutant, is an error."""
    found = checked("mutants", challenge("a_false_equivalent"))
    assert [problem.id for problem in found.problems] == ["mutants.noticed", "mutants.unknown"]
    assert "runs.py:clamp:comparison:" in found.problems[1].help


def test_a_suite_that_cannot_be_read_is_the_authors(challenge: Weakened, checked: Checked) -> None:
    """The reason is told; nothing is called wrong with the machine."""
    subject = challenge()
    subject.suite.write_text(subject.suite.read_text() + "\n1 / 0\n")
    with pytest.raises(Unusable) as caught:
        checked("solution", subject)
    assert "ZeroDivisionError" in caught.value.problem.what


@pytest.mark.heavy
def test_an_author_learns_how_many_examples_the_mutants_need(challenge: Weakened, checked: Checked) -> None:
    """The figure says how many mutants a handful of examples did not notice: what `budget.examples` is chosen by."""
    assert re.fullmatch(
        r"\d+ of \d+ noticed, [\d.]+%; \d+ needed more than 5 examples per test", checked("mutants", challenge()).figure
    )
