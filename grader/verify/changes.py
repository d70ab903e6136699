"""The challenges that a change touches: a quick answer for authors, who verify all challenges before they merge."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from grader.challenges.challenge import Challenge

SECONDS = 60.0
"""The time limit for a git command."""


class ChangesError(Exception):
    """The changes cannot be determined; the message says why and what to do."""


def touched(challenges: Iterable[Challenge], since: str) -> tuple[Challenge, ...]:
    """Return the challenges with a file that has changed since the current branch left `since`. Raises ChangesError.

    Uncommitted and new files count. Changes to the code that verifies challenges do not.
    """
    return tuple(challenge for challenge in challenges if _differs(challenge, since))


def _differs(challenge: Challenge, since: str) -> bool:
    base = _git(challenge, since, "merge-base", "--", since, "HEAD").strip()
    changed = _git(challenge, since, "diff", "--name-only", "--no-ext-diff", "--no-textconv", base, "--", ".")
    return bool(changed or _git(challenge, since, "ls-files", "--others", "--exclude-standard", "--", "."))


def _git(challenge: Challenge, since: str, *words: str) -> str:
    command = ["git", "--no-pager", "--no-optional-locks", "-C", str(challenge.folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ChangesError(
            f"git cannot be run in {challenge.folder}: {error}. Pass the names of the challenges to verify instead."
        ) from None
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[0]
        raise ChangesError(
            f"{challenge.folder}: git cannot tell what changed since {since!r}: {reason}. "
            "Use a branch or commit of the repository that contains the challenges, or pass the challenges' "
            "names instead."
        )
    return done.stdout
