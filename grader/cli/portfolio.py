"""`grader portfolio`: the dashboard, a static site, and adding reports."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import challenges, kept
from grader.cli.output import deliver
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import view
from grader.errors import GraderError, UserError


@click.group("portfolio")
def command() -> None:
    """Show and publish a portfolio."""


@command.command("dashboard")
@kept.format_option
@kept.output_option
@kept.issuer_option
@kept.option
@challenges.option
def dashboard(
    *, format_: str | None, output: str | None, issuers: tuple[Path, ...], root: Path, roots: tuple[Path, ...]
) -> int:
    """Show the five areas, Leadership and every skill with its date and trend.

    A report counts as signed if a key given with --issuer signed it. All others are shown as self-graded.
    """
    from grader.portfolio.folder import today
    from grader.portfolio.markdown_dashboard import dashboard_markdown
    from grader.portfolio.pages import dashboard_page
    from grader.portfolio.terminal_dashboard import dashboard_text
    from grader.report.terminal import printed

    target = kept.target(format_, output)
    found = kept.state(root, issuers, roots=roots)
    board = found.dashboard(challenges.known(roots).challenges(), today())
    match target.format:
        case "html":
            text = dashboard_page(board)
        case "markdown":
            text = dashboard_markdown(board)
        case _:
            text = printed(dashboard_text(board), view())
    deliver(text, target)
    return kept.status(found)


@command.command("site")
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--goal", type=click.IntRange(1, 4), default=3, show_default=True, help="The level to plan for.")
@kept.issuer_option
@kept.option
@challenges.option
def site(*, target: Path, goal: int, issuers: tuple[Path, ...], root: Path, roots: tuple[Path, ...]) -> int:
    """Write the dashboard, the plan and all reports as pages into DIR.

    DIR is a new folder, or a site that this command wrote before. Reports are shown as candidates may see them. The
    pages need no server, no script and no network.
    """
    from grader.model import Level
    from grader.portfolio.folder import today
    from grader.portfolio.site import pages, write_site

    found = kept.state(root, issuers, roots=roots)
    known = challenges.known(roots).challenges()
    board = found.dashboard(known, today())
    plan = found.plan(known, today(), goal=Level(goal), options=kept.options(root, roots))
    written = pages(board, plan)
    write_site(target, written)
    click.echo(f"Wrote {len(written)} pages, starting with {target}/index.html.")
    return kept.status(found)


@command.command("add")
@click.argument("paths", nargs=-1, required=True, metavar="REPORT...", type=click.Path(path_type=Path))
@kept.option
def add(*, paths: tuple[Path, ...], root: Path) -> int:
    """Copy each REPORT, plain or signed, into the portfolio. `grader grade --portfolio` does so after grading."""
    from grader.portfolio.reports import copy

    place = kept.folder(root)
    place.create()
    for path in paths:
        try:
            kept_at, is_new = copy(place, path)
        except UserError:
            raise
        except OSError as error:
            raise UserError(str(path), str(error.strerror), "Pass a report that --format json wrote") from None
        except GraderError as error:
            raise UserError(f"{path}: {error}. Pass a report, or an envelope that `grader sign` wrote.") from None
        click.echo(f"{'kept' if is_new else 'already kept'}: {kept_at}")
    return ExitStatus.GRADED
