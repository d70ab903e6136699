"""A failing example in words: what was asked, what came back, what is promised.

    asked     run([{'name': 'Thing', ...}], [['new', 'x', 'Thing', {}], ['set', 'x', 'a', 51]])
    step      1: ['new', 'x', 'Thing', {}] gave ['ok', None]
              2 of 2: ['set', 'x', 'a', 51]
    received  ['ok', None]
    promised  ['invalid', 'a', 'a: ', True]

Values come from the assertion that failed: pytest passes its two sides to a hook. Long sequences are reduced to their
first difference, and a list of steps to the step with the same number.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from grader.evidence.suite.handle import Exchange
from grader.model import Example
from grader.suite.observation import Observation, same
from sandbox.outcome import ChildLost, Raised
from sandbox.session import Call

MOST_ASKED = 2000
MOST = 1000
"""The maximum number of characters of a value."""
WHOLE = 60
"""The number of characters up to which both sides are shown in full."""
LONG = 120
"""The maximum number of characters or bytes of a text within a value."""
EARLIER = 4
"""The maximum number of steps before the one that matters that are shown."""
CALLS = 3
"""The maximum number of calls that are shown; earlier ones are left out."""
MOST_PRINTED = 500

SHORTENED = reprlib.Repr()
"""What pytest makes of a value that an assertion has for its message: six items of a list, and 240 characters."""
SHORTENED.maxstring = SHORTENED.maxother = 240
REWRITTEN = "assert "
"""The beginning of the line in which pytest repeats the assertion; anything above it is the suite's own message."""


class Compared(NamedTuple):
    """The two sides of the assertion that failed."""

    operator: str
    left: object
    right: object

    @property
    def received(self) -> object:
        """The side that came from the sandbox; the left one if nothing tells them apart."""
        swapped = isinstance(self.right, Observation) and not isinstance(self.left, Observation)
        return _plain(self.right if swapped else self.left)

    @property
    def promised(self) -> object:
        """The side that the suite promises."""
        swapped = isinstance(self.right, Observation) and not isinstance(self.left, Observation)
        return _plain(self.left if swapped else self.right)

    def is_about(self, answer: object) -> bool:
        """Return whether one side is this very answer, or a part of it: not merely an equal value."""
        sides = [side.value if isinstance(side, Observation) else side for side in (self.left, self.right)]
        parts = [answer, *answer] if isinstance(answer, list | tuple) else [answer]
        return any(side is part for side in sides for part in parts if isinstance(part, list | tuple | dict))


def example_of(
    exchanges: Sequence[Exchange], error: BaseException, compared: Compared | None, *, printed: str = ""
) -> Example:
    """Describe how these calls ended with this error."""
    received, promised = "", ""
    note = _message(error)
    step = _named_step(note, exchanges, compared)
    if step is not None:
        note = ""
    if isinstance(error, Raised | ChildLost):
        received = _raised(error)
    elif compared is not None:
        whole = (
            bool(exchanges)
            and isinstance(exchanges[-1].answer, Observation)
            and compared.received is exchanges[-1].answer.value
        )
        step, received, promised = _compared(compared, exchanges if whole else (), step)
    elif exchanges:
        received = _answer(exchanges[-1])
    return Example(
        asked=_asked(exchanges, step),
        step="" if step is None else "\n".join([*_earlier(step, exchanges), step.words]),
        received=received,
        promised=promised,
        note=note,
        printed=printed[-MOST_PRINTED:].strip(),
    )


class AskedStep(NamedTuple):
    """One entry of a list of steps that was passed. The entries after it do not matter."""

    steps: list[Any]
    place: int
    is_known: bool = True
    """Whether its place is known: of several equal steps, nobody may be able to tell which one it was."""

    @property
    def words(self) -> str:
        """The step itself, after its number if that is known."""
        number = f"{self.place + 1} of {len(self.steps)}: " if self.is_known else ""
        return f"{number}{_literal(self.steps[self.place])}"


def _earlier(step: AskedStep, exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Yield the last steps before it, each with its answer if the last call gave an answer for each step."""
    answers = _answers(step.steps, exchanges)
    for index in range(max(0, step.place - EARLIER), step.place) if step.is_known else ():
        gave = f" gave {_literal(_plain(answers[index]), most=LONG)}" if answers else ""
        yield f"{index + 1}: {_literal(step.steps[index], most=LONG)}{gave}"


def _answers(steps: Sequence[Any], exchanges: Sequence[Exchange]) -> list[Any] | None:
    """Return the last call's answer if it has one value for each step."""
    answer = exchanges[-1].answer
    values = answer.value if isinstance(answer, Observation) else None
    return values if isinstance(values, list) and len(values) == len(steps) else None


def _lists(exchanges: Sequence[Exchange]) -> Iterator[list[Any]]:
    """Yield the lists that were passed as arguments, the last one first."""
    for call, _ in reversed(exchanges):
        yield from (argument for argument in reversed(call.args) if isinstance(argument, list))


def _named_step(message: str, exchanges: Sequence[Exchange], compared: Compared | None) -> AskedStep | None:
    """Return the step that the suite's own message quotes. Of equal ones, the one whose answer was compared."""
    if message[:1] not in ("[", "("):
        return None
    for steps in _lists(exchanges):
        places = [place for place, step in enumerate(steps) if message in (repr(step), SHORTENED.repr(step))]
        if len(places) > 1 and compared is not None and (answers := _answers(steps, exchanges)) is not None:
            places = [place for place in places if compared.is_about(answers[place])] or places
        if places:
            return AskedStep(steps, places[-1], is_known=len(places) == 1)
    return None


def _asked(exchanges: Sequence[Exchange], step: AskedStep | None) -> str:
    """Return the last calls as Python would write them, without the steps after the one that matters."""
    shown = [_call(call, step) for call, _ in exchanges[-CALLS:]]
    more = len(exchanges) - len(shown)
    return _short("\n".join([*([f"({more} calls before)"] if more > 0 else []), *shown]), MOST_ASKED)


def _call(call: Call, step: AskedStep | None) -> str:
    arguments = []
    for argument in call.args:
        if step is not None and step.is_known and argument is step.steps:
            more = ", ..." if step.place + 1 < len(step.steps) else ""
            arguments.append(f"{_literal(argument[: step.place + 1], most=MOST_ASKED)[:-1]}{more}]")
        else:
            arguments.append(_literal(argument, most=MOST_ASKED))
    arguments += [f"{name}={_literal(value)}" for name, value in call.keywords]
    return f"{call.name}({', '.join(arguments)})"


def _answer(exchange: Exchange) -> str:
    if isinstance(exchange.answer, Observation):
        return _literal(exchange.answer.value)
    return "" if exchange.answer is None else _raised(exchange.answer)


def _raised(error: BaseException) -> str:
    return _short(error.why if isinstance(error, ChildLost) else str(error), MOST)


def _message(error: BaseException) -> str:
    """Return the assertion's own message. For an answer of the wrong shape, the message says what is wrong with it."""
    if not isinstance(error, AssertionError):
        return ""
    lines = str(error).split("\n")
    end = next((index for index, line in enumerate(lines) if line.startswith(REWRITTEN)), len(lines))
    if lines[0][:1] in ("[", "("):  # pytest breaks the lines of a value where its repr has a newline
        return "\\n".join([lines[0], *(line[2:] for line in lines[1:end])])
    return _short(" ".join(" ".join(lines[:end]).split()), MOST)


def _compared(
    compared: Compared, exchanges: Sequence[Exchange], step: AskedStep | None
) -> tuple[AskedStep | None, str, str]:
    """Return the step of the first difference, what came back there, and what is promised."""
    received, promised = compared.received, compared.promised
    if compared.operator != "==":
        promised_side = compared.right if received is _plain(compared.left) else compared.left
        return step, _figure(received), f"{compared.operator} {_figure(_plain(promised_side))}"
    where, after = "", ""
    while (found := _difference(received, promised)) is not None:
        key, own, right, length = found
        if not where:  # deeper down, equal lengths mean nothing
            step = step or _step(key, length, exchanges)
        if len(repr(received)) <= WHOLE and len(repr(promised)) <= WHOLE:
            break
        if key == 0 and isinstance(own, str) and isinstance(right, str):
            break  # the first word of a step's answer says what the rest is: how it ended, and with what
        where += f"[{key!r}]"
        after = _before(received, key)
        if own is ABSENT or right is ABSENT:
            ends = f"nothing more after {key} items"
            return step, _at(where + after, own, ends), _at(where + after, right, ends)
        received, promised = own, right
    return step, _at(where + after, received), _at(where + after, promised)


def _figure(value: object) -> str:
    """Round a figure that is compared with a bound: it is measured, so further digits mean nothing."""
    return f"{value:.6g}" if type(value) is float else _literal(value)


def _before(values: object, index: object) -> str:
    """Quote the value before the one that differs: where no step can be named, it shows how far things went well."""
    if isinstance(values, list | tuple) and isinstance(index, int) and index:
        return f" after {_short(_written(values[index - 1]), WHOLE)}"
    return ""


ABSENT = object()


def _difference(own: object, right: object) -> tuple[object, object, object, int] | None:
    """Return where two containers of one type first differ: the key, both values, and the length of a sequence."""
    if type(own) is not type(right):
        return None
    if isinstance(own, list | tuple) and isinstance(right, list | tuple):
        for index in range(max(len(own), len(right))):
            mine = own[index] if index < len(own) else ABSENT
            theirs = right[index] if index < len(right) else ABSENT
            if mine is ABSENT or theirs is ABSENT or not same(mine, theirs):
                return index, mine, theirs, len(right)
    if isinstance(own, dict) and isinstance(right, dict) and own.keys() == right.keys():
        for key, value in own.items():
            if not same(value, right[key]):
                return key, value, right[key], 0
    return None


def _step(index: object, length: int, exchanges: Sequence[Exchange]) -> AskedStep | None:
    """Return the step at this index of a passed list with exactly `length` steps."""
    found = (steps for steps in _lists(exchanges) if isinstance(index, int) and 1 < len(steps) == length > index)
    return next((AskedStep(steps, index) for steps in found if isinstance(index, int)), None)


def _at(where: str, value: object, absent: str = "") -> str:
    text = absent if value is ABSENT else _literal(value)
    return f"at {where}: {text}" if where else text


def _plain(value: object) -> object:
    """Return the value with every observation in it unwrapped."""
    match value:
        case Observation():
            return value.value
        case list() | tuple() if type(value) in (list, tuple):
            return type(value)(map(_plain, value))
        case Mapping() if type(value) is dict:
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value


def _literal(value: object, *, most: int = MOST) -> str:
    """Return the value as Python would write it, with long texts cut."""
    return _short(_written(value), most)


def _written(value: object) -> str:
    kind = type(value)
    if isinstance(value, str | bytes) and len(value) > LONG:
        return f"{value[: LONG // 2]!r}... ({len(value)} long)"
    if kind is list and isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if kind is tuple and isinstance(value, tuple):
        return f"({', '.join(map(_written, value))}{',' if len(value) == 1 else ''})"
    if kind is dict and isinstance(value, dict) and value:
        return f"{{{', '.join(f'{_written(key)}: {_written(item)}' for key, item in value.items())}}}"
    return repr(value)


def _short(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most // 2]} … {text[-most // 2 :]}"
