"""One submission, read behind the wall: its answer, the evidence about it, and signs of tampering for a reviewer.

    with reading(submission, challenge, backend=..., lend=...) as read:
        read.answer        the files that the brief asks for and those that their import statements reach: these are
                           laid out for the hidden suite, and no others
        read.evidence()    constructs, types, complexity, security of exactly these files
        read.integrity()   signs of tampering in exactly these files; no mark depends on them

The gate, which reads hostile text, finds the answer; it is believed only as far as it names files of the submission. If
it refuses a file of the answer, that file is not analysed, and every criterion that depends on reading the file says
so. All analysers except the type checker share one child with the gate; if that child is lost, each analyser is asked
alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from grader.challenges.challenge import Challenge
from grader.evidence.analysers import mypy_cache as type_cache
from grader.evidence.analysers.collectors import COLLECTORS, EvidenceCollector
from grader.evidence.analysers.pool import Lender, new_sandbox
from grader.evidence.analysers.sandbox import AnalyserAnswer, AnalyserSandbox, GateAnswer, GaveUp, ReadAnswers
from grader.inside.imports import module_name
from grader.inside.tampering import signs
from grader.inside.tampering.answer import FROM_TEXT, REACHED
from grader.model import Evidence, Failure, Fault, Finding, Kind, Severity, Submission
from grader.model.progress import Analysing, Progress, silent
from sandbox.session import Backend, Plain

INTEGRITY, UNREAD = "integrity", "unread"
MISSING = re.compile(r"No module named '(?P<name>[\w.]{1,200})'")
AT_RUN_TIME = {FROM_TEXT: signs.FROM_TEXT, REACHED: signs.REACHES}
"""Findings that a sandbox reports, and the signs by which a reviewer is told of them."""
NAMED = 6
"""The maximum number of files that a note lists."""

Told = AnalyserAnswer | GaveUp | Failure


def analyse(
    submission: Submission,
    challenge: Challenge,
    *,
    backend: Backend,
    progress: Progress = silent,
    lend: Lender = new_sandbox,
) -> tuple[Evidence, ...]:
    """Return evidence of each kind that the challenge asks for. Raises SandboxUnusable when no sandbox can be made."""
    if not _collectors(challenge):
        return ()
    with reading(submission, challenge, backend=backend, progress=progress, lend=lend) as read:
        return read.evidence()


@contextmanager
def reading(
    submission: Submission,
    challenge: Challenge,
    *,
    backend: Backend,
    progress: Progress = silent,
    lend: Lender = new_sandbox,
) -> Iterator[Reading]:
    """Borrow a sandbox from `lend` and ask the gate. Raises SandboxUnusable when no sandbox can be made."""
    collectors = _collectors(challenge)
    tools = [tool for collector in collectors for tool in collector.tools(challenge)]
    packages = challenge.manifest.runtime.packages
    cache = (
        type_cache.primed(backend, packages) if any(collector.kind is Kind.TYPES for collector in collectors) else None
    )
    with lend(backend, tools, packages, [cache] if cache else []) as sandbox:
        progress(Analysing(challenge=challenge.name))
        settings: dict[str, Plain] = {
            "modules": list(challenge.python_modules),
            "provided": list(sandbox.provided),
            "tests": any(criterion.kind is Kind.TESTS for criterion in challenge.manifest.criteria),
        }
        answer, milliseconds = sandbox.ask("gate", _plain(submission), settings, GateAnswer, keep=True)
        yield Reading(submission, challenge, sandbox, answer, milliseconds=milliseconds, progress=progress)


def _collectors(challenge: Challenge) -> list[EvidenceCollector]:
    kinds = {criterion.kind for criterion in challenge.manifest.criteria}
    return [collector for collector in COLLECTORS if collector.kind in kinds]


class Reading:
    """The gate's findings about a submission's text, and a sandbox in which to ask for more."""

    def __init__(
        self,
        submission: Submission,
        challenge: Challenge,
        sandbox: AnalyserSandbox,
        gate: GateAnswer | GaveUp | Failure,
        *,
        milliseconds: float,
        progress: Progress,
    ) -> None:
        modules = set(challenge.python_modules)
        self._gate = _believed(gate, submission, modules)
        named = set(self._gate.answer) if isinstance(self._gate, GateAnswer) else modules
        self.answer = msgspec.structs.replace(
            submission, files=tuple(file for file in submission.files if file.path in named)
        )
        """The files that run and are judged. If the gate gave no answer, these are the files that the brief names."""
        self.failure = self._gate if isinstance(self._gate, Failure) else None
        """Why the answer is unknown, or None. While it is unknown, nothing may run, and nothing is measured."""
        left_out = [file.path for file in submission.files if file.path not in named]
        self.notes = _left_out(left_out)
        self._left_out = {name: path for path in reversed(left_out) for name in _names(path)}
        self._challenge = challenge
        self._sandbox = sandbox
        self._milliseconds = milliseconds
        self._progress = progress
        self._integrity: Told | None = None
        self._unread: Told | None = None

    def evidence(self) -> tuple[Evidence, ...]:
        """Return evidence of each kind that the challenge asks for."""
        collectors = _collectors(self._challenge)
        gate = self._gate
        if not isinstance(gate, GateAnswer):
            return tuple(_evidence(collector.kind, gate, self._milliseconds) for collector in collectors)
        if gate.source.findings:
            return tuple(_refused(collector.kind, gate.source.findings) for collector in collectors)
        files = _plain(self.answer)
        answers = self._together([collector for collector in collectors if not collector.apart], files)
        for collector in collectors:
            if collector.kind.value not in answers:
                self._progress(Analysing(challenge=self._challenge.name, kinds=(collector.kind,)))
                answers[collector.kind.value] = self._alone(
                    collector.kind.value, files, collector.settings(self._challenge, self._sandbox)
                )
        if self._unread is None:
            self._unread, _ = self._alone(UNREAD, files, {})
        return tuple(
            _charged(
                _evidence(
                    collector.kind,
                    *answers[collector.kind.value],
                    gate.imports.findings if collector is collectors[0] else (),
                ),
                self._unread,
            )
            for collector in collectors
        )

    def _together(
        self, collectors: Sequence[EvidenceCollector], files: dict[Plain, Plain]
    ) -> dict[str, tuple[Told, float]]:
        """Ask several analysers in the gate's child. Return each answer with the time that they took together, or
        nothing if the child was lost.
        """
        names = [collector.kind.value for collector in collectors]
        self._progress(
            Analysing(challenge=self._challenge.name, kinds=tuple(collector.kind for collector in collectors))
        )
        settings: dict[Plain, Plain] = {
            collector.kind.value: collector.settings(self._challenge, self._sandbox) for collector in collectors
        }
        together = self._sandbox.ask_kept(
            "read", files, {"asked": {**settings, INTEGRITY: {}, UNREAD: {}}}, ReadAnswers
        )
        if together is None or {*together[0].answers} != {*names, INTEGRITY, UNREAD}:
            return {}
        self._integrity, self._unread = together[0].answers[INTEGRITY], together[0].answers[UNREAD]
        return {name: (together[0].answers[name], together[1]) for name in names}

    def _alone(self, name: str, files: dict[Plain, Plain], settings: dict[Plain, Plain]) -> tuple[Told, float]:
        return self._sandbox.ask(name, files, {str(key): value for key, value in settings.items()}, AnalyserAnswer)

    def explained(self, behaved: Evidence) -> Evidence:
        """Explain errors about a missing module by saying that its file is not part of the answer."""
        return msgspec.structs.replace(
            behaved,
            promises=tuple(
                msgspec.structs.replace(promise, reason=self._explained(promise.reason)) for promise in behaved.promises
            ),
            causes=tuple(
                msgspec.structs.replace(cause, message=self._explained(cause.message)) for cause in behaved.causes
            ),
        )

    def _explained(self, reason: str) -> str:
        """Extend a reason that names a missing module, if that module's file was left out."""
        missing = MISSING.search(reason)
        parts = missing["name"].split(".") if missing else []
        names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
        path = next((self._left_out[name] for name in names if name in self._left_out), None)
        if path is None:
            return reason
        why = f"{path} is not part of the answer: only files that import statements reach are in the sandbox."
        return f"{reason.removesuffix('.')}. {why}"

    def integrity(self) -> tuple[Finding, ...]:
        """Return findings with ids `integrity.<means>`, or, if nothing could be read, a finding that says so."""
        if not isinstance(self._gate, GateAnswer):
            return _signs(self._gate)
        refused = {finding.file for finding in self._gate.source.findings}
        if self._integrity is None:
            files = {path: text for path, text in _plain(self.answer).items() if path not in refused}
            self._integrity, _ = self._alone(INTEGRITY, files, {})
        unread = tuple(_unchecked(f"{path} cannot be read as Python source") for path in sorted(map(str, refused)))
        return (*unread, *_signs(self._integrity))


def _plain(submission: Submission) -> dict[Plain, Plain]:
    return {file.path: file.text for file in submission.files}


def _believed(
    gate: GateAnswer | GaveUp | Failure, submission: Submission, modules: set[str]
) -> GateAnswer | GaveUp | Failure:
    """Return the gate's answer if it names only submitted files, including all those that the brief asks for; else a
    Failure.

    A package may take the place of a module with the same name.
    """
    known = {file.path for file in submission.files}
    required = {module_name(path) for path in modules & known}
    if isinstance(gate, GateAnswer) and not ({*gate.answer} <= known and required <= {*map(module_name, gate.answer)}):
        return Failure(
            fault=Fault.HARNESS,
            reason="The gate named files that were not submitted, or left out files that the brief asks for",
            remedy="This is a defect in the grader: report it together with the submission. No points are lost.",
        )
    return gate


def _names(path: str) -> Iterator[str]:
    """Yield the names that are reported missing when the file of a module is absent: its own and its packages'."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _left_out(paths: Sequence[str]) -> tuple[Finding, ...]:
    if not paths:
        return ()
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return (
        Finding(
            id="answer.left-out",
            severity=Severity.NOTE,
            message=f"Files outside the answer are neither run nor judged: {', '.join(paths[:NAMED])}{more}.",
            help="The answer consists of the files that the brief asks for "
            "and those that their import statements reach.",
        ),
    )


def _evidence(kind: Kind, answer: Told | GateAnswer, milliseconds: float, imports: Sequence[Finding] = ()) -> Evidence:
    match answer:
        case Failure():
            return Evidence(kind=kind, failure=answer, milliseconds=milliseconds)
        case GaveUp(why=why):
            return Evidence(kind=kind, findings=(*imports, _unanalysable(kind, why)), milliseconds=milliseconds)
        case GateAnswer():
            raise AssertionError("the gate's own answer is not evidence")
        case AnalyserAnswer():
            return Evidence(
                kind=kind,
                findings=(*imports, *_without_repeats(answer.findings, imports)),
                facts=answer.facts,
                measurements=answer.measurements,
                tools=answer.tools,
                milliseconds=milliseconds,
            )


def _charged(evidence: Evidence, unread: Told) -> Evidence:
    """Add the findings about code that runs unread to the evidence that they concern.

    Code in text has no types or complexity to read, and its constructs are judged by the objects at run time; bandit
    itself reports `exec` and `eval`.
    """
    if isinstance(unread, Failure):
        return evidence if evidence.failure is not None else msgspec.structs.replace(evidence, failure=unread)
    if isinstance(unread, GaveUp):
        lost = _unanalysable(evidence.kind, unread.why)
        return msgspec.structs.replace(evidence, findings=(*evidence.findings, lost))
    return _with_unread(evidence, unread.findings)


def _with_unread(evidence: Evidence, findings: Sequence[Finding]) -> Evidence:
    """Add the findings about code that runs unread, as far as they concern this evidence."""
    if evidence.kind is Kind.CONSTRUCTS:
        findings = [finding for finding in findings if finding.id != FROM_TEXT]
    if evidence.kind is Kind.SECURITY:
        known = {(finding.file, finding.line) for finding in evidence.findings}
        findings = [
            msgspec.structs.replace(finding, severity=Severity.WARNING) if finding.id == FROM_TEXT else finding
            for finding in findings
            if (finding.file, finding.line) not in known
        ]
    return msgspec.structs.replace(evidence, findings=(*findings, *evidence.findings))


def charged(evidence: Sequence[Evidence], behaved: Evidence, answer: Submission) -> tuple[Evidence, ...]:
    """Add findings about code that ran unread, and about what was reached for, to the analysers' evidence, unless the
    text already reveals them.
    """
    own = {file.path for file in answer.files}
    ran = [_placed(finding, own) for finding in behaved.findings if finding.id in AT_RUN_TIME]
    known = {(finding.id, finding.file, finding.line) for entry in evidence for finding in entry.findings}
    new = [finding for finding in ran if (finding.id, finding.file, finding.line) not in known]
    return tuple(_with_unread(entry, new) for entry in evidence) if new else tuple(evidence)


def signs_at_run_time(behaved: Evidence, flagged: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings that tell a reviewer which code ran unread, and what was reached for, unless the text already
    reveals them.
    """
    known = {(finding.id, finding.file, finding.line) for finding in flagged}
    return tuple(
        msgspec.structs.replace(finding, id=sign.id, severity=Severity(sign.severity), help=sign.look)
        for finding in behaved.findings
        if (sign := AT_RUN_TIME.get(finding.id)) is not None and (sign.id, finding.file, finding.line) not in known
    )


def _placed(finding: Finding, files: Collection[str]) -> Finding:
    """Return the finding, without its file and line if the answer has no such file."""
    return finding if finding.file in files else msgspec.structs.replace(finding, file=None, line=None)


def _without_repeats(findings: Sequence[Finding], imports: Sequence[Finding]) -> list[Finding]:
    """Drop findings in which mypy merely repeats that an import is not available."""
    places = {(finding.file, finding.line) for finding in imports if finding.severity is not Severity.NOTE}
    return [
        finding
        for finding in findings
        if not (finding.id.startswith("types.import") and (finding.file, finding.line) in places)
    ]


def _refused(kind: Kind, findings: Sequence[Finding]) -> Evidence:
    files = ", ".join(sorted({finding.file or "" for finding in findings}))
    return Evidence(kind=kind, findings=(*findings, _unanalysable(kind, f"{files} cannot be read as Python source")))


def _unanalysable(kind: Kind, why: str) -> Finding:
    return Finding(
        id=f"{kind.value}.unanalysable",
        severity=Severity.ERROR,
        message=f"{why}, so these points cannot be earned.",
        help="Write ordinary Python without deep nesting, huge literals or types that grow without end.",
    )


def _signs(answer: Told) -> tuple[Finding, ...]:
    match answer:
        case AnalyserAnswer(findings=findings):
            return findings
        case GaveUp(why=why):
            return (_unchecked(why, severity=Severity.WARNING),)
        case Failure(reason=reason):
            return (_unchecked(reason),)


def _unchecked(why: str, *, severity: Severity = Severity.NOTE) -> Finding:
    return Finding(
        id="integrity.unchecked",
        severity=severity,
        message=f"{why}, so the text was not searched for signs of tampering.",
        help="Review the submission by hand, or grade it again. No points depend on this finding.",
    )
