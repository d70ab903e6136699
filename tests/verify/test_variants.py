"""The check `variants` holds for a sound drawn challenge, and finds what a variant tells and what it grades wrongly."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.challenges.challenge import load
from grader.challenges.drawn import stage_of
from grader.verify.checks import CheckResult, variants
from grader.verify.examination import Examination
from sandbox.backends import backend_named

TALLY = Path(__file__).parents[1] / "fixtures/drawn/interview/tally"
Weaken = Callable[[Path], None]


def replaced(name: str, old: str, new: str) -> Weaken:
    def weaken(folder: Path) -> None:
        path = folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return weaken


def checked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, weaken: Weaken | None = None, fewest: int = 1
) -> CheckResult:
    """The check's result with fewer variants, for the sake of time."""
    monkeypatch.setattr(variants, "FEWEST", fewest)
    target = folder / "interview/tally"
    shutil.copytree(TALLY, target)
    if weaken is not None:
        weaken(target)
    challenge = load(target)
    backend = backend_named("bubblewrap")
    with (
        stage_of(challenge, "sample", 2) as subject,
        Examination(subject, backend=backend, seeds=(1,), jobs=2, drawn_from=challenge) as exam,
    ):
        return variants.run(exam)


@pytest.mark.heavy
def test_a_sound_challenge_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each variant at each stage."""
    found = checked(tmp_path, monkeypatch)
    assert found.problems == ()
    assert found.figure == "1 variants, 2 stages each"


def told(found: CheckResult, id_: str, says: str) -> None:
    assert f"variants.{id_}" in {problem.id for problem in found.problems}
    assert any(says in problem.what for problem in found.problems)
    assert all(problem.help for problem in found.problems)


@pytest.mark.heavy
def test_ten_variants_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as `grader verify` tries."""
    assert checked(tmp_path, monkeypatch, fewest=10).problems == ()


@pytest.mark.parametrize(
    ("weaken", "id_", "says"),
    [
        (
            replaced("pool/brief_1.txt", "times $factor.", "times $factor. <!-- $word -->"),
            "tells-later",
            "stage 1 depends on what is drawn for a later stage",
        ),
        (
            replaced("pool/starter_1.txt", '"""A tally."""', '"""A tally. trap-$word"""'),
            "leak",
            "tells what is planted",
        ),
        (
            replaced("pool/brief_1.txt", "# A tally", "# A tally\n\nLater: find the extreme."),
            "leak",
            "title of stage 2",
        ),
        (replaced("draw.py", "streams[0].randint(2, 9)", "__import__('os').getpid() % 8"), "unstable", "same seed"),
    ],
)
def test_what_a_variant_tells_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weaken: Weaken, id_: str, says: str
) -> None:
    """With the variant, the stage and what to do; nothing has to be graded for it."""
    monkeypatch.setattr(variants, "_about_marks", lambda *_: ())
    told(checked(tmp_path, monkeypatch, weaken), id_, says)


@pytest.mark.heavy  # each grades six submissions
@pytest.mark.parametrize(
    ("weaken", "id_", "says"),
    [
        (replaced("pool/solution_1.txt", "$factor *", "7 + $factor *"), "reference", "does not earn total"),
        (replaced("pool/flawed_1.txt", "sum(numbers)", "$factor * sum(numbers)"), "flaw", "loses nothing of 'total'"),
        (
            replaced("pool/starter_1.txt", "raise NotImplementedError", "return $factor * sum(numbers)"),
            "starter",
            "total",
        ),
        (
            replaced("pool/starter_2.txt", "raise NotImplementedError", "return $built_in(numbers)"),
            "starter",
            "extreme",
        ),
    ],
)
def test_what_a_variant_grades_wrongly_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weaken: Weaken, id_: str, says: str
) -> None:
    """The reference, the starter and a known mistake, at the stage where it shows."""
    told(checked(tmp_path, monkeypatch, weaken), id_, says)


def test_too_few_variants_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A candidate who knows them all has nothing left to be drawn."""
    monkeypatch.setattr(variants, "TRIES", 3)
    monkeypatch.setattr(variants, "_tried", lambda *_: ())
    weaken = replaced("draw.py", 'f"times-{factor}-{word}"', '"the-only-one"')
    assert "variants.few" in {problem.id for problem in checked(tmp_path, monkeypatch, weaken, fewest=10).problems}


def test_a_challenge_that_is_not_drawn_has_nothing_to_check(tmp_path: Path) -> None:
    """It has no variants."""
    sound = load(Path(__file__).parent / "fixtures/sound/language/runs")
    with Examination(sound, backend=backend_named("bubblewrap"), seeds=(1,), jobs=1) as exam:
        assert variants.run(exam) == CheckResult("nothing is drawn")
