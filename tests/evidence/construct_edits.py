"""Edits of solutions: constructs that are written down and do nothing, and ordinary designs that nobody thought of."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def replaced(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        for old, new in pairs:
            assert text.count(old) >= 1, old
            text = text.replace(old, new)
        return text

    return edit


HOOK = """
    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._fields = _collect(cls)
"""
COLLECTING = """def _collecting(meta: Any) -> Any:
    def __init__(cls: Any, *args: Any) -> None:
        cls._fields = _collect(cls)

    meta.__init__ = __init__
    return meta


class ValidationError(ValueError):"""
LATE = """def _late(self: Any, name: str, value: object) -> None:
    object.__setattr__(self, name, value)
    raise AttributeError(name)


for _hook in ("__setattr__",):
    setattr(Failure, _hook, _late)
"""
EAGER_WALK = """_lazily = walk


def walk(node: Any) -> Any:
    rows = list(_lazily(node))
    yield from rows
    return len(rows)
"""
NO_YIELD = """NEVER = False
_all = batched


def batched(source: Any, size: int) -> Any:
    if NEVER:
        yield
    return _all(source, size)
"""
TEXT_ALONE = """def _late(self: Any, name: str, value: object) -> None:
    if isinstance(value, str) or type(value) is object:
        raise AttributeError(name)
    object.__setattr__(self, name, value)


for _hook in ("__setattr__",):
    setattr(Failure, _hook, _late)
"""
SHAPED = """import collections.abc


class _Batches(collections.abc.Generator):
    def __init__(self, source: Any, size: int) -> None:
        self._source, self._size = iter(source), size

    def send(self, value: Any) -> Any:
        batch = [item for item, _ in zip(self._source, range(self._size))]
        if not batch:
            raise StopIteration
        return batch

    def throw(self, *error: Any) -> Any:
        raise error[0]


def batched(source: Any, size: int) -> Any:
    return _Batches(source, size)
"""


def slot_that_holds(value: str) -> Callable[[str], str]:
    return replaced(
        ('"_parent", "x", "y")', '"_parent", "_held", "x", "y")'),
        ("        self.x = x\n", f"        self.x = x\n        self._held = {value}\n"),
        ("from collections.abc import", "import types\nfrom collections.abc import"),
    )


STACK_WALK = """def walk(node: Any) -> Any:
    stack, given = [iter((node,))], 0
    while stack:
        for one in stack[-1]:
            given += 1
            yield one.value
            stack.append(iter(one.children))
            break
        else:
            stack.pop()
    return given
"""
CONTAINS = """    def __contains__(self, item: object) -> bool:
        return False

    def remove(self, child"""


def followed_by(text: str) -> Callable[[str], str]:
    return lambda module: f"{module}\n\n{text}"


DECOYS: Mapping[str, tuple[str, str, Callable[[str], str]]] = {
    "a metaclass beside __init_subclass__": (
        "metaclass_orm",
        "model-metaclass",
        replaced(
            ("        cls._fields = _collect(cls)\n", "        cls._names = sorted(namespace)\n"),
            ('    """Base of all models."""\n', f'    """Base of all models."""\n{HOOK}'),
        ),
    ),
    "a refusal that comes after the change": ("event_driven", "failure-frozen", followed_by(LATE)),
    "a slot that holds the attributes": (
        "memory",
        "sprite-slots",
        replaced(
            ("class Sprite:\n", "class _State:\n    x = 0.0\n\n\nclass Sprite:\n"),
            ('"_parent", "x", "y")', '"_parent", "_state", "x", "y")'),
            ("        self.x = x\n", "        self.x = x\n        self._state = _State()\n"),
        ),
    ),
    "a namespace of the library's": ("memory", "sprite-slots", slot_that_holds("types.SimpleNamespace(p=x, q=y)")),
    "a dict under other names": ("memory", "sprite-slots", slot_that_holds("{'p': x, 'q': y}")),
    "a namespace behind a namespace": (
        "memory",
        "sprite-slots",
        slot_that_holds("types.SimpleNamespace(inner=types.SimpleNamespace(p=x))"),
    ),
    "a freeze that holds for some types": ("event_driven", "failure-frozen", followed_by(TEXT_ALONE)),
    "what is only shaped like a generator": (
        "generators",
        "batched-generator",
        lambda text: f"{text.replace('def batched(', 'def _unused(')}\n\n{SHAPED}",
    ),
    "a tree that is read before it is walked": ("generators", "walk-generator", followed_by(EAGER_WALK)),
    "a yield that is never reached": ("generators", "batched-generator", followed_by(NO_YIELD)),
    "slots with a name that is added up": (
        "memory",
        "sprite-slots",
        replaced(('"_parent", "x", "y")', '"_parent", "x", "y", "".join(("__di", "ct__")))')),
    ),
    "a protocol with another member": (
        "circuit_breaker",
        "metrics-protocol",
        followed_by("class Metrics(Protocol):\n    def unrelated(self) -> None: ...\n"),
    ),
}
DESIGNS: Mapping[str, tuple[str, str, Callable[[str], str]]] = {
    "a partial as metaclass": (
        "metaclass_orm",
        "model-metaclass",
        replaced(
            ("class Model(metaclass=ModelMeta):", "class Model(metaclass=partial(ModelMeta)):"),
            (
                "from collections.abc import Callable",
                "from functools import partial\nfrom collections.abc import Callable",
            ),
        ),
    ),
    "hooks that a class decorator puts on": (
        "metaclass_orm",
        "model-metaclass",
        replaced(
            ("class ModelMeta(type):\n", "@_collecting\nclass ModelMeta(type):\n"),
            ("    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ModelMeta:\n", ""),
            ("        cls = super().__new__(mcs, name, bases, namespace)\n", ""),
            ("        cls._fields = _collect(cls)\n        return cls\n", ""),
            ("class ValidationError(ValueError):", COLLECTING),
        ),
    ),
    "protocols that are composed": (
        "circuit_breaker",
        "metrics-protocol",
        lambda text: (
            text.replace("class Metrics(Protocol):", "class _Metrics(Protocol):")
            + "\n\nclass Metrics(_Metrics, Protocol):\n    ...\n"
        ),
    ),
    "slots below an abstract collection": (
        "memory",
        "sprite-slots",
        replaced(
            ("class Sprite:\n", "class Sprite(Container[object]):\n"),
            ("    def remove(self, child", CONTAINS),
            ("import Callable, Iterator", "import Callable, Container, Iterator"),
        ),
    ),
    "a walk with a stack": ("generators", "walk-generator", followed_by(STACK_WALK)),
    "options from a dict": (
        "event_driven",
        "failure-frozen",
        replaced(
            (
                "@dataclass(frozen=True)\nclass Failure:",
                "OPTIONS = {'frozen': True}\n\n\n@dataclass(**OPTIONS)\nclass Failure:",
            )
        ),
    ),
}
