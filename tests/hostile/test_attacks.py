"""No attack gains a point, hangs or crashes the grader, is blamed on anybody else, or leaves anything behind.

Every folder beside this file is one attack, named after what it tries. Its `attack.toml` says what is promised, the
status that the report must have, the behaviour points it may earn at most, and words that the report must contain.
Attacks that wait for deadlines, or that need a bound of their own around them, are `heavy`.

An `adder.py` attacks the smallest challenge of tests/fixtures, an `orm.py` attacks `language/metaclass_orm` with one
hidden test for each criterion; with `analysed`, the analysers are asked as well.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import tempfile
import time
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from grader.assess.pipeline import grade, reject
from grader.challenges import challenge as challenges
from grader.challenges.catalogue import catalogue
from grader.evidence.analysers.pool import AnalyserPool, new_sandbox
from grader.evidence.suite.client import SuiteHost
from grader.intake import Rejected, take_folder
from grader.intake.snapshot import digest
from grader.model import Kind, MarkStatus, Report, ReportStatus, SourceFile, Submission
from grader.report import FORMATS, Audience, View, render
from grader.report.visible import BLANK
from sandbox.backends import backend_named

ATTACKS = Path(__file__).parent
SETTLING = 5.0
"""Seconds until everything that was killed is gone, also on a machine that is busy elsewhere."""
BY_TESTS = {kind for kind in Kind if kind.by_tests}


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack and its expected verdict."""

    folder: Path
    promise: str
    status: str
    at_most: float
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    """Words that no finding may hold: the attack raises them when it succeeds."""
    analysed: bool = False
    """Whether the analysers are what is attacked."""
    heavy: bool = False


def attacks() -> list[ParameterSet]:
    """Every attack as a pytest parameter."""
    found = []
    for path in sorted(ATTACKS.glob("*/attack.toml")):
        words = tomllib.loads(path.read_text(encoding="utf-8"))
        attack = Attack(folder=path.parent, **words)
        found.append(pytest.param(attack, id=path.parent.name, marks=[pytest.mark.heavy] if attack.heavy else []))
    return found


def criteria_of(text: str, kinds: set[str]) -> str:
    """The manifest's text with only the criteria of these kinds."""
    parts = re.split(r"(?m)^(?=\[\[(?:criteria|levels|equivalent)\]\]$|\[runtime\]$)", text)
    return "".join(
        part
        for part in parts
        if not part.startswith("[[criteria]]") or tomllib.loads(part)["criteria"][0]["kind"] in kinds
    )


def first_of_each_criterion(text: str) -> str:
    """A hidden suite with one test for each criterion: an attack shows in the first one."""
    seen, lines = set(), text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = node.decorator_list[0]
            assert isinstance(first, ast.Call)
            assert isinstance(first.args[0], ast.Constant)
            if first.args[0].value in seen:
                start, end = first.lineno - 1, node.end_lineno or 0
                lines[start:end] = ["\n"] * (end - start)
            seen.add(first.args[0].value)
    return "".join(lines)


def small(source: Path, folder: Path, kinds: set[Kind]) -> challenges.Challenge:
    """A copy of a challenge with few tests, few examples and the criteria of these kinds."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("flawed", "slips", "__pycache__"))
    manifest, suite = folder / "challenge.toml", folder / f"test_{folder.name}.py"
    text, _, _ = manifest.read_text(encoding="utf-8").partition("\n[budget]")
    text = criteria_of(text, {kind.value for kind in kinds})
    text = re.sub(r"(?m)^(earned|shares|skill_criteria) = .*$", "", text)  # they may name criteria that are gone
    budget = "examples = 3\ncall_seconds = 1.0\nsuite_seconds = 30.0\n"
    manifest.write_text(f"{text}\n[budget]\n{budget}", encoding="utf-8")
    suite.write_text(first_of_each_criterion(suite.read_text(encoding="utf-8")), encoding="utf-8")
    return challenges.load(folder)


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, challenges.Challenge]:
    """What is attacked, by the file that the submission has; `analysed` with every analyser."""
    orm = catalogue().find("language/metaclass_orm").folder
    adder = ATTACKS.parent / "fixtures/challenges/language/adder"
    folder = tmp_path_factory.mktemp("challenges")
    return {
        "analysed": small(orm, folder / "analysed/language/metaclass_orm", set(Kind)),
        "orm.py": small(orm, folder / "behaviour/language/metaclass_orm", BY_TESTS),
        "adder.py": small(adder, folder / "small/language/adder", BY_TESTS),
    }


@pytest.fixture(scope="module")
def pool() -> Iterator[AnalyserPool]:
    """The sandbox of the integrity analyser, open for all attacks that aim elsewhere."""
    lent = AnalyserPool()
    try:
        with lent(backend_named("bubblewrap"), (), (), ()):
            pass
        yield lent
    finally:
        lent.close()


@pytest.fixture(scope="module")
def drawn(targets: dict[str, challenges.Challenge], pool: AnalyserPool, warm: SuiteHost) -> None:
    """Exams stay for as long as the host lives, and no candidate's code runs in them: draw them before any attack."""
    for name, target in targets.items():
        file = SourceFile(path=name if name != "analysed" else "orm.py", text="")
        empty = Submission(origin="empty", files=(file,), digest=digest([file]))
        grade(empty, target, backend=backend_named("bubblewrap"), seed=1, explain=False, host=warm, lend=pool)


@pytest.fixture
def attacked(
    targets: dict[str, challenges.Challenge], pool: AnalyserPool, drawn: None, warm: SuiteHost
) -> Callable[[Attack], Report]:
    """Grade the submission of an attack."""

    def grade_it(attack: Attack) -> Report:
        folder = attack.folder / "submission"
        name = next(name for name in ("adder.py", "orm.py") if (folder / name).exists())
        challenge = targets["analysed" if attack.analysed else name]
        taken = take_folder(folder)
        if isinstance(taken, Rejected):
            return reject(str(folder), challenge, (*taken.reasons, *taken.notices))
        return grade(
            taken,
            challenge,
            backend=backend_named("bubblewrap"),
            seed=1,
            explain=False,
            host=warm,
            lend=new_sandbox if attack.analysed else pool,
        )

    return grade_it


def descendants() -> dict[int, str]:
    """Processes below this one, zombies included, with their names and states."""
    parents, names = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = stat.read_text(errors="replace").rpartition(")")
        except OSError:
            continue
        pid = int(stat.parent.name)
        parents[pid], names[pid] = int(tail.split()[1]), f"{head.partition('(')[2]} {tail.split()[0]}"
    family, size = {os.getpid()}, 0
    while len(family) > size:
        size = len(family)
        family |= {pid for pid, parent in parents.items() if parent in family}
    return {pid: names[pid] for pid in family - {os.getpid()}}


def survivors(before: set[int]) -> list[str]:
    """Processes that were not there before and do not end: what was killed takes a moment to be gone."""
    end = time.monotonic() + SETTLING
    while (new := {pid: name for pid, name in descendants().items() if pid not in before}) and time.monotonic() < end:
        time.sleep(0.02)
    return [f"{name} ({pid})" for pid, name in new.items()]


def leftovers() -> set[str]:
    """Temporary files of gradings."""
    return {path.name for path in Path(tempfile.gettempdir()).glob("grader-*")}


def misplaced(report: Report, submission: Path) -> list[str]:
    """Places in a report that are no line of a file that was handed in."""
    findings = [*report.findings, *(finding for mark in report.criteria for finding in mark.findings)]
    promises = [promise for mark in report.criteria for promise in mark.promises]
    places = {(finding.file, finding.line or 1) for finding in findings if finding.file is not None}
    places |= {(promise.file, promise.line or 1) for promise in promises if promise.file is not None}
    if report.status is ReportStatus.REJECTED:
        return []
    return [
        f"{file}:{line}"
        for file, line in places
        if ".." in Path(file).parts
        or not (submission / file).is_file()
        or line > (submission / file).read_bytes().count(b"\n") + 1
    ]


STEERING = {
    "terminal": r"(?m)^\s*::\w|##(?:vso|teamcity)\[",
    "github": r"##\[|(?m:^\s*::(?!error|warning|notice|group|endgroup|debug))",
    "html": r"<script>alert|<img src=x",
    "markdown": r"<script>alert|<img src=x|\]\(javascript:|!\[\]\(http",
}
"""What the reader of a format would obey, if it were the submission's."""


def steering(name: str, output: str) -> list[str]:
    """What a display, a browser or a CI service would obey in a report."""
    steers = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    characters = [c for c in output if c != "\n" and (unicodedata.category(c) in steers or c in BLANK)]
    return [*characters, *(re.findall(STEERING[name], output) if name in STEERING else [])]


@pytest.mark.parametrize("attack", attacks())
def test_an_attack_gains_nothing(
    attack: Attack,
    attacked: Callable[[Attack], Report],
    targets: dict[str, challenges.Challenge],
    warm: SuiteHost,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The verdict is the one that the attack's folder states, and it is the submission's doing."""
    warm.start(*(target.folder for target in targets.values()))  # these stay, and no candidate's code runs in them
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(descendants())
    report = attacked(attack)
    by_tests = [mark for mark in report.criteria if mark.kind in BY_TESTS]
    assert report.status.value == attack.status
    assert sum(mark.earned for mark in by_tests) <= attack.at_most, attack.promise
    blamed_elsewhere = [mark.id for mark in report.criteria if mark.status is MarkStatus.NOT_MEASURED]
    assert not blamed_elsewhere
    assert not survivors(before), "a process was left"
    assert not leftovers(), "a file was left"
    told = [finding.message for mark in report.criteria for finding in mark.findings]
    told += [promise.reason for mark in report.criteria for promise in mark.promises]
    for words in attack.never:
        assert words not in " ".join(told), attack.promise
    for words in attack.says:
        assert words in render(report, "json", View(audience=Audience.REVIEWER)), (attack.promise, told)
    assert not misplaced(report, attack.folder / "submission")
    for name in FORMATS:
        assert steering(name, render(report, name)) == [], name


def test_every_attack_is_in_the_list() -> None:
    """The README names each attack, what it promises, and nothing that is not there."""
    text = (ATTACKS / "README.md").read_text(encoding="utf-8").partition("\n## Code that nobody reads")[0]
    listed = dict(re.findall(r"(?m)^\| `(\w+)` \| (.*?) \| ", text))
    promises = {
        path.parent.name: tomllib.loads(path.read_text(encoding="utf-8"))["promise"]
        for path in ATTACKS.glob("*/attack.toml")
    }
    assert listed == promises


def test_tests_that_hold_attacks_elsewhere_exist() -> None:
    """Each test that the README names for an attack outside this folder is there."""
    text = (ATTACKS / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert named
    missing = [
        (path, name)
        for path, name in named
        if f"def {name}(" not in (ATTACKS.parent.parent / path).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_there_are_enough_attacks() -> None:
    """No attack gets lost."""
    assert len(attacks()) >= 195
