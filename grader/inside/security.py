"""Runs bandit with our own profile, and without regard to `# nosec`."""

from __future__ import annotations

import ast
import contextlib
import io
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.inside.findings import (
    GRAVITY,
    AnswerDict,
    FindingDict,
    Severity,
    capped,
    finding,
    measurement,
    unanalysable,
)
from grader.inside.gate import parsed
from grader.inside.plain_calls import in_plain_words
from grader.inside.staging import Staged, staged

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # bandit calls stevedore in a way that stevedore deprecates
    import bandit
    from bandit.blacklists import calls
    from bandit.core.config import BanditConfig
    from bandit.core.manager import BanditManager
    from bandit.plugins import injection_shell

LEFT_OUT = {
    "B101": "assert is the way to write tests and to state invariants",
    "B311": "random is fine where a challenge draws jitter or samples",
    "B404": "importing subprocess is not a defect; its calls are judged",
}
DANGEROUS = frozenset(
    {name for entry in calls.gen_blacklist()["Call"] if entry["id"] not in LEFT_OUT for name in entry["qualnames"]}
    | set(injection_shell.gen_config("shell_injection")["shell"])
)
"""Functions to which bandit objects whenever they are called with an argument."""
NO_TIMEOUT = "B113"
DEADLINES = frozenset({"timeout", "timeout_at", "wait_for", "fail_after", "move_on_after"})
"""Functions of asyncio and anyio that set a deadline for everything within; a client's own applies to each read."""
SEVERITY: Mapping[str, Severity] = {"LOW": "note", "MEDIUM": "warning", "HIGH": "error"}


def security(files: Mapping[str, str], *, disguised: bool = True) -> AnswerDict:
    """Look for weaknesses in gated Python files, both as written and with calls spelled plainly.

    Without `disguised` they are read as written alone, in a third of the time: code that nobody grades hides nothing.
    """
    with staged(files) as stage:
        found = _run(stage)
    if not disguised:
        return _answer(found)
    plain = {path: in_plain_words(text, parsed(text), DANGEROUS) for path, text in files.items()}
    if changed := {path: text for path, text in plain.items() if text != files[path]}:
        with staged(changed) as stage:
            found = _graver(found, _run(stage))
    return _answer(found)


def _answer(found: list[FindingDict]) -> AnswerDict:
    return {
        "findings": capped(found, "security"),
        "measurements": [
            measurement(f"security.{severity}", sum(item["severity"] == severity for item in found))
            for severity in ("error", "warning", "note")
        ],
        "tools": {"bandit": str(bandit.__version__)},
    }


def _graver(found: list[FindingDict], plain: list[FindingDict]) -> list[FindingDict]:
    """Keep the graver findings for each line: those in the text as written or those in the plain spelling."""

    def weights(findings: list[FindingDict]) -> dict[tuple[str | None, int | None], list[int]]:
        by_line: dict[tuple[str | None, int | None], list[int]] = {}
        for item in findings:
            by_line.setdefault((item["file"], item["line"]), []).append(-GRAVITY[item["severity"]])
        return {line: sorted(gravities, reverse=True) for line, gravities in by_line.items()}

    written = weights(found)
    graver = {line for line, gravities in weights(plain).items() if line[1] and gravities > written.get(line, [])}
    kept = [item for item in found if (item["file"], item["line"]) not in graver]
    return kept + [{**item, "column": None} for item in plain if (item["file"], item["line"]) in graver]


def _run(stage: Staged) -> list[FindingDict]:
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        manager = BanditManager(BanditConfig(), "file", profile={"exclude": list(LEFT_OUT)}, ignore_nosec=True)
        manager.files_list = [str(path) for path in stage.paths]
        manager.run_tests()
    given_up = [
        unanalysable("security", f"bandit gave up on {stage.original(path)} ({why})", file=stage.original(path))
        for path, why in manager.skipped
    ]
    return given_up + [
        _finding(stage, issue)
        for issue in sorted(manager.results, key=lambda issue: (issue.fname, issue.lineno))
        if not (issue.test_id == NO_TIMEOUT and _limits_time(Path(issue.fname)))
    ]


def _limits_time(file: Path) -> bool:
    """Return whether the file sets a deadline around what it awaits, so that its clients need no timeout of their
    own.
    """
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(parsed(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    return not called.isdisjoint(DEADLINES)


def _finding(stage: Staged, issue: Any) -> FindingDict:
    return finding(
        f"security.{issue.test_id.lower()}",
        f"{issue.text.strip()} ({issue.test.replace('_', ' ')}).",
        help=f"{issue.cwe!s}.",
        severity=SEVERITY.get(issue.severity, "warning"),
        file=stage.original(issue.fname),
        line=issue.lineno,
        column=issue.col_offset + 1 if issue.col_offset >= 0 else None,
    )
