"""The ways in which a call into the sandbox can end, and who is responsible.

    an answer            plain data (see wire.py)
    Raised               the submission's code raised: text only, an ordinary Exception
    ChildLost            the child died, hung, sent garbage or used up its time: the submission's doing
    SandboxUnusable      this machine cannot isolate, or no longer can: nobody's marks change
    NotMeasured          this backend cannot read what the promise rests on: the promise stays open
    ProbeMisuse          the trusted side's request is invalid (too large, not plain data): the challenge author's fault

`ChildLost` derives from BaseException on purpose: Hypothesis must neither catch it nor shrink it, since each
shrink attempt would wait for the same deadline again.
"""

from __future__ import annotations

from dataclasses import dataclass


class Raised(Exception):
    """The probe, or the submission below it, raised. Every attribute is text chosen by the untrusted side."""

    def __init__(self, kind: str, *, bases: tuple[str, ...], message: str, where: tuple[str, ...]) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.bases = bases
        """The names of the exception class and all its bases, nearest first."""
        self.message = message
        self.where = where
        """The frames as `file:line`, outermost first."""

    def is_a(self, name: str) -> bool:
        """Return whether a class of that name is among the exception's classes."""
        return name in self.bases


@dataclass(frozen=True, slots=True)
class Exit:
    """How a child's process ended, as its worker reported it; `None` for what is not known."""

    code: int | None = None
    signal: int | None = None
    reason: str = ""
    """The cause in words, if the sandbox knows it."""
    unread: tuple[str, ...] = ()
    """The process's reports of code that is in no file, or of what ended it: path, line and words, separated by NUL.
    Hostile text."""

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        if self.signal is not None:
            return f"signal {self.signal}{why}"
        return f"exit status {self.code}{why}" if self.code is not None else f"no exit status{why}"


class ChildLost(BaseException):
    """The child can no longer answer, and the submission is to blame. The message says how, in words for a report."""

    def __init__(self, why: str, *, exit_: Exit | None = None, stderr: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.exit = exit_
        self.stderr = stderr
        """The tail of what the child wrote to standard error, sanitised."""


class Died(ChildLost):
    """The process ended, or closed its end of the wire, before it answered."""


class TimedOut(ChildLost):
    """The child did not answer within the deadline."""


class Garbage(ChildLost):
    """The child sent bytes that are not the one answer that was asked for."""


class Rebound(ChildLost):
    """The submission replaced, at run time, what its answers are measured with, or a name in its own answer."""

    names: tuple[str, ...] = ()
    """The names that it replaced; text chosen by the untrusted side."""


class Reached(ChildLost):
    """The submission reached for what it was not given: the frames of other code, or the list of all objects."""


class Overdrawn(ChildLost):
    """The child used up the time allowed for all its calls together."""


class Killed(ChildLost):
    """The trusted side killed the child (`Child.kill`) before it answered."""


class NotMeasured(Exception):
    """This backend cannot read what a promise rests on, so the promise is neither kept nor broken."""


class SandboxUnusable(Exception):
    """The machine cannot provide the isolation that the policy requires. `remedy` says what to do about it."""

    def __init__(self, why: str, *, remedy: str) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


class ProbeMisuse(Exception):
    """The trusted side asked for something that cannot be sent: the hidden suite's or the analyser's fault."""
