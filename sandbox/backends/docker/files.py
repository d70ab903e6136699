"""A program's mounts as archives for the engine, because a remote engine cannot see this machine's files.

The files belong to root inside, and nobody there may write them. Only folders, regular files and links are sent.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import PurePosixPath

from packaging.utils import canonicalize_name

from sandbox.backends.docker.options import top
from sandbox.machine.python_tree import PACKAGES
from sandbox.outcome import ProbeMisuse
from sandbox.policy import Mount


def archives(mounts: Iterable[Mount]) -> dict[str, bytes]:
    """Return an archive for each folder below the root that contains mounts."""
    grouped: dict[str, list[Mount]] = {}
    for mount in mounts:
        grouped.setdefault(top(mount.target), []).append(mount)
    return {folder: _archive(PurePosixPath(folder), members) for folder, members in grouped.items()}


def not_in_image(mounts: Iterable[Mount], image: frozenset[str]) -> tuple[Mount, ...]:
    """Leave out the runtime packages if the image has all of them in the same versions.

    `image` holds its packages as `name==version`.
    """
    found = tuple(mounts)
    packages = [mount for mount in found if PACKAGES in mount.target.parents]
    pins = {pin for mount in packages if (pin := _pin(mount.target.name)) is not None}
    return tuple(mount for mount in found if mount not in packages) if pins <= image else found


def _pin(folder: str) -> str | None:
    """Return `name==version` for a metadata folder, or None for any other folder."""
    stem, _, suffix = folder.rpartition(".")
    name, _, version = stem.partition("-")
    return f"{canonicalize_name(name)}=={version}" if suffix == "dist-info" else None


def _archive(folder: PurePosixPath, mounts: Iterable[Mount]) -> bytes:
    data = io.BytesIO()
    made: set[PurePosixPath] = {PurePosixPath()}
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for mount in mounts:
            target = mount.target.relative_to(folder)
            if target == PurePosixPath() and not mount.source.is_dir():
                raise ProbeMisuse(
                    f"{mount.target} cannot be a mount's target: a file must lie in a folder below the root."
                )
            for above in reversed(target.parents):
                if above not in made:
                    made.add(above)
                    archive.addfile(_folder(above))
            archive.add(mount.source.resolve(), str(target) or ".", filter=_readable)
    return data.getvalue()


def _folder(path: PurePosixPath) -> tarfile.TarInfo:
    member = tarfile.TarInfo(str(path))
    member.type, member.mode = tarfile.DIRTYPE, 0o755
    return member


def _readable(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if not (member.isdir() or member.isfile() or member.issym() or member.islnk()):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member
