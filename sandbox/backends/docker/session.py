"""The Docker backend: containers at an engine that may be elsewhere, over one attached stream each.

Docker          speaks to the engine, opens sessions
DockerSession   the Session contract; replaces a container that was lost or not left clean
Container       one container (container.py), made as options.py says, its stream carried by stream.py
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import docker

from sandbox.backends.bubblewrap.arguments import check_mounts
from sandbox.backends.bubblewrap.worker import WorkerLost
from sandbox.backends.docker.container import REMEDY, Container, engine_errors
from sandbox.backends.docker.image import require_image
from sandbox.backends.docker.options import Engine
from sandbox.backends.docker.reaper import remove_stale
from sandbox.child import WireChild
from sandbox.outcome import ProbeMisuse, SandboxUnusable
from sandbox.policy import Network, Policy, Program
from sandbox.session import LocalListener, Process, require_kept_names

_TIMEOUT = 60.0


class Docker:
    """Sandboxes at the engine that DOCKER_HOST names. `runtime` is an OCI runtime that the engine knows."""

    def __init__(self, runtime: str | None = None) -> None:
        self.name = "docker" if runtime is None else f"docker:{runtime}"
        self._runtime = runtime

    def open(self, policy: Policy, program: Program) -> DockerSession:
        """Start a container and wait until its worker is ready. Raises SandboxUnusable and ProbeMisuse."""
        check_mounts(program)
        session = DockerSession(policy, program, self._runtime)
        session.start()
        return session


def connect() -> docker.DockerClient:
    """A client of the engine. Raises SandboxUnusable."""
    try:
        with engine_errors("no Docker engine can be reached"):
            _knock(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock")
            return docker.DockerClient.from_env(timeout=_TIMEOUT)
    except SandboxUnusable as error:
        remedy = "start Docker, or set DOCKER_HOST to where it is; or use --backend bubblewrap"
        raise SandboxUnusable(error.why, remedy=remedy) from error


def _knock(address: str) -> None:
    """Raise OSError where nobody listens: the SDK would leave its socket open."""
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as trial:
            trial.connect(address.removeprefix("unix://"))


class DockerSession:
    """One sandbox. A container that was lost is replaced by a new one, once for each child."""

    def __init__(self, policy: Policy, program: Program, runtime: str | None) -> None:
        self._policy = policy
        self._program = program
        self._runtime = runtime
        self._client: docker.DockerClient | None = None
        self._container: Container | None = None
        self._child: WireChild | None = None
        self._closed = False

    def start(self) -> Container:
        """Start a container. Raises SandboxUnusable."""
        try:
            client = self._client = self._client or connect()
            with engine_errors("the Docker engine does not answer"):
                engine = _engine(client, self._runtime)
                remove_stale(client)
                image = require_image(client)
            container = self._container = Container(client, image, self._policy, self._program, engine)
            container.start()
        except BaseException:
            self._stop()
            self._disconnect()
            raise
        return container

    def fresh(self, *, keep: Sequence[str] = ()) -> WireChild:
        """Kill what the previous child left and fork a new one."""
        self._require_open()
        keep = require_kept_names(keep)
        if self._child is not None:
            self._child.close()
        try:
            self._child = (self._container or self.start()).fork(keep)
        except WorkerLost:  # broken by a submission, or not left clean by it; the next child gets a new container
            self._stop()
            try:
                self._child = self.start().fork(keep)
            except WorkerLost as error:
                raise SandboxUnusable(f"the container cannot make a child: {error}", remedy=REMEDY) from error
        return self._child

    def listen(self) -> tuple[socket.socket, int]:
        """A socket here, at which connections made inside to a port appear."""
        self._require_open()
        if self._policy.network is not Network.SERVED:
            raise ProbeMisuse(f"the policy {self._policy.name!r} has no served network.")
        try:
            return (self._container or self.start()).listen()
        except WorkerLost as error:
            raise SandboxUnusable(f"the container cannot listen: {error}", remedy=REMEDY) from error

    def listen_local(self) -> LocalListener:
        """A listener here, at which connections made inside to an abstract address appear."""
        self._require_open()
        try:
            return (self._container or self.start()).listen_local()
        except WorkerLost as error:
            raise SandboxUnusable(f"the container cannot listen: {error}", remedy=REMEDY) from error

    def processes(self) -> tuple[Process, ...]:
        """Everything inside but the worker."""
        self._require_open()
        try:
            return self._container.processes() if self._container is not None else ()
        except WorkerLost as error:
            raise SandboxUnusable(f"the container does not say what runs in it: {error}", remedy=REMEDY) from error

    def close(self) -> None:
        """End the sandbox."""
        self._closed = True
        if self._child is not None:
            self._child.close()
        self._stop()
        self._disconnect()

    def _require_open(self) -> None:
        if self._closed:
            raise ProbeMisuse("this session was closed. Open another one.")

    def _stop(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.stop()

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _engine(client: docker.DockerClient, runtime: str | None) -> Engine:
    info = client.info()
    if runtime is not None and runtime not in info["Runtimes"]:
        raise SandboxUnusable(
            f"the Docker engine does not know the runtime {runtime!r}; it knows {', '.join(sorted(info['Runtimes']))}",
            remedy=f"install {runtime} and name it in the engine's daemon.json, or use --backend docker",
        )
    return Engine(runtime=runtime, selinux=any("name=selinux" in option for option in info["SecurityOptions"]))
