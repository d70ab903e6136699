"""`grader due`: what is due again, and `due record`, which records that it was done."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader.cli import challenges, kept
from grader.cli.output import deliver
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import view
from grader.errors import UserError

OCCASIONS = ("monthly", "annual")


@click.group("due", invoke_without_command=True)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["terminal", "markdown"]),
    help="Default: inferred from the extension of --output, otherwise terminal.",
)
@kept.output_option
@click.option("--fail-on-due", is_flag=True, help="Exit with status 1 if anything is due.")
@kept.issuer_option
@kept.option
@challenges.option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    format_: str | None,
    output: str | None,
    fail_on_due: bool,
    issuers: tuple[Path, ...],
    root: Path,
    roots: tuple[Path, ...],
) -> int:
    """Show what is due: monthly, quarterly and annual reviews, certificates to renew and feedback from peers.

    Each item comes with its command, its questions and what counts as done.

    The portfolio's files are the only record of what was done: a journal entry, a new report or a review.
    """
    if ctx.invoked_subcommand is not None:
        return ExitStatus.GRADED
    from grader.portfolio.due import DueSources, due
    from grader.portfolio.folder import today
    from grader.portfolio.terminal_due import due_markdown, due_text
    from grader.report.terminal import printed

    target = kept.target(format_, output, ("terminal", "markdown"))
    found = kept.state(root, issuers, roots=roots)
    known = challenges.known(roots).challenges()
    items = due(
        DueSources(
            person=found.person,
            day=today(),
            reports=found.reports,
            journal=found.journal,
            reviews=found.reviews,
            versions={entry.name: entry.manifest.version for entry in known},
            root=str(root),
            certificates=found.certificates,
            standings=found.standings(known) if found.trust.issuers else (),
        )
    )
    text = due_markdown(items, today()) if target.format == "markdown" else printed(due_text(items, today()), view())
    deliver(text, target)
    status = kept.status(found)
    return ExitStatus.BELOW if fail_on_due and any(item.is_due for item in items) else status


@command.command("record")
@click.argument("occasion", type=click.Choice(OCCASIONS))
@click.option("--learned", metavar="TEXT", help="What you found and learned.")
@click.option("--to-try", metavar="TEXT", help="What you will try before the next time.")
@kept.option
def record(*, occasion: str, learned: str | None, to_try: str | None, root: Path) -> int:
    """Add a dated entry about OCCASION to the journal, so that it is not due again until the next time.

    Without --learned or --to-try, you are asked the questions that `grader due` shows.
    """
    from grader.portfolio.folder import today
    from grader.portfolio.journal import EntryOccasion, JournalEntry, write_entry

    if learned is None and to_try is None:
        learned, to_try = _asked(occasion)
    if not ((learned or "").strip() or (to_try or "").strip()):
        raise UserError("the entry is empty. Add --learned, --to-try or both.")
    entry = JournalEntry(
        format_version=1,
        date=today(),
        kind=EntryOccasion(occasion),
        learned=(learned or "").strip(),
        to_try=(to_try or "").strip(),
    )
    click.echo(f"kept: {write_entry(kept.folder(root), entry)}")
    return ExitStatus.GRADED


def _asked(occasion: str) -> tuple[str, str]:
    from grader.portfolio.due import OCCASIONS as RULES

    if not sys.stdin.isatty():
        raise UserError("stdin is not a terminal, so there is nobody to ask. Add --learned, --to-try or both.")
    rule = next(rule for rule in RULES if rule.id == occasion)
    answers = [
        f"{question} {answer}"
        for question in rule.questions
        if (answer := click.prompt(question, default="", show_default=False))
    ]
    return "\n".join(answers), click.prompt("What will you try before the next time?", default="", show_default=False)
