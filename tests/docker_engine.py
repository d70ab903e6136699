"""Run a command beside a private Docker engine that holds nothing but the sandbox's image.

    python tests/docker_engine.py [--runsc] COMMAND...

For machines on which nobody runs an engine for us and no registry can be reached: as root, it starts the machine's own
dockerd below a temporary folder, with neither bridge nor firewall rules, makes a base image of the Python that runs
this script, builds the Dockerfile's target `sandbox` on it, and runs COMMAND with DOCKER_HOST set. The engine and all
that it held are gone afterwards. GRADER_ENGINE tells the tests that they must not be skipped: "runc", or "runc runsc".
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

import docker

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sandbox.backends.docker_image import build  # noqa: E402
from sandbox.python_tree import python_tree  # noqa: E402

BASE = "senior-python-grader-base"
PATIENCE = 60.0


class NoEngine(Exception):
    """No engine could be started here."""


@contextmanager
def engine(*, runsc: bool = False) -> Iterator[docker.DockerClient]:
    """A private engine. Raises NoEngine."""
    folder = Path(tempfile.mkdtemp(prefix="docker-engine-"))
    daemon: subprocess.Popen[bytes] | None = None
    try:
        daemon = start(folder, runsc=runsc)
        client = docker.DockerClient(base_url=f"unix://{folder}/docker.sock", timeout=120)
        wait_for(client, daemon, folder)
        yield client
    finally:
        if daemon is not None:
            stop(daemon)
        unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path, *, runsc: bool) -> subprocess.Popen[bytes]:
    """Start dockerd below `folder`."""
    program = shutil.which("dockerd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None or os.geteuid() != 0:
        raise NoEngine("there is no dockerd (Debian: apt-get install docker.io)" if program is None else "needs root")
    words = [program, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-p", f"{folder}/pid"]
    words += ["-H", f"unix://{folder}/docker.sock", "--iptables=false", "--bridge=none"]
    if runsc and (path := shutil.which("runsc")) is not None:
        words += ["--add-runtime", f"runsc={path}"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=folder
        )


def wait_for(client: docker.DockerClient, daemon: subprocess.Popen[bytes], folder: Path) -> None:
    """Return when the engine answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and daemon.poll() is None:
        with suppress(Exception):
            client.ping()
            return
        time.sleep(0.1)
    raise NoEngine(f"dockerd did not start: {(folder / 'log').read_text(errors='replace')[-600:]}")


def stop(daemon: subprocess.Popen[bytes]) -> None:
    """End the daemon, and with it its containerd."""
    daemon.terminate()
    try:
        daemon.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()


def unmount(folder: Path) -> None:
    """Undo the mounts that the daemon left below `folder`."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    for place in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", place], check=False)


def import_base(client: docker.DockerClient) -> str:
    """Make a base image of the Python that runs this script, where the loader finds it without configuration."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        tree = python_tree()
        for mount in tree.mounts:
            target = mount.target
            if target.parts[1] == "python":
                target = PurePosixPath("/usr", *target.parts[2:])
            archive.add(mount.source, str(target)[1:], filter=_wanted)
        link = tarfile.TarInfo("usr/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, tree.executable.name
        archive.addfile(link)
        folder = tarfile.TarInfo("tmp")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(folder)
    client.api.import_image_from_data(data.getvalue(), repository=BASE, tag="latest", changes=["ENV PATH=/usr/bin"])
    return f"{BASE}:latest"


def _wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if {"site-packages", "__pycache__", "test"} & set(Path(member.name).parts) else member


def main() -> int:
    """Start the engine, build the image, run the command, and return its exit status."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runsc", action="store_true", help="make gVisor's runtime known to the engine")
    arguments.add_argument("command", nargs=argparse.REMAINDER)
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with engine(runsc=given.runsc) as client:
            build(client, base=import_base(client), packages=())
            kinds = "runc runsc" if given.runsc else "runc"
            environment = {**os.environ, "DOCKER_HOST": client.api.base_url, "GRADER_ENGINE": kinds}
            return run(given.command, environment)
    except NoEngine as error:
        print(f"no Docker engine: {error}", file=sys.stderr)
        return 69


def run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run the command to its end."""
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
