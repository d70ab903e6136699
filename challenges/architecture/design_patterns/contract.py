"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from collections.abc import Callable, Sequence
from typing import assert_type

from editor import Add, Change, Command, Editor, Layout, LegacyCanvas, LegacyRenderer, Remove, Renderer, Shape, column


class Note:
    def __init__(self, words: str) -> None: ...

    def size(self) -> tuple[float, float]:
        return 1.0, 2.0

    def draw(self, renderer: Renderer, x: float, y: float) -> None:
        renderer.box(x, y, 1.0, 2.0)
        renderer.text(x, y, "words", 2.0)
        renderer.lines([(x, y), (x, y + 2)])


class Reverse:
    def do(self, shapes: list[Shape]) -> None:
        shapes.reverse()

    def undo(self, shapes: list[Shape]) -> None:
        shapes.reverse()


class OnlyForth:
    def do(self, shapes: list[Shape]) -> None: ...


class Plotter:
    page_height = 11.0

    def draw_rect(self, left: float, top: float, right: float, bottom: float) -> int:
        return 0

    def put_string(self, string: str, height: float, left: float, top: float) -> int:
        return 0

    def lift(self) -> int:
        return 0

    def go(self, x: float, y: float) -> int:
        return 0


def making(editor: Editor, make: Callable[..., Shape]) -> Shape:
    editor.register("note", Note)
    editor.register("made", make)
    assert_type(editor.make("note"), Shape)
    assert_type(editor.make("note", words="Hello", kind=3), Shape)
    editor.register(3, Note)  # type: ignore[arg-type]
    editor.register("note", Plotter)  # type: ignore[arg-type]
    editor.register("note", Note("Hello"))  # type: ignore[arg-type]
    editor.make(3)  # type: ignore[arg-type]
    editor.make(kind="note")  # type: ignore[call-arg]
    return editor.make("note", words="Hello")


def row(sizes: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(0.0, 0.0) for _ in sizes]


def heights(sizes: Sequence[tuple[float, float]]) -> list[float]:
    return [height for _, height in sizes]


def placing(editor: Editor, layout: Layout, renderer: Renderer) -> Layout:
    editor.set_layout(row)
    editor.set_layout(layout)
    editor.set_layout(column())
    editor.set_layout(column(gap=2.5))
    editor.render(renderer)
    editor.set_layout(heights)  # type: ignore[arg-type]
    editor.set_layout("row")  # type: ignore[arg-type]
    editor.render(Plotter())  # type: ignore[arg-type]
    column("wide")  # type: ignore[arg-type]
    return column(3)


def commanding(editor: Editor, shape: Shape) -> list[Command]:
    editor.run(Add(shape))
    editor.run(Add(Note("Hello"), index=0))
    editor.run(Remove(0))
    editor.run(Reverse())
    assert_type(editor.undo(), bool)
    assert_type(editor.redo(), bool)
    assert_type(editor.shapes, tuple[Shape, ...])
    with editor.group():
        editor.run(Reverse())
    editor.run(OnlyForth())  # type: ignore[arg-type]
    editor.run(shape)  # type: ignore[arg-type]
    editor.shapes[0] = shape  # type: ignore[index]
    editor.shapes = ()  # type: ignore[misc]
    Add(Reverse())  # type: ignore[arg-type]
    Add(shape, "0")  # type: ignore[arg-type]
    Remove(shape)  # type: ignore[arg-type]
    Remove()  # type: ignore[call-arg]
    return [Add(shape), Remove(index=1), Reverse()]


def hear(change: Change) -> int:
    assert_type(change.commands, tuple[Command, ...])
    action: str = change.action
    change.action = "run"  # type: ignore[misc]
    return len(action)


def hear_a_word(word: str) -> None: ...


def observing(editor: Editor, command: Command) -> None:
    editor.subscribe(hear)
    editor.subscribe(print)
    editor.unsubscribe(hear)
    editor.subscribe(hear_a_word)  # type: ignore[arg-type]
    editor.unsubscribe("hear")  # type: ignore[arg-type]
    Change("undo", (command,))
    Change("save", ())  # type: ignore[arg-type]


def adapting(canvas: LegacyCanvas) -> list[Renderer]:
    renderer = LegacyRenderer(canvas)
    renderer.text(1, 2, "words", 3.5)
    renderer.text(1, 2, 3, 3.5)  # type: ignore[arg-type]
    renderer.lines([1, 2])  # type: ignore[list-item]
    LegacyRenderer(Note("Hello"))  # type: ignore[arg-type]
    LegacyRenderer()  # type: ignore[call-arg]
    return [renderer, LegacyRenderer(Plotter())]
