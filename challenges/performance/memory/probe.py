"""Runs programs on `scene`, and makes and drops many of its objects. The garbage collector is off."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from random import Random
from typing import Any
from weakref import ref

from probe_kit import plain
from probe_kit.nameless import nameless
from probe_kit.weighing import Collector, Files, Forks

collector, forks, files = Collector(), Forks(), Files()

import scene as candidate  # noqa: E402 - the collector is the probe's before anything of the submission runs


def weighed(ask: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Answer only while nobody but the probe uses the collector, and everything is in this process."""

    @wraps(ask)
    def asked(*arguments: Any) -> list[Any]:
        try:
            return ask(*arguments)
        finally:
            collector.require_untouched()
            forks.require_none()

    return asked


def measured(ask: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """The same, and only while no file holds anything: what is kept is what is resident afterwards."""

    @wraps(ask)
    def asked(*arguments: Any) -> list[Any]:
        try:
            return ask(*arguments)
        finally:
            files.require_none()

    return weighed(asked)


kept: list[Any] = []
"""What the `hold_` functions made."""


@nameless
class Texture:
    """What the cache holds: a token that says which load made it."""

    def __init__(self, token: list[Any]) -> None:
        self.token = token


@nameless
class Refused(Exception):
    """What a load raises when it is told to."""


@nameless
class Receiver:
    """Has methods to connect; writes into the log who was called with what."""

    def __init__(self, name: str, log: list[Any]) -> None:
        self.name = name
        self.log = log

    def on_change(self, *args: Any) -> None:
        self.log.append([self.name, "on_change", *args])

    def on_close(self, *args: Any) -> None:
        self.log.append([self.name, "on_close", *args])


@weighed
def tree(program: list[tuple[Any, ...]]) -> list[Any]:
    """What became of each step; the sprites are called by number. A step on a sprite that was let go is "gone"."""
    return Tree().run(program)


class Tree:
    """The sprites of one program: those that it holds, and weak references to all."""

    def __init__(self) -> None:
        self.held: dict[int, Any] = {}
        self.known: dict[int, ref[Any]] = {}

    def run(self, program: list[tuple[Any, ...]]) -> list[Any]:
        """The trace."""
        return [self._step(*step) for step in program]

    def _step(self, name: str, *arguments: Any) -> Any:
        if name not in ("new", "alive") and any(number not in self.held for number in arguments[: _SPRITES[name]]):
            return "gone"
        try:
            return getattr(self, f"_{name}")(*arguments)
        except (ValueError, AttributeError, IndexError) as error:
            return type(error).__name__

    def _new(self, number: int, name: str, x: float, y: float) -> Any:
        sprite = self.held[number] = candidate.Sprite(name, x, y)
        self.known[number] = ref(sprite)
        return plain(sprite.name)

    def _add(self, parent: int, child: int) -> None:
        self.held[parent].add(self.held[child])

    def _remove(self, parent: int, child: int) -> None:
        self.held[parent].remove(self.held[child])

    def _move(self, number: int, x: float, y: float) -> list[Any]:
        sprite = self.held[number]
        sprite.x, sprite.y = x, y
        return [plain(sprite.x), plain(sprite.y)]

    def _assign(self, number: int, attribute: str, value: Any) -> Any:
        setattr(self.held[number], attribute, value)
        return "assigned"

    def _position(self, number: int) -> list[Any]:
        x, y = self.held[number].position()
        return [plain(x), plain(y)]

    def _point(self, number: int) -> Any:
        """The position, and whether it is a tuple."""
        return plain(self.held[number].position())

    def _parent(self, number: int) -> Any:
        return self._number(self.held[number].parent)

    def _children(self, number: int) -> list[Any]:
        children = self.held[number].children
        kind = "tuple" if isinstance(children, tuple) else type(children).__name__
        return [kind, *map(self._number, children)]

    def _grab(self, number: int, child: int) -> Any:
        """Hold a child again, by way of its parent."""
        sprite = self.held[number].children[child]
        known = self._number(sprite)
        self.held[known] = sprite
        return known

    def _drop(self, number: int) -> None:
        del self.held[number]

    def _alive(self) -> list[int]:
        return [number for number, sprite in self.known.items() if sprite() is not None]

    def _number(self, sprite: Any) -> Any:
        return (
            next((number for number, known in self.known.items() if known() is sprite), None)
            if sprite is not None
            else None
        )


_SPRITES = {
    "add": 2,
    "remove": 2,
    "move": 1,
    "assign": 1,
    "position": 1,
    "point": 1,
    "parent": 1,
    "children": 1,
    "grab": 1,
    "drop": 1,
}
"""How many arguments of a step are sprites that have to be held."""


@weighed
def textures(program: list[tuple[Any, ...]]) -> list[Any]:
    """Steps: ("get", user, path, token or None), ("drop", user), ("count",). A load gives the token, or is refused."""
    loads: list[Any] = []
    users: dict[Any, Any] = {}
    trace: list[Any] = []
    token: Any = None

    def load(path: str) -> Texture:
        loads.append(path)
        if token is None:
            raise Refused(path)
        return Texture([path, token])

    cache = candidate.TextureCache(load)
    for name, *arguments in program:
        if name == "get":
            user, path, token = arguments
            try:
                users[user] = cache.get(path)
                trace.append([*users[user].token, len(loads)])
            except Refused as error:
                trace.append(["refused", *error.args])
        elif name == "drop":
            users.pop(arguments[0], None)
        trace.append(len(cache))
    return trace


@weighed
def signals(program: list[tuple[Any, ...]]) -> list[Any]:
    """Steps on one signal: see the methods of Wiring."""
    return Wiring().run(program)


class Wiring:
    """A signal, receivers that come and go, and other handlers."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.signal = candidate.Signal()
        self.receivers: dict[str, Receiver] = {}
        self.known: dict[str, ref[Receiver]] = {}
        self.others: dict[str, Any] = {}

    def run(self, program: list[tuple[Any, ...]]) -> list[Any]:
        """The trace, with the calls that each `emit` made."""
        return [getattr(self, f"_{name}")(*arguments) for name, *arguments in program]

    def _handler(self, kind: str, name: str) -> Any:
        if kind in ("on_change", "on_close"):
            if name not in self.receivers:
                self.receivers[name] = Receiver(name, self.log)
                self.known[name] = ref(self.receivers[name])
            return getattr(self.receivers[name], kind)
        return self.others.setdefault(f"{kind} {name}", partial(_told, self.log, kind, name))

    def _connect(self, kind: str, name: str) -> int:
        self.signal.connect(self._handler(kind, name))
        return len(self.signal)

    def _disconnect(self, kind: str, name: str) -> Any:
        try:
            self.signal.disconnect(self._handler(kind, name))
        except ValueError:
            return "ValueError"
        return len(self.signal)

    def _emit(self, *args: Any) -> list[Any]:
        self.log.clear()
        called = self.signal.emit(*args)
        return [plain(called), *self.log]

    def _drop(self, name: str) -> list[Any]:
        self.receivers.pop(name, None)
        self.others = {key: receiver for key, receiver in self.others.items() if not key.endswith(f" {name}")}
        return [len(self.signal), [known for known, receiver in self.known.items() if receiver() is not None]]

    def _count(self) -> int:
        return len(self.signal)


def _told(log: list[Any], kind: str, name: str, *args: Any) -> None:
    log.append([name, kind, *args])


class Sprites:
    """Makes sprites that are cheap to predict: their names are drawn, then they come in a drawn order."""

    def __init__(self, seed: int) -> None:
        draw = Random(seed)
        self.names = [f"sprite {draw.randrange(10**9)}" for _ in range(20)]
        self.pace = draw.choice((3, 7, 9, 11))
        self.places = [draw.uniform(-(10**6), 10**6) for _ in range(8)]

    def made(self, number: int) -> Any:
        """A sprite whose name is an object of its own."""
        step = number * self.pace
        name = self.names[step % 20]
        return candidate.Sprite(f"{name[:3]}{name[3:]}", self.places[step % 8], self.places[step % 7])


@measured
def hold_leaves(count: int, seed: int) -> list[Any]:
    """Keep so many more sprites. Returns samples."""
    sprites = Sprites(seed)
    made = [sprites.made(number) for number in range(count)]
    kept.append(made)
    return [[plain(sprite.name), plain(sprite.x), plain(sprite.y)] for sprite in made[:: count // 20]]


@measured
def hold_families(count: int, seed: int) -> list[Any]:
    """As hold_leaves, with parents of ten children each; `count` counts both."""
    sprites = Sprites(seed)
    made = [sprites.made(number) for number in range(count // 11)]
    kept.append(made)
    for number, parent in enumerate(made):
        for child in range(10):
            parent.add(sprites.made(number + child))
    return [[*map(plain, parent.children[-1].position()), plain(parent.name)] for parent in made[:: len(made) // 20]]


@measured
def look_again(places: list[tuple[int, int]]) -> list[Any]:
    """Name, x and y of sprites that were kept last, of leaves or parents' children: they were there to be weighed."""
    sprites = [(kept[-1][number], child) for number, child in places]
    leaves = [sprite.children[child] if sprite.children else sprite for sprite, child in sprites]
    return [[plain(leaf.name), plain(leaf.x), plain(leaf.y)] for leaf in leaves]


@measured
def pass_trees(count: int, seed: int) -> list[Any]:
    """Make and drop families of ten below one another; `count` sprites in all. Returns samples."""
    sprites = Sprites(seed)
    samples = []
    for number in range(count // 10):
        root = sprite = sprites.made(number)
        for depth in range(1, 10):
            sprite.add(sprites.made(number + depth))
            sprite = sprite.children[0]
        samples.append([plain(sprite.name), plain(sprite.x)])
    del root, sprite
    return samples[:: len(samples) // 10]


cache: Any = None
signal: Any = None
log: list[Any] = []


def _load(path: str) -> Texture:
    return Texture([path])


@measured
def pass_textures(count: int, seed: int) -> list[Any]:
    """Get and drop so many textures from one cache. Returns samples and how many it holds now."""
    global cache
    if cache is None:
        cache = candidate.TextureCache(_load)
    draw = Random(seed)
    paths = [f"{draw.randrange(10**12)}.png" for _ in range(count)]
    samples = [cache.get(path).token[0] for path in paths]
    return [*samples[:: count // 10], len(cache)]


@measured
def pass_receivers(count: int, seed: int) -> list[Any]:
    """Connect so many receivers to one signal and drop them, with an `emit` after every hundred. Returns samples."""
    global signal
    if signal is None:
        signal = candidate.Signal()
    draw = Random(seed)
    samples = []
    for _ in range(count // 100):
        receivers = [Receiver(f"receiver {draw.randrange(10**9)}", log) for _ in range(100)]
        for receiver in receivers:
            signal.connect(receiver.on_change)
        del receivers[:-1], receiver
        log.clear()
        samples.append([plain(signal.emit(draw.randrange(1000))), *log])
    del receivers
    return [*samples[:: max(1, len(samples) // 5)], len(signal)]


living: list[Any] = []
"""Textures and receivers that outlive the caches and signals that know them."""


@measured
def pass_services(count: int, seed: int) -> list[Any]:
    """Make and drop so many caches and signals, which all know a texture and a receiver that stay. Returns samples."""
    draw = Random(seed)
    if not living:
        living.extend([Texture(["living"]), Receiver("living", log)])
    texture, receiver = living
    samples = []
    for number in range(count):
        path, value = f"{draw.randrange(10**12)}.png", draw.randrange(1000)
        own_cache, own_signal = candidate.TextureCache(lambda _: texture), candidate.Signal()
        own_signal.connect(receiver.on_change)
        log.clear()
        got, called = own_cache.get(path) is texture, plain(own_signal.emit(value))
        if number % (count // 10) == 0:
            samples.append([path, got, len(own_cache), called, *log])
    del own_cache, own_signal
    return samples


def facts() -> dict[str, Any]:
    """How many slots of a sprite hold its attributes in turn: an object of the module with a `__dict__`, or a dict."""
    return {"sprite-slots": _carriers}


def _carriers() -> dict[str, Any]:
    draw = Random()
    name, x, y = f"{draw.getrandbits(64)}", draw.random(), draw.random()
    sprite = candidate.Sprite(name, x, y)
    slots: list[str] = []
    for kind in type(sprite).__mro__:
        own = vars(kind).get("__slots__", ())
        slots += [own] if isinstance(own, str) else own
    held = [getattr(sprite, slot, None) for slot in slots]
    return {"carriers": sum(_is_own(value) or _carries(value, {name, x, y}) for value in held)}


def _is_own(value: Any) -> bool:
    """An object of the module that has a dict is there to be used."""
    return type(value).__module__ == candidate.Sprite.__module__ and type(value).__dictoffset__ != 0


def _carries(value: Any, wanted: set[Any], depth: int = 3) -> bool:
    """Whether any of a sprite's attributes lies in a dict, an object's or a plain one, however it is called."""
    inside = [*value.values()] if isinstance(value, dict) else []
    inside += [*vars(value).values()] if type(value).__dictoffset__ != 0 else []
    if any(type(part) in (str, float) and part in wanted for part in inside):
        return True
    slots = (getattr(value, slot, None) for kind in type(value).__mro__ for slot in vars(kind).get("__slots__", ()))
    return depth > 0 and any(_carries(part, wanted, depth - 1) for part in (*inside, *slots))
