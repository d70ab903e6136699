"""One container, from its creation to its removal."""

from __future__ import annotations

import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from sandbox.backends.bubblewrap.arguments import NOBODY
from sandbox.backends.bubblewrap.worker import MEMORY, exit_of, lacking_of, processes_of
from sandbox.backends.docker import options as docker_options
from sandbox.backends.docker.channel import StreamChannel
from sandbox.backends.docker.files import archives, not_in_image
from sandbox.backends.docker.image import packages_in
from sandbox.backends.docker.local import RelayedListener
from sandbox.backends.docker.options import Engine
from sandbox.backends.docker.reaper import LIFETIME, owner
from sandbox.backends.docker.stream import Stream, StreamLost
from sandbox.backends.docker.usage import ContainerMeter, GroupFiles, HostMeter, Meter, Reading, from_stats, host_pid
from sandbox.backends.replaceable import WorkerLost
from sandbox.child import Gone, WireChild
from sandbox.machine.seccomp import Filter, build
from sandbox.machine.syscalls import Machine
from sandbox.outcome import Exit, SandboxUnusable
from sandbox.policy import Network, Policy, Program
from sandbox.session import LocalListener, Process
from sandbox.text import tail

REMEDY = "see `docker info` and the engine's log, and run `grader doctor`"
_BROKEN = "70"
"""The exit status of a worker that cannot continue, as in `sandbox/inside/contained.py`."""
_UNCOUNTED = 1 << 20
"""Practically no limit: the engine limits the container."""
_OOM_PATIENCE = 0.3  # seconds: the engine tells of a memory kill a little after the stream has ended
_PYTHON = "{}.{}".format(*sys.version_info[:2])


@contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn the engine's failures into SandboxUnusable."""
    try:
        yield
    except (DockerException, requests.RequestException, OSError) as error:
        raise SandboxUnusable(f"{doing}: {tail(str(error).encode(), most=600)}", remedy=REMEDY) from error


class Container:
    """One running container and its worker."""

    def __init__(
        self, client: docker.DockerClient, image: Any, policy: Policy, program: Program, engine: Engine
    ) -> None:
        self._client = client
        self._image = image
        self._policy = policy
        self._program = program
        self._engine = engine
        self._id: str | None = None
        self._stream: Stream | None = None
        self._pid = 0
        self._number = 0

    def start(self) -> None:
        """Create and start the container, and wait for the worker. Raises SandboxUnusable; call `stop` in any case."""
        api = self._client.api
        with engine_errors("no container could be created"):
            files = archives(not_in_image(self._program.mounts, packages_in(self._image)))
            request = docker_options.request(
                self._image.id, self._policy, self._program, folders=sorted(files), labels=owner(), engine=self._engine
            )
            name = f"senior-python-grader-{secrets.token_hex(6)}"
            self._id = name
            self._id = api.create_container_from_config(request, name)["Id"]
            for folder, data in files.items():
                api.put_archive(self._id, folder, data)
            self._stream = Stream(*_attached(api, self._id))
            api.start(self._id)
            self._pid = int(api.inspect_container(self._id)["State"]["Pid"])
        try:
            self._greet(self._stream)
        except (StreamLost, KeyError) as error:
            why = tail(self._stream.complaint, most=600) or str(error)
            raise SandboxUnusable(f"no sandbox could be created: {why}", remedy=REMEDY) from error

    def fork(self, keep: Sequence[str]) -> WireChild:
        """Fork one child. Raises WorkerLost and SandboxUnusable."""
        carrier, caps = self._carrier(), self._policy.caps
        self._number += 2
        mailbox = carrier.mailbox(self._number, answer=caps.answer, output=caps.output)
        report = self._order({"order": "fork", "number": self._number, "keep": list(keep)})
        pid = report.get("pid")
        if type(pid) is not int:
            raise WorkerLost(f"the worker did not fork: {report.get('error', 'its report makes no sense')}")
        channel = StreamChannel(
            carrier,
            mailbox,
            self._meter(pid),
            number=self._number,
            reap=self._reap,
            interrupt=self._interrupt,
            lost=self._explained,
        )
        return WireChild(channel, self._policy, lacking=lacking_of(report))

    def listen(self) -> tuple[socket.socket, int]:
        """Return a listening socket here, to which connections made inside are relayed. Raises WorkerLost."""
        port = self._order({"order": "listen"}).get("port")
        if type(port) is not int:
            raise WorkerLost("the worker did not create a listening socket")
        return self._served(port), port

    def listen_local(self) -> LocalListener:
        """Return a listener here, to which connections to an abstract address inside are relayed. Raises WorkerLost."""
        report = self._order({"order": "listen_local"})
        name, number = report.get("name"), report.get("number")
        if type(name) is not str or type(number) is not int:
            raise WorkerLost("the worker did not create a listening socket")
        return RelayedListener(self._served(number), name)

    def processes(self) -> tuple[Process, ...]:
        """Return every process inside but the worker. Raises WorkerLost."""
        return processes_of(self._order({"order": "processes"}), exact=not self._engine.is_gvisor)

    def _served(self, number: int) -> socket.socket:
        """Return a listening socket for what the worker relays under `number`."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"\0senior-python-grader.{secrets.token_hex(16)}")  # a name without a file: nothing can be left
        listener.listen(1024)
        self._carrier().serve(number, listener)
        return listener

    def stop(self) -> None:
        """Kill everything inside and leave nothing behind. Idempotent."""
        carrier, self._stream = self._stream, None
        if carrier is not None:
            carrier.close()
        container, self._id = self._id, None
        if container is None:
            return
        end = time.monotonic() + self._policy.deadlines.order
        while time.monotonic() < end:
            try:
                self._client.api.remove_container(container, v=True, force=True)
            except NotFound:
                return
            except APIError:  # it is being removed, because it ended
                time.sleep(0.01)
            except (DockerException, requests.RequestException):  # the engine is gone; the reaper looks again
                return

    # --- the worker --------------------------------------------------------------------------------------------------

    def _greet(self, carrier: Stream) -> None:
        deadlines = self._policy.deadlines
        hello = carrier.report(patience=deadlines.start)
        if hello["python"] != _PYTHON:
            raise SandboxUnusable(
                f"the image has Python {hello['python']}, but the grader runs on Python {_PYTHON}",
                remedy=f"rebuild the image with --build-arg BASE=python:{_PYTHON}-slim",
            )
        report = carrier.order(self._settings(str(hello["machine"])), patience=deadlines.start)
        if report != {"ready": True}:
            raise StreamLost(str(report.get("error", "the worker did not report that it was ready")))

    def _settings(self, machine: str) -> dict[str, object]:
        """Return the worker's settings; `sandbox/inside/__main__.py` and `contained.py` list them."""
        known = machine in {member.value for member in Machine}
        return {
            "module": self._program.module,
            "path": [str(place) for place in self._program.path],
            "preload": list(self._program.preload),
            "warm": list(self._program.warm),
            "answer": str(self._program.answer or ""),
            "guarded": list(self._program.guarded),
            "limits": {**asdict(self._policy.limits), "processes": self._processes()},
            "caps": asdict(self._policy.caps),
            "filter": build(Filter.STRICT, Machine(machine)).hex() if known else "",
            "served": self._policy.network is Network.SERVED,
            "watch": 0,
            "namespaces": False,
            "user": NOBODY if self._engine.is_gvisor else 0,
            "unlimited": ["MSGQUEUE"] if self._engine.is_gvisor else [],
            "lifetime": LIFETIME,
        }

    def _processes(self) -> int:
        """Return the process limit. A user's processes are counted across all containers, but gVisor counts only a
        container's new ones.
        """
        return self._policy.limits.processes - 1 if self._engine.is_gvisor else _UNCOUNTED

    def _order(self, message: dict[str, object]) -> dict[str, object]:
        try:
            return self._carrier().order(message, patience=self._policy.deadlines.order)
        except StreamLost as error:
            raise WorkerLost(f"the worker could not be reached: {error}") from error

    def _carrier(self) -> Stream:
        if self._stream is None:
            raise WorkerLost("the container was stopped")
        return self._stream

    def _interrupt(self) -> None:
        with suppress(WorkerLost):  # then whoever waits for the child will know
            self._order({"order": "kill"})

    def _reap(self) -> Exit:
        try:
            report = self._order({"order": "reap"})
        except WorkerLost:
            exit_ = Exit(reason=MEMORY) if self._happened("oom", patience=_OOM_PATIENCE) else Exit()
            self.stop()
            return exit_
        if report.get("clean") is not True:
            self.stop()
        exit_ = exit_of(report)
        if exit_.signal == signal.SIGKILL and self._happened("oom", patience=_OOM_PATIENCE):
            return replace(exit_, reason=MEMORY)
        return exit_

    # --- what the engine knows ---------------------------------------------------------------------------------------

    def _meter(self, pid: int) -> Meter:
        assert self._id is not None
        if (number := host_pid(self._pid, self._id, pid)) is not None:
            with suppress(OSError):
                return HostMeter(number)
        if (groups := GroupFiles.find(self._pid, self._id)) is not None:
            return ContainerMeter(groups.read, self._peak, start=groups.read())
        return ContainerMeter(self._stats, self._peak, start=None)

    def _stats(self) -> Reading:
        with engine_errors("the engine does not report the resources that the container has used"):
            return from_stats(self._client.api.stats(self._id, stream=False, one_shot=True))

    def _peak(self) -> int:
        if self._stream is None:
            raise StreamLost("the container was stopped")
        peak = self._stream.order({"order": "peak"}, patience=self._policy.deadlines.order).get("peak")
        return peak if type(peak) is int else 0

    def _explained(self, error: Exception) -> BaseException:
        """Return the exception that says who is to blame for the end of the stream.

        The submission can use up the container's memory or break its worker. Anything else that ends a container comes
        from outside.
        """
        exits = [event["Actor"]["Attributes"].get("exitCode") for event in self._events("die")]
        broken = bool(exits) and exits[-1] == _BROKEN
        if broken or self._happened("oom", patience=_OOM_PATIENCE):
            return Gone(ended=True)
        return SandboxUnusable(f"the container was lost: {error}", remedy=REMEDY)

    def _happened(self, what: str, *, patience: float) -> bool:
        end = time.monotonic() + patience
        while not (happened := bool(self._events(what))) and time.monotonic() < end:
            time.sleep(0.02)
        return happened

    def _events(self, what: str) -> list[dict[str, Any]]:
        """Return the container's events of one kind, as far as the engine remembers them."""
        api = self._client.api
        with suppress(DockerException, requests.RequestException):
            until = api.info()["SystemTime"]  # its clock may be another than ours
            return list(api.events(since=1, until=until, filters={"container": self._id, "event": what}, decode=True))
        return []


def _attached(api: Any, container: str) -> tuple[socket.socket, Any]:
    """Return the connection to a container's streams, and the object that keeps it open."""
    attached = api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    connection = getattr(attached, "_sock", attached)
    if not isinstance(connection, socket.socket):
        raise SandboxUnusable(
            "the connection to the Docker engine does not provide a socket",
            remedy="forward the engine's address to a socket on this machine (ssh -L) and set DOCKER_HOST to it",
        )
    # With TLS it is handed out itself, and its response holds a file of it, without whose end it would stay open.
    keeper = getattr(attached, "_response", attached) if attached is connection else attached
    return connection, keeper
