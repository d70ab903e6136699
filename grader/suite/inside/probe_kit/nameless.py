"""Names that reveal nothing: an object given to a submission shows neither which test asks nor where the test's state
is.

    @nameless
    class Source: ...                # its name, and those of its functions' frames, are drawn anew in each child

    source = nameless_kind(next=read, close=close)
    source(state)                    # an object with these methods and no attribute: they get the state

A submission that looks for a name finds a different one in each child. Keep state in closures, not in attributes.
"""

from __future__ import annotations

from collections.abc import Callable
from os import urandom
from types import CodeType, FunctionType
from typing import Any, TypeVar, cast

Named = TypeVar("Named", bound="type[Any] | Callable[..., Any]")
SPECIAL = frozenset({"call", "enter", "exit", "eq", "get", "iter", "lt", "next"})
FIRST = "abcdefghijklmnopqrstuvwxyz"


def drawn_name() -> str:
    """Return a new random identifier."""
    data = urandom(7)
    return FIRST[data[0] % len(FIRST)] + data[1:].hex()


def nameless(named: Named) -> Named:
    """Return the function, or the class with its functions, under drawn names and without a module."""
    if isinstance(named, type):
        for name, member in list(vars(named).items()):
            if type(member) is FunctionType:
                setattr(named, name, _renamed(member, name))
        named.__name__ = named.__qualname__ = drawn_name()
        named.__module__ = "__main__"
        return named
    assert isinstance(named, FunctionType)
    return cast("Named", _renamed(named, drawn_name()))


def nameless_kind(**methods: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return a factory for objects with these methods, where each object has a state of its own outside its attributes.

    A method is called with the state in place of `self`. Special names are given without their underscores: `next` is
    `__next__`. Name parameters as the brief does: callers may use these names. States live as long as the factory.
    """
    states: dict[int, tuple[Any, Any]] = {}

    def bound(method: Callable[..., Any]) -> Callable[..., Any]:
        return nameless(lambda self, *given, **named: method(states[id(self)][0], *given, **named))

    special = {f"__{name}__": bound(method) for name, method in methods.items() if name in SPECIAL}
    members: dict[str, Any] = {name: bound(method) for name, method in methods.items() if name not in SPECIAL}
    members |= {"__slots__": ("__weakref__",), "__module__": "__main__"}
    if "next" in methods:
        special["__iter__"] = nameless(lambda self: self)
    kind: Any = type(drawn_name(), (), members | special)

    def made(state: Any) -> Any:
        made = kind()
        states[id(made)] = state, made
        return made

    return made


def _renamed(function: FunctionType, name: str) -> FunctionType:
    """Return a copy of the function under a drawn name, which the copy's frames show."""
    code, around = _renamed_code(function.__code__), function.__globals__
    made = FunctionType(code, around, name, function.__defaults__, function.__closure__)
    made.__kwdefaults__, made.__module__ = function.__kwdefaults__, "__main__"
    return made


def _renamed_code(code: CodeType) -> CodeType:
    name = drawn_name()
    inner = tuple(_renamed_code(part) if isinstance(part, CodeType) else part for part in code.co_consts)
    return code.replace(co_name=name, co_qualname=name, co_consts=inner)
