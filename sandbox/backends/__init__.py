"""One module a backend; each turns a Policy and a Program into a Session."""

from __future__ import annotations

from sandbox.session import Backend

DEFAULT = "bubblewrap"
NAMES = ("bubblewrap", "docker", "docker:RUNTIME")


def backend_named(name: str) -> Backend:
    """Return the backend that `--backend` calls `name`. Raises ValueError for a name that none has."""
    match name:
        case "bubblewrap":
            from sandbox.backends.bubblewrap.session import Bubblewrap

            return Bubblewrap()
        case "docker":
            from sandbox.backends.docker.session import Docker

            return Docker()
        case _ if name.startswith("docker:") and name != "docker:":
            from sandbox.backends.docker.session import Docker

            return Docker(runtime=name.removeprefix("docker:"))
        case _:
            raise ValueError(f"there is no backend {name!r}; there are {', '.join(NAMES)}")
