"""The backends, each with a folder of its own and a line in `BACKENDS`.

A backend's package offers what `BackendPackage` lists, and is imported only on request.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Protocol, cast

from sandbox.diagnosis import Layer
from sandbox.session import Backend

BACKENDS = {
    "bubblewrap": "sandbox.backends.bubblewrap",
    "docker": "sandbox.backends.docker",
}
"""The package of each backend. What follows a colon in a name, as in `docker:runsc`, is up to the backend."""

DEFAULT = "bubblewrap"


class BackendPackage(Protocol):
    """The interface of a backend's package."""

    ENVIRONMENT: tuple[str, ...]
    """Environment variables that our processes need in order to use the backend."""

    VARIANTS: str
    """The suffix that the backend's name may have, such as `:RUNTIME`; empty if it may have none."""

    def backend(self, variant: str | None) -> Backend:
        """Return the backend. Raises ValueError for an unknown variant."""
        ...

    def diagnose(self) -> tuple[Layer, ...]:
        """Return what the backend can isolate on this machine. Without the first layer, it grades nothing."""
        ...

    def remove_stale(self) -> str:
        """Remove what killed gradings left behind, and return a sentence that says what was done."""
        ...


def package(name: str) -> BackendPackage:
    """Return the package of the backend that `BACKENDS` lists under this name."""
    return cast("BackendPackage", importlib.import_module(BACKENDS[name]))


def names() -> tuple[str, ...]:
    """Return the values that `--backend` accepts."""
    return tuple(form for name in BACKENDS for form in _forms(name))


def _forms(name: str) -> Iterator[str]:
    yield name
    if variants := package(name).VARIANTS:
        yield name + variants


def environment() -> tuple[str, ...]:
    """Return the environment variables that the backends need."""
    return tuple(variable for name in BACKENDS for variable in package(name).ENVIRONMENT)


def backend_named(name: str) -> Backend:
    """Return the backend that `--backend` calls `name`. Raises ValueError for an unknown name."""
    kind, colon, variant = name.partition(":")
    if kind in BACKENDS and (variant or not colon) and (package(kind).VARIANTS or not colon):
        return package(kind).backend(variant or None)
    raise ValueError(f"there is no backend {name!r}; the backends are {', '.join(names())}")
