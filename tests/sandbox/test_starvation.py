"""What is known outside of a machine that is busy: time without a processor is nobody's fault inside."""

from __future__ import annotations

import os

import pytest

from sandbox.session import Backend, Child

from .conftest import is_gvisor


def test_whoever_waits_for_the_starved_is_waited_for(backend: Backend, child: Child) -> None:
    """The process that answers sleeps, and those for which it waits share too few processors."""
    if backend.name != "bubblewrap":
        pytest.skip("Only the answering process's own waiting is known.")
    child.call("echo", 1)
    crowd = 4 * len(os.sched_getaffinity(0))
    assert child.call("burn_beside", crowd, 0.2, timeout=0.5) == "burnt"


def test_starvation_is_known_outside(backend: Backend, child: Child) -> None:
    """Time that was waited for a processor is told, time that was slept is not, and it stays known afterwards."""
    child.call("sleep", 0.2)
    assert child.starved < child.last_wall
    child.call("burn_among", 4 * len(os.sched_getaffinity(0)), 0.2)
    starved = child.starved
    assert starved > 0.1 or is_gvisor(backend)
    child.close()
    assert child.starved >= starved
