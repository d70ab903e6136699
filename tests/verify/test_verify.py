"""Verifying challenges: order, endings, what is kept from earlier runs, and what the shell is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.challenges.challenge import Challenge, load
from grader.cli import main
from grader.verify import verification as verifying
from grader.verify.cache import Cache
from grader.verify.checks import FORM, Checker, CheckResult, CheckSchedule
from grader.verify.examination import Examination
from grader.verify.verdict import CheckStatus, Problem, Unmeasured, Unusable, Verification
from grader.verify.verification import VerifyOptions, verify
from sandbox.outcome import SandboxUnusable
from sandbox.policy import Policy, Program
from sandbox.session import Session

Weakened = Callable[..., Challenge]
SOUND = Path(__file__).parent / "fixtures/sound"
PROBLEM = Problem(id="x.y", where="here", what="it is wrong", help="mend it")


class NoSandbox:
    """A backend of a machine that can isolate nothing."""

    name = "none"

    def open(self, policy: Policy, program: Program) -> Session:
        raise SandboxUnusable("this machine cannot isolate", remedy="use another")


class Runs:
    """A check that counts how often it runs and ends as it is told."""

    def __init__(self, ends: CheckResult | Exception) -> None:
        self.times = 0
        self._ends = ends

    def __call__(self, _: Examination) -> CheckResult:
        self.times += 1
        if isinstance(self._ends, Exception):
            raise self._ends
        return self._ends


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put checks in place of the real ones behind `form`."""

    def use(**runs: Runs) -> None:
        table = (FORM, *(Checker(name, f"{name} holds", run) for name, run in runs.items()))
        monkeypatch.setattr(verifying, "CHECKS", table)

    return use


def result(challenge: Challenge, cache: Cache | None = None, **wanted: object) -> Verification:
    options = msgspec.convert({"seeds": (1, 2), **wanted}, VerifyOptions)
    return verify([challenge], backend=NoSandbox(), options=options, cache=cache)


def verdicts(found: Verification) -> dict[str, CheckStatus]:
    return {check.id: check.verdict for check in found.challenges[0].checks}


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        (CheckResult("3 of 3"), CheckStatus.HOLDS),
        (CheckResult("2 of 3", (PROBLEM,)), CheckStatus.FAILS),
        (Unusable(PROBLEM), CheckStatus.FAILS),
        (Unmeasured("no sandbox", remedy="use another machine"), CheckStatus.UNMEASURED),
        (SandboxUnusable("no sandbox", remedy="use another machine"), CheckStatus.UNMEASURED),
    ],
)
def test_a_check_ends_in_one_of_three_ways(
    ends: CheckResult | Exception, verdict: CheckStatus, checks: Callable[..., None], challenge: Weakened
) -> None:
    """It holds, it fails for the author, or nothing follows because of us or the machine."""
    checks(one=Runs(ends))
    found = result(challenge())
    assert verdicts(found) == {"form": CheckStatus.HOLDS, "one": verdict}
    assert found.verdict is verdict


def test_a_failure_outweighs_what_was_not_measured(checks: Callable[..., None], challenge: Weakened) -> None:
    """What is known to be wrong is said, whatever else could not be looked at."""
    checks(one=Runs(Unmeasured("no")), two=Runs(CheckResult("", (PROBLEM,))))
    assert result(challenge()).verdict is CheckStatus.FAILS


def test_nothing_is_run_on_a_challenge_with_missing_parts(checks: Callable[..., None], challenge: Weakened) -> None:
    """What form finds missing would only be told again in other words."""
    subject = challenge()
    subject.probe.unlink()
    run = Runs(CheckResult(""))
    checks(one=run)
    found = result(subject)
    assert verdicts(found) == {"form": CheckStatus.FAILS, "one": CheckStatus.SKIPPED}
    assert run.times == 0


def test_what_did_not_change_is_not_run_again(checks: Callable[..., None], challenge: Weakened, tmp_path: Path) -> None:
    """A result is kept by the content of the challenge and by the seeds; another of either is run anew."""
    run = Runs(CheckResult("3 of 3", (PROBLEM,)))
    checks(one=run)
    subject = challenge()
    cache = Cache(tmp_path / "cache")
    first, again = result(subject, cache), result(subject, cache)
    assert run.times == 1
    kept = again.challenges[0].checks[1]
    assert kept.cached
    assert msgspec.structs.replace(kept, cached=False) == first.challenges[0].checks[1]
    result(subject, cache, seeds=(7, 8))
    (subject.folder / "probe.py").write_text("import runs\n")
    result(load(subject.folder), cache)
    assert run.times == 3


def test_what_could_not_be_measured_is_not_kept(
    checks: Callable[..., None], challenge: Weakened, tmp_path: Path
) -> None:
    """A machine that could not isolate yesterday is asked again today."""
    run = Runs(Unmeasured("no"))
    checks(one=run)
    subject = challenge()
    for _ in range(2):
        result(subject, Cache(tmp_path / "cache"))
    assert run.times == 2


def test_a_spoilt_cache_is_no_cache(checks: Callable[..., None], challenge: Weakened, tmp_path: Path) -> None:
    """Files that make no sense, or cannot be written, cost time and nothing else."""
    run = Runs(CheckResult(""))
    checks(one=run)
    subject = challenge()
    result(subject, Cache(tmp_path / "cache"))
    for path in (tmp_path / "cache").iterdir():
        path.write_text("{")
    result(subject, Cache(tmp_path / "cache"))
    (tmp_path / "file").write_text("")
    result(subject, Cache(tmp_path / "file"))
    assert run.times == 3


def test_who_refreshes_the_cache_leaves_new_results(
    checks: Callable[..., None], challenge: Weakened, tmp_path: Path
) -> None:
    """What is there is not used, and what was found is there for the next run."""
    run = Runs(CheckResult(""))
    checks(one=run)
    subject = challenge()
    result(subject, Cache(tmp_path / "cache"))
    result(subject, Cache(tmp_path / "cache", refresh=True))
    assert run.times == 2
    assert result(subject, Cache(tmp_path / "cache")).challenges[0].checks[1].cached


def test_only_and_quick_choose(
    checks: Callable[..., None], challenge: Weakened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Form is always looked at; a slow check waits for the whole run, and a very slow one until it is named."""
    slow = Checker("slow", "slow holds", Runs(CheckResult("")), runs=CheckSchedule.THOROUGH)
    other = Checker("other", "other holds", Runs(CheckResult("")))
    named = Checker("named", "named holds", Runs(CheckResult("")), runs=CheckSchedule.NAMED)
    monkeypatch.setattr(verifying, "CHECKS", (FORM, slow, other, named))
    subject = challenge()
    assert [*verdicts(result(subject))] == ["form", "slow", "other"]
    assert [*verdicts(result(subject, quick=True))] == ["form", "other"]
    assert [*verdicts(result(subject, only=("slow",)))] == ["form", "slow"]
    assert [*verdicts(result(subject, only=("named",), quick=True))] == ["form", "named"]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with the sound challenge, for the command line, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Path(shutil.copytree(SOUND, tmp_path / "own"))


def called(own: Path, *arguments: str) -> int:
    return main(["verify", "runs", "--challenges", str(own), "--only", "form", *arguments])


def test_the_shell_is_told_that_all_holds(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0, and a table with each check."""
    assert called(own) == 0
    assert "✓  form" in capsys.readouterr().out


def test_each_challenge_is_told_as_soon_as_it_is_known(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All together take long: what was found of one is there before the next is looked at."""
    heard: list[str] = []

    def listened(*arguments: Any, **options: Any) -> Verification:
        heard.append(capsys.readouterr().out)
        return verify(*arguments, **options)

    monkeypatch.setattr(verifying, "verify", listened)
    assert called(own, "runs") == 0
    assert ["✓  form" in text for text in heard] == [False, True]


def test_the_shell_is_told_what_fails(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1, with meaning and remedy; as JSON the same."""
    (own / "language/runs/probe.py").unlink()
    assert called(own) == 1
    assert "Write small functions over plain data" in capsys.readouterr().out
    assert called(own, "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    (check,) = told["challenges"][0]["checks"]
    assert (told["format_version"], check["verdict"], check["problems"][0]["id"]) == (1, "fails", "form.missing")


def test_a_wrong_call_is_told(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 for an unknown challenge, check or backend, naming those there are."""
    assert main(["verify", "nonsense", "--challenges", str(own)]) == 2
    assert called(own, "--only", "forms") == 2
    assert "forgers" in capsys.readouterr().err
    assert called(own, "--backend", "paper") == 2


def test_a_machine_that_cannot_isolate_is_told(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 3 when a check could not be made; nothing is called weak."""
    monkeypatch.setattr("grader.assess.grader.backend_named", lambda _: NoSandbox())
    assert main(["verify", "runs", "--challenges", str(own), "--only", "solution", "--no-cache"]) == 3
    assert "not measured" in capsys.readouterr().out
