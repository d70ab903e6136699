"""The Docker backend, as `sandbox.backends` uses it: one container a session, at an engine that may be elsewhere."""

from __future__ import annotations

from sandbox.diagnosis import Layer
from sandbox.session import Backend

ENVIRONMENT = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "GRADER_SANDBOX_IMAGE")
"""Where the engine is, how to connect to it, and what containers are made of."""
VARIANTS = ":RUNTIME"


def backend(variant: str | None) -> Backend:
    """Return the backend; `variant` is an OCI runtime that the engine knows."""
    from sandbox.backends.docker.session import Docker

    return Docker(runtime=variant)


def diagnose() -> tuple[Layer, ...]:
    """Ask the engine what it is and which runtimes it has."""
    from sandbox.backends.docker import diagnosis

    return diagnosis.diagnose()


def remove_stale() -> str:
    """Remove the containers of killed gradings."""
    from sandbox.backends.docker import reaper
    from sandbox.backends.docker.session import connect
    from sandbox.outcome import SandboxUnusable

    try:
        client = connect()
    except SandboxUnusable as error:
        return f"{error}; so no container was searched for."
    try:
        return f"Containers of killed gradings removed: {reaper.remove_stale(client)}."
    finally:
        client.close()
