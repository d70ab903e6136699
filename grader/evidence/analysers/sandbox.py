"""Analysers in their sandbox: one session per submission, a fresh child for each question, and how a question can end.

    Answer       the analyser answered; anything that it could not read has a finding of its own
    GaveUp       it died, hung, ran out of memory or returned garbage because of the submission's text
    Failure      we or the machine are at fault: nothing was measured

An analyser that was lost is asked again, about a single line of text. The submission is to blame only if the analyser
answers that question (and does so at once, if it had run out of time).
"""

from __future__ import annotations

import compileall
import functools
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

import msgspec

from grader.model import Fact, Failure, Fault, Finding, Measurement, Struct
from sandbox.machine.packages import runtime_mounts
from sandbox.outcome import ChildLost, Overdrawn, ProbeMisuse, Raised, SandboxUnusable, TimedOut
from sandbox.policy import ANALYSE, Mount, Policy, Program
from sandbox.session import Backend, Child, Plain, Session

OUR_CODE = Path(__file__).parents[2] / "inside"
CODE = PurePosixPath("/code")
TOOLS = PurePosixPath("/packages")
PROVIDED = PurePosixPath("/provided")
PROBE = "grader.inside.probe"
CONTROL: dict[Plain, Plain] = {"control.py": "answer = 42\n"}
AT_ONCE = 5.0
"""Seconds allowed for the single line. A machine that is too busy for that took time from the submission as well."""
TOO_MUCH = ("MemoryError", "RecursionError")

Told = TypeVar("Told", bound=Struct)


class AnalyserAnswer(Struct, frozen=True, kw_only=True):
    """An analyser's answer, decoded strictly, because the analyser read hostile text."""

    findings: tuple[Finding, ...]
    measurements: tuple[Measurement, ...] = ()
    facts: tuple[Fact, ...] = ()
    tools: dict[str, str]


class GateAnswer(Struct, frozen=True, kw_only=True):
    """The gate's answer about a submission's files."""

    answer: tuple[str, ...]
    source: AnalyserAnswer
    imports: AnalyserAnswer


class ReadAnswers(Struct, frozen=True, kw_only=True):
    """The answers of several analysers that were asked together."""

    answers: dict[str, AnalyserAnswer]


class GaveUp(NamedTuple):
    """The analyser failed on the submission's text."""

    why: str


class AnalyserSandbox:
    """A sandbox with the analysers in it. Raises SandboxUnusable when this machine cannot make one."""

    def __init__(
        self,
        backend: Backend,
        *,
        tools: Sequence[str],
        packages: Sequence[str] = (),
        mounts: Sequence[Mount] = (),
        policy: Policy = ANALYSE,
        preload: Sequence[str] = (),
    ) -> None:
        provided = tuple(
            Mount(mount.source, PROVIDED / mount.target.relative_to(TOOLS)) for mount in runtime_mounts(packages)
        )
        self.provided = sorted({_top(mount) for mount in provided} - {""})
        """The importable names of the challenge's runtime packages."""
        self._mounted = {mount.target for mount in mounts}
        self._kept: Child | None = None
        self._session: Session = backend.open(policy, _program((*provided, *mounts), tools, preload))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox. Idempotent."""
        self._session.close()

    def has(self, target: PurePosixPath) -> bool:
        """Return whether a further mount is at `target`."""
        return target in self._mounted

    def ask(
        self,
        function: str,
        files: dict[Plain, Plain],
        settings: Mapping[str, Plain],
        shape: type[Told],
        *,
        keep: bool = False,
    ) -> tuple[Told | GaveUp | Failure, float]:
        """Ask one analyser about the files in a fresh child; return its answer and the milliseconds that it took.

        With `keep`, the child stays alive for `ask_kept`.
        """
        timed_out = False
        try:
            return self._answer(self._session.fresh(), function, files, settings, shape, keep=keep)
        except ChildLost as lost:
            timed_out = isinstance(lost, TimedOut | Overdrawn)
            why = f"The {function} analyser was stopped ({lost.why})"
        except Raised as raised:
            if raised.is_a("AuthorMistake"):
                return _author_mistake(raised.message), 0.0
            if not any(map(raised.is_a, TOO_MUCH)):
                return _our_mistake(function, f"{raised} at {', '.join(raised.where[-3:])}"), 0.0
            why = f"The {function} analyser ran out of memory or recursion depth"
        except SandboxUnusable as error:
            return Failure(fault=Fault.MACHINE, reason=error.why, remedy=error.remedy), 0.0
        except (ProbeMisuse, msgspec.ValidationError) as error:
            return _our_mistake(function, str(error)), 0.0
        took = self._control(function, settings, shape)
        blamed = took is not None and not (timed_out and took > AT_ONCE)
        return (GaveUp(why) if blamed else _machine(function)), 0.0

    def ask_kept(
        self, function: str, files: dict[Plain, Plain], settings: Mapping[str, Plain], shape: type[Told]
    ) -> tuple[Told, float] | None:
        """Ask the child that was kept. Returns None if it is lost or does not answer, whoever is to blame."""
        child, self._kept = self._kept, None
        if child is None:
            return None
        with suppress(ChildLost, Raised, SandboxUnusable, ProbeMisuse, msgspec.ValidationError):
            return self._answer(child, function, files, settings, shape)
        return None

    def _answer(
        self,
        child: Child,
        function: str,
        files: dict[Plain, Plain],
        settings: Mapping[str, Plain],
        shape: type[Told],
        *,
        keep: bool = False,
    ) -> tuple[Told, float]:
        self._kept = None
        try:
            answer = child.call(function, files, timeout=None, **settings)
            decoded = msgspec.convert(answer, type=shape), round(child.last_wall * 1000, 1)
            self._kept = child if keep else None
            return decoded
        finally:
            if self._kept is None:
                child.close()

    def _control(self, function: str, settings: Mapping[str, Plain], shape: type[Told]) -> float | None:
        """Return the seconds that the analyser takes to answer about one line; None if it does not answer."""
        started = time.monotonic()
        try:
            self._answer(self._session.fresh(), function, CONTROL, settings, shape)
        except (ChildLost, Raised, SandboxUnusable, msgspec.ValidationError):
            return None
        return time.monotonic() - started


def _program(mounts: tuple[Mount, ...], tools: Sequence[str], preload: Sequence[str]) -> Program:
    _compile_ours()
    ours = Mount(OUR_CODE, CODE / "grader" / "inside")
    return Program(
        module=PROBE, path=(CODE, TOOLS), mounts=(ours, *runtime_mounts(tools), *mounts), preload=tuple(preload)
    )


@functools.cache
def _compile_ours() -> None:
    """Compile our code outside, where files can be written: inside, every child would compile it again."""
    compileall.compile_dir(OUR_CODE, quiet=2)


def _top(mount: Mount) -> str:
    name = mount.target.relative_to(PROVIDED).parts[0]
    return name.partition(".")[0] if name.endswith((".py", ".so")) or "." not in name else ""


def _our_mistake(function: str, reason: str) -> Failure:
    return Failure(
        fault=Fault.HARNESS,
        reason=f"The {function} analyser failed: {reason}",
        remedy="This is a defect in the grader: report it together with the submission. No points are lost.",
    )


def _author_mistake(reason: str) -> Failure:
    return Failure(
        fault=Fault.CHALLENGE,
        reason=f"No submission to this challenge can be judged: {reason}",
        remedy="The challenge's author has to fix challenge.toml; docs/reference/rules.md lists rules and options.",
    )


def _machine(function: str) -> Failure:
    return Failure(
        fault=Fault.MACHINE,
        reason=f"The {function} analyser cannot run on this machine, or is too slow, even on a one-line file",
        remedy="Run `grader doctor`, free up memory or processors, and grade again.",
    )
