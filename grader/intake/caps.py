"""How much of a source is examined, and which of its folders never are."""

from __future__ import annotations

from grader.model import Struct

KIB = 1024
MIB = 1024 * KIB


class Caps(Struct, frozen=True, kw_only=True):
    """Limits of a submission. They are far above any honest answer and far below what hurts a machine."""

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
    """What a compressed tar may unpack to, whether it is read or not."""
    members: int = 20_000
    """Members of an archive, in skipped folders too."""
    member_parts: int = 32
    """Parts of a member's path, including the folder that wraps everything."""
    member_bytes: int = 1024
    """Of a member's path."""
    names_bytes: int = 4 * MIB
    """Of all members' paths together, and of everything else in an archive's headers."""
    folders: int = 40_000
    """Folders that the members' paths make."""
    git_seconds: float = 30.0
    """For everything that is read from one revision."""


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
"""Tools' own folders: neither counted nor entered, and not worth a remark."""
