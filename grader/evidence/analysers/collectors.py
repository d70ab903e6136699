"""Evidence from analysers that read the submission's text: constructs, types, complexity, security.

Only what the challenge asks for is run. The gate comes first: a file that it refuses is analysed by nobody, and every
criterion that rests on reading it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import msgspec

from grader.challenges.challenge import Challenge
from grader.challenges.manifest import Requirement
from grader.evidence.analysers import mypy_cache as type_cache
from grader.evidence.analysers.pool import new_box
from grader.evidence.analysers.sandbox import PROVIDED, Answer, Boxed, GateAnswer, GaveUp
from grader.model import Evidence, Failure, Finding, Kind, Severity, Submission
from sandbox.policy import Mount
from sandbox.session import Backend, Plain

Settings = dict[str, Plain]
Lender = Callable[[Backend, Sequence[str], Sequence[str], Sequence[Mount]], AbstractContextManager[Boxed]]
"""Lends a box with these tools, runtime packages and further mounts."""


@dataclass(frozen=True)
class Collector:
    """One analyser: the kind of criterion that it serves, the distributions it needs, what it is asked."""

    kind: Kind
    tools: Callable[[Challenge], tuple[str, ...]]
    settings: Callable[[Challenge, Boxed], Settings]


def _types(challenge: Challenge, boxed: Boxed) -> Settings:
    contract = challenge.contract
    return {
        "contract": contract.read_text(encoding="utf-8") if contract is not None else None,
        "packages": str(PROVIDED) if boxed.provided else None,
        "cache": str(type_cache.INSIDE) if boxed.has(type_cache.INSIDE) else None,
    }


def _construct_tools(challenge: Challenge) -> tuple[str, ...]:
    directed = any(
        one.rule == "import-direction" for criterion in challenge.manifest.criteria for one in criterion.requires
    )
    return ("libcst", "grimp") if directed else ("libcst",)


def _constructs(challenge: Challenge, _: Boxed) -> Settings:
    required = [one for criterion in challenge.manifest.criteria for one in criterion.requires]
    return {"requirements": [_plain(one) for one in required]}


def _plain(requirement: Requirement) -> Plain:
    return {
        "id": requirement.id,
        "rule": requirement.rule,
        "of": requirement.of,
        "options": {
            name: list(value) if isinstance(value, list) else value for name, value in requirement.options.items()
        },
        "message": requirement.message,
        "help": requirement.help,
    }


def _complexity(challenge: Challenge, _: Boxed) -> Settings:
    return {"worst": min(one.worst for one in challenge.manifest.criteria if one.kind is Kind.COMPLEXITY)}


def _security(_: Challenge, __: Boxed) -> Settings:
    return {}


COLLECTORS = (
    Collector(Kind.TYPES, lambda _: ("mypy",), _types),
    Collector(Kind.CONSTRUCTS, _construct_tools, _constructs),
    Collector(Kind.COMPLEXITY, lambda _: ("radon",), _complexity),
    Collector(Kind.SECURITY, lambda _: ("bandit",), _security),
)
"""In the order in which they run. What is wrong with imports is told with the first of them that runs."""


def analyse(
    submission: Submission,
    challenge: Challenge,
    *,
    backend: Backend,
    on_start: Callable[[str], None] | None = None,
    boxes: Lender = new_box,
) -> tuple[Evidence, ...]:
    """Evidence of each kind that the challenge asks for; `boxes` lends the box to ask in.

    Raises SandboxUnusable when no sandbox can be made.
    """
    wanted = {criterion.kind for criterion in challenge.manifest.criteria}
    collectors = [one for one in COLLECTORS if one.kind in wanted]
    if not collectors:
        return ()
    modules: Settings = {"modules": list(challenge.manifest.modules)}
    say = on_start or (lambda _: None)
    files: dict[Plain, Plain] = {file.path: file.text for file in submission.files if file.path.endswith(".py")}
    tools = [tool for one in collectors for tool in one.tools(challenge)]
    packages = challenge.manifest.runtime.packages
    cache = type_cache.primed(backend, packages) if Kind.TYPES in wanted else None
    with boxes(backend, tools, packages, [cache] if cache else []) as boxed:
        say("reading the source")
        told, milliseconds = boxed.ask("gate", files, {"provided": list(boxed.provided)}, GateAnswer)
        if not isinstance(told, GateAnswer):
            return tuple(_evidence(one.kind, told, milliseconds) for one in collectors)
        if told.source.findings:
            return tuple(_refused(one.kind, told.source.findings) for one in collectors)
        unread, _ = boxed.ask("answer", files, modules, Answer)
        if not isinstance(unread, Answer):
            return tuple(_evidence(one.kind, unread, milliseconds) for one in collectors)
        found: list[Evidence] = []
        for one in collectors:
            say(f"checking {one.kind.value}")
            answer, milliseconds = boxed.ask(
                one.kind.value, files, {**modules, **one.settings(challenge, boxed)}, Answer
            )
            imports = told.imports.findings if not found else ()
            found.append(_charged(_evidence(one.kind, answer, milliseconds, imports), unread.findings))
        return tuple(found)


def _evidence(
    kind: Kind, told: Answer | GateAnswer | GaveUp | Failure, milliseconds: float, imports: Sequence[Finding] = ()
) -> Evidence:
    match told:
        case Failure():
            return Evidence(kind=kind, failure=told, milliseconds=milliseconds)
        case GaveUp(why=why):
            return Evidence(kind=kind, findings=(*imports, _unanalysable(kind, why)), milliseconds=milliseconds)
        case GateAnswer():
            raise AssertionError("the gate's own answer is no evidence")
        case Answer():
            return Evidence(
                kind=kind,
                findings=(*imports, *_without_repeats(told.findings, imports)),
                facts=told.facts,
                measurements=told.measurements,
                tools=told.tools,
                milliseconds=milliseconds,
            )


def _charged(evidence: Evidence, unread: Sequence[Finding]) -> Evidence:
    """The evidence with what runs without having been read; bandit knows `exec` and `eval` itself."""
    hit = [one for one in unread if evidence.kind is not Kind.CONSTRUCTS or one.id != "answer.code-from-text"]
    if evidence.kind is Kind.SECURITY:
        known = {(one.file, one.line) for one in evidence.findings}
        hit = [
            msgspec.structs.replace(one, severity=Severity.WARNING) if one.id == "answer.code-from-text" else one
            for one in hit
            if (one.file, one.line) not in known
        ]
    return msgspec.structs.replace(evidence, findings=(*hit, *evidence.findings))


def _without_repeats(findings: Sequence[Finding], imports: Sequence[Finding]) -> list[Finding]:
    """mypy says again, in other words, that an import is not available."""
    said = {(one.file, one.line) for one in imports}
    return [one for one in findings if not (one.id.startswith("types.import") and (one.file, one.line) in said)]


def _refused(kind: Kind, findings: Sequence[Finding]) -> Evidence:
    files = ", ".join(sorted({one.file or "" for one in findings}))
    return Evidence(kind=kind, findings=(*findings, _unanalysable(kind, f"{files} cannot be read as Python source")))


def _unanalysable(kind: Kind, why: str) -> Finding:
    return Finding(
        id=f"{kind.value}.unanalysable",
        severity=Severity.ERROR,
        message=f"{why}, so these points cannot be earned.",
        help="Mend the file: ordinary Python without deep nesting, huge literals or types that grow without end.",
    )
