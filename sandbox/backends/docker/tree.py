"""Run while the sandbox's image is built, to lay out its files below a folder.

The layout is the one that the bubblewrap backend mounts: /python, the loader, /wall with our code that runs inside,
/packages with the runtime packages that the build argument PACKAGES names, and the few files of /etc.
"""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[3])

from sandbox.backends.bubblewrap.arguments import FILES, INSIDE
from sandbox.machine.python_tree import PACKAGES, PREFIX, SHARED, PythonTree, python_tree
from sandbox.machine.shared_libraries import closure

MOUNT_POINTS = ("tmp", "dev", "proc", "sys")


def lay_out(root: Path, packages: Iterable[str]) -> None:
    """Fill `root` with the files of the image."""
    tree = python_tree()
    for name in MOUNT_POINTS:
        (root / name).mkdir(parents=True)
    lay_python(root, tree)
    copy(INSIDE.source, root, INSIDE.target)
    for name, text in FILES.items():
        target = below(root, PurePosixPath(name))
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
    if names := list(packages):
        lay_packages(root, names, tree)
    compileall.compile_dir(root, quiet=2, stripdir=str(root), maxlevels=50)
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    (root / "tmp").chmod(0o1777)  # what is mounted there takes its mode


def lay_python(root: Path, tree: PythonTree) -> None:
    """Copy the interpreter, its standard library and their shared libraries."""
    for mount in tree.mounts:
        copy(mount.source, root, mount.target)
    for folder in tree.covered:
        shutil.rmtree(below(root, folder))
    below(root, PREFIX / "bin/python").symlink_to(tree.executable.name)


def lay_packages(root: Path, names: list[str], tree: PythonTree) -> None:
    """Copy the runtime packages and the additional shared libraries that they need."""
    target = below(root, PACKAGES)
    command = ["-m", "pip", "install", "--no-cache-dir", "--root-user-action=ignore", "--target", str(target), *names]
    subprocess.run([sys.executable, *command], check=True)
    shutil.rmtree(target / "bin", ignore_errors=True)
    present = {mount.target.name for mount in tree.mounts}
    for name, path in closure(list(target.rglob("*.so*"))).items():
        if name not in present and target not in path.parents:
            copy(path.resolve(), root, SHARED / name)


def copy(source: Path, root: Path, target: PurePosixPath) -> None:
    """Copy a file or a folder to where `target` is below `root`."""
    there = below(root, target)
    there.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():  # only the standard library has folders that are left out: its own tests and its editor
        unwanted = shutil.ignore_patterns("__pycache__", "*.a", "test", "tests", "idlelib", "turtledemo")
        shutil.copytree(source, there, symlinks=True, ignore=unwanted, ignore_dangling_symlinks=True)
    else:
        shutil.copy(source, there)


def below(root: Path, target: PurePosixPath) -> Path:
    """Return where an absolute path of the image is found while the image is built."""
    return root / target.relative_to("/")


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]), os.environ.get("PACKAGES", "").split())
