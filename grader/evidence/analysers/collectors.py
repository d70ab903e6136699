"""The analysers: the kind of criterion that each serves, the tools that it needs, and its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grader.challenges.challenge import Challenge
from grader.challenges.manifest import Requirement
from grader.evidence.analysers import mypy_cache as type_cache
from grader.evidence.analysers.sandbox import PROVIDED, AnalyserSandbox
from grader.model import Kind
from sandbox.session import Plain

Settings = dict[Plain, Plain]


@dataclass(frozen=True)
class EvidenceCollector:
    """One analyser: the kind of criterion that it serves, the distributions that it needs, and its settings."""

    kind: Kind
    tools: Callable[[Challenge], tuple[str, ...]]
    settings: Callable[[Challenge, AnalyserSandbox], Settings]
    apart: bool = False
    """Whether the analyser is asked in a child of its own; all others share one."""


def _types(challenge: Challenge, sandbox: AnalyserSandbox) -> Settings:
    contract = challenge.contract
    return {
        "contract": contract.read_text(encoding="utf-8") if contract is not None else None,
        "packages": str(PROVIDED) if sandbox.provided else None,
        "cache": str(type_cache.INSIDE) if sandbox.has(type_cache.INSIDE) else None,
    }


def _construct_tools(challenge: Challenge) -> tuple[str, ...]:
    directed = any(
        requirement.rule == "import-direction"
        for criterion in challenge.manifest.criteria
        for requirement in criterion.requires
    )
    return ("libcst", "grimp") if directed else ("libcst",)


def _constructs(challenge: Challenge, _: AnalyserSandbox) -> Settings:
    required = [requirement for criterion in challenge.manifest.criteria for requirement in criterion.requires]
    return {
        "modules": list(challenge.python_modules),
        "requirements": [_plain(requirement) for requirement in required],
    }


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


def _complexity(challenge: Challenge, _: AnalyserSandbox) -> Settings:
    return {
        "worst": min(criterion.worst for criterion in challenge.manifest.criteria if criterion.kind is Kind.COMPLEXITY)
    }


COLLECTORS = (
    EvidenceCollector(Kind.TYPES, lambda _: ("mypy",), _types, apart=True),
    EvidenceCollector(Kind.CONSTRUCTS, _construct_tools, _constructs),
    EvidenceCollector(Kind.COMPLEXITY, lambda _: ("radon",), _complexity),
    EvidenceCollector(Kind.SECURITY, lambda _: ("bandit",), lambda _, __: {}),
)
"""All analysers, in the order of their evidence. Problems with imports are reported with the first analyser's."""
