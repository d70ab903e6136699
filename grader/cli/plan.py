"""`grader plan`: which challenges come next and why; `plan note` and `plan target` record what its owner adds."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click

from grader.cli import challenges, kept
from grader.cli.output import deliver
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import show, view
from grader.errors import UserError

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group("plan", invoke_without_command=True)
@click.option("--goal", type=click.IntRange(1, 4), default=3, show_default=True, help="The level to plan for.")
@kept.format_option
@kept.output_option
@kept.scan_option
@kept.option
@challenges.option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    goal: int,
    format_: str | None,
    output: str | None,
    scan: Path | None,
    root: Path,
    roots: tuple[Path, ...],
) -> int:
    """Show what lies between you and a level: challenges in order, why, for how long, and what to read for each.

    It works without a profile or reports, but is better with both. Each step ends with the command that starts it.
    """
    if ctx.invoked_subcommand is not None:
        return ExitStatus.GRADED
    from grader.model import Level
    from grader.portfolio.folder import today
    from grader.portfolio.markdown_plan import plan_markdown
    from grader.portfolio.pages import plan_page
    from grader.portfolio.terminal_plan import plan_text
    from grader.report.terminal import printed

    target = kept.target(format_, output)
    found = kept.state(root, scan=scan)
    known = challenges.known(roots).challenges()
    plan = found.plan(known, today(), goal=Level(goal), options=kept.options(root, roots))
    match target.format:
        case "html":
            text = plan_page(plan)
        case "markdown":
            text = plan_markdown(plan)
        case _:
            text = printed(plan_text(plan), view())
    deliver(text, target)
    return kept.status(found)


@command.command("note")
@click.argument("skill")
@click.option("--learned", metavar="TEXT", help="What you learned or achieved.")
@click.option("--to-try", metavar="TEXT", help="What you want to try next.")
@kept.option
def note(*, skill: str, learned: str | None, to_try: str | None, root: Path) -> int:
    """Add a dated note on SKILL to the portfolio's journal, and show the skill's notes beside its results.

    Without --learned or --to-try, you are asked for both. A day may have several notes; none is overwritten.
    """
    from grader.portfolio.folder import today
    from grader.portfolio.journal import EntryOccasion, JournalEntry, write_entry
    from grader.portfolio.strict import framework_skill, meant_skill
    from grader.portfolio.terminal_notes import notes_text

    known = framework_skill(skill)
    if known is None:
        raise UserError(f"SKILL: the framework has no skill {skill!r}. {meant_skill(skill)}.")
    if learned is None and to_try is None:
        learned, to_try = _asked(known)
    if not ((learned or "").strip() or (to_try or "").strip()):
        raise UserError("the note is empty. Add --learned, --to-try or both.")
    entry = JournalEntry(
        format_version=1,
        date=today(),
        kind=EntryOccasion.SKILL,
        skill=known,
        learned=(learned or "").strip(),
        to_try=(to_try or "").strip(),
    )
    path = write_entry(kept.folder(root), entry)
    click.echo(f"kept: {path}", err=True)
    found = kept.state(root)
    show(notes_text(found.histories[known], found.journal.about(known)))
    return kept.status(found)


@command.command("target")
@click.argument("name", required=False, metavar="[TARGET]")
@click.option(
    "--by", type=DAY, metavar="DATE", help="The day by which you want to reach the target, such as 2027-02-28."
)
@click.option("--now", default="", metavar="TEXT", help="Today's figure, such as `88 %`.")
@click.option("--words", default="", metavar="TEXT", help="For a target of your own: what you want to reach.")
@click.option(
    "--skill",
    "skills",
    multiple=True,
    metavar="SKILL",
    help="With --words: a skill that the target rests on. May be repeated.",
)
@kept.option
def target(
    *, name: str | None, by: dt.datetime | None, now: str, words: str, skills: tuple[str, ...], root: Path
) -> int:
    """List the persona's goals and indicators, or choose TARGET for your plan.

    A target moves the skills that it rests on up in the plan. The grader does not measure it: say where you stand with
    --now, as often as you like.
    """
    from grader.portfolio.profile import ChosenTarget, known_profile, with_news, with_target, write_profile
    from grader.portfolio.strict import framework_skill
    from grader.portfolio.targets import GOALS
    from grader.portfolio.terminal_notes import targets_text

    place = kept.folder(root)
    profile = known_profile(place)
    if name is None:
        show(targets_text(profile.targets if profile else ()))
        return ExitStatus.GRADED
    if name not in GOALS and not words:
        raise UserError(
            f"TARGET: {name!r} is not one of the persona's targets. Add --words, or choose one of: {', '.join(GOALS)}."
        )
    day = by.date() if by else None
    text = place.profile.read_text(encoding="utf-8") if profile else ""
    chosen = [target.id for target in profile.targets] if profile else []
    if name in chosen:
        if words or skills or not (day or now):
            raise UserError(f"TARGET: {name!r} has already been chosen. Use --by or --now, or edit {place.profile}.")
        text = with_news(text, chosen.index(name), by=day, now=now)
    else:
        known = tuple(framework_skill(skill) or skill for skill in skills)
        text = with_target(text, ChosenTarget(id=name, words=words, skills=known, by=day, now=now))
    written = write_profile(place, text)
    click.echo(f"kept: {place.profile}", err=True)
    show(targets_text(written.targets))
    return ExitStatus.GRADED


def _asked(skill: str) -> tuple[str, str]:
    if not sys.stdin.isatty():
        raise UserError("stdin is not a terminal, so there is nobody to ask. Add --learned, --to-try or both.")
    click.echo(f"A note on {skill}. Press Enter to skip a question.")
    learned = click.prompt("Learned or achieved", default="", show_default=False)
    return learned, click.prompt("To try next", default="", show_default=False)
