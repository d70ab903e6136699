"""Notices the replacement of what a probe measures with: parts of the standard library, the probe, the answer itself.

The worker takes a snapshot before any child exists; a child adds its probe and its answer once they are imported, and
compares before each answer. Whoever takes over this process can remove this code, too; but anything noticed before that
ends the child, and the outside does not forget it.

    guard = Guard(["time", "asyncio"])            # in the worker
    guard.watch(["/probe/"], ["/submission/"])    # in a child, before anything of the submission is imported
    guard.add_modules()                           # once the probe and the answer are imported
    guard.rebound()                               ->  []  or  ["time.sleep", "gc.callbacks"]

What counts is a function, a class or another callable that was there and has been replaced, in a module or in one of
its classes, a tuple or frozenset in one of the probe's classes, and a function of the library or the probe whose code
was replaced. Names may be added and other data may change, because measurements use neither.
"""

from __future__ import annotations

import builtins
import gc
import sys
import threading
from operator import is_, itemgetter
from types import FunctionType, ModuleType

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import FrameType
    from typing import Any

MOST = 5
"""The maximum number of names reported."""
IMMUTABLE = 1 << 8
"""A flag of types: their attributes cannot be assigned to."""
MISSING = object()
CODE = ("__code__", "__defaults__", "__kwdefaults__")
ENDS_TRACING = ("sys.settrace", "sys.setprofile")
CONSTANTS = (tuple, frozenset)
"""Types of the data that a probe's classes declare, such as the errors that it takes for promised ones."""
_PARTS = (staticmethod, classmethod, property)
_all, _map, _vars = all, map, vars  # the submission may rebind the names of the builtins
_gettrace, _getprofile, _getframe, _callbacks = sys.gettrace, sys.getprofile, sys._getframe, gc.callbacks  # noqa: SLF001
_hooks_of_threads = threading.gettrace, threading.getprofile
BUILTINS = frozenset(name for name, value in _vars(builtins).items() if not name.startswith("_") and callable(value))


class _Namespace:
    """The callables of one module or class, by name."""

    def __init__(self, label: str, members: Mapping[str, Any], known: dict[str, Any], *, strict: bool) -> None:
        self._label = label
        self._members = members
        self._known = known
        self._strict = strict
        self._values = tuple(known.values())
        self._taken: Callable[[Any], Any] = itemgetter(*known, next(iter(known)))

    def is_unchanged(self) -> bool:
        """Return whether every object is still the same, as quickly as possible."""
        try:
            return _all(_map(is_, self._values, self._taken(self._members)))
        except KeyError:
            return False

    def changed(self) -> Iterator[str]:
        """Yield the names of what was replaced or is gone. A name that a probe or an answer lost hides nothing."""
        for name, value in self._known.items():
            now = self._members.get(name, MISSING)
            if now is not value and (self._strict or now is not MISSING):
                yield f"{self._label}.{name}"


class Guard:
    """Remembers what modules held, and reports what has changed. Without modules, it guards nothing."""

    def __init__(self, modules: Iterable[str]) -> None:
        self._namespaces: list[_Namespace] = []
        self._seen: set[int] = set()
        self._noticed: list[str] = []
        self._probe: tuple[str, ...] = ()
        self._answer: tuple[str, ...] = ()
        for name in modules:
            if (module := sys.modules.get(name)) is not None:
                self._add(name, module.__dict__, strict=True)
        self.is_active = bool(self._namespaces)

    def watch(self, probe: Iterable[str], answer: Iterable[str]) -> None:
        """Notice from now on what only audit hooks see: replaced code in a function, the end of a probe's trace."""
        self._probe, self._answer = tuple(probe), tuple(answer)
        if self.is_active:
            sys.addaudithook(_auditor(self._noticed, (sys.base_prefix, *self._probe), self._answer))

    def add_modules(self) -> None:
        """Guard the probe's and the answer's modules as they are now."""
        if self.is_active:
            for label, members in self._below(self._answer):
                self._add(label, members, strict=False)
            for label, members in self._below(self._probe):
                self._add(label, members, strict=False, constants=CONSTANTS)
            for label, members in self._below(self._probe):
                self._noticed += [f"{label}.{name}" for name in members.keys() & BUILTINS if _is_foreign(members, name)]

    def rebound(self) -> list[str]:
        """Return the names of what has been replaced."""
        if not self.is_active:
            return []
        same = _all(_map(_Namespace.is_unchanged, self._namespaces))
        changed = [] if same else [name for namespace in self._namespaces for name in namespace.changed()]
        return [*dict.fromkeys((*changed, *self._noticed, *_hooks()))][:MOST]

    def _below(self, folders: tuple[str, ...]) -> list[tuple[str, dict[str, Any]]]:
        """Return the names and members of modules, even of those gone from `sys.modules` but with functions in use."""
        modules = [module.__dict__ for module in list(sys.modules.values()) if type(module) is ModuleType]
        found = {id(members): members for members in modules if str(members.get("__file__")).startswith(folders)}
        for members in list(found.values()):
            around = [value.__globals__ for value in members.values() if type(value) is FunctionType]
            found |= {id(names): names for names in around if str(names.get("__file__")).startswith(folders)}
        return [(str(members.get("__name__")), members) for members in found.values()]

    def _add(
        self,
        label: str,
        members: Mapping[str, Any],
        *,
        strict: bool,
        constants: tuple[type, ...] = (),
        is_class: bool = False,
    ) -> None:
        """Guard the callables of a module or class and of the classes in it, in which `constants` are guarded, too."""
        kinds = _PARTS + (constants if is_class else ())
        known = {name: value for name, value in members.items() if callable(value) or issubclass(type(value), kinds)}
        if known:
            self._namespaces.append(_Namespace(label, members, known, strict=strict))
        for name, value in known.items():
            if issubclass(type(value), type) and id(value) not in self._seen and not value.__flags__ & IMMUTABLE:
                self._seen.add(id(value))
                self._add(f"{label}.{name}", _vars(value), strict=strict, constants=constants, is_class=True)


def _is_foreign(members: Mapping[str, Any], name: str) -> bool:
    """Return whether a builtin's name in a module was set from elsewhere, so that calling it is not what it seems."""
    return getattr(members[name], "__globals__", None) is not members


def _hooks() -> Iterator[str]:
    """Yield the names of hooks that still watch other code, or that the garbage collector calls, after a probe."""
    if _gettrace() is not None or _getprofile() is not None:
        yield "sys.settrace"
    if _callbacks:
        yield "gc.callbacks"
    if any(ask() is not None for ask in _hooks_of_threads):
        yield "threading.settrace"


def _auditor(
    noticed: list[str], ours: tuple[str, ...], answer: tuple[str, ...]
) -> Callable[[str, tuple[Any, ...]], None]:
    """Return a hook that notes what cannot be compared afterwards. No code of the submission can remove it."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "object.__setattr__" and arguments[1] in CODE:
            function = arguments[0]
            is_ours = type(function) is FunctionType and function.__code__.co_filename.startswith(ours)
            if is_ours and not _is_of_an_import(_getframe(1)):
                noticed.append(f"{function.__module__}.{function.__qualname__}")
        elif event in ENDS_TRACING and (_gettrace() or _getprofile()) and _is_asked_by(answer, _getframe(1)):
            noticed.append(event)

    return hook


def _is_of_an_import(frame: FrameType | None) -> bool:
    """Return whether a library changes its own functions while it is being imported, as asyncio does."""
    while frame is not None and frame.f_code.co_filename.startswith((sys.base_prefix, "<frozen")):
        if frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False


def _is_asked_by(answer: tuple[str, ...], frame: FrameType | None) -> bool:
    """Return whether the nearest frame outside the standard library belongs to the answer."""
    while frame is not None and frame.f_code.co_filename.startswith((sys.base_prefix, "<frozen")):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(answer)
