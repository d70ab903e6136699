"""The way from nothing to a badge, as the guide for candidates shows it: its six commands, in order, on the sample."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Run

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guide/candidate.md").read_text(encoding="utf-8")
SAMPLE = "tests/candidates/strong"
RATINGS = 'format_version = 1\n[ratings]\n"Decorators" = { level = 3, date = 2026-11-30 }\n'
MARKS = 'format_version = 1\nreviewer = "Grace Hopper"\ndate = 2026-11-30\n[[peer]]\ncriterion = "testing"\nlevel = 3\n'
ANSWERS = {"profile": RATINGS, "review": MARKS}
"""What is asked for in a terminal, as the file that a command takes instead."""


def section() -> str:
    """The part of the guide that shows the way."""
    return GUIDE.partition("## From nothing to a badge")[2].partition("\n## ")[0]


def commands() -> list[list[str]]:
    (block,) = re.findall(r"^```text\n(.*?)^```$", section(), re.MULTILINE | re.DOTALL)
    return [shlex.split(line)[1:] for line in block.splitlines()]


def test_six_commands_lead_from_nothing_to_a_badge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grader: Run
) -> None:
    """A profile, a plan, reports, a review, a badge and a dashboard, each by the command that the guide names."""
    pytest.importorskip("openbadgeslib", reason="the extra `badges` is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADER_SIGNING_KEY", raising=False)
    (trust,) = re.findall(r"^```toml\n(.*?)^```$", section(), re.MULTILINE | re.DOTALL)
    Path("issuers.toml").write_text(trust)
    walk = commands()
    assert [words[0] for words in walk] == ["profile", "plan", "grade", "review", "badge", "portfolio"]
    told = []
    for words in walk:
        words = [word.replace(SAMPLE, str(ROOT / SAMPLE)) for word in words]
        words = [str(found) for word in words for found in (tmp_path.glob(word) if "*" in word else [word])]
        if words[0] in ANSWERS:
            Path("answers.toml").write_text(ANSWERS[words[0]])
            words += ["--from", "answers.toml"]
        ended = grader(*words)
        assert ended.status == 0, (words, ended.out, ended.err)
        told.append(ended.out)
    profile, plan, graded, review, issued, dashboard = told
    assert "1 of 27 skills are rated" in profile
    assert "grader start" in plan
    assert "Badges: 🐍 Python Wizard" in graded
    assert "signed: portfolio/reviews/grace.json" in review
    assert "wrote portfolio/badges/python-wizard-" in issued
    assert "🐍 Python Wizard, issued by Practice" in dashboard
    assert "Grace Hopper, 2026-11-30, language/decorators: Testing 3 (signed)" in " ".join(dashboard.split())
    assert re.search(r"Language Mastery +█+░* +\d+ %  \d+ % signed", dashboard)
    assert max(map(len, dashboard.splitlines())) <= 80
    (badge,) = Path("portfolio/badges").glob("*.png")
    checking = ("--offline", "--status", "office/public/status.json", "--to", "Ada Lovelace")
    assert grader("badge", "check", badge, "--issuer", "issuers.toml", *checking).status == 0
    assert "refused" in grader("badge", "check", badge, "--issuer", "grace.pub", *checking).err


def test_the_walk_says_what_it_proves() -> None:
    """Six commands, and whose word the badge is."""
    assert len(commands()) == 6
    assert "proves nothing to anybody" in " ".join(section().split())
