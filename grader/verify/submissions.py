"""What a challenge's folder claims: the submissions in it, and what each must earn. Read once; nothing is judged here.

solution/ solution_alt/              everything
starter/ and an empty folder         nothing for behaviour
flawed/<criterion>/<mistake>/        loses that criterion, those in its loses.txt, and nothing else
"""

from __future__ import annotations

from pathlib import Path

from grader.challenges.challenge import Challenge
from grader.model import Struct

LOSES = "loses.txt"
"""Other criteria that a flawed submission loses, one a line."""


class Flaw(Struct, frozen=True, kw_only=True):
    """A known-bad submission."""

    criterion: str
    mistake: str
    folder: Path
    also: tuple[str, ...]
    """What `loses.txt` adds."""

    @property
    def name(self) -> str:
        """Its path in the challenge."""
        return f"flawed/{self.criterion}/{self.mistake}"

    @property
    def loses(self) -> frozenset[str]:
        """Every criterion that it claims to lose."""
        return frozenset((self.criterion, *self.also))


def flaws(challenge: Challenge) -> tuple[Flaw, ...]:
    """The known-bad submissions, by path."""
    folders = [path for path in sorted(challenge.folder.glob("flawed/*/*")) if path.is_dir() and _visible(path)]
    return tuple(
        Flaw(criterion=path.parent.name, mistake=path.name, folder=path, also=_also(path / LOSES)) for path in folders
    )


def _visible(path: Path) -> bool:
    return not path.name.startswith((".", "__")) and not path.parent.name.startswith((".", "__"))


def _also(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return tuple(line for line in lines if line)
