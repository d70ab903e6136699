"""The image that containers are made of: found at the engine, or built from the checkout's Dockerfile."""

from __future__ import annotations

import io
import os
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, BuildError, ImageNotFound

from sandbox.outcome import SandboxUnusable
from sandbox.text import tail

IMAGE = "senior-python-grader-sandbox"
TAG = "{}.{}".format(*sys.version_info[:2])
CHECKOUT = Path(__file__).resolve().parents[3]
PACKAGES_LABEL = "senior-python-grader.packages"
_WANTED = ("Dockerfile", "sandbox")


def image_name() -> str:
    """Return the image's name: GRADER_SANDBOX_IMAGE, or the name of our own image for this version of Python."""
    return os.environ.get("GRADER_SANDBOX_IMAGE") or f"{IMAGE}:{TAG}"


def require_image(client: docker.DockerClient) -> Any:
    """Return the image from the engine. Raises SandboxUnusable with the command that builds it."""
    name = image_name()
    try:
        return client.images.get(name)
    except ImageNotFound:
        raise SandboxUnusable(
            f"the Docker engine has no image {name}",
            remedy=f"in a checkout, run `docker build --target sandbox --build-arg BASE=python:{TAG}-slim -t {name} .`",
        ) from None


def packages_in(image: Any) -> frozenset[str]:
    """Return the runtime packages in the image, as `name==version`."""
    return frozenset((image.labels or {}).get(PACKAGES_LABEL, "").split())


def build(client: docker.DockerClient, *, base: str, packages: Sequence[str]) -> Any:
    """Build the image from this checkout. Raises SandboxUnusable."""
    if not (CHECKOUT / "Dockerfile").is_file():
        raise SandboxUnusable(
            f"there is no Dockerfile in {CHECKOUT}", remedy="build the sandbox's image from a checkout of the grader"
        )
    try:
        image, _log = client.images.build(
            fileobj=_context(),
            custom_context=True,
            target="sandbox",
            tag=image_name(),
            buildargs={"BASE": base, "PACKAGES": " ".join(packages)},
            network_mode="host" if packages else "none",
            rm=True,
            forcerm=True,
        )
    except BuildError as error:
        log = "".join(str(line.get("stream", line.get("error", ""))) for line in error.build_log)
        why = f"the sandbox's image cannot be built: {tail(log.encode(), most=600)}"
        raise SandboxUnusable(why, remedy="see the end of the build's output above") from error
    except APIError as error:
        raise SandboxUnusable(f"the sandbox's image cannot be built: {error}", remedy="see the engine's log") from error
    return image


def _context() -> io.BytesIO:
    """Return the files for the Dockerfile's target `sandbox`, and nothing else from the checkout."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name in _WANTED:
            archive.add(CHECKOUT / name, name, filter=_source)
    data.seek(0)
    return data


def _source(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in Path(member.name).parts else member
