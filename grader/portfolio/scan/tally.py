"""The counts of a scan, added up as batches come in, and the skills that they show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from grader.inside.inventory.across import FileFacts, JointSign, together
from grader.inside.inventory.facts import FactsDict
from grader.inside.inventory.skill_rule import CODE, TESTS, SkillRule
from grader.inside.inventory.skills import SKILLS
from grader.portfolio.scan.inventory import SkillEvidence, SkillPlace, UnreadFile
from grader.portfolio.scan.scan_sandbox import FoundFacts, FoundFile
from grader.portfolio.scan.strength import strength

LISTED = 20
"""The maximum number of places of one skill in a result."""


class SkillTally:
    """The files that were read so far, by path."""

    def __init__(self) -> None:
        self.files: dict[str, FoundFile] = {}
        self.unread: list[UnreadFile] = []
        self.in_part: list[UnreadFile] = []

    def add(self, files: dict[str, FoundFile]) -> None:
        """Add what a batch shows."""
        for path, file in files.items():
            if not file.by:
                self.unread.append(UnreadFile(file=path, why=file.why))
                continue
            self.files[path] = file
            if file.left_out:
                lines = ", ".join(
                    f"{first}-{last_}" if first != last_ else f"{first}" for first, last_ in file.left_out
                )
                self.in_part.append(UnreadFile(file=path, why=f"lines left out: {lines}; {file.why}"))

    def code(self) -> list[FileFacts]:
        """Return the facts of the code files, in the order of their paths."""
        return [
            FileFacts(path, _plain(file.facts))
            for path, file in sorted(self.files.items())
            if file.facts is not None and not file.is_test
        ]

    def skills(self) -> dict[str, SkillEvidence]:
        """Return every skill of the framework with what was seen of it."""
        joint: dict[str, list[JointSign]] = defaultdict(list)
        for sign in together(self.code()):
            joint[sign.skill].append(sign)
        return {name: self._skill(rule, joint[name]) for name, rule in SKILLS.items()}

    def _skill(self, rule: SkillRule, joint: Iterable[JointSign]) -> SkillEvidence:
        places = [
            SkillPlace(file=path, line=line, what=what, strong=strong)
            for path, file in sorted(self.files.items())
            for line, what, strong in file.places.get(rule.skill, ())
        ]
        strong = sum(file.counts.get(rule.skill, (0, 0))[0] for file in self.files.values())
        weak = sum(file.counts.get(rule.skill, (0, 0))[1] for file in self.files.values())
        for sign in joint:
            places.append(SkillPlace(file=sign.path, line=sign.line, what=sign.what, strong=sign.strong))
            strong, weak = strong + sign.strong, weak + (not sign.strong)
        files = {place.file for place in places if place.strong}
        looked_at = [
            file
            for file in self.files.values()
            if rule.where not in (CODE, TESTS) or file.is_test == (rule.where == TESTS)
        ]
        return SkillEvidence(
            strength=strength(
                rule,
                strong=strong,
                weak=weak,
                kinds={place.what for place in places if place.strong},
                strong_files=len(files),
                all_files=len(looked_at),
            ),
            strong=strong,
            weak=weak,
            files=len(files),
            places=tuple(_spread(places)),
        )


def _spread(places: list[SkillPlace]) -> list[SkillPlace]:
    """Choose the places to list: strong ones first, then the first of each file, the second of each, and so on."""
    nth: dict[tuple[str, bool], int] = defaultdict(int)
    ranked: list[tuple[bool, int, SkillPlace]] = []
    for place in places:
        ranked.append((not place.strong, nth[place.file, place.strong], place))
        nth[place.file, place.strong] += 1
    ranked.sort(key=lambda entry: entry[:2])
    return [place for _, _, place in ranked[:LISTED]]


def _plain(facts: FoundFacts) -> FactsDict:
    return {
        "abstractions": facts.abstractions,
        "bases": facts.bases,
        "takes": facts.takes,
        "imports": facts.imports,
        "classes": facts.classes,
        "functions": facts.functions,
        "coroutines": facts.coroutines,
        "annotated": facts.annotated,
        "tests": facts.tests,
        "prints": facts.prints,
        "loggers": facts.loggers,
    }
