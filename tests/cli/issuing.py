"""An issuer with a key, sessions that were issued, and what candidates seal: shared by the tests of issued sessions."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grader.cli import session_clock
from tests.cli.conftest import Ended, Run

START = dt.datetime(2026, 12, 1, 9, 0, tzinfo=dt.UTC)
SOLVED = "class Model:\n    pass\n"


class Clock:
    """The time by which all commands go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = START
        monkeypatch.setattr(session_clock, "now", lambda: self.now)

    def at(self, minutes: float) -> None:
        self.now = START + dt.timedelta(minutes=minutes)


class Issuer(NamedTuple):
    """An issuer with a key, who issues sessions on an ORM of 30 minutes."""

    grader: Run
    root: Path

    @property
    def key(self) -> Path:
        return self.root / "boss.key"

    def issue(self, name: str, *options: object, to: str = "Ada Lovelace", slug: str = "metaclass_orm") -> Path:
        minutes = ("--minutes", 30)
        arguments = ("interview", "issue", slug, self.root / name, "--to", to, "--key", self.key, *minutes, *options)
        ended = self.grader(*arguments)
        assert ended.status == 0, ended.err
        return self.root / name

    def answer(self, session: Path, *options: object, stage: int = 1, text: str = SOLVED) -> Path:
        """What the candidate seals in a copy of the workspace."""
        work = self.root / f"work-{session.name}-{stage}-{len(list(self.root.iterdir()))}"
        shutil.copytree(session / f"hand-over/stage-{stage}", work)
        (work / "orm.py").write_text(text)
        ended = self.grader("interview", "seal", work, *options)
        assert ended.status == 0, ended.err
        return work.with_name(f"{work.name}.sealed.json")

    def receive(self, answer: Path, session: Path, *options: object) -> Ended:
        return self.grader("interview", "receive", answer, session, "--key", self.key, *options)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def issuer(grader: Run, clock: Clock, tmp_path: Path) -> Issuer:
    assert grader("sign", "--new-key", tmp_path / "boss.key").status == 0
    return Issuer(grader, tmp_path)


@pytest.fixture
def session(issuer: Issuer) -> Path:
    return issuer.issue("session")


def content(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def rewritten(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The file after a change by hand."""
    value = content(path)
    change(value)
    path.write_text(json.dumps(value))
    return path


def refused(ended: Ended, why: str) -> None:
    assert (ended.status, "bug in the grader" in ended.err) == (2, False)
    assert why in " ".join(ended.err.split())
