"""Whether constructs are at work: what the sandbox reports about exported objects, judged outside.

The submission's code runs in the process that reports, so a fact is corroboration and never proof. There are three
outcomes:

    at-work    the object that runs has what the rule requires
    idle       it does not, or the submission kept this from being determined
    unasked    this cannot be told without an instance, and the challenge's probe does not report it: the text decides
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from grader.challenges.challenge import Challenge
from grader.challenges.manifest import Requirement
from grader.evidence.suite.handle import ignored
from grader.model import AT_WORK, IDLE, UNASKED, Fact
from sandbox.outcome import ChildLost, Raised
from sandbox.session import Plain, Session

OBSERVE = "probe_kit.construct_facts:observe"

Data: TypeAlias = Mapping[Plain, Plain]
Judge: TypeAlias = Callable[[Data, Requirement], bool | None]


def required(challenge: Challenge) -> list[Requirement]:
    """Return the constructs that a challenge asks for."""
    return [requirement for criterion in challenge.manifest.criteria for requirement in criterion.requires]


def observe(
    session: Session, challenge: Challenge, *, on_unread: Callable[[Sequence[str]], None] = ignored
) -> tuple[Fact, ...]:
    """Ask a fresh child about every requirement. Raises SandboxUnusable."""
    requirements = required(challenge)
    if not requirements:
        return ()
    questions: list[Plain] = [
        [requirement.id, requirement.rule, requirement.of, _options(requirement)] for requirement in requirements
    ]
    child = session.fresh()
    try:
        answer = child.call(OBSERVE, questions)
    except (ChildLost, Raised):
        answer = None
    finally:
        child.close()
        on_unread(child.unread)
    return judged(requirements, answer)


def judged(requirements: Sequence[Requirement], answer: Plain) -> tuple[Fact, ...]:
    """Return one fact for each requirement, whatever the sandbox said."""
    answers: Data = answer if isinstance(answer, dict) else {}
    return tuple(
        Fact(requirement=requirement.id, status=_status(requirement, answers.get(requirement.id)))
        for requirement in requirements
    )


def _status(requirement: Requirement, data: Plain) -> str:
    if not isinstance(data, dict) or "error" in data:
        return IDLE
    judge = JUDGES.get(requirement.rule)
    verdict = judge(data, requirement) if judge is not None else None
    expected = all(data.get(name) == value for name, value in requirement.at_work.items())
    if verdict is None and not requirement.at_work:
        return UNASKED
    return AT_WORK if expected and verdict is not False else IDLE


def _options(requirement: Requirement) -> Plain:
    return {name: list(value) if isinstance(value, list) else value for name, value in requirement.options.items()}


def _words(value: Plain) -> set[Plain]:
    return {word for word in value if isinstance(word, str)} if isinstance(value, list) else set()


def _wanted(requirement: Requirement, name: str, default: Sequence[str] = ()) -> set[Plain]:
    value = requirement.options.get(name, list(default))
    return set(value) if isinstance(value, list) else set()


def _metaclass(data: Data, requirement: Requirement) -> bool:
    return bool(_words(data.get("own"))) and _words(data.get("hooks")) >= _wanted(requirement, "hooks")


def _descriptor(data: Data, requirement: Requirement) -> bool:
    methods = data.get("own" if requirement.options.get("own") else "methods")
    return _words(methods) >= _wanted(requirement, "needs", ["__get__"])


def _manager(data: Data, requirement: Requirement) -> bool | None:
    if "methods" not in data:
        return None
    methods = _words(data["methods"])
    kinds: dict[str, set[Plain]] = {"sync": {"__enter__", "__exit__"}, "async": {"__aenter__", "__aexit__"}}
    kind = requirement.options.get("kind", "any")
    return any(methods >= required_methods for name, required_methods in kinds.items() if kind in (name, "any"))


def _true(name: str) -> Judge:
    """Return a judge of a single fact: true, false, or unknown if the fact is missing."""

    def judge(data: Data, _: Requirement) -> bool | None:
        return None if name not in data else data[name] is True

    return judge


def _at_least(name: str, fewest: int) -> Judge:
    def judge(data: Data, _: Requirement) -> bool:
        value = data.get(name)
        return type(value) is int and value >= fewest

    return judge


def _frozen(data: Data, _: Requirement) -> bool | None:
    return None if "changed" not in data else data["changed"] == [] and bool(_words(data.get("refused")))


def _slots(data: Data, _: Requirement) -> bool:
    return data.get("dict") is False


def _protocol(data: Data, requirement: Requirement) -> bool:
    members = _words(data.get("members"))
    return data.get("protocol") is True and bool(members) and members >= _wanted(requirement, "members")


def _decorator(data: Data, _: Requirement) -> bool | None:
    return None if "kept" not in data else "__name__" in _words(data["kept"])


JUDGES: Mapping[str, Judge] = {
    "metaclass": _metaclass,
    "descriptor": _descriptor,
    "context-manager": _manager,
    "generator": _true("generator"),
    "async-function": _true("coroutine"),
    "parameterised-decorator": _decorator,
    "frozen-value": _frozen,
    "slots": _slots,
    "protocol": _protocol,
    "overload": _at_least("overloads", 2),
    "literal": _true("literal"),
    "generic": _at_least("parameters", 1),
}
"""The judge of each rule at run time. Rules that concern only the text have none."""
