"""`grader profile`: a self-rating of the framework's skills, by questions or from a file, beside what was graded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import kept
from grader.cli.output import Target, deliver
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import show, view
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.portfolio.profile import Profile, Rating

STOP, SKIP = "q", "0"


@click.command("profile")
@click.option("--from", "source", type=click.Path(path_type=Path), metavar="FILE", help="Take the ratings from FILE.")
@click.option(
    "--form", is_flag=True, help="Only print a form with the anchors of every level, to fill in and pass with --from."
)
@click.option("--again", is_flag=True, help="Ask about every skill, including those that are already rated.")
@click.option("--skill", "names", multiple=True, metavar="SKILL", help="Ask about this skill only. May be repeated.")
@click.option("--person", metavar="NAME", help="Your name, as it is written in reviews and reports.")
@click.option("--format", "format_", type=click.Choice(["terminal", "markdown"]), default="terminal", show_default=True)
@kept.scan_option
@kept.issuer_option
@kept.option
def command(
    *,
    source: Path | None,
    form: bool,
    again: bool,
    names: tuple[str, ...],
    person: str | None,
    format_: str,
    scan: Path | None,
    issuers: tuple[Path, ...],
    root: Path,
) -> int:
    """Rate your skills from 1 (Junior) to 4 (Expert), and compare the ratings with what was graded.

    In a terminal, you are asked about each skill that you have not rated; q stops and keeps your answers. Ratings that
    change are listed. Nothing else in profile.toml is changed, and the portfolio is created if it does not exist.
    """
    from grader.portfolio.profile import form as blank
    from grader.portfolio.profile import known_profile

    place = kept.folder(root)
    before = known_profile(place)
    if form:
        deliver(blank(before), Target("form", None))
        return ExitStatus.GRADED
    ratings: dict[str, Rating] = {}
    if source is not None:
        given = _read(source)
        ratings, person = dict(given.ratings), person or given.person or None
    elif names or again or before is None or _unrated(before):
        if sys.stdin.isatty():
            ratings = _asked(before, _skills(names), again=again or bool(names), person=person, root=root)
        elif names or again or (before is None and person is None):
            raise UserError(
                "stdin is not a terminal, so there is nobody to ask. Fill in what `grader profile --form` prints, "
                "and pass it with --from FILE."
            )
    _keep(root, before, ratings, person)
    return _compare(root, issuers, scan, format_)


def _read(source: Path) -> Profile:
    from grader.portfolio.profile import read_profile

    given = read_profile(source)
    if not given.ratings:
        raise UserError(str(source), "the file contains no ratings", "Remove the # before each rating that applies")
    return given


def _unrated(profile: Profile) -> list[str]:
    from grader.portfolio.anchors import anchors

    return [skill for skill in anchors() if skill not in profile.ratings]


def _skills(names: Sequence[str]) -> list[str]:
    from grader.portfolio.anchors import anchors
    from grader.portfolio.strict import framework_skill, meant_skill

    for name in names:
        if framework_skill(name) is None:
            raise UserError(f"--skill: the framework has no skill {name!r}. {meant_skill(name)}.")
    return [skill for name in names if (skill := framework_skill(name)) is not None] or list(anchors())


def _asked(
    before: Profile | None, skills: Sequence[str], *, again: bool, person: str | None, root: Path
) -> dict[str, Rating]:
    """Ask for ratings, and keep those that were given before Ctrl-C as well."""
    from grader.model import Level
    from grader.portfolio.folder import today
    from grader.portfolio.profile import Rating

    known = before.ratings if before else {}
    open_ = [skill for skill in skills if again or skill not in known]
    ratings: dict[str, Rating] = {}
    click.echo(
        f"Skills to rate: {len(open_)}. Choose the highest level that is fully true of you; 0 skips a skill, q stops.\n"
    )
    try:
        for place, skill in enumerate(open_, 1):
            answer = _question(skill, f"{place} of {len(open_)}", known.get(skill))
            if answer == STOP:
                break
            if answer != SKIP:
                ratings[skill] = Rating(level=Level(int(answer)), date=today())
    except click.Abort:
        _keep(root, before, ratings, person)
        raise
    return ratings


def _question(skill: str, place: str, known: Rating | None) -> str:
    from grader.framework import FRAMEWORK
    from grader.portfolio.anchors import anchors

    area = next(competency.title for competency in FRAMEWORK if skill in competency.skills)
    click.echo(f"{click.style(skill, bold=True) if view().colour else skill} · {area} · {place}")
    for level, sentence in anchors()[skill].items():
        click.echo(click.wrap_text(f"{level.value} {level.title}: {sentence}", 78, "  ", "    "))
    choices = click.Choice([*"1234", SKIP, STOP])
    default = str(known.level.value) if known else None
    answer = click.prompt("Level", type=choices, default=default, show_choices=False)
    click.echo()
    return str(answer)


def _keep(root: Path, before: Profile | None, ratings: dict[str, Rating], person: str | None) -> None:
    from grader.portfolio.profile import changes, with_person, with_ratings, write_profile

    if not ratings and person is None:
        return
    place = kept.folder(root)
    text = place.profile.read_text(encoding="utf-8") if before is not None else ""
    text = with_ratings(with_person(text, person) if person is not None else text, ratings)
    write_profile(place, text)
    click.echo(f"{place.profile}: {len(ratings)} rating{'s' if len(ratings) != 1 else ''} kept.", err=True)
    for change in changes(before, ratings):
        click.echo(f"  {change}", err=True)


def _compare(root: Path, issuers: Sequence[Path], scan: Path | None, format_: str) -> int:
    from grader.portfolio.markdown_profile import profile_markdown
    from grader.portfolio.terminal_profile import profile_text

    found = kept.state(root, issuers, scan)
    if format_ == "markdown":
        deliver(profile_markdown(found.compared, found.person, found.leadership), Target("markdown", None))
    else:
        show(profile_text(found.compared, found.person, found.leadership))
    return kept.status(found)
