"""Determines which challenges a candidate's repository answers, and in which folders.

It considers, in this order, `grader.toml`; folders named after a challenge; the tree itself, if its name or its modules
show what it answers; and all this again within a single folder that holds everything else. A folder named after a
challenge is an answer only if it holds all modules that the challenge asks for, or lies in a folder of the challenge's
area, since applications may have `memory` folders of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from grader.challenges.catalogue import Catalogue, ChallengeLocation
from grader.challenges.challenge import Challenge
from grader.intake import alike
from grader.intake.caps import CAPS
from grader.intake.config import FILE_NAME, AnswerFolder, claimed, lines_to_add
from grader.intake.refusal import IntakeError, Refused, Remark, shown
from grader.intake.tree import EntryKind, Tree, below, is_skipped, joined, kind_of, wrapper
from grader.model import Finding

__all__ = ["AnswerFolder", "discover"]

_DEPTH = 4
"""The greatest depth of a folder named after a challenge."""
_WRAPPED = 3
"""The maximum number of wrapping folders that are entered, one inside another."""


def discover(tree: Tree, catalogue: Catalogue, *, only: str | None = None) -> tuple[AnswerFolder, ...]:
    """Return the challenges that the tree answers, ordered by name; with `only`, just that one, wherever it is.

    In doubt, the tree itself is taken for the answer to `only`, so that intake can say what is wrong with it. Raises
    IntakeError if the answers cannot be determined, and whatever the catalogue raises if `only` is not a challenge.
    """
    found = search(tree, catalogue, only=only)
    if found:
        return found
    if only is None:
        raise nothing_found(tree, catalogue)
    return (AnswerFolder(catalogue.place(only).name, ""),)


def search(tree: Tree, catalogue: Catalogue, *, only: str | None = None) -> tuple[AnswerFolder, ...]:
    """Return the same as `discover`, or an empty tuple if nothing shows what the tree answers."""
    inner = ""
    for _ in range(_WRAPPED + 1):
        found = _searched(below(tree, inner), catalogue, only)
        if found:
            return tuple(sorted(AnswerFolder(place.challenge_name, joined(inner, place.path)) for place in found))
        wrapped = _wrapper(below(tree, inner))
        if not wrapped:
            break
        inner = joined(inner, wrapped)
    return ()


def _wrapper(tree: Tree) -> str:
    try:
        return wrapper(tree)
    except Refused:
        return ""


def _searched(tree: Tree, catalogue: Catalogue, only: str | None) -> tuple[AnswerFolder, ...]:
    if only is not None:
        return _one(tree, catalogue, catalogue.place(only))
    try:
        claims = claimed(tree, catalogue)
        return claims or _guessed(tree, catalogue)
    except Refused as refused:
        raise IntakeError(f"{tree.origin}: the submission {refused.what} {refused.refusal.remedy}") from None


def _one(tree: Tree, catalogue: Catalogue, place: ChallengeLocation) -> tuple[AnswerFolder, ...]:
    """Return the folder that answers one challenge: the claimed one, one with its modules, or one named after it,
    complete or not.
    """
    try:
        for folder in claimed(tree, catalogue) or ():
            if folder.challenge_name == place.name:
                return (folder,)
        if _has_modules(tree, "", catalogue.read(place)):
            return (AnswerFolder(place.name, ""),)
        named = [*_named_folders(tree, Catalogue((place,)))]
        return tuple(_by_folder(tree, [folder for folder in named if folder.is_answer] or named))
    except Refused:
        return ()


def _guessed(tree: Tree, catalogue: Catalogue) -> tuple[AnswerFolder, ...]:
    named = [folder for folder in _named_folders(tree, catalogue) if folder.is_answer]
    if not any(folder.is_complete for folder in named) and (itself := _by_itself(tree, catalogue)):
        return (itself,)
    return tuple(_by_folder(tree, named))


class NamedFolder(NamedTuple):
    """A folder whose name is, exactly or nearly, that of a challenge."""

    path: str
    places: tuple[ChallengeLocation, ...]
    """The challenges that the folder may answer: several only if challenges of different areas share a name."""
    is_complete: bool
    """Whether the folder holds every module that the challenge asks for."""
    is_in_area: bool

    @property
    def is_answer(self) -> bool:
        """True if the folder answers the challenge rather than merely having its name."""
        return self.is_complete or self.is_in_area


def _by_folder(tree: Tree, named: Iterable[NamedFolder]) -> list[AnswerFolder]:
    """Return one folder for each challenge that folders are named after: of several, the one with the challenge's
    modules.
    """
    by_name: dict[str, list[NamedFolder]] = {}
    for folder in named:
        by_name.setdefault(_single(tree, folder).name, []).append(folder)
    return [AnswerFolder(name, _best(tree, name, folders)) for name, folders in by_name.items()]


def _best(tree: Tree, name: str, folders: list[NamedFolder]) -> str:
    if len(folders) == 1:
        return folders[0].path
    whole = [folder for folder in folders if folder.is_complete]
    if len(whole) == 1:
        return whole[0].path
    paths = ", ".join(shown(folder.path) for folder in whole or folders)
    raise IntakeError(
        f"{tree.origin}: several folders may answer {name}: {paths}. "
        f"Say which one in {FILE_NAME}:\n\n{lines_to_add(name)}"
    )


def _single(tree: Tree, folder: NamedFolder) -> ChallengeLocation:
    if len(folder.places) == 1:
        return folder.places[0]
    names = " or ".join(place.name for place in folder.places)
    raise IntakeError(
        f"{tree.origin}: the folder {shown(folder.path)} may answer {names}. "
        f"Say which one in {FILE_NAME}:\n\n{lines_to_add(folder.places[0].name)}"
    )


def _named_folders(tree: Tree, catalogue: Catalogue) -> Iterator[NamedFolder]:
    """Yield the folders named after a challenge, without searching below those that answer it."""
    folders = deque([""])
    seen = 0
    while folders and seen < CAPS.entries:
        above = folders.popleft()
        entries = [entry for entry in tree.entries(above, at_most=CAPS.entries) if not is_skipped(entry)]
        seen += len(entries)
        for name in sorted(entry.name for entry in entries if _is_searched(entry.kind, entry.name)):
            path = joined(above, name)
            folder = _named(tree, path, above.rpartition("/")[2] or tree.name, catalogue)
            if folder is not None:
                yield folder
            if not (folder is not None and folder.is_answer) and path.count("/") + 1 < _DEPTH:
                folders.append(path)


def _named(tree: Tree, path: str, above: str, catalogue: Catalogue) -> NamedFolder | None:
    places = [place for place in catalogue.places if alike.is_name_of(path.rpartition("/")[2], place.slug)]
    if not places:
        return None
    in_area = [place for place in places if alike.is_name_of(above, place.area)]
    complete = [place for place in in_area or places if _has_modules(tree, path, catalogue.read(place))]
    return NamedFolder(path, tuple(complete or in_area or places), bool(complete), bool(in_area))


def _is_searched(kind: EntryKind, name: str) -> bool:
    return kind is EntryKind.FOLDER and bool(name) and not name.startswith(".") and "/" not in name


def _by_itself(tree: Tree, catalogue: Catalogue) -> AnswerFolder | None:
    fits = [challenge.name for challenge in catalogue.challenges() if _has_modules(tree, "", challenge)]
    called = [place.name for place in catalogue.places if alike.is_name_of(tree.name, place.slug)]
    both = [name for name in fits if name in called]
    for names in (both, fits or called):
        if len(names) == 1:
            return AnswerFolder(names[0], "")
    if fits:
        raise IntakeError(f"{tree.origin}: its files fit {', '.join(fits)}. Choose one of them with --challenge NAME.")
    return None


def _has_modules(tree: Tree, folder: str, challenge: Challenge) -> bool:
    try:
        return all(kind_of(tree, joined(folder, module)) is EntryKind.FILE for module in challenge.manifest.modules)
    except Refused:
        return False


def remarks(tree: Tree, place: AnswerFolder, catalogue: Catalogue) -> Iterator[Finding]:
    """Yield remarks on an answer that lacks a module: where the module is instead, and which challenge the files
    fit.
    """
    challenge = catalogue.find(place.challenge_name)
    if _has_modules(tree, place.path, challenge):
        return
    here = below(tree, place.path)
    for module in challenge.manifest.modules:
        for path in alike.elsewhere(here, module):
            yield Remark.ELSEWHERE.noted(
                f"The submission contains {shown(path)}, but the brief asks for {module}.", file=path
            )
    for candidate in catalogue.challenges():
        if candidate.name != challenge.name and _has_modules(here, "", candidate):
            modules = ", ".join(candidate.manifest.modules)
            yield Remark.OTHER_CHALLENGE.noted(
                f"The submission looks like an answer to {candidate.name}: it contains {modules}."
            )


def passed_over(tree: Tree, catalogue: Catalogue, found: Iterable[AnswerFolder]) -> Iterator[Finding]:
    """Yield the folders named after a challenge that do not answer it, if nothing else answers it either."""
    answered = {place.challenge_name for place in found}
    try:
        if claimed(tree, catalogue):
            return
        for folder in _named_folders(tree, catalogue):
            names = [place.name for place in folder.places]
            if not folder.is_answer and answered.isdisjoint(names):
                lacks = ", ".join(catalogue.find(names[0]).manifest.modules)
                yield Remark.PASSED_OVER.noted(
                    f"{shown(folder.path)}/ is named like {' or '.join(names)} but is not graded: it lacks {lacks}."
                )
    except Refused:
        return


def nothing_found(tree: Tree, catalogue: Catalogue) -> IntakeError:
    """Return the error that says where the search looked, what it found instead, and what to add."""
    names = [place.name for place in catalogue.places]
    return IntakeError(
        f"{tree.origin}: no challenge was found in it. It was searched for {FILE_NAME}, for folders named after a"
        f" challenge ({_some(place.slug for place in catalogue.places)}; up to {_DEPTH} levels deep), and for the"
        f" modules of one challenge.{_instead(tree, catalogue)} Choose the challenge with --challenge NAME, or add a"
        f" {FILE_NAME}:\n\n{lines_to_add(names[0] if names else 'area/slug')}"
    )


def _instead(tree: Tree, catalogue: Catalogue) -> str:
    """Describe briefly what is there instead: modules in other folders, and folders named after a challenge that lack
    its modules.
    """
    parts = [finding.message for finding in passed_over(tree, catalogue, ())]
    for challenge in catalogue.challenges():
        for module in challenge.manifest.modules:
            parts += [f"{shown(path)} may answer {challenge.name}." for path in alike.elsewhere(tree, module)]
    return "".join(f" {part}" for part in parts[: alike.MOST])


def _some(slugs: Iterable[str]) -> str:
    first, *rest = [*dict.fromkeys(slugs)] or ["there are none"]
    return ", ".join([first, *rest[:3]]) + (", ..." if len(rest) > 3 else "")
