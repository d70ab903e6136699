"""Where faults are injected: what a grading is made of with each backend, how it is struck, and what may stay of it.

BubblewrapScene    grader, suite, sandbox (bwrap), worker
DockerScene        grader, suite, container (its first process, from outside), engine (dockerd, and started again)
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from benchmarks.processes import SETTLING, Process, command_of, family
from sandbox.backends.docker.reaper import LABEL
from tests.docker_engine import Engine

SUITE = b"grader.evidence.suite.host"


class Scene(Protocol):
    """One backend's."""

    backend: str
    roles: tuple[str, ...]
    throughout: frozenset[str]
    """Roles that are there for as long as the grading lasts."""
    environment: dict[str, str]

    def candidates(self, role: str, root: int) -> list[int]:
        """Return the processes of a grading that have this role now; `root` is the grader."""
        ...

    def strike(self, role: str, pid: int) -> None:
        """Kill one of them. Raises ProcessLookupError when it is gone."""
        ...

    def mend(self, role: str) -> bool:
        """Undo what the grader cannot; True when only then anything can be asked of what stays."""
        ...

    def spared(self) -> set[int]:
        """Return the processes that are to live on."""
        ...

    def left(self, pids: set[int]) -> list[str]:
        """Return what stays of gradings that had these processes, beside processes and files."""
        ...


def _of_grader(role: str, root: int) -> list[int]:
    if role == "grader":
        return [root]
    return [pid for pid in family(root) if pid != root and SUITE in command_of(pid)]


class BubblewrapScene:
    """Processes of this machine, all below the grader."""

    backend = "bubblewrap"
    roles: tuple[str, ...] = ("grader", "suite", "sandbox", "worker")
    throughout: frozenset[str] = frozenset({"grader"})

    def __init__(self) -> None:
        self.environment: dict[str, str] = {}
        self._before = _mounts()

    def candidates(self, role: str, root: int) -> list[int]:
        """Return the grader and everything below it."""
        if role in ("grader", "suite"):
            return _of_grader(role, root)
        members = family(root)
        return [pid for pid, process in members.items() if _role(process, members) == role]

    def strike(self, role: str, pid: int) -> None:
        """Whatever it is."""
        os.kill(pid, signal.SIGKILL)

    def mend(self, role: str) -> bool:
        """Nothing is broken for good."""
        return False

    def spared(self) -> set[int]:
        """None."""
        return set()

    def left(self, pids: set[int]) -> list[str]:
        """Control groups that carry the number of one of the processes, and mounts."""
        walked = os.walk("/sys/fs/cgroup")  # which does not mind that others' groups come and go
        groups = [name for _at, names, _ in walked for name in names if name.startswith("senior-python-grader.")]
        ours = {name for name in groups if {int(part) for part in name.split(".")[1:4] if part.isdigit()} & pids}
        return [f"group {name}" for name in ours] + [f"mount {line}" for line in _mounts() - self._before]


def _role(process: Process, members: dict[int, Process]) -> str:
    if process.name == "bwrap":
        return "sandbox"
    above = members.get(process.parent)
    return "worker" if above is not None and above.name == "bwrap" else ""


def _mounts() -> set[str]:
    """Return what is mounted on or from a folder of ours."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return {line for line in lines if "faults-" in line or "senior-python-grader" in line}


class DockerScene:
    """Containers at a private engine."""

    backend = "docker"
    roles: tuple[str, ...] = ("grader", "suite", "container", "engine")
    throughout: frozenset[str] = frozenset({"grader", "engine"})

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.environment = {"DOCKER_HOST": engine.address}

    def candidates(self, role: str, root: int) -> list[int]:
        """Containers are asked of the engine: they are not below the grader."""
        if role == "engine":
            return [self._engine.pid]
        if role == "container":
            api = self._engine.client.api
            running = api.containers(filters={"label": LABEL, "status": "running"})
            return [pid for container in running if (pid := _first_process(api, container["Id"]))]
        return _of_grader(role, root)

    def strike(self, role: str, pid: int) -> None:
        """Kill the engine; it is gone when this returns."""
        if role == "engine":
            below = set(family(pid)) - {pid}
            self._engine.kill()
            _bury(below)
        else:
            os.kill(pid, signal.SIGKILL)

    def mend(self, role: str) -> bool:
        """Start the engine again, so that it knows of its containers."""
        if role == "engine":
            self._engine.start()
        return role == "engine"

    def spared(self) -> set[int]:
        """Return the engine with its containerd, and shims that hold nothing: what a crash makes it forget of its
        own.
        """
        known = family(os.getpid())
        holding = {process.parent for process in known.values()}
        shims = {
            pid for pid, process in known.items() if process.name.startswith("containerd-shim") and pid not in holding
        }
        return shims | set(family(self._engine.pid))

    def left(self, pids: set[int]) -> list[str]:
        """List containers and volumes that are left."""
        end = time.monotonic() + SETTLING
        while (found := self._found()) and time.monotonic() < end:
            time.sleep(0.05)
        return found

    def _found(self) -> list[str]:
        client = self._engine.client
        containers = client.api.containers(all=True, filters={"label": LABEL})
        volumes = client.api.volumes()["Volumes"] or []
        return [f"container {container['Names']}" for container in containers] + [
            f"volume {volume['Name']}" for volume in volumes
        ]


def _bury(pids: set[int]) -> None:
    """Wait for what dies with its parent: dockerd takes a containerd that is a zombie for one that lives."""
    for pid in pids:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _first_process(api: object, container: str) -> int:
    """Return its number, or 0 when the container is gone."""
    from docker import APIClient
    from docker.errors import NotFound

    assert isinstance(api, APIClient)
    try:
        return int(api.inspect_container(container)["State"]["Pid"])
    except NotFound:
        return 0
