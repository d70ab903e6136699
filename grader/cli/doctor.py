"""`grader doctor`: report what this machine can isolate, what it lacks, the remedy, and what is not stopped until
then.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import click

from grader.cli.status import ExitStatus
from grader.cli.terminal_view import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from sandbox.diagnosis import Layer


@click.command("doctor")
@click.option(
    "--clean", is_flag=True, help="First remove containers and control groups that killed gradings left behind."
)
def command(*, clean: bool) -> int:
    """Report what this machine can isolate, what it lacks, and the remedy. Exits with status 3 if this machine cannot
    grade.
    """
    from rich.console import Group

    from sandbox.backends import BACKENDS, package

    if clean:
        for name in BACKENDS:
            click.echo(package(name).remove_stale())
    layers = {name: package(name).diagnose() for name in BACKENDS}
    able = [name for name, diagnosis in layers.items() if _can_grade(diagnosis)]
    show(Group(*_sections(layers), _verdict(layers, able)))
    return ExitStatus.GRADED if able else ExitStatus.UNMEASURED


def _can_grade(layers: Sequence[Layer]) -> bool:
    """Return whether the first layer, without which a backend cannot grade, is present."""
    from sandbox.diagnosis import State

    return layers[0].state is State.PRESENT


def _sections(layers: Mapping[str, Sequence[Layer]]) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    from sandbox.backends import DEFAULT

    yield Text(f"Submissions run on Python {platform.python_version()}.")
    for name, diagnosis in layers.items():
        usual = " (the default)" if name == DEFAULT else ""
        yield Padding(Text.assemble(("--backend ", "dim"), (name, "bold"), usual), (1, 0, 0, 0))
        yield from map(_layer, diagnosis)


def _layer(layer: Layer) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from grader.report.terminal.finding import advice, hanging, indented
    from grader.report.visible import one_line
    from sandbox.diagnosis import State

    sign, style = {State.PRESENT: ("✓", "green"), State.MISSING: ("✗", "red"), State.IMPOSSIBLE: ("-", "yellow")}[
        layer.state
    ]
    name = Text.assemble((layer.name, "bold"), "" if layer.state is State.PRESENT else f": {layer.state.value}")
    lines = [hanging(Text(sign, style=style), name, by=0), indented(Text(one_line(layer.detail)))]
    if layer.not_stopped:
        lines.append(indented(Text(f"Not stopped without this layer: {one_line(layer.not_stopped)}.")))
    return Group(*lines, *advice(layer.remedy))


def _verdict(layers: Mapping[str, Sequence[Layer]], able: Sequence[str]) -> RenderableType:
    from rich.padding import Padding
    from rich.text import Text

    from sandbox.backends import DEFAULT
    from sandbox.diagnosis import State

    lacking = sum(layer.state is not State.PRESENT for layer in layers[DEFAULT])
    if not able:
        words = Text("This machine cannot grade yet.", style="bold red")
    elif DEFAULT not in able:
        words = Text(f"This machine can grade with --backend {able[0]}.", style="bold yellow")
    elif lacking:
        words = Text(f"This machine can grade; {lacking} layer{'s' if lacking > 1 else ''} of the wall can be added.")
    else:
        words = Text("This machine can grade, with every layer of the wall.", style="bold green")
    return Padding(words, (1, 0, 0, 0))
