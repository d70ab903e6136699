"""What prevents an answer from being asked anything: a failed import or a missing public name, reported once.

A child that is asked nothing else imports the answer, so its message reveals nothing about any exam.
"""

from __future__ import annotations

import ast
import contextlib
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader.challenges.challenge import Challenge
from grader.evidence.suite.judgement import real_place, sentence
from grader.model import Finding, Severity
from sandbox.outcome import ChildLost, Overdrawn, Raised, TimedOut
from sandbox.session import Plain, Session

IMPORTED = "probe_kit.importing:imported"
FAILED, MISSING = "import.failed", "import.name-missing"
ENDLESS = "Something at the module's top level never ends: a loop, a wait, or a call that starts the program."
LATER = re.compile(r"\s*(type\s+\w+\s*[\[=]|(async\s+)?def\s+\w+\[|class\s+\w+\[)")
"""The syntax that Python 3.12 introduced: type parameters and the `type` statement."""
NEWER = f"Submissions run on Python {platform.python_version()}, and this syntax needs a later version."
LONGEST = 500
"""The maximum number of characters of an exception's text."""


class Importing(NamedTuple):
    """The outcome of importing the answer: the finding about it, if any, and the names that are missing."""

    finding: Finding | None
    missing: frozenset[str] = frozenset()
    hangs: bool = False
    """Whether the import did not end within the time limit of a first call."""


def modules(challenge: Challenge) -> list[str]:
    """Return the names under which the modules that the brief asks for are imported."""
    paths = (path.removesuffix(".py").removesuffix("/__init__") for path in challenge.manifest.modules)
    return [path.replace("/", ".") for path in paths]


def public_names(challenge: Challenge) -> dict[str, list[str]]:
    """Return the names that the probe takes from each module, and the contract's, as a probe may assemble names."""
    wanted = modules(challenge)
    found: dict[str, dict[str, None]] = {name: {} for name in wanted}
    for path in (challenge.probe, challenge.folder / "contract.py"):
        if path.is_file():
            for name, asked in names_asked_for(path.read_text(encoding="utf-8"), wanted).items():
                found[name] |= dict.fromkeys(asked)
    return {name: list(asked) for name, asked in found.items()}


def names_asked_for(probe: str, modules: list[str]) -> dict[str, list[str]]:
    """Return the public names that a probe's source takes from these modules, in order of appearance."""
    aliases: dict[str, str] = {}
    found: dict[str, dict[str, None]] = {name: {} for name in modules}
    tree = ast.parse(probe)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {alias.asname or alias.name: alias.name for alias in node.names if alias.name in found}
        elif isinstance(node, ast.ImportFrom) and node.module in found and node.level == 0:
            found[node.module] |= dict.fromkeys(alias.name for alias in node.names if alias.name != "*")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            found[aliases[node.value.id]][node.attr] = None
    return {
        name: [attribute for attribute in attributes if not attribute.startswith("_")]
        for name, attributes in found.items()
    }


def try_import(session: Session, challenge: Challenge, answer: Path) -> Importing:
    """Import the answer in a fresh child. Raises SandboxUnusable."""
    required = modules(challenge)
    names = public_names(challenge)
    child = session.fresh()
    try:
        told = child.call(IMPORTED, list(required), {name: list(attributes) for name, attributes in names.items()})
    except (TimedOut, Overdrawn) as error:
        words = f"{required[0]} cannot be imported: {error.why}."
        return Importing(msgspec.structs.replace(_failed(words), help=ENDLESS), hangs=True)
    except ChildLost as error:
        return Importing(_failed(f"{required[0]} cannot be imported: {error.why}."))
    except Raised as error:
        return Importing(_failed(f"{required[0]} cannot be imported: {error}"[:LONGEST]))
    finally:
        child.close()
    return told_of(told if isinstance(told, dict) else {}, names, answer)


def told_of(told: Mapping[Plain, Plain], names: Mapping[str, list[str]], answer: Path) -> Importing:
    """Return the outcome that the sandbox reported, believed only as far as it names existing things."""
    if "kind" in told:
        kind, message, file, module = (
            str(told.get(key, ""))[:LONGEST] for key in ("kind", "message", "file", "module")
        )
        line_number = told.get("line")
        place, line = real_place([f"{file}:{line_number}" if type(line_number) is int else file], answer)
        column = told.get("column")
        reason = ": ".join(filter(None, (kind, message)))
        words = f"{module if module in names else 'the answer'} cannot be imported: {reason}"
        failed = _failed(words, place, line, column if type(column) is int and column > 0 else None)
        if kind == "SyntaxError" and _is_newer(answer, place, line):
            failed = msgspec.structs.replace(failed, help=NEWER)
        return Importing(failed)
    missing = told.get("missing")
    lacking: dict[str, list[str]] = {}
    for pair in missing if isinstance(missing, list) else ():
        match pair:
            case [str(module), str(name)] if name in names.get(module, ()):
                lacking.setdefault(module, []).append(name)
    if not lacking:
        return Importing(None)
    words = "; ".join(f"`{module}` has no {_listed(absent)}" for module, absent in lacking.items())
    finding = Finding(
        id=MISSING,
        severity=Severity.ERROR,
        message=sentence(words),
        help="Define every missing name exactly as the brief spells it.",
    )
    return Importing(finding, frozenset(name for absent in lacking.values() for name in absent))


def _is_newer(answer: Path, file: str | None, line: int | None) -> bool:
    """Return whether an unreadable line begins like one that a later Python can read."""
    with contextlib.suppress(OSError, UnicodeDecodeError, IndexError):
        if file and line:
            return bool(LATER.match((answer / file).read_text(encoding="utf-8").splitlines()[line - 1]))
    return False


def _listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and no ".join([", no ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


def _failed(message: str, file: str | None = None, line: int | None = None, column: int | None = None) -> Finding:
    return Finding(
        id=FAILED,
        severity=Severity.ERROR,
        message=message,
        help="Fix this first: nothing can be tested until the answer can be imported.",
        file=file,
        line=line,
        column=column if file else None,
    )
