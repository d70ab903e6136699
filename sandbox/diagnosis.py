"""A backend's report on this machine, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """The state of a layer on this machine."""

    PRESENT = "present"
    MISSING = "missing"
    """The layer can be installed; `remedy` says how."""
    IMPOSSIBLE = "impossible"
    """The layer is not available on this machine, or not to this user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of the sandbox."""

    name: str
    state: State
    detail: str
    """What was found."""
    remedy: str = ""
    not_stopped: str = ""
    """The dangers that nothing stops while the layer is missing."""
