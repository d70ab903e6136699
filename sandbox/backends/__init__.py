"""The backends: one folder each, and one line each in `BACKENDS`.

A backend's package offers what `BackendPackage` lists. It is imported only on request.
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
"""Where each backend is. What follows a colon in a name, as in `docker:runsc`, is for the backend to interpret."""

DEFAULT = "bubblewrap"


class BackendPackage(Protocol):
    """The interface of a backend's package."""

    ENVIRONMENT: tuple[str, ...]
    """Environment variables that our processes need in order to use it."""

    VARIANTS: str
    """How its name may go on: `:RUNTIME`; empty if it may not."""

    def backend(self, variant: str | None) -> Backend:
        """Return the backend. Raises ValueError for a variant that it does not have."""
        ...

    def diagnose(self) -> tuple[Layer, ...]:
        """Return what this machine can isolate with it. Without the first layer, it grades nothing."""
        ...

    def remove_stale(self) -> str:
        """Remove what killed gradings left behind, and return in words what was done."""
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
    """Return the environment variables that some backend needs."""
    return tuple(variable for name in BACKENDS for variable in package(name).ENVIRONMENT)


def backend_named(name: str) -> Backend:
    """Return the backend that `--backend` calls `name`. Raises ValueError for an unknown name."""
    kind, colon, variant = name.partition(":")
    if kind in BACKENDS and (variant or not colon) and (package(kind).VARIANTS or not colon):
        return package(kind).backend(variant or None)
    raise ValueError(f"there is no backend {name!r}; there are {', '.join(names())}")
