"""Designs: `design.toml`, judged by running the challenge's public simulator under hidden traffic.

The challenge's folder holds `simulator/`, a package whose module `judged` reads and simulates designs, and
`judged.json`, which candidates do not get:

    {"system": ..., "runs": [{"name": "growth", "incidents": [...]}, ...],
     "promises": [{"id": ..., "criterion": ..., "text": ..., "hint": ..., "weight": 1, "needs": ["budget"],
                   "bounds": [{"run": "growth", "start": 5, "operation": "buy", "figure": "p99", "most": 1.2},
                              {"run": "", "figure": "cost", "most": 96}]}]}

A promise is kept if all of its bounds hold, and counts only if the promises that it needs are kept. The simulator runs
in a process of its own, with bounded processor time and memory, since the design's numbers are hostile; the grading's
secret seed decides everything that is random in it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec

from grader import inputs
from grader.challenges.challenge import Challenge, ChallengeError
from grader.model import Evidence, Failure, Fault, Finding, Kind, Promise, PromiseOutcome, Severity, Struct, Submission

FILE = "design.toml"
HIDDEN = "judged.json"
INVALID = "design.invalid"
SECONDS = 120.0
"""Wall-clock time for all runs: far more than they take beside other work."""
SYNTAX_LINE = re.compile(r"\(at line (?P<line>\d+)")
MOST_BYTES = 64 * 1024
MOST_DEPTH = 10
SHOWN = 3
"""The maximum number of broken bounds that a reason lists."""


class FigureBound(Struct, frozen=True, kw_only=True):
    """A bound on a figure of a run, or of the whole design if `run` is empty."""

    run: str
    figure: str
    operation: str = ""
    start: float = 0.0
    end: float = 1e9
    most: float | None = None
    least: float | None = None


class DesignPromise(Struct, frozen=True, kw_only=True):
    """A promise of a design."""

    id: str
    criterion: str
    text: str
    hint: str = ""
    weight: Annotated[int, msgspec.Meta(ge=0)] = 1
    needs: tuple[str, ...] = ()
    bounds: Annotated[tuple[FigureBound, ...], msgspec.Meta(min_length=1)]


class SimulatedRun(Struct, frozen=True, kw_only=True):
    """A run: its name, and what happens in it, in the simulator's own format."""

    name: str
    incidents: tuple[dict[str, Any], ...] = ()


class Judged(Struct, frozen=True, kw_only=True):
    """The content of judged.json."""

    system: dict[str, Any]
    runs: tuple[SimulatedRun, ...]
    promises: tuple[DesignPromise, ...]


class DesignProblem(Struct, frozen=True, kw_only=True):
    """Something wrong in a design. `line` is 0 if no line is to blame."""

    line: int
    message: str
    remedy: str


class SimulatorAnswer(Struct, frozen=True, kw_only=True):
    """The simulator's answer: what is wrong with the design, or the figure of each bound, in order."""

    problems: tuple[DesignProblem, ...] = ()
    figures: tuple[float | None, ...] = ()
    """None stands for infinity."""
    stopped: dict[str, str] = {}
    """Runs that were stopped for having too many events, each with the reason."""


def collect(submission: Submission, challenge: Challenge, seed: int) -> Evidence:
    """Return a promise kept or broken for each in judged.json. Raises ChallengeError."""
    judged = read_judged(challenge)
    text = submission.text(FILE) or ""
    data = _decoded(text)
    if isinstance(data, DesignProblem):
        return _invalid(judged, [data])
    answer = _simulated(challenge, judged, text, data, seed)
    if isinstance(answer, Failure):
        return Evidence(kind=Kind.DESIGN, failure=answer)
    if answer.problems:
        return _invalid(judged, answer.problems)
    return Evidence(kind=Kind.DESIGN, promises=tuple(_kept_or_broken(judged, answer)))


def read_judged(challenge: Challenge) -> Judged:
    """Read judged.json. Raises ChallengeError."""
    where = f"{challenge.name}/{HIDDEN}"
    try:
        return inputs.json(inputs.read(challenge.folder / HIDDEN), Judged)
    except OSError as error:
        raise ChallengeError(f"{where}: {error.strerror}. A criterion of the kind `design` needs it.") from None
    except msgspec.DecodeError as error:
        raise ChallengeError(f"{where}: {error}. See grader/evidence/documents/design.py.") from None


def _decoded(text: str) -> dict[str, Any] | DesignProblem:
    """Return the content of a design, which is hostile text, or why it cannot be read."""
    if len(text.encode("utf-8")) > MOST_BYTES:
        message = f"the file has more than {MOST_BYTES} bytes"
        return DesignProblem(line=0, message=message, remedy="Leave out what the format does not name.")
    try:
        data = inputs.toml(text.encode("utf-8"), dict[str, Any])
    except msgspec.DecodeError as error:
        found = SYNTAX_LINE.search(str(error))
        remedy = "Correct the TOML; `python -m simulator design.toml` shows the same."
        return DesignProblem(line=int(found["line"]) if found else 0, message=str(error), remedy=remedy)
    if _is_deep(data):
        message = f"tables or lists are nested more than {MOST_DEPTH} deep"
        return DesignProblem(line=0, message=message, remedy="Leave out what the format does not name.")
    try:
        msgspec.json.encode(data)
    except ValueError as error:  # a hexadecimal number may have more digits than Python writes
        return DesignProblem(line=0, message=str(error), remedy="Write a number that the format allows.")
    return data


def _is_deep(data: dict[str, Any]) -> bool:
    """Return whether data is nested deeper than a design: a dotted key of a thousand parts can be decoded, but not
    encoded.
    """
    level: list[Any] = [data]
    for _ in range(MOST_DEPTH):
        inner = (part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list))
        level = [value for values in inner for value in values]
    return any(isinstance(part, dict | list) for part in level)


def _simulated(
    challenge: Challenge, judged: Judged, text: str, data: dict[str, Any], seed: int
) -> SimulatorAnswer | Failure:
    bounds = [bound for promise in judged.promises for bound in promise.bounds]
    asked = msgspec.json.encode(
        {
            "system": judged.system,
            "runs": judged.runs,
            "text": text,
            "design": data,
            "bounds": bounds,
            "seed": str(seed),
        }
    )
    command = [sys.executable, "-P", "-B", "-m", "grader.evidence.documents.simulating", str(challenge.folder)]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=SECONDS, check=True)
        answer = inputs.json(done.stdout, SimulatorAnswer)
    except subprocess.TimeoutExpired:
        return Failure(
            fault=Fault.MACHINE,
            reason=f"The simulation took more than {SECONDS:g} s on this machine",
            remedy="Free up processors, and grade again.",
        )
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines() or [f"it ended with {error.returncode}"]
        return _failure(lines[-1])
    except msgspec.DecodeError as error:
        return _failure(str(error))
    return answer if answer.problems or len(answer.figures) == len(bounds) else _failure("a figure is missing")


def _failure(reason: str) -> Failure:
    return Failure(
        fault=Fault.CHALLENGE,
        reason=f"The simulator failed: {reason}",
        remedy="The challenge's author has to fix simulator/ or judged.json. No points are lost.",
    )


def _invalid(judged: Judged, problems: Sequence[DesignProblem]) -> Evidence:
    causes = tuple(
        Finding(
            id=INVALID,
            severity=Severity.ERROR,
            message=problem.message,
            help=problem.remedy,
            file=FILE,
            line=problem.line or None,
        )
        for problem in problems
    )
    promises = tuple(_promise(promise, PromiseOutcome.BROKEN, waits_for=INVALID) for promise in judged.promises)
    return Evidence(kind=Kind.DESIGN, promises=promises, causes=causes)


def _kept_or_broken(judged: Judged, answer: SimulatorAnswer) -> Iterator[Promise]:
    figures = iter(answer.figures)
    exceeded = {
        promise.id: [
            words
            for bound, figure in [(bound, next(figures)) for bound in promise.bounds]
            if (words := _exceeded(bound, figure, answer.stopped))
        ]
        for promise in judged.promises
    }
    for promise in judged.promises:
        reasons = exceeded[promise.id] or [*_needs(promise, exceeded, judged)]
        if reasons:
            more = f" And {len(reasons) - SHOWN} more." if len(reasons) > SHOWN else ""
            yield _promise(promise, PromiseOutcome.BROKEN, reason=" ".join(reasons[:SHOWN]) + more)
        else:
            yield _promise(promise, PromiseOutcome.KEPT)


def _needs(promise: DesignPromise, exceeded: Mapping[str, Sequence[str]], judged: Judged) -> Iterator[str]:
    texts = {wanted.id: wanted.text for wanted in judged.promises}
    for name in promise.needs:
        if exceeded[name]:
            yield f"This counts only together with: {texts[name]} {exceeded[name][0]}"


def _exceeded(bound: FigureBound, figure: float | None, stopped: Mapping[str, str]) -> str:
    """Return in words how a figure exceeds its bound; an empty string if it does not."""
    if bound.run in stopped:
        return f"{bound.run}: the simulation was stopped, {stopped[bound.run]}."
    value = float("inf") if figure is None else figure
    where = " ".join(filter(None, [f"{bound.run}:" if bound.run else "", bound.operation, bound.figure]))
    if bound.most is not None and value > bound.most:
        return f"{where} is {_shown(value)}, at most {bound.most:g}."
    if bound.least is not None and value < bound.least:
        return f"{where} is {_shown(value)}, at least {bound.least:g}."
    return ""


def _shown(value: float) -> str:
    return "without end" if value == float("inf") else f"{value:.4g}"


def _promise(promise: DesignPromise, outcome: PromiseOutcome, *, reason: str = "", waits_for: str = "") -> Promise:
    return Promise(
        id=promise.id,
        text=promise.text,
        outcome=outcome,
        criterion=promise.criterion,
        weight=promise.weight,
        hint=promise.hint,
        reason=reason,
        waits_for=waits_for,
    )
