"""Forgers that know nothing: they give one answer to everything, raise one exception, or return the question itself."""

from __future__ import annotations

from collections import Counter
from typing import cast

from grader.verify.forgery.tape import Tape
from sandbox.outcome import Raised
from sandbox.session import Call, Plain, Sendable


class Constant:
    """Gives the same answer to every call."""

    def __init__(self, *, answer: Plain) -> None:
        self._answer = answer

    def answer(self, _call: Call) -> Plain:
        return self._answer


class Raiser:
    """Raises the exception that the reference raised most often, or ValueError if it raised none."""

    def __init__(self, tape: Tape) -> None:
        raised = [entry.answer for entry in tape.entries if isinstance(entry.answer, Raised)]
        common = Counter(error.kind for error in raised).most_common(1)
        bases = next((error.bases for error in raised if common and error.kind == common[0][0]), ("ValueError",))
        self._bases = (*bases, "ValueError", "TypeError", "KeyError", "AttributeError", "RuntimeError", "Exception")

    def answer(self, _call: Call) -> Plain:
        """Raise an exception that belongs to many classes at once."""
        raise Raised(self._bases[0], bases=self._bases, message="", where=())


class Echo:
    """Answers a call with its own arguments: the first one if `alone` or if there is only one, else all of them."""

    def __init__(self, *, alone: bool) -> None:
        self._alone = alone

    def answer(self, call: Call) -> Plain:
        """Answer a call with its own arguments."""
        arguments: list[Sendable] = [*call.args, *(value for _, value in call.keywords)]
        if not arguments:
            return None
        return cast(
            "Plain",
            arguments[0] if self._alone or len(arguments) == 1 else arguments,
            # what was asked is plain data
        )
