"""Patches apply exactly or not at all, and the known mistakes of a challenge are read from them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from grader.challenges.challenge import Challenge, ChallengeError, load
from grader.challenges.flaws import Flaw, described, files_of, flaws, patch_of, texts
from grader.challenges.patches import PatchError, apply, diff, split
from grader.challenges.samples import laid_out, samples
from grader.cli.flaw import command

SOUND = Path(__file__).parent / "verify/fixtures/sound/language/runs"

lines = st.lists(
    st.sampled_from(["a", "b", "", " ", "-x", "+y", "--- q", "+++ q", "@@ -1 +1 @@", "\x0c", "\u2028", "é\r"])
)
contents = st.builds(lambda parts, end: "\n".join(parts) + end, lines, st.sampled_from(["", "\n"]))
folders = st.dictionaries(st.sampled_from(["a.py", "b/c.py", "d e.py"]), contents, max_size=3)


@given(old=folders, new=folders)
def test_a_diff_makes_one_folder_of_the_other(old: dict[str, str], new: dict[str, str]) -> None:
    """apply(diff(a, b), a) == b: new, deleted and empty files, no final newline, odd line ends, lines like headers."""
    assert apply(diff(old, new), old) == new


@given(data=st.data())
def test_any_changed_context_line_is_refused(data: st.DataObject) -> None:
    """A patch applies nowhere but to what it was made from."""
    old = [f"line {number}\n" for number in range(data.draw(st.integers(1, 12)))]
    at = data.draw(st.integers(0, len(old) - 1))
    new = [*old[:at], "changed\n", *old[at + 1 :]]
    body = diff({"a.py": "".join(old)}, {"a.py": "".join(new)})
    other = data.draw(st.integers(max(0, at - 3), min(len(old) - 1, at + 3)))
    touched = [*old[:other], "touched\n", *old[other + 1 :]]
    with pytest.raises(PatchError, match=rf"a\.py: hunk 1 .*line {other + 1} is 'touched"):
        apply(body, {"a.py": "".join(touched)})


@given(data=st.data())
def test_a_shifted_file_is_refused(data: st.DataObject) -> None:
    """There is no offset: a line more above the change is enough."""
    old = "".join(f"{number}\n" for number in range(9))
    body = diff({"a.py": old}, {"a.py": old.replace("8", "x")})
    with pytest.raises(PatchError, match="hunk 1"):
        apply(body, {"a.py": data.draw(st.sampled_from(["\n", "0\n"])) + old})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-x\n+y\n", "not a unified diff"),
        ("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n+z\n", "belong to no hunk"),
        ("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\nand so on\n", "belong to no hunk"),
        ("--- a/a.py\n+++ b/a.py\n@@ -9 +9 @@\n-x\n+y\n", "out of place"),
        ("--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-x\n+y\n", "which does not exist"),
        ("--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+y\n", "which already exists"),
        ("--- a/a.py\n+++ /dev/null\n", "not all of its lines"),
        ("--- /dev/null\n+++ b/../out.py\n@@ -0,0 +1 @@\n+y\n", "leads out"),
        ("--- /dev/null\n+++ b//out.py\n@@ -0,0 +1 @@\n+y\n", "leads out"),
    ],
)
def test_what_cannot_be_meant_is_refused(body: str, why: str) -> None:
    """Nothing of a patch is read over, and none leads out of its folder."""
    with pytest.raises(PatchError, match=why):
        apply(body, {"a.py": "x\n"})


def test_words_come_before_the_diff() -> None:
    """The head ends where the first file begins."""
    assert split("Why.\n\nloses: a\n--- a/x\n+++ b/x\n") == ("Why.\n\nloses: a", "--- a/x\n+++ b/x\n")
    assert split("--- a/x\n") == ("", "--- a/x\n")
    assert split("only words") == ("only words", "")


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    folder = tmp_path / "language/runs"
    shutil.copytree(SOUND, folder)
    return load(folder)


def mistake(challenge: Challenge, text: str) -> Flaw:
    path = challenge.folder / "flawed/bounds/new_one.patch"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return next(flaw for flaw in flaws(challenge) if flaw.mistake == "new_one")


def test_a_patch_and_a_folder_are_the_same_mistake(challenge: Challenge) -> None:
    """A known mistake may be either; name, claim and files are equal."""
    solution = texts(challenge.folder / "solution")
    (path,) = solution
    flawed = {path: solution[path] + "\nX = 1\n"}
    read = mistake(challenge, patch_of("Adds a name.", ("types",), solution, flawed))
    assert (read.description, read.also, read.loses) == ("Adds a name.", ("types",), frozenset({"bounds", "types"}))
    assert files_of(read, challenge) == flawed
    read.path.unlink()
    folder = read.path.with_suffix("")
    folder.mkdir()
    (folder / path).write_text(flawed[path], encoding="utf-8")
    (folder / "loses.txt").write_text("types  # too\n", encoding="utf-8")
    same = next(flaw for flaw in flaws(challenge) if flaw.mistake == "new_one")
    assert (same.name, same.loses, files_of(same, challenge)) == (read.name, read.loses, flawed)


def test_a_patch_that_does_not_apply_names_the_hunk_and_the_command(challenge: Challenge) -> None:
    """Whoever changes a solution learns which mistake to write anew, and how."""
    (path,) = texts(challenge.folder / "solution")
    flaw = mistake(challenge, f"Wrong.\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-no such line\n+y\n")
    with pytest.raises(ChallengeError, match=r"hunk 1 \(line 1\).*`grader flaw edit runs bounds/new_one`"):
        files_of(flaw, challenge)


def run(challenge: Challenge, *arguments: str) -> str:
    done = CliRunner().invoke(command, ["edit", *arguments, "--challenges", str(challenge.folder.parents[1])])
    return done.output + (str(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else "")


def test_a_mistake_is_laid_out_and_written_back(
    challenge: Challenge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command run twice: edit in between, and the patch is there; nothing is written while nothing was done."""
    monkeypatch.chdir(tmp_path)
    (path,) = texts(challenge.folder / "solution")
    named = ("runs", f"{next(iter(challenge.manifest.criteria)).id}/brand_new")
    assert "Make the mistake" in run(challenge, *named)
    laid = tmp_path / "runs--brand_new"
    assert "still contains the unchanged solution" in run(challenge, *named)
    (laid / path).write_text("X = 1\n", encoding="utf-8")
    assert "does not say what people get wrong" in run(challenge, *named)
    (laid / "MISTAKE.txt").write_text("Forgets everything.\n\nloses: types\n", encoding="utf-8")
    assert "Wrote " in run(challenge, *named)
    assert not laid.exists()
    flaw = next(flaw for flaw in flaws(challenge) if flaw.mistake == "brand_new")
    assert (flaw.description, flaw.also) == ("Forgets everything.", ("types",))
    assert files_of(flaw, challenge) == {path: "X = 1\n"}
    assert "Make the mistake" in run(challenge, *named)
    assert (laid / path).read_text(encoding="utf-8") == "X = 1\n"


def test_what_does_not_apply_any_more_is_laid_out_beside_the_solution(
    challenge: Challenge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The author loses nothing: the solution lies there, and the old patch with it."""
    monkeypatch.chdir(tmp_path)
    (path,) = texts(challenge.folder / "solution")
    criterion = next(iter(challenge.manifest.criteria)).id
    flaw = challenge.folder / f"flawed/{criterion}/old.patch"
    flaw.parent.mkdir(parents=True, exist_ok=True)
    flaw.write_text(f"Wrong.\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-no such line\n+y\n", encoding="utf-8")
    assert "hunk 1" in run(challenge, "runs", f"{criterion}/old")
    laid = texts(tmp_path / "runs--old")
    assert laid.keys() == {path, "MISTAKE.txt", "OLD.patch"}
    assert laid["MISTAKE.txt"] == "Wrong.\n"


def test_a_criterion_that_is_none_is_refused(
    challenge: Challenge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typo does not make a new folder."""
    monkeypatch.chdir(tmp_path)
    told = run(challenge, "runs", "nothing/of_it")
    assert "is not a criterion" in told
    assert "; or name the mistake slips/NAME or without_skill" in told
    assert list(tmp_path.iterdir()) == [tmp_path / "language"]


def test_every_shipped_mistake_applies_and_is_described() -> None:
    """No solution has drifted away from its known mistakes, and each says what people get wrong."""
    for manifest in sorted((Path(__file__).parent.parent / "challenges").glob("*/*/challenge.toml")):
        challenge = load(manifest.parent)
        for flaw in flaws(challenge):
            assert files_of(flaw, challenge).keys() >= set(challenge.manifest.modules), flaw.name
            assert flaw.description or flaw.path.is_dir(), flaw.name
        for sample in samples(challenge):
            assert laid_out(sample, challenge).keys() >= set(challenge.manifest.modules), sample.name
            assert described(sample.path)[0] or sample.path.is_dir(), sample.name


def test_a_folder_that_is_edited_becomes_a_patch(
    challenge: Challenge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is never a folder and a patch of the same mistake."""
    monkeypatch.chdir(tmp_path)
    flaw = flaws(challenge)[0]
    before = files_of(flaw, challenge)
    named = ("runs", f"{flaw.criterion}/{flaw.mistake}")
    run(challenge, *named)
    (tmp_path / f"runs--{flaw.mistake}/MISTAKE.txt").write_text("Says why.\n", encoding="utf-8")
    assert "Wrote " in run(challenge, *named)
    after = next(patched for patched in flaws(challenge) if patched.name == flaw.name)
    assert not flaw.path.exists()
    assert after.path.suffix == ".patch"
    assert files_of(after, challenge) == before


@pytest.mark.parametrize(
    ("name", "laid", "patch"),
    [
        ("slips/one_slip", "runs--one_slip", "slips/one_slip.patch"),
        ("without_skill", "runs--without_skill", "without_skill.patch"),
    ],
)
def test_a_sample_is_laid_out_and_written_back(
    challenge: Challenge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, laid: str, patch: str
) -> None:
    """Slips, and what lacks the skill, are edited by the same command; `levels` holds them to their claim."""
    monkeypatch.chdir(tmp_path)
    (challenge.folder / "without_skill.patch").unlink()
    (path,) = texts(challenge.folder / "solution")
    assert "Make the mistake" in run(challenge, "runs", name)
    (tmp_path / laid / path).write_text("X = 1\n", encoding="utf-8")
    (tmp_path / laid / "MISTAKE.txt").write_text("Forgets everything.\n", encoding="utf-8")
    assert "grader verify runs --only levels" in run(challenge, "runs", name)
    (sample,) = [sample for sample in samples(challenge) if sample.name == name]
    assert sample.path == challenge.folder / patch
    assert laid_out(sample, challenge) == {path: "X = 1\n"}
    assert "Make the mistake" in run(challenge, "runs", name), "to go on where it was left"
    assert (tmp_path / laid / path).read_text(encoding="utf-8") == "X = 1\n"
