"""Hidden suite of architecture/design_patterns: drawn programs with parts of ours, and a model that foretells them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import isclose
from typing import Any, ClassVar, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

T = TypeVar("T")
Step = list[Any]
Steps = list[Step]
ANY = ["Scripted", "Halt", "ValueError", "KeyError", "IndexError", "RuntimeError", "TypeError"]
"""What parts raise."""
ORDINARY = [kind for kind in ANY if kind != "Halt"]
NUMBERS = st.integers(10**6, 2**40)

# ---- programs, and what foretells them --------------------------------------------------------------------------


class Ended(Exception):
    def __init__(self, what: Any) -> None:
        self.what = what


@dataclass
class Parts:
    """A model, and what parts of ours do in their n-th call: as in the probe, whose function `PROBE` is asked."""

    PROBE: ClassVar[str]
    fails: Sequence[list[Any]]
    diary: list[Any] = field(default_factory=list, init=False)
    calls: dict[tuple[str, int], int] = field(default_factory=dict, init=False)

    def step(self, step: Step) -> list[Any]:
        return self.ended(getattr(self, step[0]), *step[1:])

    def note(self, *what: Any) -> None:
        self.diary.append(list(what))

    def called(self, role: str, number: int) -> int:
        nth = self.calls.get((role, number), 0)
        self.calls[role, number] = nth + 1
        code, *raised = next((planned[3:] for planned in self.fails if planned[:3] == [role, number, nth]), [0])
        if raised:
            raise Ended(raised[0])
        return int(code)

    def ended(self, call: Callable[..., Any], *arguments: Any) -> list[Any]:
        above, self.diary = self.diary, []
        try:
            ending = ["gave", call(*arguments)]
        except Ended as error:
            ending = ["raised", error.what]
        noted, self.diary = self.diary, above
        return [ending, noted]


def agree(
    submission: SubmissionHandle,
    model: type[Parts],
    brought: list[Any],
    steps: Steps,
    fails: Sequence[list[Any]] = (),
    look: Callable[[Any], Any] = lambda outcome: outcome,
) -> None:
    """Compare how each step ended, and what was noted meanwhile."""
    seen = submission.call(model.PROBE, *brought, list(fails), steps).value
    expected = model(fails, *brought)
    assert isinstance(seen, list)
    assert len(seen) == len(steps)
    for step, outcome in zip(steps, seen, strict=True):
        right, received = look(expected.step(step)), look(outcome)
        assert received == right or near(received, right), step


def near(seen: Any, right: Any) -> bool:
    """Return whether both are the same but for the rounding of lengths."""
    if isinstance(seen, list | tuple) and isinstance(right, list | tuple):
        return len(seen) == len(right) and all(map(near, seen, right))
    if {type(seen), type(right)} in ({float}, {float, int}):
        return isclose(seen, right, rel_tol=1e-9, abs_tol=1e-9)
    return type(seen) is type(right) and bool(seen == right)


class Author:
    """Draws programs: numbers that name parts, keys and options."""

    def __init__(self, data: st.DataObject) -> None:
        self.draw = data.draw
        self._numbers = count(self.draw(NUMBERS), self.draw(st.integers(10**3, 10**6)))

    def number(self) -> int:
        return next(self._numbers)

    def numbers(self, many: int) -> list[int]:
        return [self.number() for _ in range(many)]

    def integer(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def one(self, choices: list[T]) -> T:
        return self.draw(st.sampled_from(choices))

    def shuffled(self, items: list[T]) -> list[T]:
        return self.draw(st.permutations(items))


def thrown(author: Author) -> list[Any]:
    """What a part raises."""
    return [author.one(ANY), author.number()]


# ---- factory ----------------------------------------------------------------------------------------------------


@dataclass
class Workshop(Parts):
    """Two editors' kinds."""

    PROBE = "make"
    makers: list[list[Any]]

    def __post_init__(self) -> None:
        self.kinds: list[dict[str, int]] = [{}, {}]
        self.made = 0

    def register(self, place: int, kind: str, maker: int) -> None:
        self.kinds[place][kind] = maker

    def make(self, place: int, kind: str, options: list[list[Any]]) -> Any:
        if kind not in self.kinds[place]:
            raise Ended(["ValueError"])
        _, number = self.makers[self.kinds[place][kind]]
        self.note("made", number, sorted(options))
        self.called("make", number)
        self.made += 1
        return [number, self.made - 1]


STYLES = ["function", "object", "partial", "class"]
ODD = ["", "make", "register", "__init__", "shapes", "None", "kind", "0", "é", "Shape"]
NAMES = ["kind", "self", "make", "options", "shape", "words", "place", "name"]


def key(author: Author) -> str:
    return f"{author.draw(st.text('abcdefgh', min_size=1, max_size=3))} {author.number()}"


def options(author: Author, place: int = 0) -> list[list[Any]]:
    """Two options: one of a common name, one of a drawn one."""
    return [[NAMES[place], author.number()], [f"o{author.number()}", author.number()]]


@criterion("factory", weight=4, hint="A dictionary of makers: call the one of the kind, return what it returns.")
@given(data=st.data())
def test_brought_makers_make(submission: SubmissionHandle, data: st.DataObject) -> None:
    """A kind's shapes are made by what was last registered for it, called once, with the options that were given."""
    author = Author(data)
    makers = [[style, author.number()] for style in [*STYLES, *author.shuffled(STYLES)]]
    kinds = [key(author), key(author), *author.shuffled(ODD)[:2]]
    steps: Steps = [["register", 0, kind, place] for place, kind in enumerate(kinds)]
    looks: Steps = [["make", 0, kind, options(author, place)] for place, kind in enumerate([*kinds, *kinds])]
    for place in author.shuffled([0, 1, 2, 3]):
        steps += [author.one(looks), ["register", 0, kinds[place], 4 + place], ["make", 0, kinds[place], []]]
    agree(submission, Workshop, [makers], [*steps, *author.shuffled(looks)])


@criterion("factory", weight=2, hint="Look the kind up before you call the maker, so that its errors are its own.")
@given(data=st.data())
def test_unknown_kinds_are_refused(submission: SubmissionHandle, data: st.DataObject) -> None:
    """A kind that is not registered is a ValueError; what a maker raises passes through unchanged."""
    author = Author(data)
    makers = [[author.one(STYLES), author.number()] for _ in range(3)]
    kinds = [key(author), key(author), author.one(ODD)]
    raised = ["KeyError", author.one(ANY)]
    fails = [["make", makers[place][1], 1, kind, author.number()] for place, kind in enumerate(raised)]
    unknown = [kinds[0].upper(), f"{kinds[0]} ", *(odd for odd in author.shuffled(ODD)[:3] if odd not in kinds)]
    steps: Steps = []
    for place in author.shuffled([0, 1, 2]):
        steps += [["make", 0, kinds[place], options(author)], ["register", 0, kinds[place], place]]
    steps += author.shuffled([["make", 0, kind, []] for kind in [*unknown, *kinds, *kinds]])
    agree(submission, Workshop, [makers], [*steps, *(["make", 0, kind, []] for kind in kinds)], fails)


@criterion("factory", weight=2, hint="Keep the makers in the instance, not in the class or the module.")
@given(data=st.data())
def test_each_editor_has_its_own_kinds(submission: SubmissionHandle, data: st.DataObject) -> None:
    """What is registered with one editor is unknown to another."""
    author = Author(data)
    makers = [[author.one(STYLES), author.number()] for _ in range(4)]
    both, first, second = key(author), key(author), key(author)
    registered = [(0, both), (1, both), (0, first), (1, second)]
    steps: Steps = [["register", editor, kind, place] for place, (editor, kind) in enumerate(registered)]
    looks: Steps = [["make", place, kind, options(author)] for place in (0, 1) for kind in (both, first, second)]
    agree(submission, Workshop, [makers], [*author.shuffled(steps), *author.shuffled(looks)])


# ---- strategy ---------------------------------------------------------------------------------------------------


@dataclass
class Sheet(Parts):
    """Two editors' shapes and layouts."""

    PROBE = "render"
    shapes: list[list[Any]]
    layouts: list[list[Any]]

    def __post_init__(self) -> None:
        self.drawn: list[list[int]] = [[], []]
        self.chosen: list[list[Any]] = [["column"], ["column"]]

    def put(self, place: int, shapes: list[int]) -> None:
        self.drawn[place] = shapes

    def set_layout(self, place: int, layout: int) -> None:
        self.chosen[place] = self.layouts[layout]

    def render(self, place: int, renderer: int) -> None:
        shapes = [self.shapes[index] for index in self.drawn[place]]
        for number, *_ in shapes:
            self.note("size", number)
            self.called("size", number)
        positions = self.positions(self.chosen[place], [size for _, *size in shapes])
        if len(positions) != len(shapes):
            raise Ended(["ValueError"])
        for (number, *size), position in zip(shapes, positions, strict=True):
            self.note("draw", number, renderer)
            self.called("draw", number)
            self.note("box", *position, *size)

    def positions(self, layout: list[Any], sizes: list[list[float]]) -> list[Any]:
        match layout:
            case ["column", *gaps]:
                return column(gaps[0] if gaps else 0, [height for _, height in sizes])
            case ["row", gap, number]:
                self.note("layout", number, sizes)
                return [position[::-1] for position in column(gap, [width for width, _ in sizes])]
            case _:
                _, number, more, a, b, c, d = layout
                self.note("layout", number, sizes)
                self.called("layout", number)
                found = [[a * index + b * width, c * index + d * height] for index, (width, height) in enumerate(sizes)]
                return found[: len(found) + more] + [[a, c]] * more


def column(gap: float, heights: list[float]) -> list[list[float]]:
    return [[0, sum(heights[:index]) + gap * index] for index in range(len(heights))]


LENGTHS = st.integers(1, 999) | st.floats(0.1, 99)


def some_shapes(author: Author) -> list[list[Any]]:
    return [[author.number(), author.draw(LENGTHS), author.draw(LENGTHS)] for _ in range(5)]


def a_layout(author: Author, more: int = 0) -> list[Any]:
    style = author.one(["function", "object"])
    return [style, author.number(), more, *(author.integer(1, 99) for _ in range(4))]


def some_of(author: Author, least: int = 2) -> list[int]:
    return author.shuffled([0, 1, 2, 3, 4])[: author.integer(least, 5)]


@criterion("strategy", weight=4, hint="Collect the sizes, ask the layout once, then let each shape draw itself.")
@given(data=st.data())
def test_brought_layouts_place_shapes(submission: SubmissionHandle, data: st.DataObject) -> None:
    """Shapes draw themselves at the positions that the layout gives for their sizes; each is asked once, in order."""
    author = Author(data)
    layouts = [["function", *a_layout(author)[1:]], ["object", *a_layout(author)[1:]], a_layout(author)]
    steps: Steps = [["put", 0, some_of(author)]]
    for place in range(3):
        steps += [["set_layout", 0, place], ["render", 0, author.number()]]
    agree(submission, Sheet, [some_shapes(author), layouts], steps)


@criterion("strategy", weight=3, hint="Ask the layout at each rendering, and keep it in the instance.")
@given(data=st.data())
def test_the_layout_set_last_counts(submission: SubmissionHandle, data: st.DataObject) -> None:
    """Each rendering asks the layout that this editor was given last, about the shapes that there are now."""
    author = Author(data)
    layouts = [a_layout(author) for _ in range(4)]
    steps: Steps = [
        step for place in (0, 1) for step in (["put", place, some_of(author)], ["set_layout", place, place])
    ]
    for place in author.shuffled([0, 1, 0, 1]):
        steps += [["render", 0, author.number()], ["render", 1, author.number()]]
        steps += author.shuffled([["set_layout", place, author.one([0, 1, 2, 3])], ["put", place, some_of(author)]])
    steps += [["render", 0, author.number()], ["render", 1, author.number()]]
    agree(submission, Sheet, [some_shapes(author), layouts], steps)


@criterion("strategy", weight=3, hint="Count the positions before anything is drawn, and catch nothing.")
@given(data=st.data())
def test_nothing_is_drawn_without_positions(submission: SubmissionHandle, data: st.DataObject) -> None:
    """If the layout fails, or gives too few or too many positions, nothing is drawn; what parts raise passes."""
    author = Author(data)
    shapes, good, raising = some_shapes(author), a_layout(author), a_layout(author)
    layouts = [a_layout(author, -1), a_layout(author, author.integer(1, 2)), raising, good]
    size, draw = author.shuffled([shape[0] for shape in shapes])[:2]
    fails = [["layout", raising[1], 0], ["size", size, 0], ["draw", draw, 1]]
    fails = [[*planned, *thrown(author)] for planned in fails]
    steps: Steps = [["put", 0, author.shuffled([0, 1, 2, 3, 4])], ["set_layout", 0, 3], ["render", 0, author.number()]]
    for place in author.shuffled([0, 1, 2]):
        steps += [["render", 0, author.number()], ["set_layout", 0, place]]
        steps += [["render", 0, author.number()], ["set_layout", 0, 3]]
    agree(submission, Sheet, [shapes, layouts], [*steps, ["render", 0, author.number()]], fails)


@criterion("strategy", weight=2, hint="Add up heights and gaps from below; return a function that knows its gap.")
@given(data=st.data())
def test_columns_are_layouts(submission: SubmissionHandle, data: st.DataObject) -> None:
    """`column` gives layouts that put shapes above each other with a gap; a new editor has the one without."""
    author = Author(data)
    gap, wide, row = author.draw(LENGTHS), author.draw(LENGTHS), author.draw(LENGTHS)
    layouts = [["column"], ["column", gap], ["column", wide], ["row", row, author.number()]]
    steps: Steps = [["put", 0, some_of(author, 3)], ["render", 0, author.number()]]
    for place in author.shuffled([0, 1, 2, 3]):
        steps += [["set_layout", 0, place], ["render", 0, author.number()]]
    agree(submission, Sheet, [some_shapes(author), layouts], steps)


# ---- commands and observers -------------------------------------------------------------------------------------

OPPOSITE = {"do": "undo", "undo": "do"}


@dataclass
class Drawing:
    """What an editor has for itself: shapes, history, an open group, observers and changes that wait to be told."""

    shapes: list[int] = field(default_factory=list)
    done: list[list[int]] = field(default_factory=list)
    undone: list[list[int]] = field(default_factory=list)
    group: list[int] | None = None
    subscribed: list[int] = field(default_factory=list)
    waiting: list[list[Any]] = field(default_factory=list)


@dataclass
class World(Parts):
    """Two editors' drawings, and where the present step is."""

    PROBE = "edit"
    commands: list[list[Any]]
    observers: list[list[Any]]

    def __post_init__(self) -> None:
        self.drawings = [Drawing(), Drawing()]
        self.here = self.drawings[0]
        self.trails: dict[int, list[Any]] = {}
        self.heard: dict[int, int] = {}
        self.changes: list[list[Any]] = []

    def step(self, step: Step) -> list[Any]:
        return [*self.ended(self.perform, *step), [list(drawing.shapes) for drawing in self.drawings]]

    def perform(self, what: str, *arguments: Any) -> Any:
        match what, arguments:
            case "run", [number]:
                self.work("do", number)
                if self.here.group is None:
                    self.record([number])
                else:
                    self.here.group.append(number)
            case (("undo" | "redo"), []):
                return self.move(what)
            case "group", [steps, *leaving]:
                self.within(steps, leaving)
            case "try", [step]:
                self.note("tried", *self.step(step))
            case "subscribe", [number] if number not in self.here.subscribed:
                self.here.subscribed.append(number)
            case "unsubscribe", [number] if number in self.here.subscribed:
                self.here.subscribed.remove(number)
            case (("subscribe" | "unsubscribe"), _):
                pass
            case _:
                return getattr(self, what)(*arguments)
        return None

    def elsewhere(self, number: int) -> list[Any]:
        self.diary += [["do", number], ["undo", number]]
        return [False, False, None, [self.command(number)[2]], True]

    def fail(self, _: str, number: int) -> None:
        raise Ended(number)

    def kept(self) -> None:
        self.note("kept", list(self.changes))

    def at(self, place: int, step: Step) -> Any:
        above, self.here = self.here, self.drawings[place]
        try:
            return self.perform(*step)
        finally:
            self.here = above

    def command(self, number: int) -> list[Any]:
        return next(command for command in self.commands if command[1] == number)

    def record(self, step: list[int]) -> None:
        self.here.done.append(step)
        self.here.undone.clear()
        self.tell("run", step)

    def move(self, action: str) -> bool:
        self.refuse_within_a_group()
        source, target = (self.here.done, self.here.undone) if action == "undo" else (self.here.undone, self.here.done)
        if not source:
            return False
        step = source[-1]
        self.together("do" if action == "redo" else "undo", step)
        target.append(source.pop())
        self.tell(action, step)
        return True

    def together(self, verb: str, step: list[int]) -> None:
        turns = step if verb == "do" else step[::-1]
        for place, number in enumerate(turns):
            try:
                self.work(verb, number)
            except Ended:
                for earlier in turns[:place][::-1]:
                    self.work(OPPOSITE[verb], earlier)
                raise

    def within(self, steps: Steps, leaving: list[Any]) -> None:
        self.refuse_within_a_group()
        self.here.group = commands = list[int]()
        try:
            for step in steps:
                self.perform(*step)
            if leaving:
                raise Ended(leaving[1])
        except Ended:
            self.together("undo", commands)
            raise
        finally:
            self.here.group = None
        if commands:
            self.record(commands)

    def refuse_within_a_group(self) -> None:
        if self.here.group is not None:
            raise Ended(["RuntimeError"])

    def work(self, verb: str, number: int) -> None:
        kind, _, *arguments = self.command(number)
        trail = self.trails.setdefault(number, [])
        if kind not in ("Add", "Remove") or not arguments[0]:
            self.note(verb, number)
            self.called(verb, number)
        shapes = self.here.shapes
        there = len(shapes)
        match kind, verb:
            case (("Add" | "put"), "do"):
                shape, place = arguments[-2:]
                place = place % (there + 1) if kind == "put" else there if place is None else place
                self.refuse_unless(0 <= place <= there)
                shapes.insert(place, shape)
                trail.append(place)
            case (("Remove" | "take"), "do"):
                place = arguments[-1] % max(there, 1) if kind == "take" else arguments[-1]
                self.refuse_unless(kind == "take" or 0 <= place < there)
                trail.append((place, shapes[place : place + 1]))
                del shapes[place : place + 1]
            case (("Add" | "put"), _):
                del shapes[trail.pop()]
            case (("Remove" | "take"), _):
                place, taken = trail.pop()
                shapes[place:place] = taken
            case "own", "undo":
                shapes.remove(arguments[0])
            case (("own" | "mark"), _):
                shapes.append(arguments[verb == "undo"])
            case _:
                shapes.reverse()

    def refuse_unless(self, there: bool) -> None:
        if not there:
            raise Ended(["IndexError"])

    def tell(self, action: str, step: list[int]) -> None:
        self.here.waiting.append([action, list(step)])
        if len(self.here.waiting) > 1:
            return
        failures: list[Ended] = []
        while self.here.waiting:
            for observer in list(self.here.subscribed):
                if observer in self.here.subscribed:
                    try:
                        self.hear(observer, self.here.waiting[0])
                    except Ended as failure:
                        failures.append(failure)
            self.here.waiting.pop(0)
        if failures:
            raise failures[0]

    def hear(self, number: int, change: list[Any]) -> None:
        scripts = next(observer[2] for observer in self.observers if observer[1] == number)
        nth = self.heard.get(number, 0)
        self.heard[number] = nth + 1
        reactions: list[Any] = []
        self.diary.append(["heard", number, change, reactions])
        self.changes.append(change)
        for step in scripts[nth] if nth < len(scripts) else []:
            if step[0] == "fail":
                self.perform(*step)
            reactions.append(self.step(step))


def a_command(author: Author) -> list[Any]:
    """A command of ours; undoing one that marks leaves a mark, too."""
    kind = author.one(["put", "put", "mark", "take", "turn"])
    place, shapes = author.integer(0, 99), author.numbers(2)
    further = {"put": [shapes[0], place], "mark": shapes, "take": [place], "turn": []}
    return [kind, author.number(), *further[kind]]


def some_commands(author: Author, many: int) -> list[list[Any]]:
    """Commands of ours, among them one that puts and one that leaves marks."""
    first = [["put", author.number(), author.number(), author.integer(0, 99)], ["mark", *author.numbers(3)]]
    return author.shuffled([*first, *(a_command(author) for _ in range(many - 2))])


UNDO: Steps = [["undo"]]
REDO: Steps = [["redo"]]


def running(commands: list[list[Any]]) -> Steps:
    return [["run", command[1]] for command in commands]


def at(place: int, *steps: Step) -> Steps:
    """Take these steps at one of the two editors."""
    return [["at", place, step] for step in steps]


def turns(author: Author, many: int) -> list[list[Any]]:
    """Commands that leave an empty drawing as it is, however often they are done."""
    return [["turn", author.number()] for _ in range(many)]


def there_and_back(author: Author, many: int) -> Steps:
    """Undo and redo a few of so many steps, then all of them and one more."""
    few = author.integer(2, many)
    return [*UNDO * few, *REDO * author.integer(1, few - 1), *UNDO * (many + 1), *REDO * (many + 1), *UNDO]


@criterion("command", weight=3, hint="Two stacks of commands; ask the command itself to undo what it did.")
@given(data=st.data())
def test_brought_commands_are_undone_and_redone(submission: SubmissionHandle, data: st.DataObject) -> None:
    """Brought commands are done, undone and redone, each by its own `do` and `undo`, in the right order."""
    author = Author(data)
    commands, elsewhere = some_commands(author, 5), additions(author, 1)
    runs = [*running(commands), *running(author.shuffled(commands)[:2])]
    steps = [*UNDO, *REDO, *runs, ["elsewhere", elsewhere[0][1]], *there_and_back(author, len(runs))]
    agree(submission, World, [[*commands, *elsewhere], []], steps)


@criterion("command", weight=2, hint="Clear what can be redone as soon as a new command was done.")
@given(data=st.data())
def test_running_ends_what_can_be_redone(submission: SubmissionHandle, data: st.DataObject) -> None:
    """Whoever undoes and then runs another command can redo nothing, and undo everything that is left."""
    author = Author(data)
    commands = some_commands(author, 7)
    steps = running(commands[:4])
    steps += [*UNDO * author.integer(2, 3), *REDO * author.integer(0, 1), *running(commands[4:5]), *REDO]
    steps += [*UNDO * 2, *running(commands[5:6]), *REDO, *UNDO * 2, *REDO, *running(commands[6:]), *REDO * 2]
    agree(submission, World, [commands, []], [*steps, *UNDO * 8, *REDO * 4])


@criterion("command", weight=2, hint="Ask the command first; move it from one stack to the other when that went well.")
@given(data=st.data())
def test_commands_that_fail_leave_the_history_alone(submission: SubmissionHandle, data: st.DataObject) -> None:
    """What `do` or `undo` raises passes through unchanged; what can be undone and redone is the same as before."""
    author = Author(data)
    commands = some_commands(author, 6)
    first, second, done, undone, redone, other = (command[1] for command in commands)
    fails = [["do", done, 0], ["undo", undone, 0], ["do", redone, 1], ["do", other, 0]]
    fails = [[*planned, *thrown(author)] for planned in fails]
    steps: Steps = [["run", first], ["run", second], ["run", done], ["undo"], ["run", other], ["redo"]]
    tries: list[Steps] = [[["run", done], *UNDO, *REDO], [["run", undone], *UNDO, *REDO, *UNDO, *REDO]]
    tries.append([["run", redone], *UNDO, *REDO * 3])
    steps += [step for steps in author.shuffled(tries) for step in steps]
    agree(submission, World, [commands, []], [*steps, *UNDO * 6, *REDO * 6], fails)


@criterion("command", weight=3, hint="A command made of commands: undone from the last to the first.")
@given(data=st.data())
def test_a_group_is_one_step(submission: SubmissionHandle, data: st.DataObject) -> None:
    """What was run in a group is undone together, last first, and redone together, first first."""
    author = Author(data)
    commands = some_commands(author, 8)
    cut = author.integer(2, 4)
    steps: Steps = [["run", commands[0][1]], ["group", running(commands[1 : 1 + cut])], ["run", commands[5][1]]]
    steps.append(["group", running(author.shuffled([*commands[5:], commands[0]]))])
    steps += [*there_and_back(author, 4), *REDO * 2, *running(commands[:1]), *REDO, *UNDO * 3]
    agree(submission, World, [commands, []], steps)


@criterion("command", weight=3, hint="Undo in reverse what the block has done, whatever left it; touch no stack.")
@given(data=st.data())
def test_a_group_that_is_left_leaves_nothing(submission: SubmissionHandle, data: st.DataObject) -> None:
    """If an exception leaves a group, what was run in it is undone, and what can be undone and redone is as before."""
    author = Author(data)
    commands = some_commands(author, 8)
    numbers = [command[1] for command in commands]
    raised, ours = author.shuffled(["Halt", author.one(ORDINARY)])
    fails = [["do", numbers[5], 0, raised, author.number()]]
    own: Step = ["group", running(commands[2:5]), ours, author.number()]
    broken: Step = ["group", [["run", numbers[6]], ["run", numbers[0]], ["run", numbers[5]], ["run", numbers[7]]]]
    steps: Steps = [["run", numbers[0]], ["run", numbers[1]], *UNDO]
    for group in author.shuffled([own, broken]):
        steps += [group, *REDO, *UNDO]
    steps += [["group", running(commands[5:7])], *REDO, *UNDO, *REDO, *UNDO * 3]
    agree(submission, World, [commands, []], steps, fails)


@criterion("command", weight=2, hint="If one of several fails, do the opposite with those before it, in reverse.")
@given(data=st.data())
def test_groups_are_undone_and_redone_whole(submission: SubmissionHandle, data: st.DataObject) -> None:
    """If a command of a group fails when this is undone or redone, the others are put back; it can be tried again."""
    author = Author(data)
    commands = some_commands(author, 5)
    numbers = [command[1] for command in commands]
    fails = [["undo", numbers[author.integer(1, 2)], 0], ["do", numbers[author.integer(3, 4)], 2]]  # 1: put back
    fails = [[*planned, *thrown(author)] for planned in fails]
    steps: Steps = [["run", numbers[0]], ["group", running(commands[1:])], *UNDO * 2, *REDO * 2, *UNDO * 3, *REDO * 3]
    agree(submission, World, [commands, []], steps, fails)


@criterion("command", weight=2, hint="Refuse before anything is changed; a group that ran nothing is no step.")
@given(data=st.data())
def test_groups_refuse_and_go_on(submission: SubmissionHandle, data: st.DataObject) -> None:
    """In a group, `undo`, `redo` and groups are refused; what failed is no part of it; an empty group is no step."""
    author = Author(data)
    commands = some_commands(author, 7)
    numbers = [command[1] for command in commands]
    fails = [["do", numbers[place], 0, *thrown(author)] for place in (5, 6)]
    refused: Steps = [["undo"], ["redo"], ["group", []]]
    tried: Steps = [["try", step] for step in [*author.shuffled(refused), ["run", numbers[5]]]]
    inside = [["run", numbers[2]], *author.shuffled([*tried, ["run", numbers[3]], ["run", numbers[4]]])]
    steps: Steps = [["run", numbers[0]], ["run", numbers[1]], *UNDO]
    empty: Steps = [["group", []], ["group", [["try", ["run", numbers[6]]]]], ["group", [], *thrown(author)]]
    steps += [*author.shuffled(empty), ["group", [["run", numbers[4]], author.one(refused)]], *REDO, *UNDO]
    agree(submission, World, [commands, []], [*steps, ["group", inside], *REDO, *UNDO, *REDO, *UNDO * 3], fails)


@criterion("command", weight=3, hint="Remember where the shape went; equal shapes are not the same.")
@given(data=st.data())
def test_shapes_are_added_and_removed(submission: SubmissionHandle, data: st.DataObject) -> None:
    """`Add` and `Remove` do, undo and redo exactly their change, and refuse an index that is out of range."""
    author = Author(data)
    commands: list[list[Any]] = []

    def new(kind: str, *arguments: Any) -> None:
        given = [author.number(), *arguments] if kind == "Add" else list(arguments)
        commands.append([kind, author.number(), author.one([True, False]), *given])

    for index in (None, 0, author.integer(0, 2), None, author.integer(1, 3), None):
        new("Add", index)
    wrong = [("Add", author.integer(8, 99)), ("Add", -1), ("Remove", 6), ("Remove", -author.integer(1, 6))]
    middle = author.integer(1, 4)
    for kind, index in [*author.shuffled(wrong), ("Add", 6), ("Remove", 6), ("Remove", middle)]:
        new(kind, index)
    for kind, index in author.shuffled([("Remove", 0), ("Add", None), ("Remove", author.integer(1, 3)), ("Add", 2)]):
        new(kind, index)
    steps = [*running(commands), *UNDO * 13, *REDO * 13, *UNDO * author.integer(2, 11)]
    for kind in author.shuffled(["Add", "Remove"]):  # undoing a mark leaves another one, which is to stay
        new(kind, author.integer(0, 1))
        commands.append(["mark", *author.numbers(3)])
        steps += running(commands[-2:])
    agree(submission, World, [commands, []], [*steps, *UNDO * 4, *REDO * 4, *UNDO * 4])


@criterion("command", weight=1, hint="Whatever was done can be undone, however long ago.")
@given(data=st.data())
def test_a_long_history_is_kept(submission: SubmissionHandle, data: st.DataObject) -> None:
    """More than a hundred steps can be undone and redone, to the first and the last."""
    author = Author(data)
    commands, many = turns(author, 7), author.integer(105, 130)
    steps = [*(running(commands) * 19)[:many], *UNDO * (many + 1), *REDO * (many + 1)]
    agree(submission, World, [commands, []], steps)


@criterion("command", weight=4, hint="Keep history and the open group in the instance, not in the class or the module.")
@given(data=st.data())
def test_each_editor_has_its_own_history(submission: SubmissionHandle, data: st.DataObject) -> None:
    """What is done, undone, redone and grouped with one editor is nothing to another, whatever they do in turn."""
    author = Author(data)
    here, there = author.shuffled([0, 1])
    ours, theirs = some_commands(author, 6), some_commands(author, 6)
    left, right = running(ours), running(theirs)
    steps: Steps = [step for turn in zip(at(here, *left[:2]), at(there, *right[:2]), strict=True) for step in turn]
    steps += [*at(here, *UNDO), *at(there, *REDO, *UNDO), *at(here, *REDO), *at(there, *REDO)]
    steps += [*at(here, *UNDO), *at(there, right[2]), *at(here, *REDO)]
    inner: Step = ["group", [right[4], *at(here, left[3])]]
    steps += at(here, ["group", [left[2], *at(there, right[3], *UNDO, inner), left[4]]])
    steps += [*at(there, *UNDO), *at(here, *UNDO), *at(there, *REDO), *at(here, *REDO)]
    steps += at(here, ["group", [left[5], *at(there, right[5])], author.one(ORDINARY), author.number()])
    steps += [*at(there, *UNDO), *(step for _ in range(4) for place in (here, there) for step in at(place, *UNDO))]
    agree(submission, World, [[*ours, *theirs], []], [*steps, *at(here, *REDO * 4), *at(there, *REDO * 5)])


# ---- observers --------------------------------------------------------------------------------------------------


def told(outcome: Any) -> Any:
    """Return how a step ended and who heard of what meanwhile; what observers did themselves with its shapes."""
    match outcome:
        case [[how, *ending], [*noted], _]:
            heard = [note for note in noted if isinstance(note, list) and note[:1] in (["heard"], ["kept"])]
            return [how, ending if how == "raised" else None, *map(told, heard)]
        case ["heard", number, change, [*reactions]]:
            return [number, change, [[told(step), *step[2:]] for step in reactions if isinstance(step, list)]]
        case _:
            return outcome


def an_observer(author: Author, *scripts: Steps) -> list[Any]:
    return ["function", author.number(), list(scripts)]


def audience(author: Author, many: int) -> list[list[Any]]:
    """Observers that only listen."""
    return [an_observer(author) for _ in range(many)]


def subscribing(observers: list[list[Any]]) -> Steps:
    return [["subscribe", observer[1]] for observer in observers]


def additions(author: Author, many: int) -> list[list[Any]]:
    """Commands that can be undone in any order."""
    return [["own", *author.numbers(2)] for _ in range(many)]


@criterion("observer", weight=4, hint="Tell after each change, in order of subscription, with all commands of a step.")
@given(data=st.data())
def test_observers_hear_of_every_change(submission: SubmissionHandle, data: st.DataObject) -> None:
    """All runs, undos, redos and groups are told to each observer once, in order; a Change that is kept stays so."""
    author = Author(data)
    commands, observers = additions(author, 8), audience(author, 4)
    numbers = [command[1] for command in commands]
    steps: Steps = [["run", numbers[0]], *subscribing(author.shuffled(observers[:3])), ["run", numbers[1]]]
    steps += [*UNDO, *REDO, ["elsewhere", numbers[7]], ["group", running(commands[2:5])], *UNDO, *REDO]
    steps += [*subscribing(observers[3:]), ["run", numbers[5]], ["unsubscribe", observers[author.integer(0, 2)][1]]]
    steps += [*UNDO * 2, *REDO, ["group", running(commands[6:7])], *UNDO, ["kept"]]
    agree(submission, World, [commands, observers], steps, look=told)


@criterion("observer", weight=2, hint="Tell at the end, when everything went well and something was done.")
@given(data=st.data())
def test_what_changed_nothing_is_not_told(submission: SubmissionHandle, data: st.DataObject) -> None:
    """Nobody hears of what failed, of groups that were left or empty, or of undo and redo where there was nothing."""
    author = Author(data)
    commands, observers = additions(author, 8), audience(author, 2)
    numbers = [command[1] for command in commands]
    places = (("do", numbers[1], 0), ("do", numbers[2], 0), ("undo", numbers[3], 0), ("do", numbers[5], 1))
    fails = [[*place, author.one(ORDINARY), author.number()] for place in places]  # what is none is another promise's
    left: Steps = [["group", [["run", numbers[6]], ["run", numbers[2]]]]]
    left.append(["group", running(commands[7:]), author.one(ORDINARY), author.number()])
    steps: Steps = [*subscribing(observers), *UNDO, *REDO, ["run", numbers[1]], ["run", numbers[0]]]
    steps += [*author.shuffled([*left, ["group", []]]), ["run", numbers[3]], *UNDO, ["run", numbers[4]], *REDO]
    steps += [["run", numbers[5]], *UNDO, *REDO, ["group", running(commands[6:])]]
    agree(submission, World, [commands, observers], steps, fails, look=told)


@criterion("observer", weight=5, hint="A queue: whoever tells already goes on with what came in meanwhile.")
@given(data=st.data())
def test_changes_wait_for_the_present_round(submission: SubmissionHandle, data: st.DataObject) -> None:
    """What observers change is done at once and told after the present round, each change in a round of its own."""
    author = Author(data)
    commands = additions(author, 9)
    numbers = [command[1] for command in commands]
    both: Steps = [["run", numbers[2]], ["group", running(commands[3:5])]]
    back: Steps = [["undo"], *([["redo"]] * author.integer(0, 1)), ["run", numbers[5]]]
    later: Steps = author.one([[["run", numbers[6]]], [["undo"]], [["group", running(commands[6:8])]]])
    observers = [an_observer(author, *author.one([[both], [[], both]]))]
    observers += [an_observer(author, *author.one([[back], [[], [], back]])), an_observer(author, [], [], later)]
    observers = [*author.shuffled(observers), an_observer(author)]
    steps: Steps = [*subscribing(observers), ["run", numbers[0]], ["run", numbers[1]], *UNDO, *REDO]
    agree(submission, World, [commands, observers], [*steps, ["group", running(commands[8:])], *UNDO], look=told)


@criterion("observer", weight=3, hint="Walk over a copy, and ask before each call who is still subscribed.")
@given(data=st.data())
def test_observers_come_and_go_within_rounds(submission: SubmissionHandle, data: st.DataObject) -> None:
    """Who is unsubscribed before their turn is not told; who is subscribed in a round hears from the next one on."""
    author = Author(data)
    commands = additions(author, 5)
    numbers = [command[1] for command in commands]
    late, gone, last = audience(author, 3)
    newcomer, goer = an_observer(author), author.number()
    moves: Steps = [["subscribe", newcomer[1]], ["unsubscribe", gone[1]], ["run", numbers[1]]]
    first = an_observer(author, author.shuffled(moves), [["unsubscribe", late[1]]], [["subscribe", gone[1]]])
    self_goer = ["function", goer, [[], [["unsubscribe", goer]]]]
    present = [first, *author.shuffled([late, gone, self_goer, last])]
    steps = [*subscribing(present), ["run", numbers[0]], ["run", numbers[2]], *UNDO, ["run", numbers[3]], *UNDO]
    agree(submission, World, [commands, [*present, newcomer]], steps, look=told)


@criterion("observer", weight=2, hint="Compare observers by `==`: a method is bound anew each time it is looked up.")
@given(data=st.data())
def test_equal_observers_are_one(submission: SubmissionHandle, data: st.DataObject) -> None:
    """An observer that is subscribed twice is told once, and not any more after it was unsubscribed once."""
    author = Author(data)
    commands = additions(author, 4)
    numbers = [command[1] for command in commands]
    styles = ("method", "function", "object", "method")
    bound, plain, alike, stranger = ([style, author.number(), []] for style in styles)
    present = author.shuffled([bound, plain, alike])
    again = [["unsubscribe", stranger[1]], *subscribing(present)]
    steps: Steps = [*subscribing(present), *author.shuffled(again), ["run", numbers[0]], ["unsubscribe", alike[1]]]
    steps += [["unsubscribe", bound[1]], ["run", numbers[1]], ["subscribe", bound[1]], ["subscribe", plain[1]]]
    steps += [["run", numbers[2]], ["unsubscribe", plain[1]], *UNDO, ["unsubscribe", plain[1]], ["run", numbers[3]]]
    agree(submission, World, [commands, [bound, plain, alike, stranger]], steps, look=told)


@criterion("observer", weight=3, hint="Keep the first exception, go on to the end, then raise it.")
@given(data=st.data())
def test_observers_that_fail_stop_nobody(submission: SubmissionHandle, data: st.DataObject) -> None:
    """If observers raise, everybody is told nevertheless, and then the outermost call raises the first exception."""
    author = Author(data)
    commands = additions(author, 6)
    numbers = [command[1] for command in commands]

    def fail() -> Step:
        return ["fail", author.one(ORDINARY), author.number()]

    one = an_observer(author, [fail()], [], [fail()], [fail()])
    two = an_observer(author, [["run", numbers[1]], fail()], [], [fail()], [], [fail()])
    observers = [*author.shuffled([one, two]), an_observer(author)]
    steps: Steps = [*subscribing(observers), ["run", numbers[0]], *UNDO, ["group", running(commands[2:5])]]
    agree(submission, World, [commands, observers], [*steps, *UNDO, *REDO, ["run", numbers[5]], *UNDO * 2], look=told)


@criterion("observer", weight=1, hint="Tell as long as a change waits: it is the observers' business when they stop.")
@given(data=st.data())
def test_all_rounds_are_told(submission: SubmissionHandle, data: st.DataObject) -> None:
    """However many changes observers make, at once or one after another, each of them is told."""
    author = Author(data)
    commands = turns(author, 5)
    many, chain = ([author.one(running(commands)) for _ in range(author.integer(14, 18))] for _ in range(2))
    observers = [an_observer(author, many), an_observer(author, [], *([step] for step in chain)), an_observer(author)]
    steps: Steps = [*subscribing(author.shuffled(observers)), ["run", commands[0][1]], ["run", commands[1][1]]]
    agree(submission, World, [commands, observers], steps, look=told)


@criterion("observer", weight=4, hint="Keep observers and what waits in the instance, not in the class or the module.")
@given(data=st.data())
def test_each_editor_tells_its_own_observers(submission: SubmissionHandle, data: st.DataObject) -> None:
    """Editors tell their own observers of their own changes, at once even if an observer of another makes them."""
    author = Author(data)
    here, there = author.shuffled([0, 1])
    ours, theirs = additions(author, 6), additions(author, 6)
    left, right = running(ours), running(theirs)
    reaction = author.shuffled([*at(there, right[0]), left[1]])
    near = an_observer(author, [*reaction, *at(there, ["group", right[1:3]])], [], at(there, *UNDO))
    far = an_observer(author, at(here, left[2]), [], [], [right[3], *at(here, left[3])])
    both = an_observer(author)
    steps = [*at(here, *subscribing(author.shuffled([near, both]))), *at(there, *subscribing([far, both]))]
    steps += [*at(here, left[0]), *at(there, right[4]), *at(here, ["unsubscribe", both[1]], left[4])]
    steps += [*at(there, right[5], *UNDO), *at(here, *UNDO)]
    agree(submission, World, [[*ours, *theirs], [near, far, both]], steps, look=told)


# ---- adapter ----------------------------------------------------------------------------------------------------


@dataclass
class Desk(Parts):
    """Pages of old canvases."""

    PROBE = "trace"
    canvases: list[list[Any]]

    def __post_init__(self) -> None:
        self.heights: dict[int, float] = dict(map(tuple, self.canvases))

    def turn(self, number: int, height: float) -> None:
        self.heights[number] = height

    def draw(self, number: int, verb: str, *arguments: Any) -> None:
        page = self.heights[number]
        match verb, arguments:
            case "box", [x, y, width, height]:
                self.ask(number, "draw_rect", x / 72, page - (y + height) / 72, (x + width) / 72, page - y / 72)
            case "text", [x, y, words, height]:
                self.ask(number, "put_string", words, height / 72, x / 72, page - (y + height) / 72)
            case _:
                self.ask(number, "lift")
                for x, y in arguments[0]:
                    self.ask(number, "go", x / 72, page - y / 72)

    def ask(self, number: int, name: str, *arguments: Any) -> None:
        self.note(name, number, *arguments)
        if code := self.called("canvas", number):
            raise Ended(["RuntimeError", [code]])


def length(author: Author) -> float:
    return float(author.draw(LENGTHS))


def canvases(author: Author) -> list[list[Any]]:
    return [[author.number(), length(author)] for _ in range(2)]


def drawn(author: Author, number: int, verb: str) -> Step:
    """A box, a text or lines on that canvas."""
    lengths = [length(author) for _ in range(4)]
    words = author.draw(st.text("abc é\n", min_size=1, max_size=8))
    points = [[length(author), length(author)] for _ in range(author.integer(2, 4))]
    arguments: dict[str, list[Any]] = {"box": lengths, "text": [*lengths[:2], words, lengths[2]], "lines": [points]}
    return ["draw", number, verb, *arguments[verb]]


def drawing(submission: SubmissionHandle, author: Author, verb: str) -> None:
    pages = canvases(author)
    agree(submission, Desk, [pages], [drawn(author, number, verb) for number, _ in [*pages, *pages]])


@criterion("adapter", weight=2, hint="The upper edge is at y + height, and the page's height minus that in inches.")
@given(data=st.data())
def test_boxes_are_rectangles(submission: SubmissionHandle, data: st.DataObject) -> None:
    """A box is drawn by one `draw_rect` of any brought canvas, at the same place and in the same size."""
    drawing(submission, Author(data), "box")


@criterion("adapter", weight=2, hint="Mind the order of the arguments, and that `top` is above the text.")
@given(data=st.data())
def test_texts_are_strings(submission: SubmissionHandle, data: st.DataObject) -> None:
    """A text is drawn by one `put_string` of any brought canvas, at the same place and in the same size."""
    drawing(submission, Author(data), "text")


@criterion("adapter", weight=2, hint="`lift` first, then `go` to the first point and to each further one.")
@given(data=st.data())
def test_lines_are_ways_of_the_pen(submission: SubmissionHandle, data: st.DataObject) -> None:
    """Lines are drawn by `lift` and then `go` to each point, in order, at the same place."""
    drawing(submission, Author(data), "lines")


@criterion("adapter", weight=1, hint="Ask the canvas for its page's height each time.")
@given(data=st.data())
def test_pages_are_turned(submission: SubmissionHandle, data: st.DataObject) -> None:
    """What is drawn lies right on the page as it is at that time."""
    author = Author(data)
    pages = canvases(author)
    steps: Steps = []
    for verb in author.shuffled(["box", "text", "lines"]):
        for number, _ in pages:
            steps += [drawn(author, number, verb), ["turn", number, length(author)], drawn(author, number, verb)]
    agree(submission, Desk, [pages], steps)


def names(outcome: Any) -> Any:
    """Return how a step ended, and which calls a canvas got: what it was given is another promise."""
    match outcome:
        case [ending, [*noted]]:
            return [ending, [note[:2] for note in noted if isinstance(note, list)]]
        case _:
            return outcome


@criterion("adapter", weight=3, hint="Look at what every call returns, and raise it unless it is 0.")
@given(data=st.data())
def test_failing_canvases_raise(submission: SubmissionHandle, data: st.DataObject) -> None:
    """A code other than 0 becomes a RuntimeError with it, what a canvas raises passes through, and nothing follows."""
    author = Author(data)
    pages, fails, calls = canvases(author), [], 0
    number = pages[0][0]
    ends = author.shuffled(["first", "last", "between"])
    cases = [(verb, raises) for verb in ("box", "text", "lines") for raises in (False, True)]
    cases = author.shuffled([*cases, ("box", False), ("lines", False)])
    steps = [drawn(author, number, verb) for verb, _ in cases]
    for step, (verb, raises) in zip(steps, cases, strict=True):
        more = len(step[3]) if verb == "lines" else 0
        end = ends.pop() if more else "first"
        calls += {"first": 0, "last": more, "between": author.integer(1, max(more - 1, 1))}[end]
        code = author.integer(1, 999) * author.one([1, -1])
        fails.append(["canvas", number, calls, *(thrown(author) if raises else [code])])
        calls += 1
    steps.append(drawn(author, number, "box"))
    agree(submission, Desk, [pages], steps, fails, look=names)
