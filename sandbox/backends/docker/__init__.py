"""The Docker backend, as `sandbox.backends` uses it: one container per session, at an engine that may be remote."""

from __future__ import annotations

from sandbox.diagnosis import Layer
from sandbox.session import Backend

ENVIRONMENT = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "GRADER_SANDBOX_IMAGE")
"""The variables for the engine's address, the connection to it, and the containers' image."""
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
        return f"{error}, so no containers were searched for."
    try:
        return f"Removed containers of killed gradings: {reaper.remove_stale(client)}."
    finally:
        client.close()
