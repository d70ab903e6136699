"""Exports what candidates may see of challenges: brief, starter, contract, rubric. Nothing else is ever copied.

This lists what goes out, not what stays: a file that an author adds tomorrow is secret until it is listed here.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from grader.challenges.challenge import Challenge
from grader.challenges.manifest import Criterion
from grader.challenges.terms import cell, terms, whole_brief
from grader.errors import UserError
from grader.model.kinds import TRAITS

INDEX = "README.md"


class CannotExport(UserError):
    """The folder cannot be written. The message says why and what to do."""


def export(challenges: Sequence[Challenge], target: Path) -> None:
    """Write the public side of every challenge below `target`, a new or empty folder. Raises CannotExport."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CannotExport(
            f"{target} already exists and is not an empty folder; nothing was overwritten. Choose a new folder."
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
        for challenge in challenges:
            _export(challenge, target / challenge.name)
        (target / INDEX).write_text(_index(challenges), encoding="utf-8")
    except OSError as error:
        raise CannotExport(f"{target}: {error.strerror}. Choose a folder that you can write to.") from None


def _export(challenge: Challenge, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(whole_brief(challenge), encoding="utf-8")
    (folder / "RUBRIC.md").write_text(rubric(challenge), encoding="utf-8")
    if challenge.contract is not None:
        shutil.copyfile(challenge.contract, folder / "contract.py")
    starter = challenge.folder / "starter"
    for path in sorted(starter.rglob("*")):
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
            copy = folder / "starter" / path.relative_to(starter)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def rubric(challenge: Challenge) -> str:
    """Return the criteria, levels and terms as Markdown."""
    manifest = challenge.manifest
    lines = [f"# {manifest.title}: rubric", "", "| criterion | judged by | points |", "| --- | --- | ---: |"]
    lines += map(_criterion, manifest.criteria)
    return "\n".join([*lines, "", terms(challenge)]) + "\n"


def _criterion(criterion: Criterion) -> str:
    return f"| {cell(criterion.title)} | {TRAITS[criterion.kind].words} | {criterion.points:g} |"


def _index(challenges: Sequence[Challenge]) -> str:
    lines = ["# Challenges", "", "| challenge | skill | what |", "| --- | --- | --- |"]
    for challenge in challenges:
        manifest = challenge.manifest
        link = f"[{cell(manifest.title)}]({challenge.name}/README.md)"
        lines.append(f"| {link} | {cell(manifest.skill)} | {cell(manifest.summary)} |")
    return "\n".join(lines) + "\n"
