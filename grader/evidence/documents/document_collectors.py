"""The collectors of answers that are data: the kind of criterion that each serves, and the file that it reads.

A collector reads hostile text: it decodes it with `grader.inputs`, strictly, and says line and remedy of what is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from grader.challenges.challenge import Challenge
from grader.evidence.documents import design
from grader.model import Evidence, Kind, Submission


@dataclass(frozen=True)
class DocumentCollector:
    """One collector: the kind that it serves, and a function of the submission, the challenge and a secret seed."""

    kind: Kind
    collect: Callable[[Submission, Challenge, int], Evidence]


DOCUMENT_COLLECTORS = (DocumentCollector(Kind.DESIGN, design.collect),)
"""All collectors of data, in the order of their evidence."""


def documents_evidence(submission: Submission, challenge: Challenge, seed: int) -> tuple[Evidence, ...]:
    """Return evidence of each kind that the challenge judges by data. Raises ChallengeError."""
    return tuple(_collected(submission, challenge, seed))


def _collected(submission: Submission, challenge: Challenge, seed: int) -> Iterator[Evidence]:
    kinds = {criterion.kind for criterion in challenge.manifest.criteria}
    for collector in DOCUMENT_COLLECTORS:
        if collector.kind in kinds:
            started = time.monotonic()
            evidence = collector.collect(submission, challenge, seed)
            milliseconds = round((time.monotonic() - started) * 1000, 1)
            yield msgspec.structs.replace(evidence, milliseconds=milliseconds)
