"""Commands that write files or vouch for them: keys and signatures, exports, new challenges, reviews."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest

from .conftest import GOLD, Run

CHALLENGES = Path(__file__).parents[1] / "fixtures/challenges"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report of this product's."""
    return Path(shutil.copy(GOLD / "full/report.json", tmp_path / "report.json"))


@pytest.fixture
def key(grader: Run, tmp_path: Path) -> Path:
    """A private key, with the public one beside it."""
    assert grader("sign", "--new-key", tmp_path / "key").status == 0
    return tmp_path / "key"


def test_a_signature_holds_until_a_byte_is_changed(
    grader: Run, key: Path, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys may come from the environment; a changed envelope is no input that is wrong, but one not to be trusted."""
    monkeypatch.setenv("GRADER_SIGNING_KEY", key.read_text())
    monkeypatch.setenv("GRADER_PUBLIC_KEY", key.with_name("key.pub").read_text())
    envelope = report.with_name("report.signed.json")
    assert grader("sign", report).out == f"signed: {envelope}\n"
    ended = grader("check", envelope)
    assert (ended.status, "The signature is valid" in ended.err) == (0, True)
    words = json.loads(envelope.read_text())
    words["signatures"][0]["sig"] = "AAAA" + words["signatures"][0]["sig"][4:]
    envelope.write_text(json.dumps(words))
    ended = grader("check", envelope)
    assert (ended.status, "cannot be trusted" in ended.err) == (1, True)


def test_what_is_missing_for_a_signature_is_said(grader: Run, key: Path, report: Path, tmp_path: Path) -> None:
    """The report, the key, the envelope, a folder to write to; a key is never written over another."""
    before = key.read_bytes()
    for words, said in (
        (["sign"], "REPORT is missing"),
        (["sign", report], "no key was given"),
        (["sign", "--new-key", key], "already exists"),
        (["sign", "--new-key", tmp_path / "nowhere/key"], "Choose a folder that you can write to"),
        (["check", report], "no key was given"),
        (["check", tmp_path / "nothing", "--key", f"{key}.pub"], "Pass an envelope"),
    ):
        ended = grader(*words)
        assert ended.status == 2, words
        assert said in " ".join(ended.err.split()), words
    assert key.read_bytes() == before


def test_an_export_holds_nothing_that_only_the_grader_may_know(grader: Run, tmp_path: Path) -> None:
    """Brief and starter of the challenge that is named; neither solution nor hidden suite."""
    ended = grader("export", tmp_path / "public", "adder", "--challenges", CHALLENGES)
    assert (ended.status, "Exported 1 challenges to" in ended.out) == (0, True), ended.err
    names = {path.name for path in (tmp_path / "public").rglob("*")}
    assert "README.md" in names
    assert not names & {"solution", "test_adder.py", "probe.py", "flawed"}


def test_a_challenge_that_cannot_be_read_is_not_left_out_of_an_export(grader: Run, tmp_path: Path) -> None:
    """Whoever exports all is told which one is broken, and nothing is written."""
    broken = tmp_path / "challenges/language/broken"
    broken.mkdir(parents=True)
    (broken / "challenge.toml").write_text("format_version = 'one'\n")
    ended = grader("export", tmp_path / "public", "--challenges", tmp_path / "challenges")
    assert (ended.status, "broken" in ended.err) == (2, True)
    assert not (tmp_path / "public").exists()


def test_a_new_challenge_says_what_comes_first(grader: Run, tmp_path: Path) -> None:
    """Its folder, the brief, and the command that tells how far its author is."""
    ended = grader("new", "production/rate_limiter", "--in", tmp_path)
    assert ended.status == 0
    assert f"{tmp_path}/production/rate_limiter/README.md" in ended.out
    assert f"grader verify rate_limiter --quick --challenges {tmp_path}" in ended.out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_reviewer_is_asked_at_a_terminal(grader: Run, report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reviews, then each of the four criteria of people, with a reason where there is a level."""
    monkeypatch.setattr("sys.stdin", Terminal("Grace\n3\nNeat seams.\n0\n0\n0\n" + "0\n" * 8))
    ended = grader("review", report)
    assert ended.status == 0, ended.err
    assert "Grace" in ended.out
    assert "Neat seams." in ended.out
    assert "Neat seams." in report.read_text()


def test_a_reviewer_who_cannot_be_asked_names_a_file(
    grader: Run, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal nothing is asked and nothing changes."""
    before = report.read_bytes()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    ended = grader("review", report)
    assert (ended.status, "Give the review with --from FILE" in " ".join(ended.err.split())) == (2, True)
    assert report.read_bytes() == before
