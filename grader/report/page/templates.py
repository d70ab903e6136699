"""Templates of pages whose texts may come from anybody: names of folders, notes, titles."""

from __future__ import annotations

from pathlib import Path

import jinja2

from grader.report.visible import visible


def environment(folder: Path) -> jinja2.Environment:
    """Return an environment for the templates in a folder. Every text is escaped, and its control characters shown."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
