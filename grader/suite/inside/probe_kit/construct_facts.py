"""Gathers run-time facts, as plain data, about the exported names of which a challenge requires constructs.

The submission's code runs in this process and may say what it likes, so a fact alone never earns anything: it only
supplements what the text says.

    observe([["model-metaclass", "metaclass", "orm.Model", {}], ...])
        -> {"model-metaclass": {"own": ["ModelMeta"], "hooks": ["__new__"], ...}}

Facts that need an instance or a call come from the challenge's own probe: `facts()` returns the same shape, and its
entries replace these. An entry with the key `error` is a fact that could not be gathered.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction, signature, unwrap
from typing import Any, Literal, ParamSpec, TypeVar, get_args, get_origin, get_overloads

from .nameless import drawn_name

PROBE = "_probe_"
"""The beginning of the name of the probe's file, which is in the folder above."""
DESCRIPTOR = ("__get__", "__set__", "__delete__", "__set_name__")
MANAGER = ("__enter__", "__exit__", "__aenter__", "__aexit__")
NO_MEMBERS = frozenset(
    {"__module__", "__dict__", "__weakref__", "__doc__", "__parameters__", "__orig_bases__", "__slots__", "__init__"}
    | {"__annotations__", "__subclasshook__", "__abstractmethods__", "_is_protocol", "_is_runtime_protocol"}
    | {"_abc_impl", "__match_args__", "__protocol_attrs__", "__non_callable_proto_members__", "__class_getitem__"}
    | {"__qualname__", "__firstlineno__", "__static_attributes__", "__type_params__"}
)
Fact = dict[str, Any]


def observe(requirements: list[list[Any]]) -> dict[str, Fact]:
    """Return the facts for each requirement, which is given as `[id, rule, of, options]`."""
    probe = import_module(_probe())
    found = {ident: _asked(rule, of, options) for ident, rule, of, options in requirements}
    facts = getattr(probe, "facts", None)
    if facts is not None:
        for ident, fact in facts().items():
            known = {key: value for key, value in found.get(ident, {}).items() if key != "error"}
            found[ident] = {**known, **(_safely(fact) if callable(fact) else fact)}
    return found


def _probe() -> str:
    # pathlib would look for `nt`, in the submission too, which makes the kit leave while it is being imported.
    names = os.listdir(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120, PTH208 - as said
    return next(name.removesuffix(".py") for name in names if name.startswith(PROBE) and name.endswith(".py"))


def _asked(rule: str, of: str, options: Fact) -> Fact:
    question = QUESTIONS.get(rule)
    return {} if question is None else _safely(lambda: question(_exported(of), options))


def _safely(ask: Callable[[], Fact]) -> Fact:
    try:
        return ask()
    except Exception as error:
        return {"error": type(error).__name__}


def _exported(of: str) -> Any:
    """Return the object that `module.Name.member` names."""
    first, *rest = of.split(".")
    found: Any = import_module(first)
    path = first
    for name in rest:
        path = f"{path}.{name}"
        try:
            found = getattr(found, name)
        except AttributeError:
            found = import_module(path)
    return found


def _metaclass(subject: Any, _: Fact) -> Fact:
    own = [kind for kind in type(subject).__mro__ if kind not in (type, object) and not _is_standard(kind)]
    hooks = {name for kind in own for name, value in vars(kind).items() if name.startswith("__") and callable(value)}
    return {"own": [kind.__name__ for kind in own], "hooks": sorted(hooks)}


def _is_standard(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in sys.stdlib_module_names


def _descriptor(subject: Any, _: Fact) -> Fact:
    kind = subject if isinstance(subject, type) else type(subject)
    own = [
        name for name in DESCRIPTOR if any(name in vars(above) and not _is_standard(above) for above in kind.__mro__)
    ]
    return {"methods": [name for name in DESCRIPTOR if _defines(kind, name)], "own": own}


def _manager(subject: Any, _: Fact) -> Fact:
    if not isinstance(subject, type):
        return {}
    return {"methods": [name for name in MANAGER if _defines(subject, name)]}


def _defines(kind: type, name: str) -> bool:
    return any(vars(above).get(name) is not None for above in kind.__mro__)


def _generator(subject: Any, _: Fact) -> Fact:
    if isinstance(subject, type):
        subject = getattr(subject, "__iter__", None) or getattr(subject, "__aiter__", None)
    made = unwrap(subject)
    return {"generator": True} if isgeneratorfunction(made) or isasyncgenfunction(made) else {}


def _coroutine(subject: Any, _: Fact) -> Fact:
    return {"coroutine": True} if iscoroutinefunction(subject) else {}


def _slots(subject: Any, _: Fact) -> Fact:
    return {"dict": subject.__dictoffset__ != 0}


def _frozen(subject: Any, _: Fact) -> Fact:
    """Try to set each field of an instance that was never initialised, and check the fields afterwards."""
    if not isinstance(subject, type):
        return {}
    members = getattr(subject, "__members__", None)
    made = next(iter(members.values())) if members else _uninitialised(subject)
    return try_to_change(made, sorted(_fields(subject)) or ["value"])


def _uninitialised(kind: Any) -> Any:
    return kind.__new__(kind)


def _fields(kind: type) -> set[str]:
    found: set[str] = set(getattr(kind, "_fields", ()))
    for above in kind.__mro__:
        found.update(vars(above).get("__annotations__", {}))
        slots = vars(above).get("__slots__", ())
        found.update([slots] if isinstance(slots, str) else slots)
    return found - {"__weakref__", "__dict__"}


def try_to_change(subject: Any, names: list[str]) -> Fact:
    """Return the attributes that take another value (text, any object, one of the same type), whatever the assignment
    reports, and those that refuse every value.
    """
    changed, refused = [], []
    for name in names:
        taken = [_takes(subject, name, mark) for mark in _marks(getattr(subject, name, None))]
        if any(took for took, _ in taken):
            changed.append(name)
        if all(was_refused for _, was_refused in taken):
            refused.append(name)
    return {"changed": changed, "refused": refused}


def _marks(value: Any) -> Iterator[Any]:
    """Yield other values of several types, since a class that is frozen only for some types is not frozen."""
    yield drawn_name()
    yield object()
    kind: Any = type(value)
    if kind in (int, float):
        yield value + int.from_bytes(os.urandom(3)) + 1
    elif kind in (tuple, list):
        yield kind([*value, drawn_name()])
    else:
        try:
            yield _uninitialised(kind)
        except Exception:
            return


def _takes(subject: Any, name: str, mark: Any) -> tuple[bool, bool]:
    """Return whether the attribute holds the mark afterwards, and whether the assignment was refused."""
    was_refused = False
    try:
        setattr(subject, name, mark)
    except (AttributeError, TypeError):
        was_refused = True
    return getattr(subject, name, None) is mark, was_refused


def _protocol(subject: Any, _: Fact) -> Fact:
    protocols = [kind for kind in subject.__mro__ if vars(kind).get("_is_protocol") and not _is_standard(kind)]
    members = {name for kind in protocols for name in (*vars(kind), *vars(kind).get("__annotations__", {}))}
    return {"protocol": subject in protocols, "members": sorted(members - NO_MEMBERS)}


def _overload(subject: Any, options: Fact) -> Fact:
    if not isinstance(subject, type):
        functions = [subject if hasattr(subject, "__qualname__") else type(subject).__call__]
    elif options.get("method"):
        functions = [getattr(subject, options["method"], None)]
    else:
        functions = [getattr(subject, name, None) for above in subject.__mro__ for name in vars(above)]
    return {"overloads": max((_overloads(function) for function in functions), default=0)}


def _overloads(function: Any) -> int:
    function = getattr(function, "__func__", function)
    try:
        return len({str(signature(overload)) for overload in get_overloads(unwrap(function))})
    except (AttributeError, TypeError, ValueError):
        return 0


def _literal(subject: Any, _: Fact) -> Fact:
    subject = getattr(subject, "__value__", subject)
    if get_origin(subject) is None:
        text = " ".join(map(str, _annotations(subject)))
        return {"literal": "Literal" in text}
    return {"literal": any(get_origin(part) is Literal for part in _parts(subject))}


def _annotations(subject: Any) -> Iterator[Any]:
    yield from getattr(subject, "__annotations__", {}).values()
    if isinstance(subject, type):
        for member in vars(subject).values():
            yield from getattr(member, "__annotations__", {}).values()


def _parts(hint: Any, depth: int = 8) -> Iterator[Any]:
    yield hint
    if depth:
        for argument in get_args(hint):
            yield from _parts(argument, depth - 1)


def _generic(subject: Any, _: Fact) -> Fact:
    given = getattr(subject, "__type_params__", ()) or getattr(subject, "__parameters__", ())
    if given or isinstance(subject, type):
        return {"parameters": len(given)}
    names = vars(sys.modules[subject.__module__])
    variables = {name for name, value in names.items() if isinstance(value, TypeVar | ParamSpec)}
    found: set[Any] = set()
    for hint in _annotations(subject):
        if isinstance(hint, str):
            words = "".join(letter if letter.isidentifier() or letter.isdigit() else " " for letter in hint).split()
            found |= variables & set(words)
        else:
            found |= {part for part in _parts(hint) if isinstance(part, TypeVar | ParamSpec)}
    return {"parameters": len(found)}


QUESTIONS: dict[str, Callable[[Any, Fact], Fact]] = {
    "metaclass": _metaclass,
    "descriptor": _descriptor,
    "context-manager": _manager,
    "generator": _generator,
    "async-function": _coroutine,
    "slots": _slots,
    "frozen-value": _frozen,
    "protocol": _protocol,
    "overload": _overload,
    "literal": _literal,
    "generic": _generic,
}
