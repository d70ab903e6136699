"""Form: everything is there and fits together. Nothing is run; most other checks rely on what is looked at here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from grader.challenges.challenge import Challenge, ChallengeError
from grader.challenges.flaws import Flaw, files_of, flaws, texts
from grader.evidence.suite.job import behaviour_criteria
from grader.inside.constructs.rules.table import problems as rule_problems
from grader.model import Kind, Level
from grader.verify.checks import brief, code
from grader.verify.checks.finding import Found
from grader.verify.examination import Examination
from grader.verify.verdict import Problem

TOTAL = 100
FEWEST_FLAWS = 6

FILES = {
    "README.md": "Write the brief: goal, API, examples, rules, what is out of scope, how it is judged.",
    "probe.py": "Write small functions over plain data that call the submission; they run inside.",
}
CONTRACT = "Write typed usage of the API; lines with `# type: ignore[code]` are misuse that must be an error."
SUBMISSIONS = {
    "solution": "Write the reference: it earns everything.",
    "solution_alt": "Write a second solution in another style: it guards against tests that know only one design.",
    "starter": "Write what candidates begin with: signatures and docstrings.",
}


def run(exam: Examination) -> Found:
    """Every check of form."""
    found = [problem for check in CHECKS for problem in check(exam.challenge)]
    return Found(f"{len(flaws(exam.challenge))} flaws, {len(code.tests(exam.challenge))} tests", tuple(found))


def problem(id_: str, where: str, what: str, remedy: str) -> Problem:
    """A problem of form."""
    return Problem(id=f"form.{id_}", where=where, what=what, help=remedy)


def _check_files(challenge: Challenge) -> Iterator[Problem]:
    needed = dict(FILES) | {challenge.suite.name: "Write the hidden suite: it runs outside and asks the submission."}
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
    for flaw in flaws(challenge):
        try:
            there = files_of(flaw, challenge)
        except ChallengeError as error:
            yield problem("patch", flaw.name, str(error), "The solution has changed since: write the mistake anew.")
            continue
        for module in set(challenge.manifest.modules) - there.keys():
            yield problem(
                "missing", f"{flaw.name}/{module}", "there is no such file", "Make one mistake; keep the file."
            )


def _check_points(challenge: Challenge) -> Iterator[Problem]:
    total = sum(criterion.points for criterion in challenge.manifest.criteria)
    if abs(total - TOTAL) > 1e-9:
        remedy = f"Make them {TOTAL}, so that points are percent."
        yield problem("points", "challenge.toml: criteria", f"the points add up to {total:g}", remedy)


def _check_levels(challenge: Challenge) -> Iterator[Problem]:
    rules = sorted(challenge.manifest.levels, key=lambda rule: rule.level)
    missing = set(Level) - {rule.level for rule in rules}
    if missing or len(rules) != len(Level):
        what = f"levels are {', '.join(str(rule.level.value) for rule in rules)}"
        yield problem("levels", "challenge.toml: levels", what, "Give each of the levels 1 to 4 one [[levels]] table.")
    for lower, higher in pairwise(rules):
        if higher.percent <= lower.percent:
            what = f"level {higher.level.value} asks for {higher.percent:g} %, the one below for {lower.percent:g} %"
            yield problem("levels", "challenge.toml: levels", what, "Ask for more at each level.")


def _check_flaws(challenge: Challenge) -> Iterator[Problem]:
    claimed = flaws(challenge)
    if len(claimed) < FEWEST_FLAWS:
        what = f"there are {len(claimed)}"
        yield problem("flaws", "flawed/", what, f"Write at least {FEWEST_FLAWS}: mistakes that candidates make.")
    criteria = {criterion.id for criterion in challenge.manifest.criteria}
    covered = {flaw.criterion for flaw in claimed}
    for name in behaviour_criteria(challenge):
        if name not in covered:
            yield problem("flaws", f"flawed/{name}/", "there is none", "Write a submission that loses this criterion.")
    for flaw in claimed:
        for name in sorted(flaw.loses - criteria):
            where = flaw.name if name == flaw.criterion else flaw.says_loses
            remedy = f"Name one of: {', '.join(sorted(criteria))}."
            yield problem("flaws", where, f"{name!r} is no criterion", remedy)


def _check_same(challenge: Challenge) -> Iterator[Problem]:
    """A copy of the solution is no flaw, and no alternative."""
    reference = _modules(texts(challenge.folder / "solution"))
    if reference and _modules(texts(challenge.folder / "solution_alt")) == reference:
        yield problem("copy", "solution_alt", "it is the solution itself", "Change what its path says.")
    for flaw in flaws(challenge):
        if reference and _laid_out(flaw, challenge) == reference:
            yield problem("copy", flaw.name, "it is the solution itself", "Change what its path says.")


def _laid_out(flaw: Flaw, challenge: Challenge) -> dict[str, str]:
    """The mistake's Python files; none when its patch does not apply, which is another problem."""
    try:
        return _modules(files_of(flaw, challenge))
    except ChallengeError:
        return {}


def _modules(files: Mapping[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if path.endswith(".py")}


def _check_requirements(challenge: Challenge) -> Iterator[Problem]:
    names = {test.name for test in code.tests(challenge)}
    has_facts = "facts" in code.probe_functions(challenge)
    for criterion in challenge.manifest.criteria:
        for requirement in criterion.requires:
            where = f"challenge.toml: requires {requirement.id!r}"
            for wrong in rule_problems(requirement.rule, requirement.options):
                yield problem("requirement", where, wrong, "docs/reference/rules.md lists the rules and their options.")
            for name in requirement.proved_by:
                if name not in names:
                    remedy = "Name hidden tests that code without the construct cannot pass, without parameters."
                    yield problem("proof", where, f"proved_by: {name!r} is no test of {challenge.suite.name}", remedy)
            if requirement.at_work and not has_facts:
                remedy = (
                    f"Write `facts()` there: it returns {{{requirement.id!r}: {{...}}}}, plain data about what runs."
                )
                yield problem("facts", where, "at_work: probe.py has no function `facts`", remedy)


CHECKS: tuple[Callable[[Challenge], Iterator[Problem]], ...] = (
    _check_files,
    _check_modules,
    _check_points,
    _check_levels,
    _check_flaws,
    _check_same,
    _check_requirements,
    brief.check,
    code.check_suite,
    code.check_criteria,
    code.check_probe,
    code.check_contract,
)
