"""The collectors of evidence from documents, one line each: a kind of criterion, and the function that reads for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from grader.challenges.challenge import Challenge
from grader.evidence.documents import design, remarks
from grader.model import Evidence, Kind, Submission


class DocumentCollector(NamedTuple):
    """One kind of document."""

    kind: Kind
    collect: Callable[[Submission, Challenge, int], Evidence]
    """A function of the submission, the challenge and a secret seed. Raises ChallengeError if the challenge lacks what
    a document is judged by.
    """


COLLECTORS = (DocumentCollector(Kind.DESIGN, design.collect), DocumentCollector(Kind.REMARKS, remarks.collect))


def collect(submission: Submission, challenge: Challenge, seed: int) -> tuple[Evidence, ...]:
    """Return evidence of each kind that the challenge asks for. Raises ChallengeError."""
    kinds = {criterion.kind for criterion in challenge.manifest.criteria}
    return tuple(_timed(collector, submission, challenge, seed) for collector in COLLECTORS if collector.kind in kinds)


def _timed(collector: DocumentCollector, submission: Submission, challenge: Challenge, seed: int) -> Evidence:
    started = time.perf_counter()
    evidence = collector.collect(submission, challenge, seed)
    return msgspec.structs.replace(evidence, milliseconds=round((time.perf_counter() - started) * 1000, 1))
