"""How analysing a submission can end, and whom each ending costs points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import pytest

from grader.challenges.challenge import Challenge
from grader.challenges.manifest import Criterion, Manifest, Requirement, Runtime
from grader.evidence.analysers import mypy_cache as type_cache
from grader.evidence.analysers.pool import AnalyserPool, Lender, new_sandbox
from grader.evidence.analysers.reading import analyse, reading
from grader.model import Area, Evidence, Fault, Kind, Severity, SourceFile, Submission
from grader.model.progress import Event
from sandbox.backends import backend_named
from sandbox.outcome import Died, ProbeMisuse, Raised, SandboxUnusable, TimedOut
from sandbox.policy import Policy, Program
from sandbox.session import Call, Plain, Usage

KINDS = (Kind.TYPES, Kind.CONSTRUCTS, Kind.COMPLEXITY, Kind.SECURITY)
GOOD = "class Meta(type):\n    def __call__(cls) -> int:\n        return 1\n\n\nclass Model(metaclass=Meta): ...\n"


def submission(text: str = GOOD, **others: str) -> Submission:
    files = {"orm.py": text, **{name.replace("_py", ".py"): content for name, content in others.items()}}
    listed = tuple(SourceFile(path=path, text=content) for path, content in sorted(files.items()))
    return Submission(origin="here", files=listed, digest="sha256:0")


def challenge(folder: Path, *kinds: Kind, packages: tuple[str, ...] = ()) -> Challenge:
    needs = (Requirement(id="meta", rule="metaclass", of="orm.Model"),)
    criteria = tuple(
        Criterion(id=kind.value, kind=kind, title=kind.value, points=1, requires=needs * (kind is Kind.CONSTRUCTS))
        for kind in kinds
    )
    manifest = Manifest(
        format_version=1,
        title="An ORM",
        summary="Only as much of a challenge as analysers look at.",
        skill="Metaclasses",
        version="1.0",
        modules=("orm.py",),
        criteria=criteria,
        levels=(),
        runtime=Runtime(packages=packages),
    )
    return Challenge(slug="orm", area=Area.LANGUAGE, folder=folder, manifest=manifest, digest="sha256:0")


Analyse = Callable[[Submission, Challenge], dict[Kind, Evidence]]


def cold(given: Submission, asked: Challenge, lend: Lender = new_sandbox) -> dict[Kind, Evidence]:
    return {entry.kind: entry for entry in analyse(given, asked, backend=backend_named("bubblewrap"), lend=lend)}


@pytest.fixture
def real(lent: AnalyserPool) -> Analyse:
    return lambda given, asked: cold(given, asked, lent)


def ids(evidence: Evidence) -> list[str]:
    return [finding.id for finding in evidence.findings]


def test_good_code_is_clean_in_every_kind(tmp_path: Path) -> None:
    """Evidence of each kind that is asked for, with figures, tools and times, and no finding."""
    said: list[Event] = []
    asked, backend = challenge(tmp_path, *KINDS), backend_named("bubblewrap")
    found = analyse(submission(), asked, backend=backend, progress=said.append)
    assert [entry.kind for entry in found] == list(KINDS)
    assert [ids(entry) for entry in found] == [[], [], [], []]
    assert all(entry.failure is None and entry.milliseconds > 0 and entry.tools for entry in found)
    assert [(fact.requirement, fact.status) for entry in found for fact in entry.facts] == [("meta", "met")]
    assert said


def test_only_what_is_asked_for_is_collected(real: Analyse, tmp_path: Path) -> None:
    """A challenge without such criteria opens no sandbox at all."""
    assert [*real(submission(), challenge(tmp_path, Kind.COMPLEXITY))] == [Kind.COMPLEXITY]
    assert analyse(submission(), challenge(tmp_path, Kind.BEHAVIOUR), backend=Scripted()) == ()  # type: ignore[arg-type]  # scripted


def test_a_file_that_cannot_be_read_loses_every_kind(real: Analyse, tmp_path: Path) -> None:
    """The reason is told with each criterion, and nobody calls the rest clean."""
    found = real(submission("import helper\n" + GOOD, helper_py="x = 10 ** 10 ** 9\n"), challenge(tmp_path, *KINDS))
    for kind in KINDS:
        assert ids(found[kind]) == ["source.literal", f"{kind.value}.unanalysable"]
        assert found[kind].failure is None


def test_an_unavailable_import_is_told_once(real: Analyse, tmp_path: Path) -> None:
    """In our words with what is allowed, and not again in mypy's."""
    found = real(submission("import numpy\n" + GOOD), challenge(tmp_path, *KINDS))
    assert ids(found[Kind.TYPES]) == ["imports.unavailable"]
    assert ids(found[Kind.COMPLEXITY]) == []


def test_a_runtime_package_is_importable_and_typed(real: Analyse, tmp_path: Path) -> None:
    """What the challenge allows is found by gate and type checker; what is only ours is not."""
    text = "import click\nimport libcst\n\n\ndef f() -> int:\n    return click.style('x')\n"
    found = real(submission(text), challenge(tmp_path, Kind.TYPES, packages=("click",)))[Kind.TYPES]
    assert ids(found) == ["imports.unavailable", "types.return-value"]
    assert "click" in found.findings[0].help


def test_a_test_file_that_the_brief_asks_for_is_judged(real: Analyse, tmp_path: Path) -> None:
    """Tests are left alone, unless writing them is the challenge."""
    asked = challenge(tmp_path, Kind.TYPES, Kind.SECURITY)
    manifest = msgspec.structs.replace(asked.manifest, modules=("test_orm.py",))
    bad = submission(test_orm_py="def test_it(x): eval(x)\n")
    assert ids(real(bad, asked)[Kind.TYPES]) == []
    found = real(bad, msgspec.structs.replace(asked, manifest=manifest))
    assert [*map(ids, found.values())] == [["answer.code-from-text", "types.no-untyped-def"], ["security.b307"]]


def test_a_file_named_like_a_runtime_package_is_nobody_s_type(real: Analyse, tmp_path: Path) -> None:
    """What runs is the package, so that is what is type-checked."""
    text = "import click\n\n\ndef f() -> int:\n    return click.style('x')\n"
    twin = submission(text, click_py="def style(text: str) -> int: ...\n")
    found = real(twin, challenge(tmp_path, Kind.TYPES, packages=("click",)))[Kind.TYPES]
    assert ids(found) == ["imports.shadows-package", "types.return-value"]


def test_a_rule_s_own_library_is_there_when_it_is_asked_for(real: Analyse, tmp_path: Path) -> None:
    """Import direction is judged with grimp, inside."""
    asked = challenge(tmp_path, Kind.CONSTRUCTS)
    layers = Requirement(id="down", rule="import-direction", of="*", options={"layers": ["orm", "fields"]})
    criteria = (msgspec.structs.replace(asked.manifest.criteria[0], requires=(layers,)),)
    asked = msgspec.structs.replace(asked, manifest=msgspec.structs.replace(asked.manifest, criteria=criteria))
    down = submission("import fields\n\nField = fields.Field\n", fields_py="class Field: ...\n")
    assert [fact.status for fact in real(down, asked)[Kind.CONSTRUCTS].facts] == ["met"]
    up = submission("import fields\n\nField = fields.Field\n", fields_py="import orm\n\n\nclass Field: ...\n")
    assert ids(real(up, asked)[Kind.CONSTRUCTS]) == ["constructs.import-direction.missing"]


def test_the_contract_is_checked(real: Analyse, tmp_path: Path) -> None:
    """`contract.py` of the challenge's folder is held against the submission."""
    (tmp_path / "contract.py").write_text("from orm import Model\nModel.missing\n")
    found = real(submission(), challenge(tmp_path, Kind.TYPES))[Kind.TYPES]
    assert ids(found) == ["types.contract.attr-defined"]


@pytest.mark.heavy
def test_the_primed_cache_is_made_once_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a cache gets one; where none can be written, types are checked all the same."""
    asked = challenge(tmp_path, Kind.TYPES)
    wrong = submission("x: int = ''\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = cold(wrong, asked)
    (made,) = (tmp_path / "cache/senior-python-grader").iterdir()
    before = made.stat().st_mtime_ns
    assert cold(wrong, asked)[Kind.TYPES].findings == first[Kind.TYPES].findings
    assert made.stat().st_mtime_ns == before
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert type_cache.primed(backend_named("bubblewrap"), ()) is None
    assert cold(wrong, asked)[Kind.TYPES].findings == first[Kind.TYPES].findings


@dataclass
class Scripted:
    """A backend whose analysers answer as a test says: a value, or an exception to raise."""

    types: Callable[[object], Plain] = lambda _: {"findings": [], "tools": {}}
    opens: bool = True
    asked: list[tuple[str, object]] = field(default_factory=list)
    name: str = "scripted"
    children: int = 0

    def open(self, policy: Policy, program: Program) -> Self:
        if not self.opens:
            raise SandboxUnusable("no namespaces", remedy="enable them")
        return self

    def fresh(self) -> Self:
        self.children += 1
        return self

    def call(self, name: str, /, *args: Plain, timeout: float | None = None, **keywords: Plain) -> Plain:
        self.asked.append((name, args[0]))
        clean: Plain = {"findings": [], "tools": {}}
        if name == "gate":
            return {"answer": ["orm.py"], "source": clean, "imports": clean}
        if name == "read":
            asked = keywords["asked"]
            assert isinstance(asked, dict)
            return {"answers": dict.fromkeys(asked, clean)}
        return self.types(args[0]) if name == "types" else clean

    def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Plain | Raised]:
        raise NotImplementedError

    def measure(self) -> Usage:
        raise NotImplementedError

    def listen(self) -> tuple[object, int]:
        raise NotImplementedError

    def output(self) -> tuple[str, str]:
        return "", ""

    last_wall = 0.001

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def raising(error: BaseException, *, always: bool = False) -> Callable[[object], Plain]:
    """Raise over the submission; over the one-line control only `always`."""

    def answer(files: object) -> Plain:
        if always or "orm.py" in files:  # type: ignore[operator]  # it is the dict of files
            raise error
        return {"findings": [], "tools": {}}

    return answer


@pytest.fixture
def types_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[object], Plain]], Evidence]:
    monkeypatch.setattr(type_cache, "primed", lambda *_: None)

    def collect(answer: Callable[[object], Plain]) -> Evidence:
        backend = Scripted(types=answer)
        found = analyse(submission(), challenge(tmp_path, Kind.TYPES, Kind.SECURITY), backend=backend)  # type: ignore[arg-type]  # scripted
        assert found[1].failure is None, "a crash of one analyser harms no other"
        assert found[1].findings == ()
        return found[0]

    return collect


Collect = Callable[[Callable[[object], Plain]], Evidence]


def raised(kind: str) -> Raised:
    return Raised(kind, bases=(kind, "Exception"), message="boom", where=("typecheck.py:1",))


@pytest.mark.parametrize(
    "lost",
    [Died("signal 11"), TimedOut("no answer within 15 s"), raised("MemoryError"), raised("RecursionError")],
    ids=repr,
)
def test_an_analyser_lost_over_the_text_is_the_submission_s_doing(lost: BaseException, types_evidence: Collect) -> None:
    """The criterion is lost with a finding that says what to do; never clean, never ours."""
    found = types_evidence(raising(lost))
    assert found.failure is None
    assert [(finding.id, finding.severity) for finding in found.findings] == [("types.unanalysable", Severity.ERROR)]
    assert found.findings[0].help


@pytest.mark.parametrize("lost", [Died("signal 9"), TimedOut("no answer")], ids=repr)
def test_an_analyser_lost_over_anything_is_the_machine_s(lost: BaseException, types_evidence: Collect) -> None:
    """When a file of one line cannot be analysed either, nothing was measured."""
    found = types_evidence(raising(lost, always=True))
    assert found.failure is not None
    assert found.failure.fault is Fault.MACHINE
    assert found.findings == ()


def test_a_machine_too_busy_for_one_line_stole_the_time(
    types_evidence: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadline that a busy machine missed is not the submission's doing; CPU time that was used up is."""
    monkeypatch.setattr("grader.evidence.analysers.sandbox.AT_ONCE", -1.0)
    late = types_evidence(raising(TimedOut("no answer")))
    assert late.failure is not None
    assert late.failure.fault is Fault.MACHINE
    burnt = types_evidence(raising(Died("its 10 s of CPU time were used up")))
    assert [finding.id for finding in burnt.findings] == ["types.unanalysable"]


def answering(answer: Plain) -> Callable[[object], Plain]:
    return lambda _: answer


@pytest.mark.parametrize(
    "answer",
    [
        raising(raised("KeyError"), always=True),
        raising(ProbeMisuse("too large"), always=True),
        answering({"findings": []}),
        answering({"findings": [], "tools": {}, "extra": 1}),
        answering({"findings": [{"id": "x", "severity": "fine", "message": ""}], "tools": {}}),
        answering(None),
    ],
    ids=["raises", "cannot be asked", "incomplete", "too much", "bad severity", "nothing"],
)
def test_our_own_mistake_costs_nothing(answer: Callable[[object], Plain], types_evidence: Collect) -> None:
    """An analyser that raises, or answers what does not decode, failed: not measured, and never clean."""
    found = types_evidence(answer)
    assert found.failure is not None
    assert found.failure.fault is Fault.HARNESS
    assert found.failure.remedy


def test_a_machine_without_sandboxes_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipeline learns of it by the exception and scores nothing."""
    monkeypatch.setattr(type_cache, "primed", lambda *_: None)
    with pytest.raises(SandboxUnusable, match="no namespaces"):
        analyse(submission(), challenge(tmp_path, *KINDS), backend=Scripted(opens=False))  # type: ignore[arg-type]  # scripted


def test_a_sandbox_that_breaks_between_analysers_is_the_machine_s(tmp_path: Path) -> None:
    """What was measured before it stays measured."""

    class Breaking(Scripted):
        def fresh(self) -> Self:
            if len(self.asked) > 1:
                raise SandboxUnusable("it is gone", remedy="start it again")
            return self

    found = analyse(submission(), challenge(tmp_path, *KINDS), backend=Breaking())  # type: ignore[arg-type]  # scripted
    assert [entry.failure and entry.failure.fault for entry in found] == [Fault.MACHINE, None, None, None]


@dataclass
class Losing(Scripted):
    """Loses the child in which several are asked together."""

    lost: BaseException = field(default_factory=lambda: Died("signal 11"))

    def call(self, name: str, /, *args: Plain, timeout: float | None = None, **keywords: Plain) -> Plain:
        if name == "read":
            raise self.lost
        return super().call(name, *args, timeout=timeout, **keywords)


@pytest.mark.parametrize("lost", [Died("signal 11"), TimedOut("no answer"), raised("KeyError")], ids=repr)
def test_each_is_asked_alone_when_the_child_of_all_is_lost(tmp_path: Path, lost: BaseException) -> None:
    """Then only the one that was to blame gives up; here none is."""
    backend = Losing(lost=lost)
    found = analyse(submission(), challenge(tmp_path, *KINDS[1:]), backend=backend)  # type: ignore[arg-type]  # scripted
    assert [(entry.failure, entry.findings) for entry in found] == [(None, ())] * 3
    assert [name for name, _ in backend.asked] == ["gate", "constructs", "complexity", "security", "unread"]


def test_one_child_reads_for_all_but_the_type_checker(tmp_path: Path) -> None:
    """Gate, constructs, complexity, security and signs of tampering share a child: each fork costs time."""
    backend = Scripted()
    with reading(submission(), challenge(tmp_path, *KINDS[1:]), backend=backend) as read:  # type: ignore[arg-type]  # scripted
        assert len(read.evidence()) == 3
        assert read.integrity() == ()
    assert ([name for name, _ in backend.asked], backend.children) == (["gate", "read"], 1)


@pytest.mark.parametrize("named", [[], ["orm.py", "../secret.py"], ["helper.py"]], ids=["none", "others", "too few"])
def test_a_gate_that_names_what_was_not_handed_in_is_not_believed(tmp_path: Path, named: list[str]) -> None:
    """The answer is files of the submission, those of the brief among them; else nothing is measured."""
    clean: Plain = {"findings": [], "tools": {}}

    class Lying(Scripted):
        def call(self, name: str, /, *args: Plain, timeout: float | None = None, **keywords: Plain) -> Plain:
            return {"answer": [*named], "source": clean, "imports": clean}

    given = submission(helper_py="x = 1\n")
    with reading(given, challenge(tmp_path, *KINDS), backend=Lying()) as read:  # type: ignore[arg-type]  # scripted
        assert read.failure is not None
        assert read.failure.fault is Fault.HARNESS
        assert {entry.failure for entry in read.evidence()} == {read.failure}


def test_a_gate_that_is_lost_over_the_text_leaves_what_the_brief_asks_for(tmp_path: Path) -> None:
    """Every criterion of reading is lost; a machine on which it answers nothing measures nothing."""

    class Lost(Scripted):
        def call(self, name: str, /, *args: Plain, timeout: float | None = None, **keywords: Plain) -> Plain:
            clean = raising(Died("signal 11"), always=not self.opens)(args[0])
            return {"answer": [], "source": clean, "imports": clean}

        def open(self, policy: Policy, program: Program) -> Self:
            return self

    given = submission(helper_py="x = 1\n")
    with reading(given, challenge(tmp_path, Kind.TYPES), backend=Lost()) as read:  # type: ignore[arg-type]  # scripted
        assert [file.path for file in read.answer.files] == ["orm.py"]
        assert [ids(entry) for entry in read.evidence()] == [["types.unanalysable"]]
        assert [finding.id for finding in read.integrity()] == ["integrity.unchecked"]
    with reading(given, challenge(tmp_path, Kind.TYPES), backend=Lost(opens=False)) as read:  # type: ignore[arg-type]  # scripted
        assert read.failure is not None
        assert read.failure.fault is Fault.MACHINE


def test_evidence_survives_its_own_format(real: Analyse, tmp_path: Path) -> None:
    """Evidence can be written as JSON and read again."""
    (found,) = real(submission("x = 1\n"), challenge(tmp_path, Kind.CONSTRUCTS)).values()
    assert msgspec.json.decode(msgspec.json.encode(found), type=Evidence) == found
