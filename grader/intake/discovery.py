"""Which challenges a candidate's repository answers, and in which folders.

In this order: `grader.toml`; folders named after a challenge; the tree itself, when its name or its modules say which.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from grader.challenges.catalogue import Catalogue, Place
from grader.challenges.challenge import Challenge
from grader.intake.caps import CAPS
from grader.intake.config import FILE_NAME, Found, claimed, lines_to_add
from grader.intake.refusal import IntakeError, Refused, shown
from grader.intake.tree import EntryKind, Tree, is_skipped, joined, kind_of

__all__ = ["Found", "discover"]

_DEPTH = 4
"""How deep a folder named after a challenge may lie."""


def discover(tree: Tree, catalogue: Catalogue, *, only: str | None = None) -> tuple[Found, ...]:
    """The challenges that the tree answers, ordered by name; with `only`, that one, wherever it is.

    In doubt `only` is answered by the tree itself, so that intake can say what is wrong with it. Raises IntakeError
    when it cannot be told, and what the catalogue raises when `only` is no challenge.
    """
    found = search(tree, catalogue, only=only)
    if found:
        return found
    if only is None:
        raise nothing_found(tree, catalogue)
    return (Found(catalogue.place(only).name, ""),)


def search(tree: Tree, catalogue: Catalogue, *, only: str | None = None) -> tuple[Found, ...]:
    """As `discover`, but nothing where nothing shows what the tree answers."""
    if only is not None:
        return _one(tree, catalogue, catalogue.place(only))
    try:
        claims = claimed(tree, catalogue)
        return tuple(sorted(claims)) if claims else _guessed(tree, catalogue)
    except Refused as refused:
        raise IntakeError(f"{tree.origin}: the submission {refused.what} {refused.flaw.remedy}") from None


def _one(tree: Tree, catalogue: Catalogue, place: Place) -> tuple[Found, ...]:
    """Where one challenge is answered."""
    try:
        for found in claimed(tree, catalogue) or ():
            if found.challenge_name == place.name:
                return (found,)
        if _has_modules(tree, "", catalogue.read(place)):
            return (Found(place.name, ""),)
        return tuple(_by_folder(tree, Catalogue((place,))))
    except Refused:
        return ()


def _guessed(tree: Tree, catalogue: Catalogue) -> tuple[Found, ...]:
    named = _by_folder(tree, catalogue)
    whole = [found for found in named if _has_modules(tree, found.path, catalogue.find(found.challenge_name))]
    if not whole and (itself := _by_itself(tree, catalogue)):
        return (itself,)
    return tuple(sorted(named))


def _by_folder(tree: Tree, catalogue: Catalogue) -> list[Found]:
    """One folder for each challenge that has folders of its name: among several, the one that holds its modules."""
    by_name: dict[str, list[str]] = {}
    for path, place in _named_folders(tree, catalogue):
        by_name.setdefault(place.name, []).append(path)
    return [Found(name, _best(tree, catalogue.find(name), paths)) for name, paths in by_name.items()]


def _best(tree: Tree, challenge: Challenge, paths: list[str]) -> str:
    if len(paths) == 1:
        return paths[0]
    whole = [path for path in paths if _has_modules(tree, path, challenge)]
    if len(whole) == 1:
        return whole[0]
    raise IntakeError(
        f"{tree.origin}: {challenge.name} could be any of {', '.join(map(shown, whole or paths))}. "
        f"Say which in {FILE_NAME}:\n\n{lines_to_add(challenge.name)}"
    )


def _named_folders(tree: Tree, catalogue: Catalogue) -> Iterator[tuple[str, Place]]:
    folders = deque([""])
    seen = 0
    while folders and seen < CAPS.entries:
        above = folders.popleft()
        entries = [entry for entry in tree.entries(above, at_most=CAPS.entries) if not is_skipped(entry)]
        seen += len(entries)
        for name in sorted(entry.name for entry in entries if _is_searched(entry.kind, entry.name)):
            path = joined(above, name)
            places = _places_called(name, above.rpartition("/")[2] or tree.name, catalogue)
            if places:
                yield path, _single(tree, path, places)
            elif path.count("/") + 1 < _DEPTH:
                folders.append(path)


def _is_searched(kind: EntryKind, name: str) -> bool:
    return kind is EntryKind.FOLDER and bool(name) and not name.startswith(".") and "/" not in name


def _places_called(slug: str, above: str, catalogue: Catalogue) -> list[Place]:
    places = [place for place in catalogue.places if place.slug == slug]
    return [place for place in places if place.area == above] or places


def _single(tree: Tree, path: str, places: list[Place]) -> Place:
    if len(places) == 1:
        return places[0]
    names = " or ".join(place.name for place in places)
    raise IntakeError(
        f"{tree.origin}: the folder {shown(path)} may answer {names}. "
        f"Say which in {FILE_NAME}:\n\n{lines_to_add(places[0].name)}"
    )


def _by_itself(tree: Tree, catalogue: Catalogue) -> Found | None:
    fits = [challenge.name for challenge in catalogue.challenges() if _has_modules(tree, "", challenge)]
    called = [place.name for place in catalogue.places if place.slug == tree.name]
    both = [name for name in fits if name in called]
    for names in (both, fits or called):
        if len(names) == 1:
            return Found(names[0], "")
    if fits:
        raise IntakeError(f"{tree.origin}: its files fit {', '.join(fits)}. Say which with --challenge NAME.")
    return None


def _has_modules(tree: Tree, folder: str, challenge: Challenge) -> bool:
    try:
        return all(kind_of(tree, joined(folder, module)) is EntryKind.FILE for module in challenge.manifest.modules)
    except Refused:
        return False


def nothing_found(tree: Tree, catalogue: Catalogue) -> IntakeError:
    """The error that says where was looked, and what to add."""
    names = [place.name for place in catalogue.places]
    return IntakeError(
        f"{tree.origin}: no challenge was found in it. Looked for {FILE_NAME}, for folders named after a challenge"
        f" ({_some(place.slug for place in catalogue.places)}; {_DEPTH} levels deep), and for the modules of one"
        " challenge. Say which challenge it is with --challenge NAME, or add a"
        f" {FILE_NAME}:\n\n{lines_to_add(names[0] if names else 'area/slug')}"
    )


def _some(slugs: Iterable[str]) -> str:
    first, *rest = [*dict.fromkeys(slugs)] or ["there are none"]
    return ", ".join([first, *rest[:3]]) + (", ..." if len(rest) > 3 else "")
