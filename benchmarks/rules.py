"""Precision and recall of the construct rules over facts about real libraries.

    python3 -m pip --python .venv install -e '.[truth]'
    python -m benchmarks.rules [--check] [RULE ...]

`truth.toml` beside this file lists the facts; each was read from the library's source. A library that is not installed
is named and left out. Without rules named, the table is written to ACCURACY.md beside the rules; `--check` only prints.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import msgspec

from grader.inside.constructs.resolver import lookup
from grader.inside.constructs.resolver.project import Project
from grader.inside.constructs.rules.rule import Question, Status
from grader.inside.constructs.rules.table import RULES

HERE = Path(__file__).parent
TABLE = HERE.parent / "grader/inside/constructs/rules/ACCURACY.md"
HEAD = """# How often the rules are right

Facts about {libraries} libraries from PyPI, each read from the library's source and never from what a rule said:
`benchmarks/truth.toml`.
`python -m benchmarks.rules` asks the rules and writes this page;
`python3 -m pip --python .venv install -e '.[truth]'` installs the libraries.

- **precision**: of what a rule calls met, how much is. A rule that errs here gives points for nothing.
- **recall**: of what is there, how much a rule calls met. What it misses costs points only where a challenge requires
  the construct; then the brief has to name the mechanism.

On its first run against this list precision was 1.00 and recall 0.82. The rules were then fixed where a miss was their
mistake, so recall on code that nobody looked at lies between the two figures.

"""


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is true, or not, of one name of one library."""

    library: str
    files: list[str]
    rule: str
    of: str
    holds: bool
    why: str
    options: dict[str, str | int | bool | list[str]] = {}


class Asking(msgspec.Struct, frozen=True):
    """What a rule said about a fact."""

    fact: Fact
    status: str

    @property
    def met(self) -> bool:
        """Whether the rule gives the points."""
        return self.status == Status.MET

    @property
    def right(self) -> bool:
        """Whether the rule agrees with the fact."""
        return self.met == self.fact.holds


def facts() -> list[Fact]:
    """Return the truth list."""
    return msgspec.toml.decode((HERE / "truth.toml").read_bytes(), type=dict[str, list[Fact]])["fact"]


def projects(stated: Iterable[Fact]) -> dict[tuple[str, tuple[str, ...]], Project]:
    """Return the parsed sources that the facts are about, each once."""
    found: dict[tuple[str, tuple[str, ...]], Project] = {}
    for fact in stated:
        key = fact.library, tuple(fact.files)
        if key in found:
            continue
        try:
            root = Path(str(distribution(fact.library).locate_file("")))
        except PackageNotFoundError:
            continue
        paths = [path for pattern in fact.files for path in root.glob(pattern) if "tests" not in path.parts]
        texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}
        found[key] = Project(texts)
    return found


def ask(fact: Fact, project: Project) -> Asking:
    """Hold the rule against one fact. A library is larger than any submission, so the budget is as well."""
    rule = RULES[fact.rule]
    problems = rule.problems(fact.options)
    if problems:
        sys.exit(f"{HERE / 'truth.toml'}: {fact.of}: {problems[0]}")
    project.names.refill(100 * lookup.MAX_STEPS)
    try:
        status = rule.judge(Question(project, fact.of, rule.settings(fact.options))).status.value
    except lookup.Exhausted:
        status = "exhausted"
    return Asking(fact, status)


def table(verdicts: list[Asking]) -> str:
    """Return the page: one line a rule, then what was missed or mistaken."""
    lines = [
        "| rule | facts | true | found | mistaken | precision | recall |",
        "| --- | ---: " * 1 + "| ---: " * 5 + "|",
    ]
    for name in [*RULES, "all"]:
        mine = [verdict for verdict in verdicts if name in (verdict.fact.rule, "all")]
        if mine:
            lines.append(_line(name, mine))
    wrong = [verdict for verdict in verdicts if not verdict.right]
    lines += ["", "What they get wrong:", ""] if wrong else []
    for verdict in wrong:
        reading = "calls it met" if verdict.met else f"says {verdict.status}"
        lines.append(
            f"- `{verdict.fact.rule}` of `{verdict.fact.of}` ({verdict.fact.library}): {reading}; {verdict.fact.why}."
        )
    libraries = sorted({verdict.fact.library for verdict in verdicts})
    lines += ["", "Libraries: " + ", ".join(f"{name} {version(name)}" for name in libraries) + "."]
    return "\n".join(lines) + "\n"


def _line(name: str, mine: list[Asking]) -> str:
    true = sum(verdict.fact.holds for verdict in mine)
    found = sum(verdict.fact.holds and verdict.met for verdict in mine)
    mistaken = sum(verdict.met and not verdict.fact.holds for verdict in mine)
    precision = f"{found / (found + mistaken):.2f}" if found + mistaken else ""
    recall = f"{found / true:.2f}" if true else ""
    return f"| {name} | {len(mine)} | {true} | {found} | {mistaken} | {precision} | {recall} |"


def main() -> None:
    """Ask every rule about every fact, print the table and keep it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", nargs="*", metavar="RULE")
    parser.add_argument("--check", action="store_true", help="do not write the page")
    given = parser.parse_args()
    chosen = [fact for fact in facts() if not given.rules or fact.rule in given.rules]
    started = time.perf_counter()
    parsed = projects(chosen)
    verdicts = [ask(fact, parsed[key]) for fact in chosen if (key := (fact.library, tuple(fact.files))) in parsed]
    missing = sorted({fact.library for fact in chosen} - {verdict.fact.library for verdict in verdicts})
    page = table(verdicts)
    sys.stdout.write(page)
    sys.stdout.write(f"\n{len(verdicts)} facts in {time.perf_counter() - started:.1f} s\n")
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}. python3 -m pip --python .venv install -e '.[truth]'")
    if not given.check and not given.rules:
        TABLE.write_text(
            HEAD.format(libraries=len({verdict.fact.library for verdict in verdicts})) + page, encoding="utf-8"
        )


if __name__ == "__main__":
    main()
