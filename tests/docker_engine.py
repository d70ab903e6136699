"""Run a command beside a private Docker engine that holds nothing but the sandbox's image.

    python tests/docker_engine.py COMMAND...

For machines on which nobody runs an engine for us and no registry can be reached: as root, it starts the machine's own
dockerd below a temporary folder, with neither bridge nor firewall rules, makes a base image of the Python that runs
this script, builds the Dockerfile's target `sandbox` on it, and runs COMMAND with DOCKER_HOST set. The engine and all
that it held are gone afterwards. GRADER_ENGINE tells the tests that they must not be skipped: "runc", or "runc runsc"
where gVisor's runsc is installed and starts a container. Exit status 69: no engine could be started, nothing was run.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePosixPath

import docker
from docker.errors import DockerException

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sandbox.backends.docker_image import build  # noqa: E402
from sandbox.python_tree import python_tree  # noqa: E402

BASE = "senior-python-grader-base"
PATIENCE = 60.0


class NoEngine(Exception):
    """No engine could be started here."""


@contextmanager
def engine() -> Iterator[tuple[docker.DockerClient, str]]:
    """A private engine, and its address. Raises NoEngine."""
    folder = Path(tempfile.mkdtemp(prefix="docker-engine-"))
    daemon: subprocess.Popen[bytes] | None = None
    try:
        daemon = start(folder)
        address = f"unix://{folder}/docker.sock"
        with closing(wait_for(address, daemon, folder)) as client:
            yield client, address
    finally:
        if daemon is not None:
            stop(daemon)
        unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start dockerd below `folder`."""
    program = shutil.which("dockerd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None or os.geteuid() != 0:
        raise NoEngine("there is no dockerd (Debian: apt-get install docker.io)" if program is None else "needs root")
    words = [program, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-p", f"{folder}/pid"]
    words += ["-H", f"unix://{folder}/docker.sock", "--iptables=false", "--bridge=none"]
    runtimes = {}
    if (runsc := shutil.which("runsc")) is not None:  # its own check of the network's namespace fails on newer kernels
        runtimes["runsc"] = {"path": runsc, "runtimeArgs": ["--network=none"]}
    (folder / "daemon.json").write_text(json.dumps({"runtimes": runtimes}), encoding="utf-8")
    words += ["--config-file", f"{folder}/daemon.json"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=folder
        )


def wait_for(address: str, daemon: subprocess.Popen[bytes], folder: Path) -> docker.DockerClient:
    """A client, once the engine answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and daemon.poll() is None:
        with suppress(DockerException, OSError):
            if not (folder / "docker.sock").exists():
                raise FileNotFoundError
            return docker.DockerClient(base_url=address, timeout=120)
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


def working_runtimes(client: docker.DockerClient, image: str) -> str:
    """The runtimes that start a container, and a word on those that do not."""
    working = ["runc"]
    if "runsc" not in client.info()["Runtimes"]:
        print("gVisor: no runsc is installed", file=sys.stderr)
        return "runc"
    try:
        command = ["/python/bin/python", "-c", "print('it runs')"]
        client.containers.run(image, entrypoint=command, runtime="runsc", network_mode="none", remove=True)
        working.append("runsc")
    except (DockerException, OSError) as error:
        print(f"gVisor: runsc does not start a container here: {error}", file=sys.stderr)
    return " ".join(working)


def main() -> int:
    """Start the engine, build the image, run the command, and return its exit status."""
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with engine() as (client, address):
            image = build(client, base=import_base(client), packages=())
            kinds = working_runtimes(client, image.id)
            return run(sys.argv[1:], {**os.environ, "DOCKER_HOST": address, "GRADER_ENGINE": kinds})
    except NoEngine as error:
        print(f"no Docker engine: {error}", file=sys.stderr)
        return 69


def run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run the command to its end."""
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
