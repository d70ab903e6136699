"""A submission as the rules see it: its modules, and every question that a rule may ask about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar, cast

from grader.inside.constructs.resolver import classes
from grader.inside.constructs.resolver.alive import Reach, References, definitions
from grader.inside.constructs.resolver.lookup import distinct
from grader.inside.constructs.resolver.names import Module
from grader.inside.constructs.resolver.parsing import parse
from grader.inside.constructs.resolver.resolve import Resolver
from grader.inside.constructs.resolver.values import Class, Function, Value
from grader.inside.imports import module_name

T = TypeVar("T")


class Project:
    """The modules of one submission; `exported` names those that the brief asks for."""

    def __init__(self, files: Mapping[str, str], exported: Collection[str] = ()) -> None:
        self.modules: dict[str, Module] = {}
        for path, text in sorted(files.items()):
            module = Module(module_name(path), path, parse(text))
            self.modules[module.name] = module
        self.exported = [module for name, module in self.modules.items() if name in exported or not exported]
        self.names = Resolver(self.modules)
        self._references = References(self.names)
        self._kept: dict[Hashable, object] = {}

    def export(self, name: str) -> tuple[Value, ...]:
        """Return what `module.Name` (or `package.module`, or `module.Class.member`) ultimately stands for."""
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            module = self.modules.get(".".join(parts[:length]))
            if module is not None:
                found: tuple[Value, ...] = (module,)
                for attribute in parts[length:]:
                    found = distinct(member for value in found for member in self.names.attribute(value, attribute))
                return found
        return ()

    def metaclasses(self, value: Value) -> tuple[Value, ...]:
        """Return the candidates for a class's metaclass."""
        return classes.metaclasses(self.names, value)

    def is_metaclass(self, value: Value) -> bool:
        """Return whether the instances of `value` are classes."""
        return classes.is_metaclass(self.names, value)

    def reach(self, *values: Value) -> Reach:
        """Return the definitions that can be reached from some values."""
        return Reach(self._references, values)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result of `make`, computed once for each key. Every rule uses keys of its own."""
        if key not in self._kept:
            self._kept[key] = make()
        return cast("T", self._kept[key])

    @cached_property
    def alive(self) -> Reach:
        """The definitions that can be reached from the exported modules."""
        return Reach(self._references, self.exported)

    def definitions(self, below: str = "") -> Iterator[Class | Function]:
        """Yield every class and function of the submission, or of the module or package `below`."""
        for name, module in self.modules.items():
            if not below or name == below or name.startswith(f"{below}."):
                yield from definitions(module.scope)
