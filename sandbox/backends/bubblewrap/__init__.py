"""The bubblewrap backend, as `sandbox.backends` uses it: namespaces on this machine, without a daemon."""

from __future__ import annotations

from sandbox.diagnosis import Layer
from sandbox.session import Backend

ENVIRONMENT = ()
VARIANTS = ""


def backend(variant: str | None) -> Backend:  # noqa: ARG001 - it has no variants
    """Return the bubblewrap backend."""
    from sandbox.backends.bubblewrap.session import Bubblewrap

    return Bubblewrap()


def diagnose() -> tuple[Layer, ...]:
    """Try every layer of isolation. Takes about as long as opening a sandbox."""
    from sandbox.backends.bubblewrap import diagnosis

    return diagnosis.diagnose()


def remove_stale() -> str:
    """Remove the control groups of killed gradings."""
    from sandbox.machine import cgroup

    place = cgroup.find_place()
    if not isinstance(place, cgroup.Place):
        return "No control groups can be created here, so none were searched for."
    cgroup.remove_stale(place)
    return "Removed the control groups of killed gradings."
