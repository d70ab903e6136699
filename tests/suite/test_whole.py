"""Kits in a hidden suite that is run as every other: by the host, in its forks, against good and bad submissions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.challenges.challenge import Challenge
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import Ran, SuiteJob
from grader.model import PromiseOutcome

KEPT = {"test_fast", "test_processes", "test_crash", "test_shared", "test_without"}


@pytest.fixture(scope="module")
def host() -> Iterator[SuiteHost]:
    """The suite, collected once."""
    with SuiteHost() as host:
        yield host


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        pytest.param("", "", set(), id="right"),
        pytest.param(
            "range(times * 150)",
            "range(times * max(size, 50) * 150)",
            {"test_fast"},
            id="slow",
            marks=pytest.mark.heavy,
        ),
        pytest.param(
            "return list(pool.map(job, [address] * count, range(count)))",
            "return [job(address, number) for number in range(count)]",
            {"test_processes"},
            id="alone",
            marks=pytest.mark.heavy,
        ),
        pytest.param('file.write(f"{value}\\n")', "pass", {"test_crash"}, id="forgetful", marks=pytest.mark.heavy),
        pytest.param(
            "from adapters import disk\n",
            "class disk:\n    NAME = 'disk'\n",
            {"test_without"},
            id="no_adapter",
            marks=pytest.mark.heavy,
        ),
    ],
)
def test_every_kit_sees_its_mistake(
    host: SuiteHost, challenge: Challenge, tmp_path: Path, old: str, new: str, broken: set[str]
) -> None:
    """The solution keeps every promise; each mistake breaks the one that its kit looks after."""
    folder = tmp_path / "submission"
    shutil.copytree(challenge.folder / "solution", folder)
    text = (folder / "candidate.py").read_text()
    assert old in text
    (folder / "candidate.py").write_text(text.replace(old, new))
    job = SuiteJob(
        challenge=challenge.folder, submission=folder, digest="x", seed=1, backend="bubblewrap", explain=False
    )
    promises = [message.promise for message in host.run(job, seconds=120) if isinstance(message, Ran)]
    assert {promise.id for promise in promises} == KEPT
    outcomes = {promise.id: (promise.outcome, promise.reason, promise.detail) for promise in promises}
    assert {name for name, (outcome, *_) in outcomes.items() if outcome is not PromiseOutcome.KEPT} == broken, outcomes
