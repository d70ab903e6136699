"""Typed usage of the API of `scene`: checked with `mypy --strict` beside a submission, never run."""

from typing import assert_type

from scene import Signal, Sprite, TextureCache


class Texture:
    pass


class Panel:
    def refresh(self, sprite: Sprite) -> None: ...


def load(path: str) -> Texture:
    return Texture()


sprite = Sprite("tree", 1.5, 2)
child = Sprite(name="leaf", x=0, y=0)
sprite.add(child)
sprite.remove(child=child)
sprite.x = 2.5
assert_type(sprite.name, str)
assert_type(sprite.x, float)
assert_type(sprite.y, float)
assert_type(sprite.parent, Sprite | None)
assert_type(sprite.children, tuple[Sprite, ...])
point: tuple[float, float] = sprite.position()
x, y = sprite.position()
assert_type(x, float)
assert_type(y, float)
Sprite("tree", "1", 2)  # type: ignore[arg-type]
Sprite("tree", 1)  # type: ignore[call-arg]
sprite.add("leaf")  # type: ignore[arg-type]
sprite.x = "2.5"  # type: ignore[assignment]
sprite.colour  # type: ignore[attr-defined]

cache = TextureCache(load)
assert_type(cache, TextureCache[Texture])
assert_type(cache.get("bark.png"), Texture)
assert_type(len(cache), int)
cache.get(1)  # type: ignore[arg-type]
TextureCache("bark.png")  # type: ignore[arg-type]

signal = Signal()
panel = Panel()
signal.connect(panel.refresh)
signal.connect(print)
signal.disconnect(panel.refresh)
assert_type(signal.emit(sprite, 1), int)
assert_type(len(signal), int)
signal.connect(1)  # type: ignore[arg-type]
