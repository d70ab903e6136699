"""Hidden suite: the candidate's tests meet correct and broken implementations, blind, in an order drawn anew.

Every implementation goes in disguised: private names drawn anew, methods in another order, formatted by `ast.unparse`.
So neither a text nor its looks say whether it is a correct one; only testing does.
"""

from __future__ import annotations

import ast
import random
import string
import tomllib
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from grader.suite import ChildLost, Observation, SubmissionHandle, criterion

FOLDER = Path(__file__).resolve().parent
CORRECT = ("ledger", "shelves", "journal")
UNSEEN = ("shelves", "journal")
"""Those that no candidate has: knowing the starter's implementation again is of no use with them."""
DEARER = 20
PRICE_OF_SLEEP = 5
BACKWARDS = -1
COVERED = 0.9
UNUSED = 12
"""Functions that nothing calls, in an implementation whose lines are counted."""


# --- implementations ---------------------------------------------------------------------------------------------


class Mutant(NamedTuple):
    """A broken implementation, and the promise that it belongs to."""

    group: str
    source: str


@cache
def correct(name: str) -> str:
    """The source of a correct implementation."""
    return (FOLDER / "variants" / f"{name}.py").read_text(encoding="utf-8")


@cache
def mutants() -> tuple[Mutant, ...]:
    """Every broken implementation of mutants.toml."""
    entries = tomllib.loads((FOLDER / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    return tuple(Mutant(entry["group"], _changed(entry)) for entry in entries)


def _changed(entry: dict[str, Any]) -> str:
    source = correct(entry["variant"])
    for old, new in [(entry["old"], entry["new"]), *entry.get("also", [])]:
        if source.count(old) != 1:
            raise ValueError(f"mutants.toml: {old!r} must stand in variants/{entry['variant']}.py exactly once")
        source = source.replace(old, new)
    return source


def disguised(source: str, rng: random.Random) -> str:
    """The same program, looking different each time."""
    tree = ast.parse(source)
    _Undress(rng).visit(tree)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    rng.shuffle(functions)
    tree.body = [node for node in tree.body if not isinstance(node, ast.FunctionDef)] + list(functions)
    return ast.unparse(ast.fix_missing_locations(tree))


class _Undress(ast.NodeTransformer):
    """Renames what is private, drops docstrings, shuffles methods."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._names: dict[str, str] = {}

    def _new(self, name: str) -> str:
        if not name.startswith("_") or name.endswith("__") or name == "_":
            return name
        if name not in self._names:
            prefix = name[: len(name) - len(name.lstrip("_"))]
            self._names[name] = prefix + "".join(self._rng.choices(string.ascii_lowercase, k=8))
        return self._names[name]

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._new(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.attr = self._new(node.attr)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self._new(node.name)
        node.body = _without_docstring(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self._new(node.name)
        body = _without_docstring(node.body)
        methods = [part for part in body if isinstance(part, ast.FunctionDef)]
        self._rng.shuffle(methods)
        node.body = [part for part in body if not isinstance(part, ast.FunctionDef)] + list(methods)
        return node

    def visit_Module(self, node: ast.Module) -> ast.AST:
        self.generic_visit(node)
        node.body = _without_docstring(node.body)
        return node


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest or [ast.Pass()]
    return body


# --- verdicts ----------------------------------------------------------------------------------------------------


def passes(submission: SubmissionHandle, source: str, how: str = "run", *arguments: float) -> bool:
    """Whether the candidate's tests, in a process of their own, all pass. A child that is lost has failed."""
    submission.fresh()
    try:
        return clean(submission.call(how, source, *arguments))
    except ChildLost:
        return False


def clean(seen: Observation) -> bool:
    """Every test ended well, at least one passed, and pytest agrees."""
    outcomes = seen.outcomes.value
    assert type(outcomes) is dict
    endings = list(outcomes.values())
    return seen.status == 0 and "passed" in endings and all(ending in ("passed", "skipped") for ending in endings)


def told_apart(submission: SubmissionHandle, rng: random.Random, *, good: list[str], bad: list[str]) -> None:
    """The tests pass on the good ones and fail on the bad ones, without knowing which is which."""
    order = [(source, True) for source in good] + [(source, False) for source in bad]
    rng.shuffle(order)
    for source, expected in order:
        assert passes(submission, disguised(source, rng)) == expected


def noticed(submission: SubmissionHandle, rng: random.Random, group: str) -> None:
    """The tests fail on every mutant of the group, and pass on correct implementations in between."""
    bad = [mutant.source for mutant in mutants() if mutant.group == group]
    told_apart(submission, rng, good=[correct(name) for name in UNSEEN], bad=bad)


def gross(rng: random.Random) -> str:
    """An implementation that any test notices: a suite that says yes to it says nothing at all."""
    return rng.choice(every_gross())


def every_gross() -> list[str]:
    """All of those."""
    return [mutant.source for mutant in mutants() if mutant.group == "gross"]


# --- sound -------------------------------------------------------------------------------------------------------


@criterion("sound", hint="Test what the specification says, and nothing that it leaves open.")
def test_correct_implementations_pass(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests pass on every correct implementation, however it is made, and fail on an obviously broken one."""
    told_apart(submission, rng, good=[correct(name) for name in CORRECT], bad=[gross(rng)])


# --- what goes wrong with stock ----------------------------------------------------------------------------------


@criterion("stock", hint="Receive an article twice; look at the answer, and at articles nobody has received.")
def test_receiving(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests notice when received pieces are not added up, or are reported wrongly."""
    noticed(submission, rng, "receiving")


@criterion("stock", hint="Use another spelling in each call, and SKUs of which nothing is left.")
def test_names(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests notice when some method does not bring a SKU into its normal form, or accepts a blank one."""
    noticed(submission, rng, "names")


@criterion("stock", hint="Try 1, 0 and -1, with receive and with reserve.")
def test_quantities(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests notice when a quantity below 1 is accepted, or a quantity of 1 is refused."""
    noticed(submission, rng, "quantities")


@criterion("stock", hint="Several articles: at the threshold, below it, equally scarce, held, never received.")
def test_scarce_articles(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests notice when `low_stock` lists the wrong articles, or lists them in the wrong order."""
    noticed(submission, rng, "scarce")


@criterion("stock", hint="Two inventories, two articles, two reservations of one article; ids after a cancellation.")
def test_mixed_up(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests notice when inventories, articles or reservations affect one another."""
    noticed(submission, rng, "apart")


# --- what goes wrong with reservations ---------------------------------------------------------------------------


@criterion("reservations", hint="Reserve all that there is, one more than that, and several times.")
def test_reserving(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests notice when too much or too little can be reserved, or the counts are wrong afterwards."""
    noticed(submission, rng, "reserving")


@criterion("reservations", hint="Look at all that OutOfStock says, and at the stock after it.")
def test_refusals(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests notice when a refusal says something wrong, or changes the stock."""
    noticed(submission, rng, "refusals")


@criterion("reservations", hint="Look at both counts before and after; ship twice.")
def test_shipping(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests notice when shipping does not take the pieces away, or does not end the reservation."""
    noticed(submission, rng, "shipping")


@criterion("reservations", hint="Look at both counts before and after; cancel one of two; cancel twice.")
def test_cancelling(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests notice when cancelling does not give the pieces free, or does more than that."""
    noticed(submission, rng, "cancelling")


# --- time --------------------------------------------------------------------------------------------------------


@criterion("expiry", hint="Look just before the moment, at it, and after it, with a clock that does not start at zero.")
def test_expiry(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests notice when a reservation expires too early, too late or never, or can still be used afterwards."""
    noticed(submission, rng, "expiry")


# --- isolation, speed, coverage ----------------------------------------------------------------------------------


@criterion("isolation", hint="Build everything that a test needs in the test, or in a fixture.")
def test_any_order(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests pass in any order on a correct implementation, and fail in any order on a broken one."""
    orders = [(BACKWARDS, True), (rng.getrandbits(32), True), (rng.getrandbits(32), False)]
    runs = [(order, expected, name) for order, expected in orders for name in UNSEEN]
    rng.shuffle(runs)
    for order, expected, name in runs:
        source = disguised(correct(name) if expected else gross(rng), rng)
        assert passes(submission, source, "run", order) == expected


@criterion("isolation", hint="Run one test with `pytest test_inventory.py::its_name`.")
def test_one_by_one(submission: SubmissionHandle, rng: random.Random) -> None:
    """Each of your tests passes by itself, in a process of its own; not all of them do on a broken implementation."""
    runs = [(correct(name), True) for name in UNSEEN] + [(gross(rng), False)]
    rng.shuffle(runs)
    for source, expected in runs:
        assert passes(submission, disguised(source, rng), "alone") == expected


@criterion("speed", hint="Advance a clock of your own instead of sleeping.")
def test_speed(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """All of your tests together cost at most 20 times as much as ours, and fail on obviously broken ones."""
    costs = {submission: 0.0, reference: 0.0}
    runs = [(correct(name), True) for name in UNSEEN] + [(source, False) for source in every_gross()]
    rng.shuffle(runs)
    for source, expected in runs:
        hidden = disguised(source, rng)
        for who in costs:
            assert passes(who, hidden, "awake", PRICE_OF_SLEEP) == expected
            costs[who] += who.usage().cpu_seconds if expected else 0.0
    assert costs[submission] <= DEARER * costs[reference]


@criterion("coverage", hint="`coverage run -m pytest` and `coverage report -m` show the lines that no test runs.")
def test_coverage(submission: SubmissionHandle, rng: random.Random) -> None:
    """Your tests run at least 90 % of the lines of each correct implementation, and fail on an obviously broken one."""
    assert not passes(submission, disguised(gross(rng), rng))
    for name in CORRECT:
        source, unused = with_unused(disguised(correct(name), rng), rng)
        submission.fresh()
        seen = submission.call("lines", source)
        never = executable(source, unused)
        lines = executable(source) - never
        assert not [line for line in never if line in seen]
        assert len([line for line in lines if line in seen]) >= COVERED * len(lines)


def with_unused(source: str, rng: random.Random) -> tuple[str, set[str]]:
    """The program with functions in between that nothing calls, and their names: whoever says they were run, lies."""
    tree = ast.parse(source)
    names = {f"_{''.join(rng.choices(string.ascii_lowercase, k=9))}" for _ in range(UNUSED)}
    for name in sorted(names):
        body = "\n".join(f"    value = {rng.randrange(1000)}" for _ in range(rng.randint(1, 6)))
        tree.body.insert(rng.randint(1, len(tree.body)), ast.parse(f"def {name}():\n{body}\n    return value").body[0])
    return ast.unparse(tree), names


def executable(source: str, within: Collection[str] | None = None) -> set[int]:
    """The lines that can be run: those of every code object, or of those named, besides the one where it begins."""
    found: set[int] = set()
    waiting = [compile(source, "inventory.py", "exec")]
    while waiting:
        code = waiting.pop()
        if within is None or code.co_name in within:
            found |= {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
        waiting += [constant for constant in code.co_consts if hasattr(constant, "co_lines")]
    return found
