"""Lays out what a candidate begins with: the starter and the brief, as a whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from grader.challenges.challenge import Challenge
from grader.challenges.terms import whole_brief
from grader.errors import UserError


def lay_out(challenge: Challenge, target: Path, *, on_top: str = "") -> None:
    """Copy starter and brief into a folder that is empty or does not exist; `on_top` is Markdown above the brief.

    Raises UserError, and has written nothing then.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UserError(f"{target} already exists and is not an ordinary folder. Choose another folder.")
    if target.is_dir() and any(target.iterdir()):
        raise UserError(f"the folder {target} is not empty; nothing was overwritten. Choose another folder.")
    starter = challenge.folder / "starter"
    if not starter.is_dir():
        raise UserError(f"the challenge {challenge.name} has no starter/ folder. Its author has to add one.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".grader-start-") as folder:
            ready = Path(folder) / "ready"
            shutil.copytree(starter, ready, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
            (ready / "README.md").write_text(on_top + whole_brief(challenge, contract=True), encoding="utf-8")
            ready.replace(target)
    except OSError as error:
        raise UserError(f"{target}: {error.strerror}. Choose a folder that you can write to.") from None
