"""The quality of a repository, added up as the figures of its batches come in."""

from __future__ import annotations

import heapq
from collections import Counter

from grader.intake.refusal import shown
from grader.portfolio.scan.inventory import BlockComplexity, CodeQuality, LintRule, Weakness
from grader.portfolio.scan.scan_sandbox import FoundFigures
from grader.portfolio.scan.tally import SkillTally

WORST = 5
"""The maximum number of places that are listed for one figure."""


class QualityTally:
    """Adds up the figures of batches."""

    def __init__(self) -> None:
        self.given_up: list[str] = []
        self._blocks = self._complexity = self._above = 0
        self._worst: list[tuple[int, str, int, str]] = []
        self._weaknesses: Counter[str] = Counter()
        self._weakest: list[tuple[str, str, int, str]] = []
        self._linted = 0
        self._rules: dict[str, tuple[int, str, int, str]] = {}

    def add(self, figures: FoundFigures) -> None:
        """Add the figures of a batch."""
        self._blocks += figures.blocks
        self._complexity += figures.complexity
        self._above += figures.above
        self._worst = heapq.nlargest(WORST, [*self._worst, *figures.worst])
        self._weaknesses.update(figures.weaknesses)
        self._weakest += figures.weakest
        self._linted += figures.linted
        for rule, (count, *_) in figures.rules.items():
            known = self._rules.get(rule, figures.rules[rule])
            _, file, line, message = min(known, figures.rules[rule], key=lambda found: found[1:])
            self._rules[rule] = (count + (known[0] if rule in self._rules else 0), file, line, message)
        self.given_up += [f"{shown(path)}: {tool} gave up" for tool, path in figures.given_up]

    def quality(self, tally: SkillTally) -> CodeQuality:
        """Return the quality that the batches' figures and the files' facts add up to."""
        code = [file for file in tally.files.values() if not file.is_test]
        tests = [file for file in tally.files.values() if file.is_test]
        facts = [file.facts for file in code if file.facts is not None]
        test_functions = [file.facts.tests for file in tests if file.facts is not None]
        weakest = sorted(self._weakest)[:WORST]
        return CodeQuality(
            functions=sum(fact.functions for fact in facts),
            classes=sum(fact.classes for fact in facts),
            annotated=sum(fact.annotated for fact in facts),
            coroutines=sum(fact.coroutines for fact in facts),
            loggers=sum(fact.loggers for fact in facts),
            prints=sum(fact.prints for fact in facts),
            blocks=self._blocks,
            mean_complexity=round(self._complexity / self._blocks, 2) if self._blocks else None,
            above=self._above,
            worst=tuple(
                BlockComplexity(complexity=complexity, file=file, line=line, name=name)
                for complexity, file, line, name in self._worst
            ),
            weaknesses=dict(self._weaknesses),
            weakest=tuple(
                Weakness(severity=severity, file=file, line=line, message=message)
                for severity, file, line, message in weakest
            ),
            lint=sum(count for count, *_ in self._rules.values()) if self._linted else None,
            lint_lines=self._linted,
            lint_rules=self._lint_rules(),
            tests=sum(test_functions),
            test_files=len(tests),
            test_lines=sum(file.lines for file in tests),
            given_up=tuple(self.given_up),
        )

    def _lint_rules(self) -> tuple[LintRule, ...]:
        often = sorted(self._rules.items(), key=lambda found: (-found[1][0], found[0]))[:WORST]
        return tuple(
            LintRule(rule=rule, count=count, file=file, line=line, message=message)
            for rule, (count, file, line, message) in often
        )
