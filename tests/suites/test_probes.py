"""Answers that reach for the probe or for what it measures with, and what the hidden tests say of them: a folder each.

`appended.py` is put below a challenge's solution. `attack.toml` names the hidden tests that are asked, whether they are
kept, and words that the candidate is told. Nothing else is graded, so an attack costs a second.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from grader.challenges.catalogue import catalogue
from grader.evidence.suite.behaviour import measure
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import SuiteJob
from grader.model import Promise, PromiseOutcome
from grader.model.progress import silent

HERE = Path(__file__).parent / "probes"
SECONDS = 240.0


class Attack(NamedTuple):
    """What a folder says."""

    challenge: str
    tests: tuple[str, ...]
    kept: bool
    says: str
    code: str


def attacks() -> list[object]:
    """Every attack, as a parameter."""
    parameters: list[object] = []
    for path in sorted(HERE.glob("*/attack.toml")):
        words = tomllib.loads(path.read_text(encoding="utf-8"))
        code = (path.parent / "appended.py").read_text(encoding="utf-8")
        attack = Attack(
            words["challenge"], tuple(words["tests"]), words.get("kept", False), words.get("says", ""), code
        )
        marks = [] if words.get("quick") else [pytest.mark.heavy]
        parameters.append(pytest.param(attack, id=path.parent.name, marks=marks))
    return parameters


def asked(attack: Attack, folder: Path, host: SuiteHost) -> dict[str, Promise]:
    """The hidden tests that were asked, by name."""
    challenge = catalogue().find(attack.challenge)
    shutil.copytree(challenge.folder / "solution", folder)
    (module,) = challenge.manifest.modules
    with (folder / module).open("a", encoding="utf-8") as file:
        file.write(f"\n\n{attack.code}")
    job = SuiteJob(
        challenge=challenge.folder,
        submission=folder,
        digest=attack.code[:8],
        seed=1,
        backend="bubblewrap",
        explain=False,
        observe=False,
        tests=attack.tests,
        call_seconds=20.0,
    )
    evidence = measure(job, challenge, progress=silent, host=host)
    assert evidence.failure is None, evidence.failure
    return {promise.id: promise for promise in evidence.promises}


@pytest.mark.parametrize("attack", attacks())
def test_who_reaches_behind_the_probe_gains_nothing(attack: Attack, tmp_path: Path, warm: SuiteHost) -> None:
    """Every named promise ends as the attack's folder says, and the candidate is told why."""
    promises = asked(attack, tmp_path / "submission", warm)
    assert set(promises) == set(attack.tests)
    for promise in promises.values():
        assert (promise.outcome is PromiseOutcome.KEPT) == attack.kept, promise
        assert attack.says in (promise.detail.trace if promise.detail else ""), promise
