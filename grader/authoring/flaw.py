"""A known mistake, laid out as a folder for editing and written back as a patch."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from grader.challenges.challenge import Challenge, ChallengeError
from grader.challenges.flaws import SUFFIX, Flaw, files_of, flaws, parsed_head, patch_of, texts
from grader.errors import UserError

HEAD = "MISTAKE.txt"
"""In a laid-out folder: the description and the `loses:` line."""
OLD = "OLD.patch"
"""In a laid-out folder: the patch that does not apply any more."""
INVITATION = "Say here what people get wrong, in one sentence.\n"


class FlawError(UserError):
    """The mistake cannot be laid out or written back. The message says where, what and what to do."""


def lay_out(challenge: Challenge, criterion: str, mistake: str, folder: Path) -> str:
    """Write the mistake's files into a new folder; a new mistake is the solution itself. Raises FlawError.

    Returns why the old patch does not apply any more, or nothing; then the solution lies there, the patch beside it.
    """
    known = [one.id for one in challenge.manifest.criteria]
    if criterion not in known:
        raise FlawError(f"{criterion!r} is not a criterion of {challenge.name}. Name one of: {', '.join(known)}.")
    flaw = next((flaw for flaw in flaws(challenge) if (flaw.criterion, flaw.mistake) == (criterion, mistake)), None)
    problem = ""
    files: Mapping[str, str] = texts(challenge.folder / "solution")
    if flaw is not None:
        try:
            files = files_of(flaw, challenge)
        except ChallengeError as error:
            problem = str(error)
            files = {**files, OLD: flaw.path.read_text(encoding="utf-8")}
    _write(folder, {**files, HEAD: _head(flaw)})
    return problem


def write_back(challenge: Challenge, criterion: str, mistake: str, folder: Path) -> Path:
    """Write the patch from a laid-out folder, and return its path. Raises FlawError."""
    laid = texts(folder)
    description, also = parsed_head(laid.pop(HEAD, ""))
    laid.pop(OLD, None)
    solution = texts(challenge.folder / "solution")
    if laid == solution:
        raise FlawError(f"{folder}: it is the solution itself. Make the mistake, then run this again.")
    if not description or description == INVITATION.strip():
        raise FlawError(f"{folder / HEAD}: it does not say what people get wrong. Write a sentence, then run this.")
    path = challenge.folder / "flawed" / criterion / f"{mistake}{SUFFIX}"
    _write(path.parent, {path.name: patch_of(description, also, solution, laid)})
    shutil.rmtree(path.with_suffix(""), ignore_errors=True)  # the same mistake, when it was a folder
    return path


def _head(flaw: Flaw | None) -> str:
    if flaw is None:
        return INVITATION
    named = f"\nloses: {', '.join(flaw.also)}\n" if flaw.also else ""
    return (f"{flaw.description}\n" if flaw.description else INVITATION) + named


def _write(folder: Path, files: Mapping[str, str]) -> None:
    try:
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise FlawError(f"{folder}: {error.strerror}. Choose a folder that you may write to.") from None
