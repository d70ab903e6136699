"""`grader watch`: grade again at each save, and show first what changed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges
from grader.cli.output import Target, deliver
from grader.cli.status import ExitStatus

if TYPE_CHECKING:
    from grader.watch.session import ExplainedReport, Noted, WatchedReport

SPARE = 2
"""Screen lines that are reserved for text above and below a report."""


@click.command("watch")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--challenge", "name", metavar="SLUG", help="The challenge that PATH answers. Default: search PATH for challenges."
)
@click.option("--only", multiple=True, metavar="CRITERION", help="Show only this criterion. May be repeated.")
@click.option("--verbose", is_flag=True, help="Show the whole report of each grading below the changes.")
@click.option("--poll", is_flag=True, help="Poll PATH for changes; use this on mounts that do not report writes.")
@click.option("--backend", metavar="NAME", help="The sandbox backend to use. `grader doctor` lists the backends.")
@challenges.option
def command(
    *,
    path: Path,
    name: str | None,
    only: tuple[str, ...],
    verbose: bool,
    poll: bool,
    backend: str | None,
    roots: tuple[Path, ...],
) -> int:
    """Grade PATH now and at each save, until Ctrl-C; show what each save won, lost and left broken.

    The sandboxes stay warm, and each grading draws its own inputs. A save during a grading ends that grading and starts
    the next. Examples for broken promises follow the verdict as soon as they are found. No files are written.
    """
    from grader.assess.find import find
    from grader.assess.grader import Grader
    from grader.watch.session import WatchSession

    known = challenges.known(roots)
    grader = Grader(backend)
    if only:
        answered = [assignment.challenge.name for assignment in find(path, known, only=name).each]
        challenges.require_criteria(only, known, answered)

    def tell(event: WatchedReport | ExplainedReport | Noted) -> None:
        deliver(_text(event, only=only, verbose=verbose), Target("terminal", None))

    try:
        with grader, WatchSession(path, known, grader, tell, only=name) as session:
            session.run(poll=poll)
    except KeyboardInterrupt:
        return ExitStatus.GRADED  # how a session ends


def _text(event: WatchedReport | ExplainedReport | Noted, *, only: Sequence[str], verbose: bool) -> str:
    from grader.cli.terminal_view import view
    from grader.report import render
    from grader.report.visible import visible, without_commands
    from grader.watch.session import ExplainedReport, Noted
    from grader.watch.telling import explained, told

    clock = time.strftime("%H:%M:%S  ")
    if isinstance(event, Noted):
        return clock + without_commands(visible(event.text)) + "\n"
    look = view()
    lines = shutil.get_terminal_size((80, 24)).lines - SPARE
    if isinstance(event, ExplainedReport):
        if verbose:
            return f"{render(event.report, 'terminal', look)}\n"
        return explained(event.report, look, lines=lines, only=only)
    text = told(event.before, event.report, look, at=clock, lines=lines, only=only)
    return text + (f"\n{render(event.report, 'terminal', look)}\n" if verbose else "")
