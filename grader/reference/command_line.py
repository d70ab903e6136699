"""The command line: every command with its options, the report formats, and the exit statuses."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from grader.cli.commands import COMMANDS, grader
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import RECORD
from grader.reference.keys import meanings_of
from grader.reference.layout import prose, table
from grader.report import FORMATS


def commands() -> str:
    """List every command with its usage, help and options."""
    context = click.Context(grader, info_name="grader")
    return "\n\n".join(_section(name, grader.get_command(context, name), context) for name in COMMANDS)


def _section(name: str, command: click.Command | None, above: click.Context) -> str:
    assert command is not None
    context = click.Context(command, info_name=name, parent=above)
    if isinstance(command, click.Group):
        inner = [_section(inner, command.commands[inner], context) for inner in command.commands]
        return "\n\n".join([_of_command(command, context), *inner] if command.invoke_without_command else inner)
    return _of_command(command, context)


def _of_command(command: click.Command, context: click.Context) -> str:
    arguments = " ".join(
        piece
        for parameter in command.params
        for piece in parameter.get_usage_pieces(context)
        if isinstance(parameter, click.Argument)
    )
    usage = f"{context.command_path} [OPTIONS] {arguments}".rstrip()
    options = table(("option", "takes", "means"), _options(command))
    return f"## `{context.command_path}`\n\n```text\n{usage}\n```\n\n{_help(command)}\n\n{options}"


def _help(command: click.Command) -> str:
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(_paragraph(text) for text in paragraphs)


def _paragraph(text: str) -> str:
    """Render a paragraph of help, verbatim if click is told not to wrap it."""
    verbatim = text.removeprefix("\b\n")
    if verbatim == text:
        return prose(" ".join(text.split()))
    head, _, rest = verbatim.partition("\n")
    return f"{prose(head)}\n\n```text\n{inspect.cleandoc(rest)}\n```"


def _options(command: click.Command) -> Iterator[tuple[str, ...]]:
    for option in command.params:
        if isinstance(option, click.Option):
            default = f" Default: `{option.default}`." if option.show_default else ""
            yield ", ".join(f"`{name}`" for name in option.opts), _takes(option), f"{prose(option.help or '')}{default}"


def _takes(option: click.Option) -> str:
    match option.type:
        case _ if option.is_flag:
            return ""
        case click.Choice(choices=choices):
            return ", ".join(f"`{choice}`" for choice in choices)
        case click.IntRange(min=low, max=high):
            return f"integer, {low} to {high}"
        case click.FloatRange(min=low, max=high):
            return f"number, {low} to {high}"
        case _:
            return f"`{option.metavar or option.type.name.upper()}`"


def formats() -> str:
    """List every report format."""
    rows = [(f"`{name}`", format_.purpose) for name, format_ in FORMATS.items()]
    return table(("`--format`", "purpose"), [*rows, (f"`{RECORD}`", "for storage: everything, whatever the audience")])


def exit_statuses() -> str:
    """List every exit status."""
    meanings = meanings_of(ExitStatus)
    return table(("exit status", "meaning"), ((f"{status.value}", meanings[status.name]) for status in ExitStatus))
