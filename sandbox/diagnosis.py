"""What a backend says about this machine, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """The state of a layer on this machine."""

    PRESENT = "present"
    MISSING = "missing"
    """It can be installed: `remedy` says how."""
    IMPOSSIBLE = "impossible"
    """Not on this machine, or not for this user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of the sandbox."""

    name: str
    state: State
    detail: str
    """What was found."""
    remedy: str = ""
    not_stopped: str = ""
    """What a submission can do while the layer is not there."""
