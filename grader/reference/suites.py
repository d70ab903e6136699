"""The tools of challenge authors: construct rules, checks, the submission handle and the kits."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from grader import suite
from grader.inside.constructs.rules.table import RULES
from grader.reference.layout import first_paragraph, first_sentence, table
from grader.suite.contract import SubmissionHandle
from grader.suite.inside import probe_kit
from grader.suite.inside.probe_kit import interleaving, meeting, nameless, running, virtual_time, weighing
from grader.verify.checks import CHECKS


def rules() -> str:
    """List every construct rule, with its options."""
    return table(("rule", "of", "is met when", "options"), _rules())


def _rules() -> Iterator[tuple[str, ...]]:
    for name, rule in sorted(RULES.items()):
        options = " ".join(f"`{option.name}` ({option.default!r}): {option.means}" for option in rule.options)
        yield f"`{name}`", rule.of, first_paragraph(rule), options


def checks() -> str:
    """List every check of `grader verify`."""
    rows = ((f"`{check.id}`", check.title, check.runs.value) for check in CHECKS)
    return table(("check", "holds when", "runs"), rows)


def handle() -> str:
    """List everything that a hidden suite can do with a submission."""
    return table(("`submission.`", "does"), _members(SubmissionHandle))


def kits() -> str:
    """List every kit of `grader.suite`."""
    return table(
        ("from `grader.suite`", "is"), _documented(suite, (name for names in suite.KITS.values() for name in names))
    )


def in_probes() -> str:
    """List everything that a probe can import as `probe_kit`."""
    modules = (probe_kit, running, virtual_time, meeting, interleaving, nameless, weighing)
    return table(("in a probe", "is"), (row for module in modules for row in _offered(module)))


def _members(kind: type) -> Iterator[tuple[str, str]]:
    for name, member in vars(kind).items():
        if not name.startswith("_"):
            what = member.fget if isinstance(member, property) else member
            yield f"`{name}{'' if isinstance(member, property) else _signature(what)}`", first_sentence(what)


def _offered(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield what a module of the probe kit offers: the names in `__all__`, or else those that the module defines."""
    shown = module.__name__.replace(probe_kit.__name__, "probe_kit")
    names = getattr(module, "__all__", None) or [
        name
        for name, thing in vars(module).items()
        if name[0] != "_" and getattr(thing, "__module__", "") == module.__name__
    ]
    for name, summary in _documented(module, names):
        yield name.replace("`", f"`{shown}.", 1), summary


def _documented(module: ModuleType, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            yield f"`{name}`", first_sentence(thing)


def _signature(function: Any) -> str:
    """Return the names of a method's parameters, in parentheses."""
    names = [
        f"{'*' * (parameter.kind is parameter.VAR_POSITIONAL)}{'**' * (parameter.kind is parameter.VAR_KEYWORD)}{name}"
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "self"
    ]
    return f"({', '.join(names)})"
