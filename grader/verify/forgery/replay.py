"""Forgers that hold the reference's answers, as a candidate could have collected them from earlier gradings."""

from __future__ import annotations

import bisect
from collections import Counter
from itertools import takewhile
from operator import eq

from grader.verify.forgery.tape import Tape, TapeEntry, written
from sandbox.outcome import Raised
from sandbox.session import Call, Plain


class RecordedAnswers:
    """Gives the answer that was recorded for exactly this question, or None."""

    def __init__(self, tape: Tape) -> None:
        self._answers = {entry.question: entry.answer for entry in tape.entries}

    def answer(self, call: Call) -> Plain:
        question = written(call)
        return _given(self._answers[question] if question in self._answers else self.otherwise(call, question))

    def otherwise(self, _call: Call, _question: str) -> Plain | Raised:
        """Return the answer to a question that was not recorded."""
        return None


class MostCommon(RecordedAnswers):
    """Gives the recorded answer, or else the one that the same function gave most often."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self._counts: dict[str, Counter[str]] = {}
        self._samples: dict[str, Plain | Raised] = {}
        for entry in tape.entries:
            shown = repr(entry.answer)
            self._samples[shown] = entry.answer
            self._counts.setdefault(entry.name, Counter())[shown] += 1

    def otherwise(self, call: Call, _question: str) -> Plain | Raised:
        counts = self._counts.get(call.name)
        return self._samples[counts.most_common(1)[0][0]] if counts else None


class Nearest(RecordedAnswers):
    """Gives the recorded answer, or else the one to the question whose beginning is most similar."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self._entries: list[TapeEntry] = sorted(tape.entries, key=lambda entry: entry.question)
        self._questions = [entry.question for entry in self._entries]

    def otherwise(self, _call: Call, question: str) -> Plain | Raised:
        """Return the recorded answer to the nearest of the sorted questions."""
        place = bisect.bisect(self._questions, question)
        near = self._entries[max(0, place - 1) : place + 1]
        best = max(near, key=lambda entry: _shared(entry.question, question), default=None)
        return best.answer if best is not None else None


def _shared(one: str, other: str) -> int:
    """Return how many leading characters the two strings share."""
    return sum(1 for _ in takewhile(bool, map(eq, one, other)))


def _given(answer: Plain | Raised) -> Plain:
    if isinstance(answer, Raised):
        raise answer.with_traceback(None)  # it is raised many times; frames must not pile up
    return answer
