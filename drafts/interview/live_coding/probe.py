"""Runs inside, beside the submission: carries out drawn steps on a new object, and returns how each ended."""

from probe_kit import run_steps

import answer


def run(kind, steps):
    return run_steps(getattr(answer, kind)(), steps)


def rebuilt(kind, steps, more):
    """Carry out steps, take the journal, and carry out more steps on what is rebuilt from it."""
    first = getattr(answer, kind)()
    run_steps(first, steps)
    return run_steps(getattr(answer, kind).rebuild(first.journal()), more)
