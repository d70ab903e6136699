"""Names the owner of a container and its volumes, and removes those whose grader is gone.

A container ends by itself when its grader does, because its input ends. What remains for this module are containers
that were created but never started, and those of a machine or an engine that went down in between. Once it starts
again, an engine removes such a container itself, but forgets the container's volumes.
"""

from __future__ import annotations

import functools
import os
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import docker
from docker.errors import APIError, NotFound

LABEL = "senior-python-grader.owner"
LIFETIME = 3600
"""Seconds after which a worker exits, whatever happens."""
_GRACE = 300  # seconds for clocks that differ, and for an owner that is just ending its containers


def owner() -> dict[str, str]:
    """Return the labels for a container that this process makes, and for its volumes."""
    return {LABEL: f"{_home()} {os.getpid()} {_start_of(os.getpid())}"}


def remove_stale(client: docker.DockerClient) -> int:
    """Remove the containers and volumes whose grader is gone; return how many there were."""
    removed = 0
    for container in client.api.containers(all=True, filters={"label": LABEL}):
        if _is_stale(container["Labels"][LABEL], int(container["Created"])):
            with suppress(NotFound, APIError):
                client.api.remove_container(container["Id"], v=True, force=True)
                removed += 1
    for volume in client.api.volumes(filters={"label": LABEL})["Volumes"] or ():
        if _is_stale(volume["Labels"][LABEL], int(datetime.fromisoformat(volume["CreatedAt"]).timestamp())):
            with suppress(NotFound, APIError):  # a container that is being removed may still hold it
                client.api.remove_volume(volume["Name"])
                removed += 1
    return removed


def _is_stale(label: str, created: int) -> bool:
    home, _, process = label.partition(" ")
    if home != _home():  # another machine's grader: it can only be judged by its age
        return time.time() - created > LIFETIME + _GRACE
    pid, _, start = process.partition(" ")
    return not pid.isdigit() or _start_of(int(pid)) != start


@functools.cache
def _home() -> str:
    """Return an identifier of this machine's current boot and of its PID namespace."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}.{Path('/proc/self/ns/pid').readlink()}"


def _start_of(pid: int) -> str:
    """Return when a process was started, in the kernel's ticks, or an empty string if no process has that number."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    return ""
