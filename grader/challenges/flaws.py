"""Known mistakes: submissions that a challenge claims to mark down, each a patch of its solution.

flawed/<criterion>/<mistake>.patch     loses that criterion, those that its head names, and nothing else
flawed/<criterion>/<mistake>/          the same as a folder, where a diff would not be readable

    Take the default when a value is falsy, not when it is missing.

    loses: types, construction
    --- a/orm.py
    ...

The head says what people get wrong; a line `loses:` names further criteria. In a folder, `loses.txt` names them, one
per line.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grader.challenges.challenge import Challenge, ChallengeError
from grader.challenges.patches import PatchError, apply, diff, split
from grader.model import Struct

SUFFIX = ".patch"
LOSES = "loses.txt"
LOSES_LINE = "loses:"


class Flaw(Struct, frozen=True, kw_only=True):
    """A known mistake, and the criteria that it claims to lose."""

    criterion: str
    mistake: str
    path: Path
    """The patch, or the folder."""
    description: str
    """What people get wrong; empty for a folder."""
    also: tuple[str, ...]
    """Criteria that the mistake loses besides its own."""

    @property
    def name(self) -> str:
        """The mistake's name in the challenge: `flawed/construction/default_made_once`."""
        return f"flawed/{self.criterion}/{self.mistake}"

    @property
    def loses(self) -> frozenset[str]:
        """Every criterion that the mistake claims to lose."""
        return frozenset((self.criterion, *self.also))

    @property
    def says_loses(self) -> str:
        """The place that names further criteria, for messages."""
        return f"{self.name}/{LOSES}" if self.path.is_dir() else f"the line `{LOSES_LINE}` of {self.name}{SUFFIX}"


def flaws(challenge: Challenge) -> tuple[Flaw, ...]:
    """Return the known mistakes, in name order. Raises ChallengeError."""
    found = [_flaw(path) for path in challenge.folder.glob("flawed/*/*") if _is_flaw(path)]
    return tuple(sorted(found, key=lambda flaw: flaw.name))


def files_of(flaw: Flaw, challenge: Challenge) -> dict[str, str]:
    """Return the files of a mistake, a text for each path. Raises ChallengeError."""
    files = files_at(flaw.path, challenge)
    files.pop(LOSES if flaw.path.is_dir() else "", None)
    return files


def files_at(path: Path, challenge: Challenge) -> dict[str, str]:
    """Return the files of one of the author's own submissions, a folder or a patch of the solution. Raises
    ChallengeError.
    """
    if path.is_dir():
        return texts(path)
    name = path.relative_to(challenge.folder).as_posix()
    try:
        return apply(split(_read(path)).body, texts(challenge.folder / "solution"))
    except PatchError as error:
        edited = name.removeprefix("flawed/").removesuffix(SUFFIX)
        raise ChallengeError(
            f"{challenge.name}/{name}: {error}. Run `grader flaw edit {challenge.slug} {edited}` to edit the patch."
        ) from None


def described(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return a mistake's description, and the further criteria that it loses.

    A patch says so in its head; a folder has no description. Raises ChallengeError.
    """
    if not path.is_dir():
        return parsed_head(split(_read(path)).head)
    named = path / LOSES
    lines = _read(named).splitlines() if named.is_file() else []
    return "", tuple(name for line in lines if (name := line.partition("#")[0].strip()))


def patch_of(description: str, also: tuple[str, ...], solution: Mapping[str, str], flawed: Mapping[str, str]) -> str:
    """Return the text of a `.patch` file."""
    head = [description.strip()] if description.strip() else []
    if also:
        head.append(f"{LOSES_LINE} {', '.join(also)}")
    return "\n\n".join(head) + "\n" * bool(head) + diff(solution, flawed)


def parsed_head(head: str) -> tuple[str, tuple[str, ...]]:
    """Return the description and the further criteria that a patch's head names."""
    lines = head.splitlines()
    words = [line for line in lines if not line.startswith(LOSES_LINE)]
    named = [line.removeprefix(LOSES_LINE).split(",") for line in lines if line.startswith(LOSES_LINE)]
    also = tuple(name.strip() for names in named for name in names if name.strip())
    return "\n".join(words).strip(), also


def texts(folder: Path) -> dict[str, str]:
    """Return the text files below one of the author's own folders, by path. Raises ChallengeError."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_ignored(path.relative_to(folder))]
    return {path.relative_to(folder).as_posix(): _read(path) for path in paths}


def _flaw(path: Path) -> Flaw:
    description, also = described(path)
    mistake = path.name if path.is_dir() else path.name.removesuffix(SUFFIX)
    return Flaw(criterion=path.parent.name, mistake=mistake, path=path, description=description, also=also)


def _is_flaw(path: Path) -> bool:
    hidden = any(part.startswith((".", "__")) for part in (path.name, path.parent.name))
    return not hidden and (path.is_dir() or path.name.endswith(SUFFIX))


def _is_ignored(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ChallengeError(
            f"{path} is not UTF-8 ({error.reason} at byte {error.start}). Save the file as UTF-8."
        ) from None
