"""How a hidden test's result becomes a promise kept, broken or not measured, and whose fault that is."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest
from hypothesis.errors import Flaky

from grader.model import Detail, Failure, Fault, PromiseOutcome
from grader.suite.observation import Unkept
from sandbox.outcome import ChildLost, NotMeasured, Raised, SandboxUnusable

MAX_TEXT = 20_000
"""The maximum number of characters of a trace that a report keeps."""

LONGEST = 300
"""The maximum number of characters of an exception's text that a candidate reads."""
PROBES_OWN = frozenset({"KeyError", "IndexError", "UnboundLocalError", "NameError", "StopIteration"})
"""The errors of failed look-ups. If no line of the answer is in the trace, the probe did the look-up."""

PLACE = re.compile(r"(?P<file>[\w./-]{1,200}\.py):(?P<line>[1-9]\d{0,5})")

MACHINERY = re.compile(
    r'^  File "[^"]*/(?:_pytest|pluggy|hypothesis|grader/evidence/suite)/.*\n(?:    .*\n)*', re.MULTILINE
)
"""A frame of the machinery that runs a hidden test, in a native trace."""
MISSHAPEN = re.compile(
    r"not enough values to unpack|too many values to unpack|zip\(\) argument \d+ is (shorter|longer)"
)
"""Python's messages when an answer has a different number of parts than the suite unpacks."""

MISSHAPED = "The answer has more or fewer parts than it should have."
FLAKY = "Asked the same thing twice, the submission answered differently: the promise must hold every time."


class Verdict(NamedTuple):
    """The judgement of one test. A `failure` means that nobody loses points for it."""

    outcome: PromiseOutcome
    reason: str = ""
    failure: Failure | None = None
    file: str | None = None
    line: int | None = None


def judge(error: BaseException | None, *, answer: Path, asserting: bool = True) -> Verdict:
    """Judge a test by what it raised; None means a kept promise. Anything unforeseen is the suite's own fault.

    `answer` is the folder of the files that run: a place that the sandbox names is believed if it is in one of these
    files. `asserting` is false in fixtures, where no promise is stated yet: a failed assertion there is the suite's
    fault.
    """
    match error:
        case None:
            return Verdict(PromiseOutcome.KEPT)
        case Flaky():
            return Verdict(PromiseOutcome.BROKEN, FLAKY)
        case AssertionError() | pytest.fail.Exception() if asserting:
            return Verdict(PromiseOutcome.BROKEN, sentence(str(error)) if isinstance(error, Unkept) else "")
        case ValueError() if asserting and _misshapen(error):
            return Verdict(PromiseOutcome.BROKEN, MISSHAPED)
        case Raised():
            return _raised(error, answer)
        case ChildLost():
            return Verdict(PromiseOutcome.BROKEN, sentence(error.why))
        case NotMeasured():
            return Verdict(PromiseOutcome.NOT_MEASURED, sentence(str(error)))
        case SandboxUnusable():
            failure = Failure(fault=Fault.MACHINE, reason=error.why, remedy=error.remedy)
            return Verdict(PromiseOutcome.NOT_MEASURED, error.why, failure)
        case KeyboardInterrupt():
            failure = Failure(fault=Fault.HARNESS, reason="the grading was interrupted")
            return Verdict(PromiseOutcome.NOT_MEASURED, failure.reason, failure)
        case _:
            failure = Failure(
                fault=Fault.CHALLENGE,
                reason=f"the hidden suite itself failed ({type(error).__name__})",
                remedy="The challenge's author has to fix the suite; `grader verify` shows the trace.",
                detail=str(error)[:300],
            )
            return Verdict(PromiseOutcome.NOT_MEASURED, failure.reason, failure)


def _misshapen(error: ValueError) -> bool:
    """Return whether the suite itself, not something that it called, unpacked an answer of the wrong length."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename).name.startswith("test_") and bool(MISSHAPEN.match(str(error)))


def sentence(words: str) -> str:
    """Begin the words with a capital letter and end them with one full stop."""
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def _raised(error: Raised, answer: Path) -> Verdict:
    """Judge an exception by its class, its text and the last line of the answer that it passed through."""
    file, line = real_place(error.where, answer)
    at = f" ({file}:{line})" if file else ""
    return Verdict(PromiseOutcome.BROKEN, f"{_words(error, in_answer=file is not None)}{at}.", file=file, line=line)


def _words(error: Raised, *, in_answer: bool) -> str:
    """Put an exception into words. The answer is not blamed if the probe lacked something that an earlier step should
    have left.
    """
    text = " ".join(error.message.split())
    if error.kind == "UnencodableObservation":
        return sentence(text.replace("the probe returned", "the answer holds", 1)).rstrip(".")
    if not in_answer and error.kind in PROBES_OWN:
        return "An earlier step did not leave what this step needs"
    shown = f"{text[:LONGEST]}…" if len(text) > LONGEST else text
    return f"It raised {error.kind}: {shown.rstrip('.')}" if shown else f"It raised {error.kind}"


def real_place(where: Sequence[str], answer: Path) -> tuple[str, int] | tuple[None, None]:
    """Return the last place that is a line in a file of the answer, not in a library or the probe, and not invented."""
    for place in map(PLACE.fullmatch, reversed(where)):
        if place is None or ".." in (parts := PurePosixPath(place["file"]).parts) or parts[0] == "/":
            continue
        file = answer.joinpath(*parts)
        if file.is_file() and int(place["line"]) <= file.read_bytes().count(b"\n") + 1:
            return place["file"], int(place["line"])
    return None, None


def detail(item: pytest.Item, error: BaseException, trace: str, *, drawn: str = "") -> Detail:
    """Return what a reviewer sees of a failed test; `drawn` holds its inputs in case the error does not state them."""
    notes = [note for note in getattr(error, "__notes__", ()) if isinstance(note, str)]
    drawn = next((note for note in notes if re.match(r"(Falsifying|Failing) ", note)), drawn)
    function = getattr(item, "function", None)
    try:
        source = inspect.getsource(inspect.unwrap(function)) if function is not None else ""
    except (OSError, TypeError):
        source = ""
    trace = without_machinery(trace)
    return Detail(source=source[:MAX_TEXT], counterexample=drawn[:MAX_TEXT], trace=trace[-MAX_TEXT:])


def without_machinery(trace: str) -> str:
    """Return a trace without the frames of pytest, Hypothesis and this harness, or all of it if there are no others."""
    kept = MACHINERY.sub("", trace)
    return kept if '  File "' in kept else trace
