"""The isolation that the Docker engine offers, as the engine itself reports it."""

from __future__ import annotations

from sandbox.backends.docker.container import engine_errors
from sandbox.backends.docker.session import connect
from sandbox.diagnosis import Layer, State
from sandbox.outcome import SandboxUnusable

STRONGER = "runsc"
"""gVisor's runtime: a separate kernel between a submission and this machine's."""


def diagnose() -> tuple[Layer, ...]:
    """Return the engine's state and, if it answers, its runtimes and measurements."""
    try:
        client = connect()
    except SandboxUnusable as error:
        return (_no_engine(error),)
    try:
        with engine_errors("the Docker engine does not answer"):
            info = client.info()
    except SandboxUnusable as error:
        return (_no_engine(error),)
    finally:
        client.close()
    engine = f"Docker {info.get('ServerVersion', 'of an unknown version')} answers"
    known = sorted(info.get("Runtimes") or ())
    return Layer(name="engine", state=State.PRESENT, detail=engine), _runtimes(known), _MEASUREMENTS


_MEASUREMENTS = Layer(
    name="measurements",
    state=State.PRESENT,
    detail=(
        "CPU time and memory are read for each process on this machine; gVisor and an engine on another machine "
        "report only the usage of a whole container, so promises about speed and memory are not measured there"
    ),
)


def _no_engine(error: SandboxUnusable) -> Layer:
    return Layer(
        name="engine",
        state=State.MISSING,
        detail=error.why,
        remedy=error.remedy,
        not_stopped="everything, so nothing is graded on this machine with this backend",
    )


def _runtimes(known: list[str]) -> Layer:
    state = State.PRESENT if STRONGER in known else State.MISSING
    return Layer(
        name="runtimes",
        state=state,
        detail=f"the engine's runtimes: {', '.join(known) or 'none'}; use `--backend docker:NAME` to select one",
        remedy="" if state is State.PRESENT else f"install {STRONGER} and add it to the engine's daemon.json",
        not_stopped=""
        if state is State.PRESENT
        else "attacks through bugs in this machine's kernel, which containers share",
    )
