"""Form: every part of the challenge exists and fits the others. Nothing is run; most other checks rely on this one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise

from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge, ChallengeError
from grader.challenges.flaws import SUFFIX, files_of, flaws, texts
from grader.challenges.gates import gates, reversals
from grader.challenges.samples import VOICES, laid_out, samples, slips, voices, without_skill
from grader.evidence.documents import design
from grader.evidence.suite.job import behaviour_criteria
from grader.framework import skills_of
from grader.inside.constructs.rules.table import problems as rule_problems
from grader.intake.survey import DOCUMENTS
from grader.model import Kind, Level
from grader.verify.checks import brief, code
from grader.verify.checks.finding import CheckResult
from grader.verify.examination import Examination
from grader.verify.verdict import Problem

TOTAL = 100
SHOW_INPUTS = "`show_inputs` no longer has an effect: `grader grade --feedback` decides what candidates see"
FEWEST_FLAWS = 6
FEWEST_SLIPS = 3

BRIEF = "Write the brief: goal, API, examples, rules, what is out of scope, and how submissions are judged."
CONTRACT = "Write typed usage of the API; lines with `# type: ignore[code]` are misuse that mypy must reject."
UNWRITTEN = 'raise NotImplementedError("write the reference'
PLACEHOLDERS = {
    "README.md": ("Say in two or three sentences", "is ... of two integers", "Give every name, signature, result",
                  "Out of scope: what nobody needs to build"),
    "challenge.toml": ("One sentence: what is built, and which skill",),
    "": ("`answer` is ... :", "What to look at when it fails; shown to the candidate."),
}  # fmt: skip
"""Placeholders that `grader new` leaves for the author to replace, by file; the empty name is the hidden suite's."""
SUBMISSIONS = {
    "solution": "Write the reference, which must earn every point.",
    "solution_alt": "Write a second solution in another style: it guards against tests that accept only one design.",
    "starter": "Write what candidates begin with: signatures and docstrings.",
}


def run(exam: Examination) -> CheckResult:
    """Run every check of the challenge's form."""
    found = [problem for check in CHECKS for problem in check(exam.challenge)]
    figure = f"{len(flaws(exam.challenge))} flaws, {len(code.tests(exam.challenge))} tests"
    return CheckResult(figure, tuple(found), notes=(SHOW_INPUTS,) if exam.challenge.manifest.show_inputs else ())


def problem(id_: str, where: str, what: str, remedy: str) -> Problem:
    """Return a problem with the challenge's form."""
    return Problem(id=f"form.{id_}", where=where, what=what, help=remedy)


def _check_files(challenge: Challenge) -> Iterator[Problem]:
    needed = {"README.md": BRIEF}
    if behaviour_criteria(challenge):
        needed |= {
            "probe.py": "Write small functions over plain data that call the submission; they run inside the sandbox.",
            challenge.suite.name: "Write the hidden suite: it runs outside the sandbox and calls the probe inside.",
        }
    if any(criterion.kind is Kind.DESIGN for criterion in challenge.manifest.criteria):
        needed |= {
            design.HIDDEN: "Write the runs and the promises with their bounds, or let draw.py write them.",
            "simulator/judged.py": "Write `judged(asked)`; grader/evidence/documents/design.py describes its answer.",
            "forger.py": "Write `search(folder)`, which returns designs that a search finds on what candidates get.",
        }
    if any(criterion.kind is Kind.TYPES for criterion in challenge.manifest.criteria):
        needed["contract.py"] = CONTRACT
    for name, remedy in needed.items():
        if not (challenge.folder / name).is_file():
            yield problem("missing", name, "there is no such file", remedy)


def _check_modules(challenge: Challenge) -> Iterator[Problem]:
    for name, remedy in SUBMISSIONS.items():
        for module in challenge.manifest.modules:
            if not (challenge.folder / name / module).is_file():
                yield problem("missing", f"{name}/{module}", "there is no such file", remedy)
    for name, files in _made(challenge):
        try:
            there = files()
        except ChallengeError as error:
            yield problem("patch", name, str(error), "Write the patch again: the solution has changed.")
            continue
        for module in set(challenge.manifest.modules) - there.keys():
            yield problem(
                "missing", f"{name}/{module}", "there is no such file", "Add the file: the brief asks for it."
            )


def _check_skill(challenge: Challenge) -> Iterator[Problem]:
    """Check that the framework knows the challenge's skill, since no other skill can be demonstrated."""
    skill, names = challenge.manifest.skill, skills_of(challenge.area)
    if names and skill not in names:
        close = difflib.get_close_matches(skill, names, n=1)
        meant = f"Did you mean {close[0]!r}? " if close else ""
        what = f"{skill!r} is not a skill of the framework's area {challenge.area.value}"
        yield problem("skill", "challenge.toml: skill", what, f"{meant}The skills are: {', '.join(names)}.")


def _check_placeholders(challenge: Challenge) -> Iterator[Problem]:
    """Check that, once the reference is written, none of the scaffold's instructions are left for candidates to
    read.
    """
    if any(UNWRITTEN in text for text in texts(challenge.folder / "solution").values()):
        return
    for name, placeholders in PLACEHOLDERS.items():
        path = challenge.folder / (name or challenge.suite.name)
        text = path.read_text("utf-8") if path.is_file() else ""
        for placeholder in placeholders:
            if placeholder in text:
                what = f"{placeholder!r} is an instruction from the scaffold"
                yield problem("placeholder", path.name, what, "Replace it with your own text.")


def _check_points(challenge: Challenge) -> Iterator[Problem]:
    total = sum(criterion.points for criterion in challenge.manifest.criteria)
    if abs(total - TOTAL) > 1e-9:
        remedy = f"Change the points so that they add up to {TOTAL}: points are percentages."
        yield problem("points", "challenge.toml: criteria", f"the points add up to {total:g}", remedy)


def _check_levels(challenge: Challenge) -> Iterator[Problem]:
    rules = gates(challenge.manifest)
    where = "challenge.toml: levels"
    levels = [gate.level for gate in rules]
    if set(Level) - set(levels) or len(rules) != len(Level):
        what = f"the levels are {', '.join(str(level.value) for level in levels)}"
        yield problem(
            "levels", where, what, "Write one [[levels]] table for each level from 1 to 4, or no table at all."
        )
    for lower, higher in pairwise(rules):
        if higher.percent <= lower.percent:
            what = (
                f"level {higher.level.value} requires {higher.percent:g} %, "
                f"but the level below it requires {lower.percent:g} %"
            )
            yield problem("levels", where, what, "Require a higher percentage at each level.")
        for name in sorted(lower.shares):
            if higher.shares.get(name, 0.0) < lower.shares[name]:
                what = f"level {higher.level.value} requires less of {name!r} than the level below it"
                yield problem("levels", where, what, "Require at least as much as at the level below.")
    for gate, name, barred in reversals(challenge.manifest):
        what = (
            f"a score of {barred:g} % may miss {gate.level.title}, which requires {gate.shares[name]:.0%} of {name!r}"
        )
        remedy = (
            "Require a smaller share of it, or give it more points: "
            "a score that is high enough for Expert must not be rated lower."
        )
        yield problem("levels", where, what, remedy)


def _check_samples(challenge: Challenge) -> Iterator[Problem]:
    manifest = challenge.manifest
    if not manifest.skill_criteria:
        names = ", ".join(criterion.id for criterion in manifest.criteria)
        remedy = f"List the one or two criteria that represent {manifest.skill!r}. The criteria are: {names}."
        yield problem("skill", "challenge.toml: skill_criteria", "no criterion represents the named skill", remedy)
    if not manifest.minutes:
        remedy = "Add an honest estimate for an experienced person, such as `minutes = 90`."
        yield problem(
            "minutes", "challenge.toml: minutes", "the challenge does not say how long a person takes", remedy
        )
    if not without_skill(challenge):
        remedy = f"Write a submission that works but lacks {manifest.skill!r}, and thus stays below Senior."
        yield problem("samples", "without_skill/", "there is no such submission", remedy)
    count = len(slips(challenge))
    if count < FEWEST_SLIPS:
        remedy = (
            f"Write at least {FEWEST_SLIPS} slips of people who have the skill. Each slip has to stay Senior or above."
        )
        yield problem("samples", "slips/", f"the number of slips is {count}", remedy)
    there = sorted(path.name.removesuffix(SUFFIX) for path in (challenge.folder / "voices").glob("[!._]*"))
    for name in there:
        if f"voices/{name}" not in VOICES:
            remedy = "Rename it after its author's level: junior, mid or senior."
            yield problem("samples", f"voices/{name}", "this is not one of the three voices", remedy)
    heard = {sample.name for sample in voices(challenge)}
    if heard and len(heard) < len(VOICES):
        missing = ", ".join(name for name in VOICES if name not in heard)
        yield problem(
            "samples",
            "voices/",
            f"these voices are missing: {missing}",
            "Add the missing voices: the check compares all three.",
        )


def _check_prerequisites(challenge: Challenge) -> Iterator[Problem]:
    """Check that the challenge builds on others that exist, beside it or among the known ones, and not on itself."""
    if challenge.manifest.prerequisites:
        known = catalogue((challenge.folder.parents[1],))
        for wrong in known.prerequisite_problems(challenge):
            what, _, remedy = wrong.partition(". ")
            yield problem("prerequisites", "challenge.toml: prerequisites", what, remedy)


def _check_flaws(challenge: Challenge) -> Iterator[Problem]:
    claimed = flaws(challenge)
    if len(claimed) < FEWEST_FLAWS:
        what = f"the number of flawed submissions is {len(claimed)}"
        yield problem("flaws", "flawed/", what, f"Write at least {FEWEST_FLAWS}, each with a different common mistake.")
    criteria = {criterion.id for criterion in challenge.manifest.criteria}
    covered = {flaw.criterion for flaw in claimed}
    judged = [criterion.id for criterion in challenge.manifest.criteria if criterion.kind.by_promises]
    for name in judged:
        if name not in covered:
            yield problem(
                "flaws",
                f"flawed/{name}/",
                "there is no such submission",
                "Write a submission that loses this criterion.",
            )
    for flaw in claimed:
        for name in sorted(flaw.loses - criteria):
            where = flaw.name if name == flaw.criterion else flaw.says_loses
            remedy = f"Use one of: {', '.join(sorted(criteria))}."
            yield problem("flaws", where, f"{name!r} is not a criterion", remedy)


def _check_same(challenge: Challenge) -> Iterator[Problem]:
    """Check that no copy of the solution passes for a flaw, a sample or an alternative."""
    reference = _modules(texts(challenge.folder / "solution"))
    made = [("solution_alt", _modules(texts(challenge.folder / "solution_alt")))]
    made += [(name, _laid_out(files)) for name, files in _made(challenge)]
    for name, files in made:
        if reference and files == reference:
            yield problem(
                "copy",
                name,
                "this is a copy of the solution",
                "Replace it with the kind of submission that its path names.",
            )


def _made(challenge: Challenge) -> Iterator[tuple[str, Callable[[], dict[str, str]]]]:
    """Yield each known mistake and sample by name, with a function that returns its files or raises ChallengeError."""
    for flaw in flaws(challenge):
        yield flaw.name, partial(files_of, flaw, challenge)
    for sample in samples(challenge):
        yield sample.name, partial(laid_out, sample, challenge)


def _laid_out(files: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Return what is handed in, or nothing if a patch does not apply, which is a separate problem."""
    try:
        return _modules(files())
    except ChallengeError:
        return {}


def _modules(files: Mapping[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if path.endswith(".py") or path in DOCUMENTS}


def _check_requirements(challenge: Challenge) -> Iterator[Problem]:
    names = {test.name for test in code.tests(challenge)}
    has_facts = "facts" in code.probe_functions(challenge)
    for criterion in challenge.manifest.criteria:
        for requirement in criterion.requires:
            where = f"challenge.toml: requires {requirement.id!r}"
            for wrong in rule_problems(requirement.rule, requirement.options):
                yield problem(
                    "requirement",
                    where,
                    wrong,
                    "Fix the requirement; docs/reference/rules.md lists the rules and their options.",
                )
            for name in requirement.proved_by:
                if name not in names:
                    remedy = "List hidden tests, without parameters, that code without the construct cannot pass."
                    yield problem(
                        "proof", where, f"proved_by: {name!r} is not a test of {challenge.suite.name}", remedy
                    )
            if requirement.at_work and not has_facts:
                remedy = (
                    f"Add `facts()` to probe.py to return {{{requirement.id!r}: {{...}}}}, plain data about what runs."
                )
                yield problem("facts", where, "at_work: probe.py has no function `facts`", remedy)


CHECKS: tuple[Callable[[Challenge], Iterator[Problem]], ...] = (
    _check_files,
    _check_modules,
    _check_skill,
    _check_placeholders,
    _check_points,
    _check_levels,
    _check_samples,
    _check_prerequisites,
    _check_flaws,
    _check_same,
    _check_requirements,
    brief.check,
    code.check_suite,
    code.check_criteria,
    code.check_probe,
    code.check_contract,
)
