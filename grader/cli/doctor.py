"""`grader doctor`: what this machine can isolate, what it lacks, the remedy, and what is not stopped until then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grader.cli.screen import show
from grader.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from sandbox.diagnose import Layer

FOUNDATION = "namespaces"
"""The layer without which nothing is graded."""


@click.command("doctor")
@click.option("--clean", is_flag=True, help="First remove what killed gradings left: containers, control groups.")
def command(*, clean: bool) -> int:
    """Say what this machine can isolate, what it lacks, and the remedy. Exit 3 when it can grade nothing."""
    from rich.console import Group

    if clean:
        _clean()
    from sandbox.diagnose import State, diagnose

    layers = diagnose()
    able = all(layer.state is State.PRESENT for layer in layers if layer.name == FOUNDATION)
    show(Group(*(_layer(layer) for layer in layers), _verdict(layers, able=able)))
    return Status.GRADED if able else Status.UNMEASURED


def _clean() -> None:
    from sandbox.backends.docker.reaper import remove_stale
    from sandbox.backends.docker.session import connect
    from sandbox.machine import cgroup
    from sandbox.outcome import SandboxUnusable

    place = cgroup.find_place()
    if isinstance(place, cgroup.Place):
        cgroup.remove_stale(place)
    try:
        client = connect()
    except SandboxUnusable as error:
        click.echo(f"{error}; no container was looked for.")
        return
    click.echo(f"Containers of killed gradings removed: {remove_stale(client)}.")
    client.close()


def _layer(layer: Layer) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from grader.report.terminal.finding import advice, hanging, indented
    from grader.report.visible import one_line
    from sandbox.diagnose import State

    sign, style = {State.PRESENT: ("✓", "green"), State.MISSING: ("✗", "red"), State.IMPOSSIBLE: ("-", "yellow")}[
        layer.state
    ]
    name = Text.assemble((layer.name, "bold"), "" if layer.state is State.PRESENT else f": {layer.state.value}")
    lines = [hanging(Text(sign, style=style), name, by=0), indented(Text(one_line(layer.detail)))]
    if layer.not_stopped:
        lines.append(indented(Text(f"Not stopped without it: {one_line(layer.not_stopped)}.")))
    return Group(*lines, *advice(layer.remedy))


def _verdict(layers: Iterable[Layer], *, able: bool) -> RenderableType:
    from rich.padding import Padding
    from rich.text import Text

    from sandbox.diagnose import State

    lacking = sum(layer.state is not State.PRESENT for layer in layers)
    if not able:
        words = Text("This machine cannot grade yet.", style="bold red")
    elif lacking:
        words = Text(f"This machine can grade; {lacking} layer{'s' if lacking > 1 else ''} of the wall could be added.")
    else:
        words = Text("This machine can grade, with every layer of the wall.", style="bold green")
    return Padding(words, (1, 0, 0, 0))
