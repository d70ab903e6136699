"""One module a backend; each turns a Policy and a Program into a Session."""

from __future__ import annotations

from sandbox.session import Backend

DEFAULT = "bubblewrap"
NAMES = ("bubblewrap",)


def backend_named(name: str) -> Backend:
    """Return the backend that `--backend` calls `name`. Raises ValueError for a name that none has."""
    match name:
        case "bubblewrap":
            from sandbox.backends.bubblewrap import Bubblewrap

            return Bubblewrap()
        case _:
            raise ValueError(f"there is no backend {name!r}; there are {', '.join(NAMES)}")
