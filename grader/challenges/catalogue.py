"""The catalogue of challenges: `<root>/<area>/<slug>/challenge.toml`, below the shipped root and an organisation's own.

Finding challenges reads only folder names. A challenge is loaded on request, so a broken one never hides the others.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from grader.challenges.challenge import Challenge, ChallengeError, load
from grader.challenges.prerequisites import circle, unknown
from grader.errors import UserError
from grader.model import Struct

VARIABLE = "GRADER_CHALLENGES"
"""The environment variable that lists more roots, separated as in `PATH`."""


class CatalogueError(UserError):
    """The caller named a challenge or a folder of challenges that cannot be used. The message says what to do."""


class UnknownChallenge(CatalogueError):
    """There is no challenge of that name."""


class AmbiguousChallenge(CatalogueError):
    """Several challenges have that name."""


class ChallengeLocation(Struct, frozen=True, kw_only=True):
    """The location of one challenge, none of whose files has been read yet."""

    area: str
    slug: str
    folder: Path

    @property
    def name(self) -> str:
        """`area/slug`, as people write it."""
        return f"{self.area}/{self.slug}"


class BrokenChallenge(Struct, frozen=True, kw_only=True):
    """A challenge that cannot be loaded, and what its author has to fix."""

    place: ChallengeLocation
    error: str


class Catalogue(Struct, frozen=True):
    """The challenges of all roots, ordered by area, then slug."""

    places: tuple[ChallengeLocation, ...]

    def find(self, name: str) -> Challenge:
        """Return the challenge called `slug` or `area/slug`. Raises CatalogueError, or ChallengeError if it is
        broken.
        """
        return self.read(self.place(name))

    def read(self, place: ChallengeLocation) -> Challenge:
        """Return the challenge at one of the places. Raises ChallengeError."""
        return load(place.folder)

    def place(self, name: str) -> ChallengeLocation:
        """Return the location of the challenge called `slug` or `area/slug`. Raises UnknownChallenge or
        AmbiguousChallenge.
        """
        wanted = name.strip().strip("/")
        found = [place for place in self.places if wanted in (place.slug, place.name)]
        if not found:
            raise UnknownChallenge(self._unknown(name))
        if len(found) > 1:
            raise AmbiguousChallenge(_ambiguous(wanted, found))
        return found[0]

    def load_all(self) -> tuple[Challenge | BrokenChallenge, ...]:
        """Return every challenge in order; a broken one comes with its error."""
        return tuple(self._or_broken(place) for place in self.places)

    def challenges(self) -> tuple[Challenge, ...]:
        """Return every challenge that can be loaded."""
        return tuple(entry for entry in self.load_all() if isinstance(entry, Challenge))

    def skills(self) -> tuple[str, ...]:
        """Return the skills of the challenges that can be loaded, each once."""
        return tuple(dict.fromkeys(challenge.manifest.skill for challenge in self.challenges()))

    def prerequisite_problems(self, challenge: Challenge) -> Iterator[str]:
        """Yield what is wrong with a challenge's prerequisites, each with its remedy."""
        names = challenge.manifest.prerequisites
        known = sorted({place.name for place in self.places})
        for place, name in enumerate(names):
            if name in names[:place]:
                yield f"{name!r} is listed twice. List it once."
        for name in unknown(names, known):
            close = difflib.get_close_matches(name, known, n=1)
            yield f"{name!r} is not a challenge. {f'Did you mean {close[0]}?' if close else 'Use AREA/SLUG.'}"
        if way := circle(challenge.name, self._prerequisites):
            yield f"{' builds on '.join(way)}. Remove one of these prerequisites."

    def broken(self) -> tuple[BrokenChallenge, ...]:
        """Return every challenge that cannot be loaded."""
        return tuple(entry for entry in self.load_all() if isinstance(entry, BrokenChallenge))

    def _or_broken(self, place: ChallengeLocation) -> Challenge | BrokenChallenge:
        try:
            return self.read(place)
        except (ChallengeError, OSError) as error:
            return BrokenChallenge(place=place, error=str(error))

    def _prerequisites(self, name: str) -> Sequence[str]:
        """Return what a challenge builds on; nothing if it is unknown or broken, which is reported elsewhere."""
        try:
            return self.find(name).manifest.prerequisites
        except (CatalogueError, ChallengeError, OSError):
            return ()

    def _unknown(self, name: str) -> str:
        where = f"challenge {name!r}"
        if not self.places:
            return f"{where}: there are no challenges. Add a folder of challenges with --challenges DIR or {VARIABLE}."
        by_word = {word: place.name for place in self.places for word in (place.slug, place.name)}
        close = dict.fromkeys(by_word[word] for word in difflib.get_close_matches(name, by_word, n=3))
        meant = f" Did you mean {' or '.join(close)}?" if close else ""
        names = ", ".join(dict.fromkeys(place.name for place in self.places))
        return f"{where}: there is no such challenge.{meant} The challenges are: {names}."


class Snapshot(Catalogue, frozen=True):
    """A catalogue that reads each challenge once, so that a long run judges its last submission by the same challenge
    as its first.
    """

    seen: dict[Path, Challenge] = msgspec.field(default_factory=dict)

    def read(self, place: ChallengeLocation) -> Challenge:
        """Like `Catalogue.read`, but return the same object each time."""
        if place.folder not in self.seen:
            self.seen[place.folder] = load(place.folder)
        return self.seen[place.folder]


def snapshot(of: Catalogue) -> Snapshot:
    """Return a snapshot of these challenges as they are now."""
    return Snapshot(of.places)


def catalogue(extra: Sequence[Path] = ()) -> Catalogue:
    """Return the shipped challenges, those below `extra`, and those below the roots in `GRADER_CHALLENGES`."""
    added = [Path(entry) for entry in os.environ.get(VARIABLE, "").split(os.pathsep) if entry]
    shipped = shipped_root()
    roots = [shipped] if shipped.is_dir() else []
    for root in (*extra, *added):
        if not root.is_dir():
            raise CatalogueError(
                f"{root}: there is no such folder. Use one that contains challenges as <area>/<slug>/challenge.toml."
            )
        roots.append(root)
    return Catalogue(_places(dict.fromkeys(root.resolve() for root in roots)))


def shipped_root() -> Path:
    """Return the root of the challenges inside an installed package, or else of those in the checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_challenges"
    return installed if installed.is_dir() else package.parent / "challenges"


def _places(roots: Iterable[Path]) -> tuple[ChallengeLocation, ...]:
    manifests = [manifest for root in roots for manifest in root.glob("*/*/challenge.toml")]
    places = [ChallengeLocation(area=path.parts[-3], slug=path.parts[-2], folder=path.parent) for path in manifests]
    return tuple(sorted(places, key=lambda place: (place.area, place.slug, place.folder)))


def _ambiguous(wanted: str, found: Sequence[ChallengeLocation]) -> str:
    names = list(dict.fromkeys(place.name for place in found))
    if len(names) > 1:
        return f"challenge {wanted!r}: several areas have a challenge of that name. Use {' or '.join(names)}."
    folders = " and ".join(str(place.folder) for place in found)
    return (
        f"challenge {wanted!r} exists more than once, in {folders}. Rename one, or leave out one folder of challenges."
    )
