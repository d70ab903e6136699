"""Judges a challenge's requirements by the rules; LibCST parses each file once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TypedDict

import libcst as cst

from grader.inside.constructs.resolver.lookup import MAX_STEPS, Exhausted
from grader.inside.constructs.resolver.parsing import Unreadable
from grader.inside.constructs.resolver.project import Project
from grader.inside.constructs.rules.rule import Judgement, Question, Rule, Setting, Status
from grader.inside.constructs.rules.table import RULES, problems
from grader.inside.findings import AnswerDict, FactDict, FindingDict, finding, unanalysable
from grader.inside.imports import module_name


class AuthorMistake(Exception):
    """The challenge asks for a rule or an option that does not exist."""


class RequirementDict(TypedDict):
    """A requirement of `challenge.toml`, as plain data."""

    id: str
    rule: str
    of: str
    options: dict[str, Setting]
    message: str
    help: str


ENDS = {Status.ABSENT: "missing", Status.DECOY: "decoy", Status.DYNAMIC: "dynamic"}
EXPLAINED = {
    Status.ABSENT: "",
    Status.DECOY: "The construct is there, but nothing that {of} does depends on it.",
    Status.DYNAMIC: "The construct may be created at run time, which the source cannot show.",
}


def judge(files: Mapping[str, str], modules: Sequence[str], requirements: Sequence[RequirementDict]) -> AnswerDict:
    """Judge gated Python files. `modules` are the files that the brief asks for."""
    for requirement in requirements:
        for problem in problems(requirement["rule"], requirement["options"]):
            raise AuthorMistake(f"requirement {requirement['id']!r}: {problem}")
    tools = {"libcst": version("libcst")}
    try:
        project = Project(files, [module_name(path) for path in modules])
    except Unreadable as error:
        given_up = unanalysable("constructs", f"LibCST gave up on the submission ({error})")
        return {
            "findings": [given_up],
            "facts": [_fact(requirement, Status.ABSENT) for requirement in requirements],
            "tools": tools,
        }
    findings: list[FindingDict] = []
    facts: list[FactDict] = []
    for requirement in requirements:
        besides = tuple(
            candidate["of"]
            for candidate in requirements
            if candidate["rule"] == requirement["rule"] and candidate is not requirement
        )
        status, found = _judged(project, requirement, besides)
        facts.append(_fact(requirement, status))
        findings.extend(found)
    return {"findings": findings, "facts": facts, "tools": tools}


def _fact(requirement: RequirementDict, status: Status) -> FactDict:
    return {"requirement": requirement["id"], "status": status.value}


def _judged(
    project: Project, requirement: RequirementDict, besides: tuple[str, ...]
) -> tuple[Status, list[FindingDict]]:
    """Return the status of one requirement, judged with its own budget, and its findings."""
    rule: Rule = RULES[requirement["rule"]]
    project.names.refill(MAX_STEPS)
    try:
        made = rule.judge(Question(project, requirement["of"], rule.settings(requirement["options"]), besides))
    except (Exhausted, RecursionError):
        why = f"The definition of {requirement['of']} is too tangled to follow"
        return Status.ABSENT, [unanalysable("constructs", why)]
    except (UnicodeError, cst.ParserSyntaxError, cst.CSTValidationError) as error:
        why = f"LibCST gave up on the definition of {requirement['of']} ({type(error).__name__})"
        return Status.ABSENT, [unanalysable("constructs", why)]
    return made.status, [] if made.status is Status.MET else [_finding(requirement, made)]


def _finding(requirement: RequirementDict, judgement: Judgement) -> FindingDict:
    rule = RULES[requirement["rule"]]
    of = "the submission" if requirement["of"] == "*" else requirement["of"]
    message = (requirement["message"] or rule.message).replace("{of}", of)
    why = (judgement.why or EXPLAINED[judgement.status]).replace("{of}", of)
    line, column = None, None
    if judgement.module is not None and judgement.node is not None:
        line, column = judgement.module.position(judgement.node)
    return finding(
        f"constructs.{rule.name}.{ENDS[judgement.status]}",
        f"{message} {why}".strip(),
        help=(requirement["help"] or rule.help).replace("{of}", of),
        file=judgement.module.path if judgement.module is not None else None,
        line=line,
        column=column,
    )
