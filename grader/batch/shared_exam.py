"""The exams that a cohort shares: one secret seed per challenge, drawn once for the submissions present at that time.

    exams/<area>--<slug>--<challenge>.json     mode 0600: the seed, and the digests of the submissions that sit the exam

An exam is spent as soon as anybody may have seen a report on it. The order in which reports are shown does not matter:
the digests of all entries are noted before the seed is drawn, and anything that is not among them (a late submission, a
changed one, a further attempt) gets a seed of its own. So nobody's code can know beforehand what its exam asks.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from grader import inputs
from grader.assess.pipeline import fresh_seed
from grader.batch.plan import Task, UnreadableEntry, file_name
from grader.challenges.challenge import Challenge
from grader.model import Struct, Submission
from grader.store import files

FOLDER = "exams"


class SharedExam(Struct, frozen=True, kw_only=True):
    """The shared seed for one challenge, and the submissions that sit the exam."""

    format_version: int = 1
    challenge: str
    challenge_digest: str
    seed: int
    drawn_at: str
    submissions: frozenset[str]
    """The digests of the submissions that sit the exam."""


class SharedExams:
    """The exams of one results folder. `present` plans every entry, so that all submissions are noted before a seed is
    drawn.
    """

    def __init__(self, results: Path, present: Callable[[], Iterable[Task | UnreadableEntry]]) -> None:
        self._folder = results / FOLDER
        self._present = present
        self._known: dict[str, SharedExam] = {}

    def seed_for(self, task: Task) -> int:
        """Return the shared seed for a submission that was present when the seed was drawn, or a fresh seed for any
        other.
        """
        challenge = task.challenge
        if challenge.digest not in self._known:
            exam = _read(self._path(challenge), challenge)
            if exam is not None:
                self._known[challenge.digest] = exam
            else:
                self._draw()
        shared = self._known.get(challenge.digest)
        if shared is not None and isinstance(task.taken, Submission) and task.taken.digest in shared.submissions:
            return shared.seed
        return fresh_seed()

    def _draw(self) -> None:
        """Note every submission that is present, then draw a seed for each challenge that has no exam yet."""
        challenges: dict[str, Challenge] = {}
        noted: dict[str, set[str]] = defaultdict(set)
        for task in self._present():
            if isinstance(task, Task) and isinstance(task.taken, Submission):
                challenges[task.challenge.digest] = task.challenge
                noted[task.challenge.digest].add(task.taken.digest)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for digest, challenge in challenges.items():
            path = self._path(challenge)
            exam = self._known.get(digest) or _read(path, challenge)
            if exam is None:
                exam = SharedExam(
                    challenge=challenge.name,
                    challenge_digest=digest,
                    seed=fresh_seed(),
                    drawn_at=dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
                    submissions=frozenset(noted[digest]),
                )
                files.write(path, msgspec.json.format(msgspec.json.encode(exam), indent=1) + b"\n", mode=files.SECRET)
            self._known[digest] = exam

    def _path(self, challenge: Challenge) -> Path:
        part = challenge.digest.removeprefix("sha256:")[:16]
        return self._folder / f"{file_name(challenge.area.value, challenge.slug, part)}.json"


def _read(path: Path, challenge: Challenge) -> SharedExam | None:
    """Return a challenge's exam from a file; None if it is missing or unreadable, so that a new exam is drawn."""
    try:
        exam = inputs.json(inputs.read(path, most=64 * inputs.MIB), SharedExam)
    except (OSError, msgspec.DecodeError):
        return None
    return exam if exam.challenge_digest == challenge.digest else None
