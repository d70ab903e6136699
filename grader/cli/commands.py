"""The command group: a table of commands, whose modules are imported only when a command is called."""

from __future__ import annotations

import difflib
import importlib
from typing import NamedTuple

import click

PACKAGE = "senior-python-grader"


class CommandEntry(NamedTuple):
    """The location of a command, and what `grader --help` says about it without importing it."""

    module: str
    summary: str


COMMANDS = {
    "list": CommandEntry("grader.cli.list", "List the challenges, by area."),
    "show": CommandEntry("grader.cli.show", "Show a challenge's brief with its rubric and levels."),
    "start": CommandEntry("grader.cli.start", "Copy a challenge's starter and brief into a new folder."),
    "grade": CommandEntry("grader.cli.grade", "Grade one submission, or every challenge found in a repository."),
    "watch": CommandEntry("grader.cli.watch", "Grade again at each save, with the changes shown first."),
    "interview": CommandEntry(
        "grader.cli.interview", "Timed sessions: practise, or issue one and receive the answers."
    ),
    "profile": CommandEntry("grader.cli.profile", "Rate your skills, and compare with what was graded."),
    "plan": CommandEntry("grader.cli.plan", "Show which challenges come next, and why; keep notes and targets."),
    "certify": CommandEntry("grader.cli.certify", "Show what each certificate still lacks, or issue one."),
    "due": CommandEntry("grader.cli.due", "Show what is due: regular reviews, renewals and feedback from peers."),
    "portfolio": CommandEntry(
        "grader.cli.portfolio", "Show a portfolio's dashboard, write it as a site, or add reports."
    ),
    "badge": CommandEntry(
        "grader.cli.badge", "Show your progress towards the eight badges; issue, check or revoke badges."
    ),
    "new": CommandEntry("grader.cli.new", "Scaffold a new challenge with all its parts."),
    "verify": CommandEntry(
        "grader.cli.verify", "Check that challenges are as strong, stable and hard to forge as they claim."
    ),
    "flaw": CommandEntry(
        "grader.cli.flaw", "Lay out one of a challenge's known mistakes for editing, or write it back as a patch."
    ),
    "export": CommandEntry("grader.cli.export", "Write the parts of challenges that candidates may see into a folder."),
    "batch": CommandEntry("grader.cli.batch", "Grade a folder of submissions; resumable, on one machine or a cluster."),
    "report": CommandEntry("grader.cli.report", "Render a stored JSON report again, in any format."),
    "compare": CommandEntry("grader.cli.compare", "Show the points won and lost between two reports."),
    "regrade": CommandEntry(
        "grader.cli.regrade", "Grade the submissions of stored reports again, and show the differences."
    ),
    "review": CommandEntry("grader.cli.review", "Add a reviewer's marks to a report."),
    "sign": CommandEntry("grader.cli.sign", "Sign a report, a review or evidence, so that others can trust it."),
    "check": CommandEntry("grader.cli.check", "Check a signed report or certificate."),
    "scan": CommandEntry(
        "grader.cli.scan", "Show which skills a repository's code demonstrates, where, and how strongly."
    ),
    "doctor": CommandEntry(
        "grader.cli.doctor", "Show what this machine can isolate, what it lacks, and how to fix that."
    ),
}


class _Commands(click.Group):
    """A group that imports a command only when it is called, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = importlib.import_module(entry.module).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.module}.command is not a click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], COMMANDS, n=2)
            meant = f" Did you mean {' or '.join(close)}?" if close else ""
            raise click.UsageError(f"{error.message}{meant}", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if wanted:
        from importlib.metadata import version

        click.echo(f"grader {version(PACKAGE)}")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def grader() -> None:
    """Grade submissions to the Senior Python Developer skill assessment.

    Exit status: 0 graded, threshold met; 1 graded, below --fail-under; 2 the input or the call is wrong; 3 the harness
    could not measure, and nothing was graded as zero.
    """
