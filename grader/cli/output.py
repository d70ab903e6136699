"""Sends reports to their places: each format to stdout, or to a file that appears as a whole or not at all.

Each --output belongs to the --format in the same position; a format without an output goes to stdout, as does one with
`-`. A single --output that contains `{format}` serves all formats. Without a --format, the ending of each output's name
determines its format; a name whose ending belongs to a format other than its own is refused as a slip.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from grader.cli.streams import silence
from grader.errors import UserError
from grader.store import files

PLACEHOLDER = "{format}"
STDOUT = "-"
ENDS = {
    ".htm": ("html",),
    ".html": ("html",),
    ".json": ("json", "record", "sarif", "gitlab", "gradescope"),
    ".md": ("markdown",),
    ".sarif": ("sarif",),
    ".xml": ("junit",),
}
"""The formats that a file may hold, by the ending of its name, likeliest first."""
PLAIN = ("", ".log", ".txt")
"""The endings of files that get the terminal format if there is no --format."""


class Target(NamedTuple):
    """One report to write; without a path, to stdout."""

    format: str
    path: Path | None


def targets(formats: Sequence[str], outputs: Sequence[str]) -> tuple[Target, ...]:
    """Pair formats and outputs, and check every path before anything is graded. Raises UserError."""
    if not formats:
        for output in outputs:
            suffix = Path(output).suffix.lower()
            if suffix not in ENDS and suffix not in PLAIN and output != STDOUT and PLACEHOLDER not in output:
                raise UserError(f"--output: the ending of {output} does not determine a format. Add a --format.")
        told = outputs and all(Path(output).suffix.lower() in ENDS for output in outputs)
        formats = [ENDS[Path(output).suffix.lower()][0] for output in outputs] if told else ["terminal"]
    if len(outputs) == 1 and PLACEHOLDER in outputs[0]:
        outputs = [outputs[0].replace(PLACEHOLDER, name) for name in formats]
    else:
        _check_ends(formats, outputs)
    if len(outputs) > len(formats):
        raise UserError(
            f"--output: got {len(outputs)} files for {len(formats)} format(s). "
            "Add a --format for each --output, in order."
        )
    found = [
        Target(name, None if output == STDOUT else Path(output))
        for name, output in zip(formats, [*outputs, *[STDOUT] * len(formats)], strict=False)
    ]
    _check(found)
    return tuple(found)


def _check_ends(formats: Sequence[str], outputs: Sequence[str]) -> None:
    for name, output in zip(formats, outputs, strict=False):
        suffix = Path(output).suffix.lower()
        if suffix in ENDS and name not in ENDS[suffix]:
            raise UserError(
                f"--output: {output} is paired with the format {name}, but a name that ends in {suffix} is for "
                f"{' or '.join(ENDS[suffix])}. The first --output belongs to the first --format, and so on."
            )


def _check(found: Sequence[Target]) -> None:
    printed = [target.format for target in found if target.path is None]
    if len(printed) > 1:
        raise UserError(
            f"--format: {' and '.join(printed)} would share stdout. Add an --output FILE for all but one, "
            f"or a single --output that contains {PLACEHOLDER}."
        )
    paths = [target.path for target in found if target.path is not None]
    for index, path in enumerate(paths):
        if path in paths[:index]:
            raise UserError(f"--output: {path} is listed twice. Choose a separate file for each format.")
        if not path.parent.is_dir():
            raise UserError(f"--output: {path}: the folder {path.parent} does not exist. Create it first.")
        if path.is_dir():
            raise UserError(f"--output: {path} is a folder. Choose a file in it.")


def deliver(text: str, target: Target) -> None:
    """Write one rendered report. It is not an error if the reader of stdout has gone."""
    if target.path is not None:
        try:
            files.write(target.path, text)
        except OSError as error:
            raise UserError(
                f"--output: {target.path}", str(error.strerror), "Choose a file that you can write to"
            ) from None
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
