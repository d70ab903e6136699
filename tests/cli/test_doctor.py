"""`grader doctor` says what is there, what is not, and what to do."""

from __future__ import annotations

import platform
from collections.abc import Callable

import pytest

from sandbox.diagnosis import Layer, State
from tests.cli.conftest import Run

NO_ENGINE = Layer(name="engine", state=State.MISSING, detail="none", remedy="start it", not_stopped="everything")


@pytest.fixture
def layers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A machine with these layers."""

    def have(*found: Layer) -> None:
        monkeypatch.setattr("sandbox.backends.bubblewrap.diagnose", lambda: found)
        monkeypatch.setattr("sandbox.backends.docker.diagnose", lambda: (NO_ENGINE,))

    return have


def test_a_machine_with_every_layer(grader: Run, layers: Callable[..., None]) -> None:
    """Nothing to do: status 0."""
    layers(Layer(name="namespaces", state=State.PRESENT, detail="a sandbox was opened"))
    ended = grader("doctor")
    assert ended.status == 0
    assert "every layer" in ended.out


def test_a_layer_that_is_missing_has_a_remedy(grader: Run, layers: Callable[..., None]) -> None:
    """What is missing, what it costs, and how to get it; the machine can grade all the same."""
    layers(
        Layer(name="namespaces", state=State.PRESENT, detail="a sandbox was opened"),
        Layer(name="control group", state=State.MISSING, detail="none", remedy="run as root", not_stopped="bursts"),
    )
    ended = grader("doctor")
    assert ended.status == 0
    not_stopped = "Not stopped without this layer: bursts."
    for part in ("control group: missing", not_stopped, "→ run as root", "1 layer of the wall"):
        assert part in ended.out


@pytest.mark.parametrize("state", [State.MISSING, State.IMPOSSIBLE])
def test_a_machine_that_cannot_isolate_is_status_3(grader: Run, layers: Callable[..., None], state: State) -> None:
    """Without namespaces nothing can be graded, and scripts can tell."""
    layers(Layer(name="namespaces", state=state, detail="switched off", remedy="sysctl x=1", not_stopped="everything"))
    ended = grader("doctor")
    assert ended.status == 3
    assert "cannot grade yet" in ended.out
    assert "sysctl x=1" in ended.out


def test_this_machine_is_diagnosed(grader: Run) -> None:
    """Whatever this machine can do, the answer is no bug."""
    ended = grader("doctor")
    assert ended.status in (0, 3)
    assert "namespaces" in ended.out
    assert ended.err == ""


def test_another_backend_is_named_where_the_default_cannot_isolate(
    grader: Run, layers: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without namespaces but with an engine can grade, and it is said how: status 0."""
    layers(Layer(name="namespaces", state=State.MISSING, detail="off", remedy="sysctl x=1", not_stopped="everything"))
    engine = Layer(name="engine", state=State.PRESENT, detail="Docker answers")
    monkeypatch.setattr("sandbox.backends.docker.diagnose", lambda: (engine,))
    ended = grader("doctor")
    assert ended.status == 0
    assert "can grade with --backend docker" in ended.out


def test_python_and_every_backend_are_named(grader: Run, layers: Callable[..., None]) -> None:
    """Candidates learn which Python runs their code, and what `--backend` takes."""
    layers(Layer(name="namespaces", state=State.PRESENT, detail="a sandbox was opened"))
    out = grader("doctor").out
    for part in (f"Python {platform.python_version()}", "--backend bubblewrap (the default)", "--backend docker"):
        assert part in out
