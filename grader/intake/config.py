"""`grader.toml`: a repository states which challenge each of its folders answers.

format_version = 1

[[challenge]]
slug = "language/metaclass_orm"
path = "orm_demo"
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from grader import inputs
from grader.challenges.catalogue import Catalogue, CatalogueError
from grader.intake.caps import KIB
from grader.intake.refusal import IntakeError, Refused
from grader.intake.tree import EntryKind, Tree, kind_of
from grader.model import Struct

FILE_NAME = "grader.toml"
_MOST_BYTES = 16 * KIB
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class AnswerFolder(Struct, frozen=True, order=True):
    """A challenge, as `area/slug`, and the folder of the tree that answers it; the empty path is the tree itself."""

    challenge_name: str
    path: str


class ClaimedFolder(Struct, frozen=True, kw_only=True):
    """One `[[challenge]]` table: a folder and the challenge that it answers."""

    slug: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """The challenge, as `slug` or `area/slug`; each challenge at most once."""
    path: Annotated[str, msgspec.Meta(max_length=1000)]
    """Its folder, relative to `grader.toml`, reached without a link; `""` or `"."` is the folder of `grader.toml`."""


class RepositoryConfig(Struct, frozen=True, kw_only=True):
    """The content of a `grader.toml`."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    """The version of this file's format: 1."""
    challenge: Annotated[tuple[ClaimedFolder, ...], msgspec.Meta(min_length=1, max_length=200)]
    """The folders to grade. Nothing else is searched."""


def lines_to_add(name: str) -> str:
    """Return a complete `grader.toml` for the challenge called `name`, to show to people."""
    return f'format_version = 1\n\n[[challenge]]\nslug = "{name}"\npath = "path/of/its/folder"'


def claimed(tree: Tree, catalogue: Catalogue) -> tuple[AnswerFolder, ...] | None:
    """Return the folders that the repository claims, in the file's order; None if there is no `grader.toml`. Raises
    IntakeError.
    """
    where = f"{tree.origin}/{FILE_NAME}"
    kind = kind_of(tree, FILE_NAME)
    if kind is None:
        return None
    if kind is not EntryKind.FILE:
        raise IntakeError(f"{where}: it is a {kind.value}, not a regular file. Replace it with a regular file.")
    claims = _decoded(where, _content(where, tree))
    found: list[AnswerFolder] = []
    for index, claim in enumerate(claims.challenge):
        key = f"{where}: challenge[{index}]"
        name = _challenge_name(f"{key}.slug", claim.slug, catalogue)
        if any(name == earlier.challenge_name for earlier in found):
            raise IntakeError(f"{key}.slug: {name} is claimed twice. Keep only the entry of the folder to be graded.")
        found.append(AnswerFolder(name, _folder(f"{key}.path", claim.path, tree)))
    return tuple(found)


def _content(where: str, tree: Tree) -> bytes:
    try:
        return tree.read(FILE_NAME, limit=_MOST_BYTES)
    except Refused as refused:
        raise IntakeError(f"{where}: it {refused.what} {refused.refusal.remedy}") from None


def _decoded(where: str, content: bytes) -> RepositoryConfig:
    if content.startswith(_UTF_16):
        raise IntakeError(f"{where}: it is encoded as UTF-16. Save the file as UTF-8.")
    try:
        return inputs.toml(content.removeprefix(_BYTE_ORDER_MARK), RepositoryConfig)
    except msgspec.DecodeError as error:
        what, _, key = str(error).partition(" - at `$")
        key = key.rstrip("`").lstrip(".")
        raise IntakeError(
            f"{where}: {f'{key}: ' if key else ''}{what}. The file must have format_version = 1 and, for each"
            " challenge, a [[challenge]] table with slug and path."
        ) from None


def _challenge_name(where: str, slug: str, catalogue: Catalogue) -> str:
    try:
        return catalogue.place(slug).name
    except CatalogueError as error:
        raise IntakeError(f"{where}: {error}") from None


def _folder(where: str, path: str, tree: Tree) -> str:
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/") or ".." in parts or "\\" in path or not path.isprintable():
        raise IntakeError(f"{where}: {path!r} leads out of the repository. Use a path relative to {FILE_NAME}.")
    folder = "/".join(parts)
    kind = kind_of(tree, folder) if folder else EntryKind.FOLDER
    if kind is EntryKind.FOLDER:
        return folder
    got = "there is no such folder" if kind is None else f"it is a {kind.value}"
    raise IntakeError(
        f"{where}: {path!r}: {got}. Choose a folder of the repository that is reached without following a link."
    )
