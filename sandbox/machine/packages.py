"""Runtime packages: what a submission may import besides the standard library.

Distributions are taken from the environment that the grader runs in, with what they require, and mounted read-only one
by one below /packages: their top-level packages and modules and their metadata, as their RECORD lists them. The rest of
site-packages does not exist inside.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from sandbox.machine.python_tree import PACKAGES, PROGRAMS, SHARED, python_tree
from sandbox.machine.shared_libraries import closure
from sandbox.outcome import SandboxUnusable
from sandbox.policy import Mount

_OURS = "sandbox/policy.py"
_MARKS = ("__init__.py", "__init__.pyi", "py.typed")
"""Files that distinguish a package from a namespace folder, which several distributions may share."""


def runtime_mounts(names: Sequence[str]) -> tuple[Mount, ...]:
    """Return the mounts of the named distributions and all their requirements. `name[extra]` is understood.

    Raises SandboxUnusable for a distribution that is not installed here, or that cannot be mounted.
    """
    return _mounts(tuple(names))


def program_mounts(name: str) -> tuple[Mount, ...]:
    """Return the mounts of the program that a distribution of the same name installs: itself, and what it needs.

    Raises SandboxUnusable for a distribution that is not installed here, or installs no such program.
    """
    installed = _installed(name, "the grader")
    for file in installed.files or ():
        if file.name == name and ".." in file.parts:  # beside the library folder, among the environment's programs
            program = Path(str(installed.locate_file(file))).resolve()
            return (Mount(program, PROGRAMS / name), *_libraries([program]))
    raise SandboxUnusable(
        f"{name} was installed without its program", remedy=f"run `pip install --force-reinstall {name}`"
    )


@functools.cache
def _mounts(names: tuple[str, ...]) -> tuple[Mount, ...]:
    found: dict[PurePosixPath, Mount] = {}
    binaries: list[Path] = []
    for installed in _closure(names):
        files = _files(installed)
        for place in _places(files):
            target = PACKAGES / place
            found.setdefault(target, Mount(Path(str(installed.locate_file(place))), target))
        binaries += [Path(str(installed.locate_file(file))) for file in files if ".so" in file.name]
    return (*(found[target] for target in sorted(found)), *_libraries(binaries))


def _closure(names: Iterable[str]) -> list[Distribution]:
    """Return the named distributions and their requirements in this environment, each once."""
    todo = [(_requirement(name, "the challenge"), "the challenge") for name in names]
    seen: set[tuple[str, frozenset[str]]] = set()
    found: dict[str, Distribution] = {}
    while todo:
        wanted, by = todo.pop()
        key = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if key in seen:
            continue
        seen.add(key)
        installed = found.setdefault(key[0], _installed(wanted.name, by))
        for text in installed.requires or ():
            requirement = _requirement(text, wanted.name)
            if _applies(requirement, wanted.extras):
                todo.append((requirement, wanted.name))
    return list(found.values())


def _requirement(text: str, by: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise SandboxUnusable(
            f"{by} names the runtime package {text!r}, which is not a valid distribution name: {error}",
            remedy="write the name as pip expects it: `name` or `name[extra]`",
        ) from error


def _applies(requirement: Requirement, extras: Iterable[str]) -> bool:
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _installed(name: str, by: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise SandboxUnusable(
            f"the runtime package {name!r}, which {by} needs, is not installed in the grader's environment",
            remedy=f"run `pip install {name}` in that environment",
        ) from None


def _files(installed: Distribution) -> list[PurePosixPath]:
    """Return the files below the environment's library folder, as the RECORD lists them."""
    name = installed.metadata["Name"]
    remedy = f"run `pip install --force-reinstall {name}`, from a wheel and not as an editable install"
    if installed.files is None:
        raise SandboxUnusable(f"the runtime package {name!r} was installed without a list of its files", remedy=remedy)
    if _is_editable(installed):
        raise SandboxUnusable(f"the runtime package {name!r} is an editable install", remedy=remedy)
    files = [PurePosixPath(file) for file in installed.files if ".." not in file.parts and not file.is_absolute()]
    if PurePosixPath(_OURS) in files:
        raise SandboxUnusable(
            f"the runtime package {name!r} is the grader itself, which never enters a sandbox",
            remedy="remove it from the challenge's runtime packages",
        )
    return files


def _is_editable(installed: Distribution) -> bool:
    text = installed.read_text("direct_url.json")
    try:
        return bool(text and json.loads(text).get("dir_info", {}).get("editable"))
    except (ValueError, AttributeError):
        return False


def _places(files: Sequence[PurePosixPath]) -> Iterator[PurePosixPath]:
    """Yield the fewest places that hold all the files: whole packages, and the content of namespace folders."""
    listed = set(files)
    whole: set[PurePosixPath] = set()
    for file in files:
        if "__pycache__" in file.parts[:1] or file.suffix == ".pth":
            continue
        folders = [file.parents[number] for number in range(len(file.parts) - 2, -1, -1)]
        place = next((folder for folder in folders if _is_package(folder, listed)), file)
        if place not in whole:
            whole.add(place)
            yield place


def _is_package(folder: PurePosixPath, listed: set[PurePosixPath]) -> bool:
    return folder.suffix in (".dist-info", ".libs") or any(folder / mark in listed for mark in _MARKS)


def _libraries(binaries: Sequence[Path]) -> Iterator[Mount]:
    """Yield the system's shared libraries that compiled modules need and the Python inside lacks."""
    present = {mount.target.name for mount in python_tree().mounts}
    roots = {binary.parent for binary in binaries}
    for name, path in sorted(closure(binaries).items()):
        if name not in present and path.parent.resolve() not in roots:
            yield Mount(path.resolve(), SHARED / name)
