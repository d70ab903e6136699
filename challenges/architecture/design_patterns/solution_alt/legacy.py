"""The old canvas as a renderer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec

from parts import LegacyCanvas

Asked = ParamSpec("Asked")


def _checked(draw: Callable[Asked, int]) -> Callable[Asked, None]:
    """Raise what an old canvas returns."""

    @wraps(draw)
    def checked(*arguments: Asked.args, **keywords: Asked.kwargs) -> None:
        if code := draw(*arguments, **keywords):
            raise RuntimeError(code)

    return checked


def _inches(points: float) -> float:
    return points / 72


class LegacyRenderer:
    """Turns lengths and directions round, and codes into exceptions."""

    def __init__(self, canvas: LegacyCanvas) -> None:
        self.__canvas = canvas

    def box(self, x: float, y: float, width: float, height: float) -> None:
        self.__rect(_inches(x), self.__down(y + height), _inches(x + width), self.__down(y))

    def text(self, x: float, y: float, words: str, height: float) -> None:
        self.__string(words, _inches(height), _inches(x), self.__down(y + height))

    def lines(self, points: Sequence[tuple[float, float]]) -> None:
        self.__lift()
        for x, y in points:
            self.__go(_inches(x), self.__down(y))

    def __down(self, y: float) -> float:
        return self.__canvas.page_height - _inches(y)

    @_checked
    def __rect(self, left: float, top: float, right: float, bottom: float) -> int:
        return self.__canvas.draw_rect(left, top, right, bottom)

    @_checked
    def __string(self, words: str, height: float, left: float, top: float) -> int:
        return self.__canvas.put_string(words, height, left, top)

    @_checked
    def __lift(self) -> int:
        return self.__canvas.lift()

    @_checked
    def __go(self, x: float, y: float) -> int:
        return self.__canvas.go(x, y)
