"""mypy --strict on the submission and on the challenge's contract, with no configuration but ours.

A canary file with one known error is checked beside them: a result that lacks this error does not count.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mypy import pyinfo, version

from grader.inside.findings import AnswerDict, FindingDict, capped, finding, measurement, unanalysable
from grader.inside.gate import parsed
from grader.inside.staging import Staged, staged
from grader.inside.types import anys, build
from grader.inside.types.build import Looked
from grader.inside.types.directives import without_directives
from grader.inside.types.hiding import decided_lines, hidden, silenced, unseen, unvisited
from grader.inside.types.unfolding import Unfolded, unfolded
from grader.inside.types.wording import Message, contract_finding, submission_finding

ANY_FREE, ANY_ALL = 0.2, 0.6
"""Shares of expressions of type Any: in honest solutions, mainly of decorators, up to 13 %; in code that is typed only
in form, half or more."""
EXCESS_FREE, EXCESS_ALL = 40.0, 80.0
"""Numbers of expressions of type Any beyond what each function may have: honest solutions have up to 35 in all.
Needless typed lines elsewhere lower a share but not these numbers."""
CANARY = "canary: int = ''\n"
UNHASHABLE = re.compile(r"\s*__hash__\s*(:[^=]*)?=\s*None\s*(#.*)?$")
FLAGS = (
    "--config-file=",
    "--strict",
    "--warn-unreachable",
    "--explicit-package-bases",
    "--namespace-packages",
    "--no-color-output",
    "--hide-error-context",
    "--show-column-numbers",
    "--output=json",
)


class Checked(NamedTuple):
    """One run of mypy: its status, its output, and what it looked at."""

    status: int
    messages: list[Message]
    complaint: str
    looked: Mapping[Path, Looked]


def check(
    files: Mapping[str, str],
    contract: str | None,
    *,
    packages: str | None = None,
    cache: str | None = None,
) -> AnswerDict:
    """Type-check gated Python files.

    `packages` is the folder of the challenge's runtime packages, `cache` a primed mypy cache; either may be None.
    """
    as_handed_in, texts = files, {path: unfolded(text) for path, text in sorted(files.items())}
    files = {path: text.text for path, text in texts.items()}
    trees = {path: parsed(text) for path, text in files.items()}
    found = [finding for path, tree in trees.items() for finding in hidden(path, tree)]
    with staged({path: without_directives(text) for path, text in files.items()}) as stage:
        targets = list(stage.paths)
        contract_at = stage.lay("contract_of_the_challenge.py", contract, below="contract") if contract else None
        canary = stage.lay("canary_of_the_grader.py", CANARY, below="canary")
        targets += [canary, contract_at] if contract_at else [canary]
        checked = run_mypy(targets, stage=stage, packages=packages, cache=cache)
        looked = {
            path: checked.looked[at] for at, path in stage.paths.items() if at in checked.looked and path in files
        }
        own, of_contract = _sorted_out(checked, stage, contract_at, canary, contract or "", files)
    for path, look in looked.items():
        found += unvisited(path, trees[path], look.skipped)
        told = {finding["line"] or 0 for finding in own if finding["file"] == path}
        known = {*look.skipped, *decided_lines(trees[path]), *told}
        found += unseen(path, trees[path], look.typed, known)
        found += silenced(path, trees[path], look.silenced, known)
    found += own
    found = [_placed(one, texts) for one in found]
    share, beyond = _untyped(looked)
    excess = max(_part(share, ANY_FREE, ANY_ALL), _part(beyond, EXCESS_FREE, EXCESS_ALL))
    if excess:
        found.append(_mostly_any(share, beyond))
    lines = sum(text.count("\n") + 1 for text in as_handed_in.values())
    return {
        "findings": capped(found, "types") + capped(of_contract, "types.contract"),
        "measurements": [
            measurement("types.errors", len(found)),
            measurement("types.contract_errors", len(of_contract)),
            measurement("types.lines", lines),
            measurement("types.any", share, unit="of all expressions"),
            measurement("types.any_excess", excess, unit="of the points"),
        ],
        "tools": {"mypy": version.__version__},
    }


def _placed(found: FindingDict, texts: Mapping[str, Unfolded]) -> FindingDict:
    """Move a finding to its place in the file as submitted, or to the whole line if that was split."""
    text = texts.get(found["file"] or "")
    line = found["line"]
    if text is None or line is None:
        return found
    origin = text.origin(line)
    whole = text.origins.count(origin) == 1
    return {**found, "line": origin, "column": found["column"] if whole else None}


def _untyped(looked: Mapping[str, Looked]) -> tuple[float, float]:
    """Return the share of expressions of type Any, and how many exceed what their functions may have."""
    share = sum(counts.anys for counts in looked.values()) / max(
        1, sum(counts.expressions for counts in looked.values())
    )
    return round(share, 3), round(sum(counts.excess for counts in looked.values()), 1)


def _part(figure: float, free: float, all_: float) -> float:
    """Return the share of the points that a figure costs."""
    return round(min(1.0, max(0.0, (figure - free) / (all_ - free))), 3)


def _mostly_any(share: float, beyond: float) -> FindingDict:
    return finding(
        "types.any",
        f"{share:.0%} of all expressions are of type Any, with which the type checker allows anything; {beyond:.0f} of "
        f"them exceed the allowance of their functions ({anys.FREE:.0%} of the expressions, at most "
        f"{anys.MOST_FREE:.0f}). A share of up to {ANY_FREE:.0%} and an excess of up to {EXCESS_FREE:.0f} cost "
        f"nothing; a share of {ANY_ALL:.0%} or an excess of {EXCESS_ALL:.0f} costs all of these points.",
        help="Give parameters and results their actual types; Any is for values that can be anything.",
    )


def run_mypy(
    targets: Sequence[Path], *, stage: Staged, packages: str | None, cache: str | None, look: bool = True
) -> Checked:
    """Run mypy in this process on staged files, with a private copy of the primed cache."""
    private = stage.root / "cache"
    if cache is not None and Path(cache).is_dir():
        shutil.copytree(cache, private, copy_function=shutil.copyfile)
    bases = os.pathsep.join(str(stage.root / name) for name in ("submission", "contract", "canary"))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    arguments = [*FLAGS, f"--python-version={python}", f"--cache-dir={private}"]
    arguments.append(f"--python-executable={sys.executable}" if packages else "--no-site-packages")
    (stage.root / "elsewhere").mkdir()
    with _surroundings(stage.root / "elsewhere", mypypath=bases, packages=packages):
        ran = build.run([*arguments, "--", *map(str, targets)], look=look)
    return Checked(ran.status, _messages(ran.out, stage), ran.complaint.strip(), ran.looked)


@contextlib.contextmanager
def _surroundings(folder: Path, *, mypypath: str, packages: str | None) -> Iterator[None]:
    """Set what mypy takes from its process for a `with` block: current folder, MYPYPATH, and where packages are
    installed.
    """
    before = Path.cwd(), os.environ.get("MYPYPATH"), pyinfo.getsearchdirs
    os.chdir(folder)
    os.environ["MYPYPATH"] = mypypath
    pyinfo.getsearchdirs = lambda: ([packages] if packages else [], [])
    try:
        yield
    finally:
        os.chdir(before[0])
        pyinfo.getsearchdirs = before[2]
        del os.environ["MYPYPATH"]
        if before[1] is not None:
            os.environ["MYPYPATH"] = before[1]


def _messages(out: str, stage: Staged) -> list[Message]:
    """Return mypy's messages, without the path of the staging folder."""
    messages: list[Message] = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    for message in messages:
        message["message"] = message["message"].replace(f"{stage.root}/submission/", "")
    return messages


def _sorted_out(
    checked: Checked,
    stage: Staged,
    contract_at: Path | None,
    canary: Path,
    contract: str,
    files: Mapping[str, str],
) -> tuple[list[FindingDict], list[FindingDict]]:
    """Separate the findings in the submission from those in the contract."""
    own: list[FindingDict] = []
    of_contract: list[FindingDict] = []
    alive = False
    for message in checked.messages:
        if message["severity"] != "error":
            continue
        at = Path(os.path.normpath(stage.root / "elsewhere" / message["file"]))
        if at == canary:
            alive = True
        elif at == contract_at:
            of_contract.append(contract_finding(message, contract))
        else:
            if not _excused(message, at):
                path = stage.paths.get(at)
                own.append(submission_finding(message, path, files.get(path or "", "")))
    if checked.status not in {0, 1}:
        own.append(_given_up(checked))
    elif not alive:
        raise RuntimeError(f"mypy did not report the canary's error; status {checked.status}: {checked.complaint}")
    return own, of_contract


def _excused(message: Message, at: Path) -> bool:
    """Return whether an error is about `__hash__ = None`, Python's way of making a class unhashable, which mypy
    rejects.
    """
    if message["code"] != "assignment" or not at.is_file():
        return False
    lines = at.read_text(encoding="utf-8").split("\n")
    return UNHASHABLE.match(lines[message["line"] - 1]) is not None


def _given_up(checked: Checked) -> FindingDict:
    reason = next((message["message"] for message in checked.messages if message["severity"] == "error"), "")
    return unanalysable(
        "types", f"mypy gave up on the files ({reason or checked.complaint[-200:] or 'no reason given'})"
    )
