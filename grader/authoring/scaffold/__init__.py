"""Scaffolds a new challenge: all parts are present and fit together; only what its author must write is missing.

The templates are beside this file, named after the files that they become; placeholders such as `$slug` are filled in,
in names and in texts.
"""

from __future__ import annotations

import difflib
import re
import tempfile
from pathlib import Path
from string import Template

from grader.errors import UserError
from grader.framework import skills_of
from grader.model import Area, Struct

TEMPLATES = Path(__file__).parent / "template"
SUFFIX = ".tmpl"
WORD = re.compile(r"[a-z][a-z0-9_]{1,59}")


class CannotScaffold(UserError):
    """The challenge cannot be created. The message says why and what to do."""


class Named(Struct, frozen=True, kw_only=True):
    """The names of a new challenge."""

    area: Area
    slug: str

    @property
    def words(self) -> dict[str, str]:
        """The words that replace the templates' placeholders."""
        title = self.slug.replace("_", " ").capitalize()
        return {"slug": self.slug, "module": self.slug, "title": title, "skill": self._skill(title)}

    def _skill(self, title: str) -> str:
        """Return the area's skill whose name is closest to the title, for the author to review."""
        skills = skills_of(self.area) or (title,)
        return max(skills, key=lambda skill: difflib.SequenceMatcher(None, skill.lower(), title.lower()).ratio())


def named(name: str) -> Named:
    """Parse `area/slug`. Raises CannotScaffold."""
    area, slash, slug = name.partition("/")
    areas = ", ".join(area.value for area in Area)
    if not slash or area not in list(Area):
        raise CannotScaffold(f"{name!r} is not a name of the form AREA/SLUG. Use one of these areas: {areas}.")
    if not WORD.fullmatch(slug):
        raise CannotScaffold(
            f"{name!r}: {slug!r} is not a slug. Use lower-case letters, digits and `_`, as in `circuit_breaker`."
        )
    return Named(area=Area(area), slug=slug)


def scaffold(challenge: Named, root: Path) -> Path:
    """Write the challenge below `root`, as a whole or not at all, and return its folder. Raises CannotScaffold."""
    target = root / challenge.area.value / challenge.slug
    if target.exists():
        raise CannotScaffold(f"{target} already exists; nothing was overwritten. Choose another slug.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".grader-new-") as folder:
            ready = Path(folder) / challenge.slug
            for template in sorted(TEMPLATES.rglob(f"*{SUFFIX}")):
                _fill(template, ready, challenge.words)
            ready.replace(target)
    except OSError as error:
        raise CannotScaffold(f"{target}: {error.strerror}. Choose a folder that you can write to.") from None
    return target


def _fill(template: Path, folder: Path, words: dict[str, str]) -> None:
    relative = template.relative_to(TEMPLATES).as_posix().removesuffix(SUFFIX)
    path = folder / Template(relative).substitute(words)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Template(template.read_text("utf-8")).substitute(words), encoding="utf-8")
