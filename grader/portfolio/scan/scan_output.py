"""Where a scan is written: a file that exists is overwritten only if it is itself a scan."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from grader import inputs
from grader.errors import UserError
from grader.portfolio.scan.inventory import FORMAT_VERSION, Scan, as_json
from grader.portfolio.scan.scan_markdown import MARK, as_markdown
from grader.portfolio.scan.scan_terminal import HEAD, as_terminal
from grader.report.view import View
from grader.report.visible import made_visible

LARGEST = 64 << 20


class _Head(msgspec.Struct):
    """The keys by which a scan's JSON is recognised."""

    format_version: int
    kind: str


def _is_json(content: bytes) -> bool:
    try:
        head = inputs.json(content, _Head)
    except msgspec.DecodeError:
        return False
    return head.kind == "scan" and head.format_version <= FORMAT_VERSION


TERMINAL = re.compile(rb"(\x1b\[[0-9;]*m)*" + HEAD.encode())
FORMATS: dict[str, Callable[[bytes], bool]] = {
    "terminal": lambda content: TERMINAL.match(content) is not None,
    "json": _is_json,
    "markdown": lambda content: content.startswith(MARK.encode()),
}
"""The formats of a scan, each with the test that recognises a scan in it."""


def rendered(scan: Scan, format_: str, view: View, *, places: int = 1) -> str:
    """Render a scan. Text from the repository is made visible first."""
    shown = made_visible(scan)
    match format_:
        case "json":
            return as_json(shown)
        case "markdown":
            return as_markdown(shown)
        case _:
            return as_terminal(shown, view, places=places)


def require_ours(path: Path) -> None:
    """Refuse to overwrite a file that is not a scan. Raises UserError."""
    try:
        if path.exists() and not path.is_file():
            return  # a pipe or a device, in which nothing is lost
        content = inputs.read(path, most=LARGEST)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"--output: {path}", str(error.strerror), "Choose another name") from None
    if content.strip() and not any(is_ours(content) for is_ours in FORMATS.values()):
        raise UserError(
            f"--output: {path}", "it already exists and is not a scan", "Choose another name, or remove it first"
        )
