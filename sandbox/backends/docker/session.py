"""The Docker backend: containers at an engine that may be remote, each over one attached stream.

Docker          talks to the engine and opens sessions
DockerSession   a ReplaceableSession over a Container
Container       one container (container.py), made as options.py says, with its stream carried by stream.py
"""

from __future__ import annotations

import os
import socket

import docker

from sandbox.backends.bubblewrap.arguments import check_mounts
from sandbox.backends.docker.container import REMEDY, Container, engine_errors
from sandbox.backends.docker.image import require_image
from sandbox.backends.docker.options import Engine
from sandbox.backends.docker.reaper import remove_stale
from sandbox.backends.replaceable import ReplaceableSession
from sandbox.outcome import SandboxUnusable
from sandbox.policy import Policy, Program

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
    """Return a client of the engine. Raises SandboxUnusable."""
    try:
        with engine_errors("no Docker engine can be reached"):
            _knock(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock")
            return docker.DockerClient.from_env(timeout=_TIMEOUT)
    except SandboxUnusable as error:
        remedy = "start Docker, set DOCKER_HOST to its address, or use --backend bubblewrap"
        raise SandboxUnusable(error.why, remedy=remedy) from error


def _knock(address: str) -> None:
    """Raise OSError if nobody listens, because the SDK would leave its socket open then."""
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as trial:
            trial.connect(address.removeprefix("unix://"))


class DockerSession(ReplaceableSession):
    """A session over one container or its successors: a container that a submission left unclean is replaced, too."""

    WHAT = "container"
    REMEDY = REMEDY

    def __init__(self, policy: Policy, program: Program, runtime: str | None) -> None:
        super().__init__(policy)
        self._program = program
        self._runtime = runtime
        self._client: docker.DockerClient | None = None

    def start_sandbox(self) -> Container:
        """Create and start a container."""
        container = None
        try:
            client = self._client = self._client or connect()
            with engine_errors("the Docker engine does not answer"):
                engine = _engine(client, self._runtime)
                remove_stale(client)
                image = require_image(client)
            container = Container(client, image, self._policy, self._program, engine)
            container.start()
        except BaseException:
            if container is not None:
                container.stop()
            self._disconnect()
            raise
        return container

    def close(self) -> None:
        """End the container and the connection to its engine."""
        super().close()
        self._disconnect()

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _engine(client: docker.DockerClient, runtime: str | None) -> Engine:
    info = client.info()
    if runtime is not None and runtime not in info["Runtimes"]:
        raise SandboxUnusable(
            f"the Docker engine does not know the runtime {runtime!r}; it knows {', '.join(sorted(info['Runtimes']))}",
            remedy=f"install {runtime} and add it to the engine's daemon.json, or use --backend docker",
        )
    return Engine(runtime=runtime, selinux=any("name=selinux" in option for option in info["SecurityOptions"]))
