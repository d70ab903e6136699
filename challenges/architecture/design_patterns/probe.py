"""Brings parts of every kind, runs drawn programs, and returns how each step ended and which calls parts got meanwhile.

    make(makers, fails, steps)               kinds of two editors
    render(shapes, layouts, fails, steps)    layouts of two editors
    edit(commands, observers, fails, steps)  commands and observers of two editors
    trace(canvases, fails, steps)            old canvases

Every part says in the diary who it is, by a number that is drawn, and what it was given. `fails` plans what parts do:
`[role, number, n, class, number of the exception]` raises in the n-th call, `[role, number, n, code]` returns a code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

from probe_kit import plain
from probe_kit.nameless import drawn_name, nameless, nameless_kind

import editor


@nameless
class Scripted(Exception):
    """What parts raise that are told to fail."""


@nameless
class Halt(BaseException):
    """No Exception."""


RAISED: dict[str, type[BaseException]] = {
    "Scripted": Scripted,
    "Halt": Halt,
    "ValueError": ValueError,
    "KeyError": KeyError,
    "IndexError": IndexError,
    "RuntimeError": RuntimeError,
    "TypeError": TypeError,
}


class Notebook:
    """The diary, who is who, and what is planned to fail. Things are known by identity alone."""

    promised: tuple[type[Exception], ...] = (ValueError,)
    """What the editor raises: a class of the submission's own below one of these is as good."""

    def __init__(self, fails: Sequence[list[Any]] = ()) -> None:
        self.diary: list[Any] = []
        self._known: dict[int, tuple[Any, Any]] = {}
        self._calls: dict[tuple[str, Any], Any] = {}
        self._fails = {(role, number, nth): what for role, number, nth, *what in fails}

    def know(self, thing: Any, number: Any) -> Any:
        self._known[id(thing)] = thing, number
        return thing

    def who(self, thing: Any) -> Any:
        known = self._known.get(id(thing))
        return ["stranger", type(thing).__name__] if known is None else known[1]

    def note(self, *what: Any) -> None:
        self.diary.append([plain(item) for item in what])

    def called(self, role: str, number: Any) -> Any:
        """Raise what is planned for this call of the part, or return the code that is planned, or 0."""
        nth = next(self._calls.setdefault((role, number), count()))
        kind, *named = self._fails.get((role, number, nth), [0])
        if isinstance(kind, int):
            return kind
        raise self.planned(kind, *named)

    def planned(self, kind: str, number: int) -> BaseException:
        error: BaseException = self.know(RAISED[kind](number), number)
        return error

    def ended(self, call: Callable[..., Any], *arguments: Any) -> list[Any]:
        """How a call ended, and what was noted meanwhile."""
        above, self.diary = self.diary, []
        try:
            ending = ["gave", call(*arguments)]
        except BaseException as error:
            ending = ["raised", self._named(error)]
        noted, self.diary = self.diary, above
        return [ending, noted]

    def _named(self, error: BaseException) -> Any:
        if id(error) in self._known:
            return self.who(error)
        kind = next((kind for kind in self.promised if isinstance(error, kind)), type(error))
        return [kind.__name__]


# ---- factory ----------------------------------------------------------------------------------------------------


class Workshop(Notebook):
    """Two editors, and the makers that they are given."""

    def __init__(self, makers: list[list[Any]], fails: list[list[Any]]) -> None:
        super().__init__(fails)
        self._editors = [editor.Editor(), editor.Editor()]
        self._makers = [self._maker(*maker) for maker in makers]
        self._made = count()

    def register(self, place: int, kind: str, maker: int) -> None:
        self._editors[place].register(kind, self._makers[maker])

    def make(self, place: int, kind: str, options: list[list[Any]]) -> Any:
        return self.who(self._editors[place].make(kind, **dict(map(tuple, options))))

    def _maker(self, style: str, number: int) -> Any:
        """A function, an object that can be called, part of a function with more parameters, or a class."""
        make: Any = nameless(lambda **options: self._work(number, options))
        match style:
            case "object":
                return type(drawn_name(), (), {"__call__": nameless(lambda _, /, **options: make(**options))})()
            case "partial":
                return partial(nameless(lambda _, /, **options: make(**options)), number)
            case "class":
                return self._class(number)
        return make

    def _class(self, number: int) -> Any:
        def begin(product: Any, /, **options: Any) -> None:
            self._begin(number, options)
            self._finish(product, number)

        members = {"size": lambda _: (1, 1), "draw": lambda *_: None, "__slots__": ()}
        return type(drawn_name(), (), {"__init__": nameless(begin), **members})

    def _work(self, number: int, options: dict[str, Any]) -> Any:
        self._begin(number, options)
        return self._finish(PRODUCT((self, number)), number)

    def _begin(self, number: int, options: dict[str, Any]) -> None:
        self.note("made", number, [list(option) for option in sorted(options.items())])
        self.called("make", number)

    def _finish(self, product: Any, number: int) -> Any:
        return self.know(product, [number, next(self._made)])


PRODUCT = nameless_kind(size=lambda _: (1, 1), draw=lambda *_: None)


def make(makers: list[list[Any]], fails: list[list[Any]], steps: list[list[Any]]) -> list[Any]:
    """Register and make; a maker is `[style, number]`."""
    workshop = Workshop(makers, fails)
    return [workshop.ended(getattr(workshop, step[0]), *step[1:]) for step in steps]


# ---- strategy ---------------------------------------------------------------------------------------------------


class Sheet(Notebook):
    """Two editors with the same shapes, a renderer, and layouts."""

    def __init__(self, shapes: list[list[Any]], layouts: list[list[Any]], fails: list[list[Any]]) -> None:
        super().__init__(fails)
        self._editors = [editor.Editor(), editor.Editor()]
        self._layouts = [self._layout(*layout) for layout in layouts]
        self._shapes = [self.know(SHAPE((self, number, (width, height))), number) for number, width, height in shapes]

    def put(self, place: int, shapes: list[int]) -> None:
        """Replace all shapes, by a command."""
        self._editors[place].run(REPLACE([self._shapes[index] for index in shapes]))

    def set_layout(self, place: int, layout: int) -> None:
        self._editors[place].set_layout(self._layouts[layout])

    def render(self, place: int, number: int) -> Any:
        return plain(self._editors[place].render(self.know(RENDERER((self, number)), number)))

    def _layout(self, style: str, *arguments: Any) -> Any:
        """Ours as a function or an object, which gives tuples or lists; "column", or one that turns it round."""
        if style == "column":
            return editor.column(*arguments)
        if style == "row":
            number, inner = arguments[1], editor.column(arguments[0])
            place: Any = lambda sizes: [(y, x) for x, y in inner([size[::-1] for size in sizes])]  # noqa: E731
            return nameless(lambda sizes: self._place(number, sizes, place))
        number, wanted, *factors = arguments
        ours = nameless(lambda sizes: self._place(number, sizes, lambda sizes: _positions(sizes, wanted, *factors)))
        return CALLED(ours) if style == "object" else ours

    def _place(self, number: int, sizes: Any, place: Callable[[Any], Any]) -> Any:
        self.note("layout", number, [list(size) for size in sizes])
        self.called("layout", number)
        return place(list(sizes))


def _positions(sizes: list[Any], more: int, *factors: int) -> Any:
    """A position for each size, or some more or fewer."""
    a, b, c, d = factors
    found = [(a * index + b * width, c * index + d * height) for index, (width, height) in enumerate(sizes)]
    found = found[: len(found) + more] + [(a, c)] * more
    return tuple(found) if a % 2 else found


def _size(state: tuple[Sheet, int, Any]) -> Any:
    sheet, number, size = state
    sheet.note("size", number)
    sheet.called("size", number)
    return size


def _draw(state: tuple[Sheet, int, Any], renderer: Any, x: Any, y: Any) -> None:
    sheet, number, size = state
    sheet.note("draw", number, sheet.who(renderer))
    sheet.called("draw", number)
    renderer.box(x, y, *size)


def _replace(state: list[Any], shapes: Any) -> None:
    state[:], shapes[:] = list(shapes), list(state)


SHAPE = nameless_kind(size=_size, draw=_draw)
RENDERER = nameless_kind(
    box=lambda state, *lengths: state[0].note("box", *lengths),
    text=lambda state, *_: state[0].note("text"),
    lines=lambda state, *_: state[0].note("lines"),
)
REPLACE = nameless_kind(do=_replace, undo=_replace)
CALLED = nameless_kind(call=lambda function, *arguments: function(*arguments))


def render(shapes: list[Any], layouts: list[Any], fails: list[list[Any]], steps: list[list[Any]]) -> list[Any]:
    """Put shapes, set layouts and render."""
    sheet = Sheet(shapes, layouts, fails)
    return [sheet.ended(getattr(sheet, step[0]), *step[1:]) for step in steps]


# ---- commands and observers -------------------------------------------------------------------------------------

HEAR = drawn_name()


class World(Notebook):
    """Two editors, commands and observers of ours. Steps are for the first editor, unless they are `["at", 1, step]`.

    A command is `[kind, number, *arguments]`, an observer `[style, number, scripts]`: what it does when it is called
    for the n-th time.
    """

    promised = (RuntimeError, IndexError)

    def __init__(self, commands: list[list[Any]], observers: list[list[Any]], fails: list[list[Any]]) -> None:
        super().__init__(fails)
        self._editors = [editor.Editor(), editor.Editor()]
        self._place = 0
        self._changes: list[Any] = []
        self._commands = {number: self._command(kind, number, *further) for kind, number, *further in commands}
        self._scripts = {number: iter(scripts) for _, number, scripts in observers}
        self._observers = {number: self._observer(style, number) for style, number, _ in observers}

    @property
    def _editor(self) -> Any:
        return self._editors[self._place]

    def step(self, step: list[Any]) -> list[Any]:
        """How the step ended, what was noted meanwhile, and which shapes either editor has."""
        return [*self.ended(self._perform, *step), [self._look(either.shapes) for either in self._editors]]

    def _look(self, shapes: Any) -> Any:
        return [self.who(shape) for shape in shapes] if isinstance(shapes, tuple) else type(shapes).__name__

    def _perform(self, what: str, *arguments: Any) -> Any:
        match what, arguments:
            case "run", [number]:
                return plain(self._editor.run(self._commands[number]))
            case (("undo" | "redo"), []):
                return plain(getattr(self._editor, what)())
            case "group", [steps, *leaving]:
                with self._editor.group():
                    for step in steps:
                        self._perform(*step)
                    if leaving:
                        raise self.planned(*leaving)
            case "try", [step]:
                self.note("tried", *self.step(step))
            case (("subscribe" | "unsubscribe"), [number]):
                getattr(self._editor, what)(self._observers[number]())
            case _:
                return getattr(self, f"_{what}")(*arguments)
        return None

    def _fail(self, kind: str, number: int) -> None:
        raise self.planned(kind, number)

    def _kept(self) -> None:
        self.diary.append(["kept", [self._told(change) for change in self._changes]])

    def _at(self, place: int, step: list[Any]) -> Any:
        above, self._place = self._place, place
        try:
            return self._perform(*step)
        finally:
            self._place = above

    def _elsewhere(self, number: int) -> Any:
        """What a new editor does, which has nothing to do with ours."""
        other: Any = editor.Editor()
        endings = [plain(other.undo()), plain(other.redo()), plain(other.run(self._commands[number]))]
        return [*endings, [self.who(shape) for shape in other.shapes], plain(other.undo())]

    # commands

    def _command(self, kind: str, number: int, *arguments: Any) -> Any:
        inner: Any = None
        if kind in ("Add", "Remove"):
            alone, *arguments = arguments  # type: ignore[assignment]
            if kind == "Add":
                shape, index = arguments
                arguments = (self._shape(shape),) if index is None else (self._shape(shape), index)
            inner = getattr(editor, kind)(*arguments)
            if alone:
                return self.know(inner, number)
        trail: list[Any] = []
        return self.know(COMMAND((self, kind, number, arguments, inner, trail)), number)

    def _shape(self, number: int) -> Any:
        return self.know(EQUAL((self, number)), number)

    def work(self, verb: str, state: tuple[Any, ...], shapes: Any) -> None:
        """Do or undo a command."""
        _, kind, number, arguments, inner, trail = state
        self.note(verb, number)
        self.called(verb, number)
        match kind, verb:
            case (("Add" | "Remove"), _):
                getattr(inner, verb)(shapes)
            case "put", "do":
                shape, place = arguments
                trail.append(place % (len(shapes) + 1))
                shapes.insert(trail[-1], self._shape(shape))
            case "put", _:
                del shapes[trail.pop()]
            case "take", "do":
                index = arguments[0] % len(shapes) if shapes else 0
                trail.append((index, shapes[index : index + 1]))
                del shapes[index : index + 1]
            case "take", _:
                index, taken = trail.pop()
                shapes[index:index] = taken
            case "own", "do":
                trail.append(self._shape(arguments[0]))
                shapes.append(trail[-1])
            case "own", _:
                shape = trail.pop()
                shapes[:] = [other for other in shapes if other is not shape]
            case "mark", _:
                shapes.append(self._shape(arguments[verb == "undo"]))
            case "turn", _:
                shapes.reverse()

    # observers

    def _observer(self, style: str, number: int) -> Callable[[], Any]:
        """What gives the observer: the same function each time, a method that is bound anew, or an equal object."""
        if style == "function":
            function = nameless(lambda change: self.hear(number, change))
            return lambda: function
        if style == "object":
            call, equal = nameless(lambda _, change: self.hear(number, change)), nameless(_of_one_type)
            return type(drawn_name(), (), {"__call__": call, "__eq__": equal, "__hash__": nameless(lambda _: number)})
        listener = LISTENER((self, number))
        return lambda: getattr(listener, HEAR)

    def hear(self, number: int, change: Any) -> None:
        """Note the change, then do what the observer's script says for this call."""
        self._changes.append(change)
        reactions: list[Any] = []
        self.diary.append(["heard", number, self._told(change), reactions])
        for step in next(self._scripts[number], ()):
            if step[0] == "fail":
                self._perform(*step)
            reactions.append(self.step(step))

    def _told(self, change: Any) -> list[Any]:
        if not isinstance(change, editor.Change):
            return ["no Change", type(change).__name__]
        commands = change.commands
        return [plain(change.action), [self.who(c) for c in commands] if isinstance(commands, tuple) else None]


def _of_one_type(left: Any, right: Any) -> bool:
    return type(left) is type(right)


EQUAL = nameless_kind(size=lambda _: (1, 1), draw=lambda *_: None, eq=lambda *_: True)
COMMAND = nameless_kind(
    do=lambda state, shapes: state[0].work("do", state, shapes),
    undo=lambda state, shapes: state[0].work("undo", state, shapes),
)
LISTENER = nameless_kind(**{HEAR: lambda state, change: state[0].hear(state[1], change)})


def edit(commands: list[Any], observers: list[Any], fails: list[list[Any]], steps: list[list[Any]]) -> list[Any]:
    """Run, undo, redo, group, subscribe and unsubscribe, at either editor; tell kept changes again."""
    world = World(commands, observers, fails)
    return [world.step(step) for step in steps]


# ---- adapter ----------------------------------------------------------------------------------------------------


class Desk(Notebook):
    """Old canvases, each behind a renderer of the submission's."""

    promised = (RuntimeError,)

    def __init__(self, canvases: list[list[Any]], fails: list[list[Any]]) -> None:
        super().__init__(fails)
        self._heights = dict(map(tuple, canvases))
        self._renderers = {number: editor.LegacyRenderer(self._canvas(number)) for number, _ in canvases}

    def turn(self, number: int, height: float) -> None:
        self._heights[number] = height

    def draw(self, number: int, verb: str, *arguments: Any) -> Any:
        if verb == "lines":
            arguments = ([tuple(point) for point in arguments[0]],)
        return plain(getattr(self._renderers[number], verb)(*arguments))

    def _canvas(self, number: int) -> Any:
        def verb(name: str) -> Any:
            return nameless(lambda _, *arguments: self._ask(name, number, arguments))

        members: dict[str, Any] = {name: verb(name) for name in ("draw_rect", "put_string", "lift", "go")}
        members["page_height"] = property(nameless(lambda _: self._heights[number]))
        return type(drawn_name(), (), {"__slots__": (), **members})()

    def _named(self, error: BaseException) -> Any:
        named = super()._named(error)
        return [*named, plain(list(error.args))] if named == ["RuntimeError"] else named

    def _ask(self, name: str, number: int, arguments: tuple[Any, ...]) -> Any:
        self.note(name, number, *arguments)
        return self.called("canvas", number)


def trace(canvases: list[list[Any]], fails: list[list[Any]], steps: list[list[Any]]) -> list[Any]:
    """Draw on canvases, `[number, height]`, some of which are turned in between."""
    desk = Desk(canvases, fails)
    return [desk.ended(getattr(desk, step[0]), *step[1:]) for step in steps]
