"""Hidden suite: drawn programs of nested transactions run inside, and an interpreter out here predicts their log."""

from __future__ import annotations

import string
from collections import deque
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

Node = list[Any]
Program = list[Node]


class Raised(Exception):
    """An exception on its way: its name and arguments, or a rollback and its block."""


def shown(value: Any) -> Any:
    """What the probe says of a value: of an object, that it is the one that was put there."""
    return [*value, True] if isinstance(value, list) else value


class Interpreter:
    """Runs a program as a right store would, one transaction at a time."""

    def __init__(self, initial: dict[str, Any]) -> None:
        self.values = dict(initial)
        self.blocks: list[tuple[dict[str, Any], list[tuple[int, Any]]]] = []
        self.open: dict[int, list[object]] = {}
        self.log: list[Any] = []
        self.made = 0

    def report(self, ending: Any) -> dict[str, Any]:
        return {"ending": ending, "log": self.log, "items": self.items(), "depth": 0}

    def items(self) -> list[Any]:
        return [[key, shown(value)] for key, value in self.values.items()]

    def run(self, task: int, program: Program) -> Any:
        try:
            self.interpret(task, program, {})
        except Raised as error:
            return list(error.args)
        return "ok"

    def interpret(self, task: int, program: Program, known: dict[str, int]) -> None:
        for operation, *arguments in program:
            getattr(self, f"do_{operation}")(task, known, *arguments)

    def do_with(self, task: int, known: dict[str, int], name: str, body: Program) -> None:
        self.do_all_of(task, known, [name], body)

    do_async_with = do_with

    def do_all_of(self, task: int, known: dict[str, int], names: list[str], body: Program) -> None:
        """Nested blocks, one for each name; each suppresses a rollback of its own."""
        own = dict(known)
        for name in names:
            self.made += 1
            own.setdefault(name, self.made)
        entered = []
        for name in names:
            block = object()
            self.blocks.append((dict(self.values), []))
            self.open.setdefault(own[name], []).append(block)
            entered.append((own[name], block))
        self.log.append([task, "entered", True, len(self.blocks)])
        error: Raised | None = None
        try:
            self.interpret(task, body, own)
        except Raised as raised:
            error = raised
        for transaction, block in reversed(entered):
            self.open[transaction].pop()
            before, callbacks = self.blocks.pop()
            if error is not None:
                self.values = before
                error = None if error.args[-1] is block else error
            elif self.blocks:
                self.blocks[-1][1].extend(callbacks)
            else:
                for task_of, mark in callbacks:
                    self.log.append([task_of, "committed", mark, 0, len(self.values)])
        if error is not None:
            raise error

    do_async_all_of = do_all_of

    def do_try(self, task: int, known: dict[str, int], kinds: list[str], body: Program) -> None:
        try:
            self.interpret(task, body, known)
        except Raised as error:
            ordinary = "Exception" in kinds and error.args[0] not in ("Stop", "CancelledError")
            if error.args[0] not in kinds and not ordinary:
                raise
            self.log.append([task, "caught", *(error.args[:1] if error.args[0] == "Rollback" else error.args)])

    def do_set(self, task: int, known: dict[str, int], key: str, value: Any) -> None:
        self.values[key] = value

    def do_delete(self, task: int, known: dict[str, int], key: str) -> None:
        if key not in self.values:
            raise Raised("KeyError")
        del self.values[key]

    def do_get(self, task: int, known: dict[str, int], key: str) -> None:
        if key not in self.values:
            raise Raised("KeyError")
        self.log.append([task, "got", shown(self.values[key])])

    def do_show(self, task: int, known: dict[str, int]) -> None:
        self.log.append([task, "shown", self.items(), len(self.values), len(self.blocks)])

    def do_has(self, task: int, known: dict[str, int], key: str) -> None:
        self.log.append([task, "has", key in self.values])

    def do_raise(self, task: int, known: dict[str, int], kind: str, mark: Any) -> None:
        raise Raised("CancelledError") if kind == "Cancelled" else Raised(kind, mark)

    def do_rollback(self, task: int, known: dict[str, int], name: str) -> None:
        raise Raised("Rollback", self.open[known[name]][-1])

    def do_rollback_unopened(self, task: int, known: dict[str, int]) -> None:
        raise Raised("RuntimeError")

    def do_on_commit(self, task: int, known: dict[str, int], mark: Any) -> None:
        if self.blocks:
            self.blocks[-1][1].append((task, mark))
        else:
            self.log.append([task, "committed", mark, 0, len(self.values)])

    def do_pause(self, task: int, known: dict[str, int]) -> None: ...


def hold(submission: SubmissionHandle, initial: dict[str, Any], program: Program, *, emptied: bool = False) -> None:
    """Compare everything: how the program ended, what it saw, what is left."""
    interpreter = Interpreter(initial)
    ending = interpreter.run(0, program)
    assert submission.call("run", initial, program, emptied) == interpreter.report(ending)


three = st.shared(st.lists(st.text(max_size=6), min_size=3, max_size=3, unique=True), key="keys")
keys = three.flatmap(lambda drawn: st.sampled_from(["a", *drawn]))
"""Of four, three of which are drawn anew for each program."""
marks = st.integers(0, 10**9)
values = st.one_of(st.none(), marks, st.text(string.ascii_letters, max_size=3))
stores = st.dictionaries(keys, values, max_size=4)
changes = st.one_of(
    st.tuples(st.just("set"), keys, values),
    st.tuples(st.just("set"), keys, values),
    st.tuples(st.just("delete"), keys),
).map(list)
assignments = changes.filter(lambda node: node[0] == "set")
reads = st.one_of(st.tuples(st.just("get"), keys), st.tuples(st.just("has"), keys), st.just(["show"])).map(list)
failures = st.tuples(st.just("raise"), st.sampled_from(["Wrong", "Worse", "Stop", "Cancelled"]), marks).map(list)
SHOW: Node = ["show"]


def guarded(*nodes: Node) -> Node:
    """What is raised within is caught and noted."""
    return ["try", ["Wrong", "Worse", "Stop", "KeyError"], list(nodes)]


@criterion("transaction", hint="Derive from MutableMapping and keep a dict.")
@given(initial=stores, program=st.lists(changes | reads, min_size=2, max_size=10))
def test_a_store_is_a_mapping(submission: SubmissionHandle, initial: Any, program: Any) -> None:
    """Outside transactions a store reads, writes, deletes, counts and iterates like a dict, and starts with a copy."""
    hold(submission, initial, [*program, SHOW], emptied=True)


@criterion("transaction", weight=2, hint="Leaving without an exception keeps what was changed.")
@given(
    initial=stores,
    body=st.lists(
        assignments | reads.filter(lambda node: node[0] != "get"),
        min_size=1,
        max_size=6,
    ),
    after=keys,
)
def test_leaving_normally_commits(
    submission: SubmissionHandle,
    initial: Any,
    body: list[Any],
    after: str,
) -> None:
    """What is changed in a transaction is visible within it and stays after it."""
    hold(submission, initial, [["with", "t", body], SHOW, ["set", after, 1], ["with", "u", [SHOW]], SHOW])


@criterion("transaction", weight=3, hint="Put the whole dict back: a key that was deleted belongs where it was.")
@given(initial=stores, body=st.lists(changes, min_size=1, max_size=6), failure=failures)
def test_leaving_by_an_exception_rolls_back(
    submission: SubmissionHandle, initial: Any, body: Any, failure: list[Any]
) -> None:
    """Any exception, of whatever kind, restores the store and the order of its keys, and propagates."""
    before: Program = [["set", "y", 1], ["set", "z", 2]]
    caught: Node = ["try", ["Wrong"], [["with", "t", [["delete", "y"], guarded(*body), SHOW, failure]]]]
    hold(submission, initial, [*before, caught, SHOW, ["with", "u", [["set", "e", 5]]], SHOW])


@criterion("transaction", hint="Roll back to where this transaction was entered, not to the beginning of time.")
@given(
    initial=stores,
    first=st.lists(changes, min_size=1, max_size=4),
    second=st.lists(changes, min_size=1, max_size=4),
    failure=failures,
)
def test_transactions_follow_each_other(
    submission: SubmissionHandle, initial: Any, first: Any, second: Any, failure: list[Any]
) -> None:
    """A rollback undoes what its own transaction did, and nothing that was committed or changed before; values and the
    exception are the same objects afterwards.
    """
    one, two = [guarded(*first)], [["delete", "a"], guarded(*second), failure]
    between: Program = [["set", "a", 7], ["set", "e", [5]], SHOW]
    kept: Node = ["try", ["Kept"], [["with", "v", [["raise", "Kept", 6]]]]]
    hold(submission, initial, [["with", "t", one], *between, guarded(["with", "u", two]), kept, SHOW])


@st.composite
def nested(draw: st.DrawFn, depth: int = 3, names: tuple[str, ...] = ()) -> Program:
    """A program that opens transactions in transactions, changes things, and now and then raises or rolls back."""
    program: Program = []
    for choice in draw(st.lists(st.integers(0, 9), min_size=1, max_size=4)):
        if choice < 3 and depth:
            name = f"t{draw(st.integers(0, 2)) if names and choice == 0 else 9 - depth}"
            node: Node = ["with", name, draw(nested(depth - 1, (*names, name)))]
            program.append(guarded(node) if choice == 1 else node)
        elif choice < 4:
            program.append(["on_commit", draw(marks)])
        elif choice < 5 and names:
            program.append(draw(failures))
        elif choice < 6 and names:
            program.append(["rollback", draw(st.sampled_from(names))])
        else:
            program += [draw(assignments), SHOW]
    return program


@st.composite
def towers(draw: st.DrawFn, depth: int = 3) -> Program:
    """Transactions of both kinds in each other, with pauses in between."""
    program: Program = [draw(assignments), *draw(st.sampled_from([[], [["pause"]]])), SHOW]
    if depth:
        kind = draw(st.sampled_from(["with", "async_with"]))
        program.insert(draw(st.integers(0, len(program))), [kind, f"t{depth}", draw(towers(depth - 1))])
    return program


@criterion("nesting", weight=3, hint="Each `with` is a savepoint: remember what the store was when it was entered.")
@given(initial=stores, first=marks, kind=st.sampled_from(["Wrong", "Worse", "Stop"]), program=nested())
def test_transactions_nest(submission: SubmissionHandle, initial: Any, first: int, kind: str, program: Any) -> None:
    """However transactions are nested, one that is left normally becomes part of the one around it, one that is left by
    an exception undoes what was done since it was entered, and a rollback ends where it is meant to.
    """
    begun: Program = [["set", "e", first], ["on_commit", first], ["on_commit", first + 1], SHOW]
    for mark, failure in enumerate([kind, "Stop"]):
        failing = [["set", f"f{mark}", first], ["on_commit", first + 2], SHOW, ["raise", failure, mark]]
        begun += [guarded(["with", "u", failing]), SHOW]
    begun.append(["with", "v", [["with", "w", [["set", "g", 1], ["rollback", "v"]]], ["set", "g", 2], SHOW]])
    begun.append(["with", "v", [["with", "v", [["rollback", "v"]]], ["on_commit", first + 3], SHOW]])
    hold(submission, initial, [["with", "t9", [*begun, SHOW, guarded(["with", "t8", program]), SHOW]], SHOW])


@criterion("nesting", weight=2, hint="Suppress a Rollback only in the `with` that it was meant for.")
@given(initial=stores, depth=st.integers(1, 4), target=st.integers(0, 3), key=keys, mark=marks)
def test_a_rollback_ends_at_its_transaction(
    submission: SubmissionHandle, initial: Any, depth: int, target: int, key: str, mark: int
) -> None:
    """`rollback()` undoes every transaction that it leaves, up to its own, and goes on after that one's `with`. Code in
    between that catches exceptions stops it.
    """
    aim = target % depth
    program: Program = [["set", key, mark], ["rollback", f"t{aim}"], ["set", key, "never"]]
    for level in reversed(range(depth)):
        program = [["set", f"k{level}", level], ["with", f"t{level}", program], SHOW, ["set", f"l{level}", mark]]
    hold(submission, initial, [*program, SHOW])
    caught: Node = ["try", ["Exception"], [["with", "u", [["set", "never", mark], ["rollback", "t"]]]]]
    hold(submission, initial, [["with", "t", [["set", key, mark], caught, SHOW]], SHOW])


@criterion("nesting", weight=2, hint="A transaction needs a stack of its own: one entry for each open `with`.")
@given(initial=stores, times=st.integers(2, 3), stop=st.integers(0, 2), key=keys, mark=marks, again=st.booleans())
def test_a_transaction_is_reentrant_and_reusable(
    submission: SubmissionHandle, initial: Any, times: int, stop: int, key: str, mark: int, again: bool
) -> None:
    """A transaction may be entered while it is open and after it was left; `rollback()` refers to its innermost
    `with`.
    """
    program: Program = [["set", key, mark], ["rollback", "t"]]
    for level in range(times):
        before: Program = [["set", f"k{level}", mark + level], ["with", "t", program], SHOW]
        program = [*before, ["rollback", "t"]] if level == stop else before
    used = [["with", "t", [["with", "t", program], SHOW, ["with", "t", [["set", key, "again"]]]]]] if again else program
    hold(submission, initial, [["with", "t", used], SHOW])


@criterion(
    "nesting", weight=2, hint="Pass a block's callbacks to the block around it, and call those of the outermost one."
)
@given(
    first=st.lists(marks, min_size=1, max_size=3),
    inner=st.lists(marks, min_size=1, max_size=2),
    last=marks,
)
def test_callbacks_run_after_the_outermost_commit(
    submission: SubmissionHandle, first: list[int], inner: list[int], last: int
) -> None:
    """Callbacks run in the order in which they were registered, once everything is committed; those of a transaction
    that was rolled back are forgotten; without a transaction, a callback runs at once.
    """
    registered = [["on_commit", mark] for mark in inner]
    for fails, outer_fails in product([False, True], repeat=2):
        failing: Program = [["raise", "Wrong", 1]] if fails else []
        body: Program = [["on_commit", mark] for mark in first]
        body.append(guarded(["with", "u", [*registered, ["with", "v", registered], *failing]]))
        body += [["on_commit", last], ["set", "a", last], SHOW, *([["raise", "Worse", 2]] if outer_fails else [])]
        hold(submission, {}, [["on_commit", last], guarded(["with", "t", body]), SHOW, ["on_commit", first[0]]])


@criterion("nesting", hint="There is nothing to roll back before a transaction is entered and after it is left.")
@given(initial=stores, mark=marks, key=keys)
def test_a_rollback_needs_an_open_transaction(submission: SubmissionHandle, initial: Any, mark: int, key: str) -> None:
    """`rollback()` of a transaction that is not open raises RuntimeError, which rolls back the transactions that it
    leaves.
    """
    hold(submission, initial, [["with", "t", [["set", key, mark], SHOW, ["rollback_unopened"]]], SHOW])
    hold(submission, initial, [["set", key, mark], ["rollback_unopened"]])


def held(managers: list[list[Any]], body: str | None) -> list[Any]:
    """What nested `with` statements over scripted managers do."""
    log: list[Any] = []
    entered: list[tuple[int, str | None]] = []
    error: list[Any] | None = None
    for _, mark, entering, leaving in managers:
        log.append(["enter", mark])
        if entering is not None:
            error = [entering, mark]
            break
        entered.append((mark, leaving))
    failed = error is not None
    if not failed:
        log.append(["body", tuple(mark for mark, _ in entered)])
        error = [body, "body"] if body is not None else None
    for mark, leaving in reversed(entered):
        log.append(["leave", mark, error])
        if leaving == "suppress":
            error = None
        elif leaving is not None:
            error = [leaving, mark]
    if failed and error is None:
        return [["RuntimeError"], log]
    return ["ok" if error is None else error, log]


def managers_left(*ways: str | None, most: int = 4) -> st.SearchStrategy[list[list[Any]]]:
    """Managers that can all be entered, and what they do when they are left."""
    manager = st.tuples(st.booleans(), marks, st.none(), st.sampled_from(ways)).map(list)
    return st.lists(manager, max_size=most)


WAYS = (None, None, "suppress", "Worse", "Stop")
unentered = st.tuples(st.booleans(), marks, st.sampled_from(["Wrong", "Stop"]), st.none()).map(list)
bodies = st.sampled_from([None, None, "Wrong", "Worse", "Stop"])


@criterion("all-of", weight=3, hint="contextlib.ExitStack does exactly this.")
@given(managers=managers_left(*WAYS), body=bodies)
def test_managers_are_held_as_one(
    submission: SubmissionHandle,
    managers: list[Any],
    body: str | None,
) -> None:
    """Managers are entered from left to right and exited from right to left; each sees, suppresses or replaces the
    exception as in nested `with` statements; the tuple of the values that they bind is bound.
    """
    assert submission.call("hold", managers, body) == held(managers, body)
    for outermost in (None, "suppress"):
        entered = [[False, len(managers), None, outermost], *managers]
        assert submission.call("hold", entered, body or "Wrong") == held(entered, body or "Wrong")


@criterion("all-of", weight=2, hint="Enter inside the stack's `with`, so that those entered before are exited.")
@given(before=managers_left(None, None, "Worse", "Stop"), failing=unentered, after=managers_left(*WAYS, most=1))
def test_a_failure_to_enter_leaves_the_others(
    submission: SubmissionHandle,
    before: list[Any],
    failing: list[Any],
    after: list[Any],
) -> None:
    """When a manager cannot be entered, those before it are exited with its exception, and those after it are never
    entered.
    """
    for program in ([*before, failing, *after], [[False, 0, None, None], *before, failing]):
        assert submission.call("hold", program, None) == held(program, None)


@criterion("all-of", hint="RuntimeError is for the caller: by then, all managers have been exited.")
@given(
    before=managers_left(None, None, "Worse"),
    mark=marks,
    between=managers_left(None, None, "Worse", most=1),
    failing=unentered,
    calls=st.permutations(["hold", "hold_async"]),
)
def test_a_suppressed_failure_to_enter(
    submission: SubmissionHandle,
    before: list[Any],
    mark: int,
    between: list[Any],
    failing: list[Any],
    calls: list[str],
) -> None:
    """When a failure to enter is suppressed, the managers further left see none, and finally RuntimeError is raised;
    `all_of_async` does the same.
    """
    program = [[False, 0, None, None], *before, [False, mark, None, "suppress"], *between, failing]
    for call in calls:
        assert submission.call(call, program, None) == held(program, None)


@criterion("all-of", hint="Transactions are managers like others.")
@given(
    initial=stores,
    key=keys,
    value=values,
    names=st.sampled_from([["t"], ["t", "u"], ["t", "u", "v"]]),
    mark=marks,
)
def test_transactions_can_be_held_as_one(
    submission: SubmissionHandle, initial: Any, key: str, value: int | str | None, names: list[str], mark: int
) -> None:
    """`all_of` over transactions commits or rolls them back like nested ones."""
    fine: Program = [["set", key, value], SHOW]
    failing: Program = [["set", "e", value], SHOW, ["raise", "Wrong", mark]]
    hold(submission, initial, [guarded(["all_of", names, body]) for body in (fine, failing, fine)] + [SHOW])


def turns(initial: dict[str, Any], programs: list[Program]) -> dict[str, Any]:
    """Tasks run one transaction at a time, in the order in which they ask."""
    interpreter = Interpreter(initial)
    endings: dict[int, Any] = {}
    queue = deque(enumerate(list(program) for program in programs))
    while queue:
        task, rest = queue.popleft()
        endings[task] = interpreter.run(task, [rest.pop(0)])
        if rest and endings[task] == "ok":
            queue.append((task, rest))
    return interpreter.report([endings[task] for task in range(len(programs))])


inner = st.lists(st.sampled_from([["pause"], ["pause"], SHOW]) | assignments, min_size=1, max_size=5)


@st.composite
def task(draw: st.DrawFn) -> Program:
    """One or two asynchronous transactions, which may fail."""
    program: Program = []
    for name in "tu"[: draw(st.integers(1, 2))]:
        body = [
            ["pause"],
            *draw(inner),
            *draw(st.sampled_from([[], [], [["raise", "Wrong", 3]]])),
        ]
        program.append(draw(st.sampled_from([["async_with", name, body], ["async_all_of", [name], body]])))
    return program


@criterion("asynchronous", weight=3, hint="An asyncio.Lock is fair; it is held from `__aenter__` to `__aexit__`.")
@given(initial=stores, programs=st.lists(task(), min_size=2, max_size=4))
def test_tasks_take_turns(submission: SubmissionHandle, initial: Any, programs: Any) -> None:
    """While a task has a transaction open, however long it waits in there, other tasks wait; they get their turn in the
    order in which they asked, even after a failure.
    """
    begun: Program = [["async_with", "t", [["pause"], ["set", "e", 5], ["pause"], SHOW]]]
    failing: Program = [["async_with", "t", [["pause"], ["set", "f", 6], SHOW, ["raise", "Wrong", 3]]]]
    programs = [[*begun, *programs[0]], *programs[1:], failing]
    assert submission.call("run_tasks", initial, programs) == turns(initial, programs)


@criterion("asynchronous", weight=2, hint="Remember which task holds the lock: it may go on without taking it again.")
@given(initial=stores, program=towers(), count=st.integers(2, 3))
def test_transactions_nest_within_a_task(submission: SubmissionHandle, initial: Any, program: Any, count: int) -> None:
    """Within a task, transactions of both kinds nest; only the end of the outermost one lets others have their turn."""
    inside: Program = [["async_with", "t8", [["set", "e", count], SHOW]], ["pause"], ["pause"], SHOW]
    programs = [[["async_with", "t9", [*inside, *program, SHOW]]]] * count
    assert submission.call("run_tasks", initial, programs) == turns(initial, programs)


@criterion("asynchronous", weight=2, hint="Nothing may be left behind by a task that never had its turn.")
@given(initial=stores, waiting=st.integers(1, 3), which=st.integers(0, 2), mark=marks, key=keys)
def test_a_waiting_task_can_be_cancelled(
    submission: SubmissionHandle, initial: Any, waiting: int, which: int, mark: int, key: str
) -> None:
    """A task that is cancelled while it waits for its turn changes nothing and does not hold up those behind it."""
    cancelled = 1 + which % waiting
    first: list[Any] = [["pause"], ["cancel", cancelled], ["pause"], ["set", key, mark], ["pause"], SHOW]
    others = [[["async_with", "t", [SHOW, ["set", f"k{at}", mark + at]]]] for at in range(waiting)]
    programs: list[Any] = [[["async_with", "t", [node for node in first if node[0] != "cancel"]]], *others]
    expected = turns(initial, [program for at, program in enumerate(programs) if at != cancelled])
    numbers = [at for at in range(len(programs)) if at != cancelled]
    expected["log"] = [[numbers[number], *shown] for number, *shown in expected["log"]]
    expected["ending"].insert(cancelled, ["CancelledError"])
    assert submission.call("run_tasks", initial, [[["async_with", "t", first]], *others]) == expected


PATIENCE = 9
"""Times that a waiting task may go on until it has had its turn: the reference's does so twice."""


@criterion("asynchronous", hint="Await a future or a lock that is given to you; a loop around `sleep` is not waiting.")
@given(numbers=st.lists(st.integers(10**6, 10**9), min_size=2, max_size=4, unique=True), pauses=st.integers(40, 60))
def test_waiting_asks_for_nothing(submission: SubmissionHandle, numbers: list[int], pauses: int) -> None:
    """A task that waits for its turn sleeps until it comes, however long that takes."""
    own = [f"k{number}" for number in numbers]
    seen = submission.call("wait", own, pauses)
    assert seen[0] == own
    assert all(resumed <= PATIENCE for resumed in seen[1]), (
        f"waiting tasks went on {max(seen[1])} times before their turn"
    )


@criterion("asynchronous", hint="CancelledError is an exception like any other: roll back and let the next one in.")
@given(initial=stores, mark=marks, key=keys, waiting=st.integers(1, 2))
def test_a_cancelled_transaction_rolls_back(
    submission: SubmissionHandle, initial: Any, mark: int, key: str, waiting: int
) -> None:
    """A task that is cancelled within its transaction rolls back, and the next one gets its turn."""
    others = [[["async_with", "t", [SHOW, ["set", f"k{at}", mark]]]] for at in range(waiting)]
    body: Program = [["set", key, mark], ["with", "u", [["set", "x", 1], ["cancel", 0], ["pause"]]]]
    expected = turns(initial, [[["async_with", "t", [*body[:1], ["with", "u", [["raise", "Cancelled", 0]]]]]], *others])
    expected["ending"][0] = ["CancelledError"]
    assert submission.call("run_tasks", initial, [[["async_with", "t", body]], *others]) == expected


@criterion(
    "asynchronous", weight=2, hint="contextlib.AsyncExitStack does exactly this; it takes managers of both kinds."
)
@given(managers=managers_left(*WAYS), before=managers_left(None, None, "Worse"), failing=unentered, body=bodies)
def test_asynchronous_managers_are_held_as_one(
    submission: SubmissionHandle,
    managers: list[Any],
    before: list[Any],
    failing: list[Any],
    body: str | None,
) -> None:
    """`all_of_async` does the same as `all_of`, over synchronous and asynchronous managers."""
    assert submission.call("hold_async", managers, body) == held(managers, body)
    unfinished = [[True, 0, None, None], *before, failing]
    assert submission.call("hold_async", unfinished, None) == held(unfinished, None)
