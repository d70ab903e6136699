"""Writes the hidden suite of a stage: drawn programs, a model of the system, and one test for each thing that was asked for."""

import json

KINDS = {
    "article": 'st.sampled_from(["a", "b", "c"])',
    "name": 'st.sampled_from(["x", "y", "z"])',
    "count": "st.integers(0, 9)",
    "small": "st.integers(-1, 6)",
    "few": "st.integers(0, 4)",
    "seat": "st.integers(-1, 4)",
    "row": 'st.sampled_from(["p", "q"])',
    "guest": 'st.sampled_from(["x", "y", "z"])',
    "amount": "st.integers(-2, 60)",
    "day": "st.integers(0, 9)",
    "number": "st.integers(0, 5)",
}

HEAD = '''"""Hidden suite: programs are drawn here, the submission is asked, and the model foretells how each step ends."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

KIND = "%(kind)s"
Step = tuple[str, list[Any]]


%(model)s

def ends(model: Any, steps: list[Step]) -> list[list[Any]]:
    """How each step ends, by the model, which is changed by it."""
    return [end(model, step) for step in steps]


def end(model: Any, step: Step) -> list[Any]:
    name, arguments = step
    kept = copy.deepcopy(vars(model))
    try:
        return ["gave", getattr(model, name)(*arguments)]
    except ValueError:
        vars(model).update(kept)
        return ["refused"]


def seen(answer: Any) -> list[list[Any]]:
    """How each step of the submission ended; a subclass of ValueError refuses, too."""
    return [entry if entry[0] == "gave" else ["refused"] if refuses(entry) else entry for entry in answer]


def refuses(entry: list[Any]) -> bool:
    return "ValueError" in [entry[1], *entry[2]]


def asked(steps: list[Step]) -> list[Any]:
    return [[name, arguments] for name, arguments in steps]


def program(choices: list[tuple[str, list[Any]]], prefix: list[Any]) -> st.SearchStrategy[list[Step]]:
    """Programs that begin with steps in which everything that matters is met."""
    one = st.one_of([st.tuples(st.just(name), st.tuples(*arguments).map(list)) for name, arguments in choices])
    begin = [(name, arguments) for name, arguments in prefix]
    return st.lists(one, min_size=4, max_size=16).map(lambda steps: [*begin, *steps])


CORE = %(core)s
'''

CORE_TEST = '''

@criterion("core", hint="Follow the steps by hand: which of them must be refused, and what is there afterwards?")
@given(steps=program(CORE, %(prefix)s))
def test_the_system_does_what_the_brief_says(submission: SubmissionHandle, steps: list[Step]) -> None:
    """Every call returns what the brief says, or is refused with ValueError and changes nothing."""
    assert seen(submission.call("run", KIND, asked(steps))) == ends(Model(), steps)
'''

CHANGE_TEST = '''
CHANGED = %(changed)s


@criterion("change", hint="What was there before has to respect what is new, too.")
@given(steps=program(CORE + CHANGED, %(prefix)s))
def test_what_is_new_works_with_what_was_there(submission: SubmissionHandle, steps: list[Step]) -> None:
    """New calls and old ones, in any order, do what the changed brief says, or are refused and change nothing."""
    assert seen(submission.call("run", KIND, asked(steps))) == ends(Model(), steps)
'''

GROWTH_TESTS = {
    "batch": '''

@criterion("growth", hint="What has a batch changed when its last call is refused?")
@given(before=program(CORE + CHANGED, PREFIX), steps=program(CORE + CHANGED, []), after=program(CORE + CHANGED, []))
def test_a_batch_is_carried_out_as_a_whole_or_not_at_all(
    submission: SubmissionHandle, before: list[Step], steps: list[Step], after: list[Step]
) -> None:
    """A batch returns what its calls return; if one is refused, it is refused, and nothing has changed."""
    model = Model()
    ends(model, before)
    good = [step for step in steps if end(model, step)[0] == "gave"]
    for batch in (good, [*good, REFUSED]):
        model = Model()
        expected = ends(model, before)
        kept = copy.deepcopy(vars(model))
        results = ends(model, batch)
        if ["refused"] in results:
            vars(model).clear()
            vars(model).update(kept)
            expected.append(["refused"])
        else:
            expected.append(["gave", [result[1] for result in results]])
        expected += ends(model, after)
        calls = [*asked(before), ["batch", [asked(batch)]], *asked(after)]
        assert seen(submission.call("run", KIND, calls)) == expected
''',
    "undo": '''

CHANGES = %(changes)s


@criterion("growth", hint="What counts as a change, and what does not? What is undone after an undo?")
@given(steps=program(CORE + CHANGED, PREFIX), undos=st.lists(st.integers(0, 30), min_size=3, max_size=9))
def test_undo_takes_back_one_change_after_the_other(
    submission: SubmissionHandle, steps: list[Step], undos: list[int]
) -> None:
    """`undo` takes back the last change that succeeded and was not taken back; with none left, it is refused."""
    whole = [*steps, ("undo", [])]
    for place in undos:
        whole.insert(place %% (len(whole) + 1), ("undo", []))
    model, past, expected = Model(), [], []
    for step in whole:
        before = copy.deepcopy(vars(model))
        if step[0] == "undo":
            expected.append(["gave", None] if past else ["refused"])
            if past:
                vars(model).update(past.pop())
            continue
        expected.append(end(model, step))
        if expected[-1][0] == "gave" and step[0] in CHANGES:
            past.append(before)
    assert seen(submission.call("run", KIND, asked(whole))) == expected
''',
    "journal": '''

CHANGES = %(changes)s


@criterion("growth", hint="Which calls are changes, and which of them succeeded?")
@given(steps=program(CORE + CHANGED, PREFIX))
def test_the_journal_has_every_change_that_succeeded(submission: SubmissionHandle, steps: list[Step]) -> None:
    """`journal` returns the changes that succeeded, in order, with their arguments, and nothing else."""
    model = Model()
    kept = [step for step in steps if end(model, step)[0] == "gave" and step[0] in CHANGES]
    answer = submission.call("run", KIND, [*asked(steps), ["journal", []]])
    assert [[name, list(arguments)] for name, arguments in answer[-1][1]] == asked(kept)


@criterion("growth", hint="A rebuilt object goes on as the first one would.")
@given(steps=program(CORE + CHANGED, PREFIX), more=program(CORE + CHANGED, PREFIX))
def test_what_is_rebuilt_goes_on_as_before(
    submission: SubmissionHandle, steps: list[Step], more: list[Step]
) -> None:
    """An object that is rebuilt from a journal answers like the one that the journal is of."""
    model = Model()
    ends(model, steps)
    assert seen(submission.call("rebuilt", KIND, asked(steps), asked(more))) == ends(model, more)
''',
}


def text(problem, change, growth_name, model):
    """Return the suite of a stage."""
    filled = HEAD % {"kind": problem.kind, "model": model, "core": _choices(problem.steps)}
    filled += CORE_TEST % {"prefix": json.dumps(problem.prefix)}
    if change:
        filled += CHANGE_TEST % {"changed": _choices(change.steps), "prefix": json.dumps(change.prefix)}
    if growth_name:
        changes = sorted({name for name, body in (problem.methods | change.methods).items() if "@change" in body})
        filled += f"\nPREFIX = {json.dumps(change.prefix)}\n"
        if growth_name == "batch":
            filled += f"REFUSED: Step = {problem.steps[0][0]!r}, {json.dumps(_refused(problem))}\n"
        tests = GROWTH_TESTS[growth_name]
        filled += tests % {"changes": json.dumps(changes)} if "%(" in tests else tests
    return filled


def _refused(problem):
    """Return arguments with which the first method of the problem is always refused: a count of 0 at the end."""
    return [{"article": "a", "name": "x", "row": "p", "count": 0, "amount": 0, "few": 0, "number": 99}[kind] for kind in problem.steps[0][1].split()]


def _choices(steps):
    rows = [f'    ("{name}", [{", ".join(KINDS[kind] for kind in kinds.split())}]),' for name, kinds in steps]
    return "[\n" + "\n".join(rows) + "\n]"
