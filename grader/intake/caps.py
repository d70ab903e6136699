"""The limits on how much of a source is examined, and the folders that never are."""

from __future__ import annotations

from grader.model import Struct

KIB = 1024
MIB = 1024 * KIB


class Caps(Struct, frozen=True, kw_only=True):
    """Limits on a submission. They are far above any honest answer and far below what would harm a machine."""

    file_bytes: int = 256 * KIB
    files: int = 200
    total_bytes: int = 2 * MIB
    depth: int = 8
    """Parts of a path, including the file's name."""
    path_bytes: int = 200
    entries: int = 5000
    """Files and folders examined; anything skipped by name counts as one."""
    reasons: int = 50
    archive_bytes: int = 32 * MIB
    unpacked_bytes: int = 64 * MIB
    """Bytes to which a compressed tar may unpack, whether they are read or not."""
    members: int = 20_000
    """Members of an archive, including those in skipped folders."""
    member_parts: int = 32
    """Parts of a member's path, including the folder that wraps everything."""
    member_bytes: int = 1024
    """The length of a member's path."""
    names_bytes: int = 4 * MIB
    """The length of all members' paths together, and of everything else in an archive's headers."""
    folders: int = 40_000
    """Folders that the members' paths contain."""
    git_seconds: float = 30.0
    """Seconds for everything that is read from one revision."""


CAPS = Caps()

SKIPPED_FOLDERS = frozenset(
    {
        "__MACOSX",
        "__pycache__",
        "__pypackages__",
        "node_modules",
        "site-packages",
        "venv",
        ".cache",
        ".direnv",
        ".eggs",
        ".git",
        ".github",
        ".hg",
        ".hypothesis",
        ".idea",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".vscode",
    }
)
"""Tools' own folders: never entered, and not worth a remark."""
