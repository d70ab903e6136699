"""Translates Policy and Program into requests to the engine. Pure: what is allowed can be read and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sandbox.backends.bubblewrap.arguments import NOBODY
from sandbox.policy import KIB, Policy, Program

HIDDEN = (
    *("/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats"),
    *("/proc/sched_debug", "/proc/scsi", "/proc/asound", "/sys", "/dev/pts", "/dev/tty"),
)
"""Paths covered by something empty: files that describe the machine, and terminals, which no submission needs."""
READ_ONLY = ("/proc", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
"""Read-only paths. All of /proc is among them, so that no counter of a child can be reset."""
_WORKER = 1
_RUNSC_THREADS = 512
"""Room for gVisor's own threads, which are counted with the container's processes."""
_GVISOR_WORKER = ("SETUID", "SETGID", "KILL", "DAC_OVERRIDE", "FOWNER")
"""The worker's capabilities under gVisor, where a process may end the first process of its namespace. The worker is
therefore root (in gVisor's kernel, not in the machine's), and each child becomes nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The properties in which engines differ."""

    runtime: str | None = None
    """An OCI runtime that the engine knows, such as runsc; None for its default."""
    selinux: bool = False
    """Whether runc has to write to /proc while it starts, because it sets a label there."""

    @property
    def is_gvisor(self) -> bool:
        """True if the runtime is gVisor's."""
        return self.runtime is not None and self.runtime.startswith("runsc")


def host_config(policy: Policy, folders: Sequence[str], engine: Engine, *, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the part of the request that is about isolation.

    Each of `folders` becomes a volume that is removed with the container, unless the engine dies first: hence its
    `labels`.
    """
    limits = policy.limits
    small = f"size={limits.tmp},nr_inodes={limits.tmp_inodes},mode=1777"
    config: dict[str, Any] = {
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "CapAdd": list(_GVISOR_WORKER) if engine.is_gvisor else [],
        "SecurityOpt": ["no-new-privileges"],
        "IpcMode": "none",
        "CgroupnsMode": "private",
        "Memory": limits.total_memory,
        "MemorySwap": limits.total_memory,
        "PidsLimit": limits.processes + (_RUNSC_THREADS if engine.is_gvisor else _WORKER),
        "Ulimits": [{"Name": "core", "Soft": 1, "Hard": 1}, {"Name": "nofile", "Soft": 4096, "Hard": 4096}],
        "Tmpfs": {
            "/tmp": small,  # noqa: S108 # the container's
            "/dev/shm": small,  # noqa: S108
            "/dev/mqueue": f"ro,size={4 * KIB},nr_inodes=2,mode=555",
        },
        "MaskedPaths": list(HIDDEN),
        "ReadonlyPaths": [path for path in READ_ONLY if not (engine.selinux and path == "/proc")],
        "LogConfig": {"Type": "none"},  # a flood of output would fill the host's disk
        "AutoRemove": True,
        "Mounts": [
            {
                "Type": "volume",
                "Target": folder,
                "ReadOnly": False,
                "VolumeOptions": {"NoCopy": True, "Labels": dict(labels)},
            }
            for folder in folders
        ],
    }
    if engine.runtime is not None:
        config["Runtime"] = engine.runtime
    return config


def request(
    image: str, policy: Policy, program: Program, *, folders: Sequence[str], labels: Mapping[str, str], engine: Engine
) -> dict[str, Any]:
    """Return the whole request for one container."""
    return {
        "Image": image,
        "User": "0:0" if engine.is_gvisor else f"{NOBODY}:{NOBODY}",
        "Hostname": "sandbox",
        "Env": [f"PYTHONHASHSEED={program.hash_seed}", "LANG=C"],  # any other locale needs files of the machine
        "Labels": dict(labels),
        "OpenStdin": True,
        "StdinOnce": True,  # standard input ends with whoever attached to it, and the worker with that
        "StopSignal": "SIGKILL",  # the worker ignores others: an engine that goes down would wait for it in vain
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "NetworkDisabled": False,
        "HostConfig": host_config(policy, folders, engine, labels=labels),
    }


def top(target: PurePosixPath) -> str:
    """Return the top-level folder that a mount's target is, or is in."""
    return f"/{target.parts[1]}"
