"""Typed usage of `attributes` under mypy --strict. Every `type: ignore` marks misuse that must be an error."""

from typing import assert_type

from attributes import Converted, Validated, lazy


def positive(value: float) -> bool:
    return value > 0


def short(value: str) -> bool:
    return len(value) < 10


class Box:
    width = Validated(positive)
    height = Validated(positive, default=1.0)
    label = Validated(short, default="")
    width_mm = Converted("width", scale=1000.0)
    width_odd = Converted("width_mm", scale=0.5, offset=-3)

    @lazy("width", "height")
    def area(self) -> float:
        """Square metres."""
        return self.width * self.height

    @lazy()
    def tags(self) -> list[str]:
        return [self.label]


class Crate(Box):
    @lazy("width")
    def volume(self) -> tuple[float, str]:
        return self.area * self.width, self.label


def reads_values(box: Box, crate: Crate) -> None:
    assert_type(box.width, float)
    assert_type(box.height, float)
    assert_type(box.label, str)
    assert_type(box.width_mm, float)
    assert_type(box.area, float)
    assert_type(box.tags, list[str])
    assert_type(crate.volume, tuple[float, str])
    assert_type(crate.width_odd, float)


def reads_descriptors() -> None:
    assert_type(Box.width, Validated[float])
    assert_type(Box.label, Validated[str])
    assert_type(Box.width_mm, Converted)
    assert_type(Box.width.name, str)
    assert_type(Box.width_mm.name, str)
    assert_type(Box.area.name, str)


def assigns(box: Box) -> None:
    box.width = 2.5
    box.height = 2
    box.label = "b"
    box.width_mm = 12.0
    del box.width
    del box.area


def refuses_other_types(box: Box) -> None:
    box.width = "3"  # type: ignore[assignment]
    box.label = 3.0  # type: ignore[assignment]
    box.width_mm = "3"  # type: ignore[assignment]


def refuses_a_wrong_declaration() -> None:
    Converted(source=3)  # type: ignore[arg-type]
