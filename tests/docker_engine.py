"""Run a command beside a private Docker engine that holds nothing but the sandbox's image.

    python tests/docker_engine.py COMMAND...

For machines on which nobody runs an engine for us and no registry can be reached: as root, it starts the machine's own
dockerd below a temporary folder, with neither bridge nor firewall rules, makes a base image of the Python that runs
this script, builds the Dockerfile's target `sandbox` on it, and runs COMMAND with DOCKER_HOST set. The engine and all
that it held are gone afterwards. GRADER_ENGINE tells the tests that they must not be skipped: "runc", or "runc runsc"
where gVisor's runsc is installed and starts a container. Where openssl is installed the engine listens on this
machine's loopback too, for the holder of a certificate: GRADER_ENGINE_TCP and GRADER_ENGINE_CERTIFICATES say where
and how. Exit status 69: no engine could be started, nothing was run.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

import docker
from docker.errors import DockerException

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sandbox.backends.docker.image import build  # noqa: E402
from sandbox.machine.python_tree import python_tree  # noqa: E402

BASE = "senior-python-grader-base"
PATIENCE = 60.0


class NoEngine(Exception):
    """No engine could be started here."""


class Engine:
    """A dockerd below a folder, which can be killed and started again with all that it knew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.address = f"unix://{folder}/docker.sock"
        self.tcp = f"tcp://127.0.0.1:{_free_port()}" if make_certificates(self.certificates) else ""
        """Where it listens besides, with TLS."""
        self._daemon: subprocess.Popen[bytes] | None = None
        self._client: docker.DockerClient | None = None

    @property
    def certificates(self) -> Path:
        """The folder for DOCKER_CERT_PATH."""
        return self._folder / "certificates"

    @property
    def pid(self) -> int:
        """The daemon's."""
        assert self._daemon is not None
        return self._daemon.pid

    @property
    def client(self) -> docker.DockerClient:
        """A client of the running daemon."""
        assert self._client is not None
        return self._client

    def start(self) -> None:
        """Start the daemon, and wait until it answers. Raises NoEngine."""
        self._daemon = _spawn(self._folder, self._words())
        self._client = _wait_for(self.address, self._daemon, self._folder)

    def kill(self) -> None:
        """End the daemon as a crash does; its containers stay."""
        assert self._daemon is not None
        self._daemon.kill()
        self._daemon.wait()
        self._leave()

    def stop(self) -> None:
        """End the daemon, and with it its containerd."""
        self._leave()
        daemon, self._daemon = self._daemon, None
        if daemon is None:
            return
        daemon.terminate()
        try:
            daemon.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(daemon.pid, signal.SIGKILL)
            daemon.wait()

    def _leave(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _words(self) -> list[str]:
        folder = self._folder
        words = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-p", f"{folder}/pid"]
        words += ["-H", self.address, "--iptables=false", "--bridge=none", "--config-file", f"{folder}/daemon.json"]
        if self.tcp:
            there = self.certificates
            words += ["-H", self.tcp, "--tlsverify", f"--tlscacert={there}/ca.pem"]
            words += [f"--tlscert={there}/cert.pem", f"--tlskey={there}/key.pem"]
        return words


@contextmanager
def engine() -> Iterator[Engine]:
    """A private engine that runs. Raises NoEngine."""
    folder = Path(tempfile.mkdtemp(prefix="docker-engine-"))
    running: Engine | None = None
    try:
        running = Engine(folder)
        running.start()
        yield running
    finally:
        if running is not None:
            running.stop()
        unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def make_certificates(folder: Path) -> bool:
    """One certificate that the daemon, its client and who signed it share, for an hour's use on this machine."""
    folder.mkdir(mode=0o700)
    program = shutil.which("openssl")
    if program is None:
        return False
    words = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=private engine"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "extendedKeyUsage=serverAuth,clientAuth"]
    words += ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    if subprocess.run(words, capture_output=True, check=False).returncode != 0:
        return False
    shutil.copy(folder / "cert.pem", folder / "ca.pem")
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _spawn(folder: Path, words: Sequence[str]) -> subprocess.Popen[bytes]:
    program = shutil.which("dockerd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None or os.geteuid() != 0:
        raise NoEngine("there is no dockerd (Debian: apt-get install docker.io)" if program is None else "needs root")
    runtimes = {}
    if (runsc := shutil.which("runsc")) is not None:  # its own check of the network's namespace fails on newer kernels
        runtimes["runsc"] = {"path": runsc, "runtimeArgs": ["--network=none"]}
    (folder / "daemon.json").write_text(json.dumps({"runtimes": runtimes}), encoding="utf-8")
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [program, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=folder
        )


def _wait_for(address: str, daemon: subprocess.Popen[bytes], folder: Path) -> docker.DockerClient:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and daemon.poll() is None:
        with suppress(DockerException, OSError):
            with socket.socket(socket.AF_UNIX) as trial:  # where nobody listens, the SDK would leave its own open
                trial.connect(address.removeprefix("unix://"))
            return docker.DockerClient(base_url=address, timeout=120)
        time.sleep(0.1)
    raise NoEngine(f"dockerd did not start: {(folder / 'log').read_text(errors='replace')[-600:]}")


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
    """Of what is installed beside the standard library only pip, which the target `grader` is made with."""
    parts = Path(member.name).parts
    if {"__pycache__", "test"} & set(parts):
        return None
    beside = parts[parts.index("site-packages") + 1 :] if "site-packages" in parts else ()
    return member if beside[:1] in ((), ("pip",)) else None


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
        with engine() as running:
            image = build(running.client, base=import_base(running.client), packages=())
            known = {"DOCKER_HOST": running.address, "GRADER_ENGINE": working_runtimes(running.client, image.id)}
            if running.tcp:
                known["GRADER_ENGINE_TCP"] = running.tcp
                known["GRADER_ENGINE_CERTIFICATES"] = str(running.certificates)
            return run(sys.argv[1:], {**os.environ, **known})
    except NoEngine as error:
        print(f"no Docker engine: {error}", file=sys.stderr)
        return 69


def run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run the command to its end."""
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
