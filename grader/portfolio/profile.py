"""`profile.toml`: the owner's rating of each skill, and the chosen targets.

    format_version = 1
    person = "Ada Lovelace"

    [ratings]
    "Metaclasses" = { level = 2, date = 2026-11-30 }

    [[targets]]
    id = "coverage"
    by = 2027-02-28
    now = "88 %"

The file is edited line by line, so that comments and order stay as they were. Versions of the format: 1, the first.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from grader.framework import FRAMEWORK
from grader.model import Level, Struct
from grader.portfolio.anchors import anchors
from grader.portfolio.folder import PortfolioFolder, unusable
from grader.portfolio.strict import framework_skill, line_of, meant_skill, parsed_toml, problem_at, quoted, read_text
from grader.portfolio.targets import GOALS
from grader.store import files

Words = Annotated[str, msgspec.Meta(max_length=500)]
HEAD = """# How I rate my skills. `grader profile` writes this file, and docs/reference/portfolio.md describes it.
format_version = 1
"""
RATINGS = "ratings"


class Rating(Struct, frozen=True, kw_only=True):
    """How the owner rates one skill."""

    level: Level
    """1 Junior, 2 Mid-level, 3 Senior, 4 Expert, by the anchors that `grader profile --form` shows."""
    date: dt.date
    """The day of the rating."""


class ChosenTarget(Struct, frozen=True, kw_only=True):
    """A target to plan for: one of the persona's goals, or one of the owner's own."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
    """One of the targets that `grader plan target` lists, or a name of your own with `words`."""
    words: Words = ""
    """What you want to reach; only for a target of your own."""
    skills: tuple[str, ...] = ()
    """The skills that the target rests on; only for a target of your own."""
    by: dt.date | None = None
    """The day by which you want to reach the target."""
    now: Words = ""
    """Today's figure, in your own words."""

    @property
    def says(self) -> str:
        """The target in words."""
        return self.words or GOALS[self.id].words

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The skills that the target rests on."""
        return self.skills or (GOALS[self.id].skills if self.id in GOALS else ())


class Profile(Struct, frozen=True, kw_only=True):
    """The content of `profile.toml`."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    """The version of this file's format: 1."""
    person: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """Whose portfolio this is, as reviews and reports name the person."""
    ratings: dict[str, Rating] = {}
    """One line for each rated skill of the framework: `"Async/Await" = { level = 3, date = 2026-11-30 }`."""
    targets: tuple[ChosenTarget, ...] = ()
    """The targets to plan for."""


def read_profile(path: Path) -> Profile:
    """Read a profile. Raises PortfolioError."""
    return checked(read_text(path), path)


def checked(text: str, path: Path) -> Profile:
    """Return the profile in a text; `path` names it in errors. Raises PortfolioError."""
    profile = parsed_toml(text, path, Profile)
    seen: set[str] = set()
    for name in profile.ratings:
        if framework_skill(name) != name:
            got = f"ratings.{quoted(name)}: the framework has no skill of that name"
            raise problem_at(path, text, (RATINGS, name), got, meant_skill(name))
    for place, target in enumerate(profile.targets):
        where = ("targets", place, "id")
        if target.id in seen:
            raise problem_at(path, text, where, f"the target {target.id!r} is listed twice", "Keep one of the two")
        seen.add(target.id)
        if not target.words and target.id not in GOALS:
            remedy = f"Add `words`, or choose one of: {', '.join(GOALS)}"
            raise problem_at(path, text, where, f"{target.id!r} is not one of the persona's targets", remedy)
        for skill in target.skills:
            if framework_skill(skill) != skill:
                got = f"the framework has no skill {skill!r}"
                raise problem_at(path, text, ("targets", place, "skills"), got, meant_skill(skill))
    return profile


def known_profile(folder: PortfolioFolder) -> Profile | None:
    """Return the portfolio's profile; None if there is none yet. Raises PortfolioError."""
    return read_profile(folder.profile) if folder.profile.exists() else None


def with_ratings(text: str, ratings: Mapping[str, Rating]) -> str:
    """Return the text of a profile with these ratings in it; all other lines stay as they are."""
    for skill, rating in ratings.items():
        text = _with_rating(text or HEAD, skill, rating)
    return text


def with_person(text: str, person: str) -> str:
    """Return the text of a profile that names its owner."""
    lines = (text or HEAD).splitlines()
    number = line_of("\n".join(lines), ("person",))
    if number is not None:
        lines[number - 1] = f"person = {quoted(person)}"
    else:
        place = line_of("\n".join(lines), ("format_version",)) or 0
        lines.insert(place, f"person = {quoted(person)}")
    return "\n".join(lines) + "\n"


def with_target(text: str, target: ChosenTarget) -> str:
    """Return the text of a profile with one more target at its end."""
    lines = ["", "[[targets]]", f"id = {quoted(target.id)}"]
    lines += [f"words = {quoted(target.words)}"] if target.words else []
    lines += [f"skills = [{', '.join(map(quoted, target.skills))}]"] if target.skills else []
    lines += [f"by = {target.by.isoformat()}"] if target.by else []
    lines += [f"now = {quoted(target.now)}"] if target.now else []
    return (text or HEAD).rstrip("\n") + "\n" + "\n".join(lines) + "\n"


def with_news(text: str, place: int, *, by: dt.date | None, now: str) -> str:
    """Return the text of a profile with a new day or figure for the target at index `place`."""
    news = {"by": by.isoformat() if by else "", "now": quoted(now) if now else ""}
    for key, value in news.items():
        lines = text.splitlines()
        number = line_of(text, ("targets", place, key))
        if not value or number is None:
            continue
        if lines[number - 1].lstrip().startswith(key):
            lines[number - 1] = f"{key} = {value}"
        else:  # its header
            lines.insert(line_of(text, ("targets", place, "id")) or number, f"{key} = {value}")
        text = "\n".join(lines) + "\n"
    return text


def write_profile(folder: PortfolioFolder, text: str) -> Profile:
    """Check the text of a profile, write it, and return the profile. Raises PortfolioError."""
    profile = checked(text, folder.profile)
    folder.create()
    try:
        files.write(folder.profile, text)
    except OSError as error:
        raise unusable(folder.profile, error) from None
    return profile


def form(profile: Profile | None = None) -> str:
    """Return a profile to fill in: every skill with its anchors, and unrated skills commented out."""
    known = profile.ratings if profile else {}
    lines = [HEAD.rstrip(), f"person = {quoted(profile.person if profile else '')}", "", f"[{RATINGS}]"]
    lines += [
        "# For each skill, enter the highest level that is fully true of you, and remove the # from its last line.",
        "",
    ]
    day = dt.datetime.now(tz=dt.UTC).date()
    for competency in FRAMEWORK:
        lines += [f"# --- {competency.title} ---", ""]
        for skill in competency.skills:
            lines += [f"# {skill}", *(f"#   {level.value} {sentence}" for level, sentence in anchors()[skill].items())]
            rating = known.get(skill)
            lines += [_line(skill, rating) if rating else f"# {_line(skill, Rating(level=Level.JUNIOR, date=day))}", ""]
    return "\n".join(lines).rstrip() + "\n"


def changes(before: Profile | None, ratings: Mapping[str, Rating]) -> Iterable[str]:
    """Yield a line of text for each rating that changes."""
    known = before.ratings if before else {}
    for skill, rating in ratings.items():
        if skill in known and known[skill].level is not rating.level:
            yield f"{skill}: {known[skill].level.value} on {known[skill].date.isoformat()}, now {rating.level.value}"


def _line(skill: str, rating: Rating) -> str:
    return f"{quoted(skill)} = {{ level = {rating.level.value}, date = {rating.date.isoformat()} }}"


def _with_rating(text: str, skill: str, rating: Rating) -> str:
    lines = text.splitlines()
    number = line_of(text, (RATINGS, skill))
    table = line_of(text, (RATINGS,))
    if table is None:
        start = next((place for place, line in enumerate(lines) if re.match(r"\s*\[", line)), len(lines))
        lines[start:start] = ["", f"[{RATINGS}]", _line(skill, rating), *([""] if start < len(lines) else [])]
    elif number is not None and number != table:
        comment = re.search(r"\}\s*(#.*)$", lines[number - 1])
        lines[number - 1] = f"{_line(skill, rating)}{f'  {comment[1]}' if comment else ''}"
    else:
        end = next((place for place in range(table, len(lines)) if re.match(r"\s*\[", lines[place])), len(lines))
        while end > table and not lines[end - 1].strip():
            end -= 1
        lines.insert(end, _line(skill, rating))
    return "\n".join(lines) + "\n"
