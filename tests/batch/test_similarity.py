"""Submissions that share their code are flagged for a person; what everybody got is not."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from grader.batch.similarity import SubmissionText, similar

pytestmark = pytest.mark.skipif(find_spec("copydetect") is None, reason="copydetect is not installed")

STARTER = "class Model:\n    def __init__(self, **values):\n        raise NotImplementedError\n"
ONE = STARTER + "".join(
    f"\n\ndef rule_{n}(value, low={n}):\n    return [item * {n} for item in value if item > low]\n" for n in range(8)
)
SHAPE = """

class Shape{n}:
    side: int = {n}

    @property
    def area(self):
        while self.side:
            yield from range(self.side)
"""
OTHER = STARTER + "".join(SHAPE.format(n=n) for n in range(8))


def test_a_renamed_copy_is_flagged() -> None:
    """Other names, the same code: the pair is listed with its share."""
    renamed = ONE.replace("value", "numbers").replace("rule_", "check").replace("item", "x")
    (pair,) = similar([SubmissionText.of("ada", "c", ONE, STARTER), SubmissionText.of("bob", "c", renamed, STARTER)])
    assert (pair.one, pair.other) == ("ada", "bob")
    assert pair.percent >= 80


def test_the_common_starter_flags_nobody() -> None:
    """Two submissions that share the starter and nothing else are not similar; nor are two challenges' submissions."""
    assert similar([SubmissionText.of("ada", "c", ONE, STARTER), SubmissionText.of("bob", "c", OTHER, STARTER)]) == ()
    assert similar([SubmissionText.of("ada", "c", ONE, STARTER), SubmissionText.of("bob", "d", ONE, STARTER)]) == ()


def test_submissions_with_nothing_in_them_are_not_similar() -> None:
    """Empty texts share nothing worth a look."""
    assert similar([SubmissionText.of("ada", "c", "", ""), SubmissionText.of("bob", "c", "", "")]) == ()


def test_of_many_copies_each_is_named_once() -> None:
    """A cohort that copied from one source gives one line a copy, not one for each two of them."""
    texts = [SubmissionText.of(f"c{number}", "c", f"{ONE}\n# by {number}\n", STARTER) for number in range(40)]
    pairs = similar([*texts, SubmissionText.of("zoe", "c", OTHER, STARTER)])
    assert {pair.one for pair in pairs} == {"c0"}
    assert [pair.other for pair in pairs] == sorted(f"c{number}" for number in range(1, 40))


def test_what_was_found_is_found_again_until_a_text_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unchanged cohort is not compared anew; a changed one is."""
    kept = tmp_path / "similar.json"
    texts = [SubmissionText.of("ada", "c", ONE, STARTER), SubmissionText.of("bob", "c", ONE, STARTER)]
    first = similar(texts, kept=kept)
    monkeypatch.setattr("grader.batch.similarity._pairs", lambda group: pytest.fail("it was compared anew"))
    assert similar(texts[::-1], kept=kept) == first
    kept.write_text("{", encoding="utf-8")
    with pytest.raises(pytest.fail.Exception):
        similar(texts, kept=kept)
    monkeypatch.undo()
    assert similar([texts[0], SubmissionText.of("bob", "c", OTHER, STARTER)], kept=kept) == ()


def test_a_copy_inside_a_longer_text_is_flagged() -> None:
    """Who adds much of their own to somebody's whole work is still listed."""
    (pair,) = similar(
        [SubmissionText.of("ada", "c", ONE, STARTER), SubmissionText.of("bob", "c", ONE + OTHER, STARTER)]
    )
    assert pair.percent >= 80
