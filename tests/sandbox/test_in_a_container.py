"""bubblewrap inside a container, and the Dockerfile's target `grader`, built from wheels and run as its own user.

What sandbox/README.md says is held here: what each set of options does, and that the image grades with the right ones
and says what is missing with the wrong ones.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import re
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import docker
import pytest
from packaging.requirements import Requirement

from sandbox.backends.docker.session import connect

from .conftest import engine_or_skip

pytestmark = [pytest.mark.heavy, pytest.mark.alone]

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("Dockerfile", "pyproject.toml", "README.md", "LICENSE", "grader", "sandbox", "challenges")
BASE = "senior-python-grader-base:latest"
CHALLENGE = "language/context_managers"
HARDENED = {
    "security_opt": ["seccomp=unconfined", "no-new-privileges"],
    "cap_drop": ["ALL"],
    "read_only": True,
    "tmpfs": {"/tmp": ""},
}
UNCOVERED: dict[str, object] = {"MaskedPaths": [], "ReadonlyPaths": []}
"""What the docker program makes of `--security-opt systempaths=unconfined`."""


class Ended(NamedTuple):
    """How a container ended."""

    status: int
    out: str
    err: str


def requirements(names: Iterable[str]) -> set[str]:
    """Distributions that are needed, with what they need."""
    found: set[str] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        one = waiting.pop()
        if one.name not in found and (one.marker is None or one.marker.evaluate({"extra": ""})):
            found.add(one.name)
            waiting += map(Requirement, importlib.metadata.requires(one.name) or ())
    return found


def pack(name: str, folder: Path) -> None:
    """Make a wheel of a distribution that is installed here: no index needs to be asked."""
    found = importlib.metadata.distribution(name)
    tags = [line.partition(": ")[2] for line in (found.read_text("WHEEL") or "").splitlines() if line[:4] == "Tag:"]
    with zipfile.ZipFile(folder / f"{found.name.replace('-', '_')}-{found.version}-{tags[-1]}.whl", "w") as wheel:
        for file in found.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                wheel.write(str(file.locate()), str(file))


def context(wheels: Path) -> io.BytesIO:
    """What the image is built from."""

    def source(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if "__pycache__" in Path(member.name).parts else member

    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name in SOURCES:
            archive.add(ROOT / name, name, filter=source)
        archive.add(wheels, "wheels")
    data.seek(0)
    return data


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    """A client of the engine of docker_engine.py."""
    engine_or_skip("docker")
    if "runc" not in os.environ.get("GRADER_ENGINE", ""):
        pytest.skip("needs the base image of docker_engine.py, and an engine that sees this machine's files")
    client = connect()
    client.api.timeout = 300
    yield client
    client.close()


@pytest.fixture(scope="module")
def image(engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image, on the machine's own Python."""
    wheels = tmp_path_factory.mktemp("wheels")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for name in requirements([*project["project"]["dependencies"], *project["build-system"]["requires"]]):
        pack(name, wheels)
    made, _log = engine.images.build(
        fileobj=context(wheels),
        custom_context=True,
        target="grader",
        buildargs={"BASE": BASE, "PACKAGES": "", "PIP_NO_INDEX": "1"},
        network_mode="none",
        rm=True,
        forcerm=True,
    )
    return str(made.id)


def run(
    engine: docker.DockerClient,
    image: str,
    *command: str,
    options: dict[str, object] | None = None,
    raw: dict[str, object] | None = None,
) -> Ended:
    """Run the image's entry point to its end, with a solution as what was submitted."""
    binds = [f"{ROOT}/challenges/{CHALLENGE}/solution:/submissions:ro"]
    config = {**engine.api.create_host_config(network_mode="none", binds=binds, **(options or {})), **(raw or {})}
    wide = {"COLUMNS": "200"}  # else `list` cuts names
    container = engine.api.create_container(image, list(command), host_config=config, environment=wide)
    try:
        engine.api.start(container)
        status = int(engine.api.wait(container)["StatusCode"])
        out, err = (engine.api.logs(container, stdout=first, stderr=not first).decode() for first in (True, False))
        return Ended(status, out, err)
    finally:
        engine.api.remove_container(container, force=True)


def test_it_runs_as_an_unprivileged_user(engine: docker.DockerClient, image: str) -> None:
    """It is nobody's, knows its version and has every challenge."""
    assert engine.images.get(image).attrs["Config"]["User"] == "65534:65534"
    assert run(engine, image, "--version").out.strip().endswith(importlib.metadata.version("senior-python-grader"))
    listed = run(engine, image, "list")
    assert listed.status == 0, listed.err
    assert all(folder.name in listed.out for folder in (ROOT / "challenges").glob("*/*") if folder.is_dir())


def test_it_grades_with_bubblewrap_where_namespaces_are_allowed(engine: docker.DockerClient, image: str) -> None:
    """With the options that sandbox/README.md names, hardened, a solution earns every point."""
    command = ("grade", "/submissions", "--challenge", CHALLENGE, "--format", "json")
    ended = run(engine, image, *command, options=HARDENED, raw=UNCOVERED)
    assert ended.status == 0, ended.err
    report = json.loads(ended.out)
    assert (report["status"], report["score"]) == ("graded", report["max_score"])


def test_it_says_what_is_missing_where_they_are_not(engine: docker.DockerClient, image: str) -> None:
    """With the engine's defaults nothing is scored, and a remedy is named."""
    ended = run(engine, image, "grade", "/submissions", "--challenge", CHALLENGE)
    assert ended.status == 3, ended
    assert "nothing was graded" in ended.err
    assert "grader doctor" in ended.err


# --- the table of sandbox/README.md --------------------------------------------------------------------------------

UNFILTERED = {"security_opt": ["seccomp=unconfined"]}
INSIDE = """
import sys
sys.path[:0] = ["/source"]
from pathlib import Path, PurePosixPath
from sandbox.backends import backend_named
from sandbox.outcome import SandboxUnusable
from sandbox.policy import RUN, Mount, Program
target = PurePosixPath("/submission")
program = Program(module="probe", path=(target,), mounts=(Mount(Path("/source/tests/sandbox/probes"), target),))
try:
    with backend_named("bubblewrap").open(RUN, program) as session:
        print("works", session.fresh().call("echo", 1))
except SandboxUnusable as error:
    print("refused", error)
"""


@pytest.mark.parametrize(
    ("options", "raw", "user", "words"),
    [
        ({}, {}, "65534", "refused.*namespace"),
        (UNFILTERED, {}, "65534", "refused.*mount proc"),
        (UNFILTERED, UNCOVERED, "65534", "works 1"),
        (HARDENED, UNCOVERED, "65534", "works 1"),
        ({"cap_add": ["SYS_ADMIN"]}, UNCOVERED, "65534", "refused"),
        (UNFILTERED, UNCOVERED, "0", "refused"),
    ],
    ids=["defaults", "no filter", "no filter, all of proc", "the same, hardened", "a capability", "root"],
)
def test_what_bubblewrap_needs_in_a_container(
    engine: docker.DockerClient, options: dict[str, object], raw: dict[str, object], user: str, words: str
) -> None:
    """The table in sandbox/README.md is true."""
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    binds = [f"{ROOT}:/source:ro", f"{packages}:/site:ro"]
    config = {**engine.api.create_host_config(network_mode="none", binds=binds, **options), **raw}
    container = engine.api.create_container(
        BASE,
        ["python3", "-B", "-c", INSIDE],
        environment={"PYTHONPATH": "/site"},
        user=f"{user}:{user}",
        host_config=config,
    )
    try:
        engine.api.start(container)
        engine.api.wait(container)
        said = engine.api.logs(container)
    finally:
        engine.api.remove_container(container, force=True)
    assert re.match(words, said.decode(), re.DOTALL), said
