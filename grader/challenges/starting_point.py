"""Lays out what a candidate begins with: the starter and the brief, as a whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from grader.challenges.challenge import Challenge
from grader.challenges.terms import whole_brief
from grader.errors import UserError


def _leave(_folder: Path) -> None:
    """Add nothing to a folder."""


def lay_out(
    challenge: Challenge,
    target: Path,
    *,
    on_top: str = "",
    own: Mapping[str, str] = MappingProxyType({}),
    complete: Callable[[Path], None] = _leave,
) -> None:
    """Copy starter and brief into a folder that is empty or does not exist.

    `on_top` is Markdown above the brief, `own` holds files that replace those of the starter, and `complete` adds what
    depends on all of them. Raises UserError, and has written nothing then.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UserError(f"{target} already exists and is not an ordinary folder. Choose another folder.")
    if target.is_dir() and any(target.iterdir()):
        raise UserError(f"the folder {target} is not empty; nothing was overwritten. Choose another folder.")
    if challenge.must_be_drawn:
        raise UserError(
            f"{challenge.name} is drawn for each session. Begin one with `grader interview start {challenge.slug}`."
        )
    starter = challenge.folder / "starter"
    if not starter.is_dir():
        raise UserError(f"the challenge {challenge.name} has no starter/ folder. Its author has to add one.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".grader-start-") as folder:
            ready = Path(folder) / "ready"
            shutil.copytree(starter, ready, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
            for path, text in own.items():
                (ready / path).parent.mkdir(parents=True, exist_ok=True)
                (ready / path).write_text(text, encoding="utf-8", newline="")
            (ready / "README.md").write_text(on_top + whole_brief(challenge, contract=True), encoding="utf-8")
            complete(ready)
            ready.replace(target)
    except OSError as error:
        raise UserError(f"{target}: {error.strerror}. Choose a folder that you can write to.") from None
