"""Constructs at work: every requirement of the catalogue in every row of the table that it can reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

from grader.assess.pipeline import grade
from grader.at_work import outcomes
from grader.challenges.challenge import Challenge, load
from grader.challenges.manifest import Requirement
from grader.evidence.sandboxes import policy_for, program_for
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.facts import judged, observe, required
from grader.inside.constructs import judge as constructs
from grader.intake import take_folder
from grader.model import (
    AT_WORK,
    IDLE,
    UNASKED,
    Evidence,
    Fact,
    Kind,
    Promise,
    PromiseOutcome,
    Submission,
)
from sandbox.backends import backend_named
from sandbox.policy import Mount
from sandbox.session import Plain

ROOT = Path(__file__).parent.parent.parent / "challenges"
ASKING = sorted(path.parent.name for path in ROOT.glob("*/*/challenge.toml") if "criteria.requires" in path.read_text())
KEPT, BROKEN = PromiseOutcome.KEPT, PromiseOutcome.BROKEN


class Row(NamedTuple):
    """Where a requirement stands in the table."""

    text: str
    running: str
    earned: bool


def challenge(slug: str) -> Challenge:
    return load(next(ROOT.glob(f"*/{slug}")))


def rows(
    subject: Challenge, edit: Callable[[str], str], folder: Path, *, of: str = "solution", kept: PromiseOutcome = KEPT
) -> dict[str, Row]:
    """Each requirement's row for an edited submission, when the promises that prove it end like this."""
    files = {path.name: path.read_text("utf-8") for path in (subject.folder / of).glob("*.py")}
    files[subject.manifest.modules[0]] = edit(files[subject.manifest.modules[0]])
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    folder.chmod(0o755)
    asked = required(subject)
    questions: list[constructs.Requirement] = [
        {
            "id": one.id,
            "rule": one.rule,
            "of": one.of,
            "options": dict(one.options),
            "message": one.message,
            "help": one.help,
        }
        for one in asked
    ]
    text_facts = constructs.judge(files, subject.manifest.modules, questions)["facts"]
    program = program_for(subject, Mount(folder, PurePosixPath("/submission")), hash_seed=1)
    with backend_named("bubblewrap").open(policy_for(subject), program) as session:
        running = observe(session, subject)
    facts = tuple(Fact(requirement=fact["requirement"], status=fact["status"]) for fact in text_facts)
    read = Evidence(kind=Kind.CONSTRUCTS, facts=facts)
    promises = tuple(
        Promise(id=name, text="A promise.", outcome=kept, criterion="x") for one in asked for name in one.proved_by
    )
    seen = Evidence(kind=Kind.BEHAVIOUR, promises=promises, facts=running)
    return {
        one.id: Row(fact.status, ran.status, outcome.earned)
        for one, fact, ran, outcome in zip(asked, facts, running, outcomes(asked, read, seen), strict=True)
    }


def top_names(subject: Challenge) -> list[str]:
    """The names that the requirements are about, in the module itself."""
    return sorted({one.of.split(".")[1] for one in required(subject)})


@pytest.mark.parametrize("slug", ASKING)
@pytest.mark.parametrize("of", ["solution", "solution_alt"])
def test_a_reference_has_its_constructs_at_work(slug: str, of: str, tmp_path: Path) -> None:
    """The text is met, the thing is at work, the share is earned."""
    subject = challenge(slug)
    found = rows(subject, lambda text: text, tmp_path, of=of)
    assert found == {one.id: Row("met", AT_WORK, earned=True) for one in required(subject)}


@pytest.mark.parametrize("slug", ASKING)
@pytest.mark.parametrize("kept", [KEPT, BROKEN], ids=["kept", "broken"])
def test_what_cannot_be_read_is_earned_by_proof(slug: str, kept: PromiseOutcome, tmp_path: Path) -> None:
    """A name that comes out of a computed dict: at work, and the promises that need it decide."""
    subject = challenge(slug)
    aliases = "".join(f"\n{name} = dict(one={name})['one']" for name in top_names(subject))
    found = rows(subject, lambda text: text + aliases + "\n", tmp_path, kept=kept)
    for one in required(subject):
        text, running, earned = found[one.id]
        assert running == AT_WORK
        assert earned == (text == "met" or (bool(one.proved_by) and kept is KEPT and text != "decoy"))
    assert any(row.text != "met" for row in found.values())


@pytest.mark.parametrize("slug", ASKING)
def test_what_is_there_and_not_at_work_is_lost(slug: str, tmp_path: Path) -> None:
    """The text has everything, and something else runs under the name."""
    subject = challenge(slug)
    other = "".join(f"\nglobals()[{name!r}] = int" for name in top_names(subject))
    found = rows(subject, lambda text: text + other + "\n", tmp_path)
    assert found == {one.id: Row("met", IDLE, earned=False) for one in required(subject)}


@pytest.mark.parametrize("slug", ASKING)
def test_a_starter_has_nothing_to_show(slug: str, tmp_path: Path) -> None:
    """No requirement is earned by proof with what candidates begin with, where the text does not have it."""
    found = rows(challenge(slug), lambda text: text, tmp_path, of="starter", kept=BROKEN)
    assert {name for name, row in found.items() if row.earned and row.text != "met"} == set()


def replaced(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        for old, new in pairs:
            assert text.count(old) >= 1, old
            text = text.replace(old, new)
        return text

    return edit


HOOK = """
    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._fields = _collect(cls)
"""
COLLECTING = """def _collecting(meta: Any) -> Any:
    def __init__(cls: Any, *args: Any) -> None:
        cls._fields = _collect(cls)

    meta.__init__ = __init__
    return meta


class ValidationError(ValueError):"""
PARTIAL = "from functools import partial"
OPTIONS = "OPTIONS = {'frozen': True}\n\n\n@dataclass(**OPTIONS)\nclass Failure:"
LATE = """def _late(self: Any, name: str, value: object) -> None:
    object.__setattr__(self, name, value)
    raise AttributeError(name)


for _hook in ("__setattr__",):
    setattr(Failure, _hook, _late)
"""
EAGER_WALK = """_lazily = walk


def walk(node: Any) -> Any:
    rows = list(_lazily(node))
    yield from rows
    return len(rows)
"""
NO_YIELD = """NEVER = False
_all = batched


def batched(source: Any, size: int) -> Any:
    if NEVER:
        yield
    return _all(source, size)
"""
TEXT_ALONE = """def _late(self: Any, name: str, value: object) -> None:
    if isinstance(value, str) or type(value) is object:
        raise AttributeError(name)
    object.__setattr__(self, name, value)


for _hook in ("__setattr__",):
    setattr(Failure, _hook, _late)
"""
SHAPED = """import collections.abc


class _Batches(collections.abc.Generator):
    def __init__(self, source: Any, size: int) -> None:
        self._source, self._size = iter(source), size

    def send(self, value: Any) -> Any:
        batch = [item for item, _ in zip(self._source, range(self._size))]
        if not batch:
            raise StopIteration
        return batch

    def throw(self, *error: Any) -> Any:
        raise error[0]


def batched(source: Any, size: int) -> Any:
    return _Batches(source, size)
"""


def slot_that_holds(value: str) -> Callable[[str], str]:
    return replaced(
        ('"_parent", "x", "y")', '"_parent", "_held", "x", "y")'),
        ("        self.x = x\n", f"        self.x = x\n        self._held = {value}\n"),
        ("from collections.abc import", "import types\nfrom collections.abc import"),
    )


STACK_WALK = """def walk(node: Any) -> Any:
    stack, given = [iter((node,))], 0
    while stack:
        for one in stack[-1]:
            given += 1
            yield one.value
            stack.append(iter(one.children))
            break
        else:
            stack.pop()
    return given
"""
CONTAINS = """    def __contains__(self, item: object) -> bool:
        return False

    def remove(self, child"""


def followed_by(text: str) -> Callable[[str], str]:
    return lambda module: f"{module}\n\n{text}"


DECOYS: Mapping[str, tuple[str, str, Callable[[str], str]]] = {
    "a metaclass beside __init_subclass__": (
        "metaclass_orm",
        "model-metaclass",
        replaced(
            ("        cls._fields = _collect(cls)\n", "        cls._names = sorted(namespace)\n"),
            ('    """Base of all models."""\n', f'    """Base of all models."""\n{HOOK}'),
        ),
    ),
    "a refusal that comes after the change": ("event_driven", "failure-frozen", followed_by(LATE)),
    "a slot that holds the attributes": (
        "memory",
        "sprite-slots",
        replaced(
            ("class Sprite:\n", "class _State:\n    x = 0.0\n\n\nclass Sprite:\n"),
            ('"_parent", "x", "y")', '"_parent", "_state", "x", "y")'),
            ("        self.x = x\n", "        self.x = x\n        self._state = _State()\n"),
        ),
    ),
    "a namespace of the library's": ("memory", "sprite-slots", slot_that_holds("types.SimpleNamespace(p=x, q=y)")),
    "a dict under other names": ("memory", "sprite-slots", slot_that_holds("{'p': x, 'q': y}")),
    "a namespace behind a namespace": (
        "memory",
        "sprite-slots",
        slot_that_holds("types.SimpleNamespace(inner=types.SimpleNamespace(p=x))"),
    ),
    "a freeze that holds for some types": ("event_driven", "failure-frozen", followed_by(TEXT_ALONE)),
    "what is only shaped like a generator": (
        "generators",
        "batched-generator",
        lambda text: f"{text.replace('def batched(', 'def _unused(')}\n\n{SHAPED}",
    ),
    "a tree that is read before it is walked": ("generators", "walk-generator", followed_by(EAGER_WALK)),
    "a yield that is never reached": ("generators", "batched-generator", followed_by(NO_YIELD)),
    "slots with a name that is added up": (
        "memory",
        "sprite-slots",
        replaced(('"_parent", "x", "y")', '"_parent", "x", "y", "".join(("__di", "ct__")))')),
    ),
    "a protocol with another member": (
        "circuit_breaker",
        "metrics-protocol",
        followed_by("class Metrics(Protocol):\n    def unrelated(self) -> None: ...\n"),
    ),
}
DESIGNS: Mapping[str, tuple[str, str, Callable[[str], str]]] = {
    "a partial as metaclass": (
        "metaclass_orm",
        "model-metaclass",
        replaced(
            ("class Model(metaclass=ModelMeta):", "class Model(metaclass=partial(ModelMeta)):"),
            (
                "from collections.abc import Callable",
                "from functools import partial\nfrom collections.abc import Callable",
            ),
        ),
    ),
    "hooks that a class decorator puts on": (
        "metaclass_orm",
        "model-metaclass",
        replaced(
            ("class ModelMeta(type):\n", "@_collecting\nclass ModelMeta(type):\n"),
            ("    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ModelMeta:\n", ""),
            ("        cls = super().__new__(mcs, name, bases, namespace)\n", ""),
            ("        cls._fields = _collect(cls)\n        return cls\n", ""),
            ("class ValidationError(ValueError):", COLLECTING),
        ),
    ),
    "protocols that are composed": (
        "circuit_breaker",
        "metrics-protocol",
        lambda text: (
            text.replace("class Metrics(Protocol):", "class _Metrics(Protocol):")
            + "\n\nclass Metrics(_Metrics, Protocol):\n    ...\n"
        ),
    ),
    "slots below an abstract collection": (
        "memory",
        "sprite-slots",
        replaced(
            ("class Sprite:\n", "class Sprite(Container[object]):\n"),
            ("    def remove(self, child", CONTAINS),
            ("import Callable, Iterator", "import Callable, Container, Iterator"),
        ),
    ),
    "a walk with a stack": ("generators", "walk-generator", followed_by(STACK_WALK)),
    "options from a dict": (
        "event_driven",
        "failure-frozen",
        replaced(
            (
                "@dataclass(frozen=True)\nclass Failure:",
                "OPTIONS = {'frozen': True}\n\n\n@dataclass(**OPTIONS)\nclass Failure:",
            )
        ),
    ),
}


@pytest.mark.parametrize(("slug", "requirement", "edit"), DECOYS.values(), ids=DECOYS)
def test_a_decoy_earns_nothing(slug: str, requirement: str, edit: Callable[[str], str], tmp_path: Path) -> None:
    """It is written down, and something else does the work, or nothing does."""
    row = rows(challenge(slug), edit, tmp_path)[requirement]
    assert not row.earned, row


@pytest.mark.parametrize(("slug", "requirement", "edit"), DESIGNS.values(), ids=DESIGNS)
def test_another_design_earns_everything(
    slug: str, requirement: str, edit: Callable[[str], str], tmp_path: Path
) -> None:
    """Ordinary code that is not what the rule's author thought of first."""
    row = rows(challenge(slug), edit, tmp_path)[requirement]
    assert row.earned, row


ASKED = Requirement(id="it", rule="slots", of="m.Thing")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"it": {"dict": False}}, AT_WORK),
        ({"it": {"dict": True}}, IDLE),
        ({"it": {"error": "AttributeError"}}, IDLE),
        ({"it": {"dict": 0}}, IDLE),
        ({"it": "yes"}, IDLE),
        ({"other": {"dict": False}}, IDLE),
        ([1, 2], IDLE),
        (None, IDLE),
    ],
)
def test_what_the_sandbox_says_is_judged_strictly(told: Plain, status: str) -> None:
    """Whatever is not the plain fact that was asked for is not at work."""
    (fact,) = judged([ASKED], told)
    assert fact.status == status


def test_a_rule_about_the_text_alone_is_not_asked() -> None:
    """Without a run-time meaning and without expectations of the author's, the text decides."""
    uses = Requirement(id="it", rule="uses", of="m.Thing")
    assert judged([uses], {"it": {}})[0].status == UNASKED
    expecting = Requirement(id="it", rule="uses", of="m.Thing", at_work={"calls": 2})
    assert judged([expecting], {"it": {"calls": 2}})[0].status == AT_WORK
    assert judged([expecting], {"it": {"calls": 1}})[0].status == IDLE


def test_a_module_that_cannot_be_imported_shows_nothing(tmp_path: Path) -> None:
    """The submission was reached, so nothing is at work; it is not left open."""
    found = rows(challenge("generators"), lambda text: f"raise SystemExit\n{text}", tmp_path)
    assert {row.running for row in found.values()} == {IDLE}


REAL = """
def _class(name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
    return type(name, bases, body)


globals()["Model"] = Model
"""


@pytest.mark.parametrize(
    ("edit", "marks"),
    [
        (lambda text: text, {"metaclass": 10.0, "types": 12.0, "complexity": 6.0, "security": 4.0}),
        (DECOYS["a metaclass beside __init_subclass__"][2], {"metaclass": 0.0, "complexity": 6.0, "security": 4.0}),
        (DESIGNS["a partial as metaclass"][2], {"metaclass": 10.0, "complexity": 6.0, "security": 4.0}),
        (followed_by(REAL), {"metaclass": 0.0, "types": 0.0, "complexity": 0.0, "security": 3.2}),
    ],
    ids=["reference", "decoy", "design", "rebound"],
)
def test_a_whole_grading_has_these_marks(
    edit: Callable[[str], str], marks: Mapping[str, float], warm: SuiteHost, tmp_path: Path
) -> None:
    """From the text to the points: decoys lose the construct, a rebound name all that rests on reading."""
    subject = challenge("metaclass_orm")
    text = edit((subject.folder / "solution/orm.py").read_text("utf-8"))
    (tmp_path / "orm.py").write_text(text, encoding="utf-8")
    submission = take_folder(tmp_path)
    assert isinstance(submission, Submission)
    report = grade(submission, subject, backend=backend_named("bubblewrap"), seed=1, host=warm, explain=False)
    assert {mark.id: mark.earned for mark in report.criteria if mark.id in marks} == marks
