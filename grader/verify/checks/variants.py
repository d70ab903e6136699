"""Variants: drawn ones are graded rightly, stage by stage, and what is handed over tells nothing but the stage.

For each of ten different variants: the same seed gives the same files; each stage stays the same to the byte, whatever
is drawn for later ones; the reference earns everything that counts by then, the starter nothing of what is new and
judged by tests, and a known mistake loses its criterion; and a workspace, issued as to a person, holds neither the seed
nor the variant's name, nor what the author planted, nor the title of a later stage.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader.challenges.challenge import Challenge, ChallengeError
from grader.challenges.drawn import DrawnVariant, draw, secrets_of
from grader.challenges.flaws import files_of, flaws
from grader.intake import Rejected, take_folder
from grader.interview.issued import IssuedSession
from grader.interview.issuer_folder import IssuerFolder
from grader.interview.leaks import leaks
from grader.interview.receiving import Terms, issue
from grader.model import MarkStatus, Report
from grader.store.sign import new_key
from grader.verify.checks.finding import CheckResult
from grader.verify.examination import Examination, write_files
from grader.verify.verdict import Problem

FEWEST = 10
TRIES = 100
"""Seeds that are tried to find that many different variants."""
OTHERS = 3
"""Draws of later stages with which a stage has to stay the same: one alone may happen to draw the same."""
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class SampledVariant(NamedTuple):
    """A variant that the check draws, lays out and grades."""

    place: int
    seed: str
    variant: DrawnVariant


def run(exam: Examination) -> CheckResult:
    """Draw ten variants and try each of them."""
    challenge = exam.drawn_from
    if challenge is None:
        return CheckResult("nothing is drawn")
    try:
        samples = sampled(challenge)
    except ChallengeError as error:
        return CheckResult("not drawn", (_problem("draw", "draw.py", str(error), "Fix draw.py."),))
    problems = [problem for sample in samples for problem in _about_draws(challenge, sample)]
    if not (challenge.folder / "README.md").is_file():
        remedy = "Say what kind of session it is and how it is judged; a stage's own brief comes with the variant."
        problems.append(_problem("brief", "README.md", "there is no such file", remedy))
    if len(samples) < FEWEST:
        what = f"{TRIES} seeds gave {len(samples)} different variants"
        problems.append(
            _problem("few", "draw.py", what, f"Draw from larger pools, so that there are {FEWEST} at least.")
        )
    tried = exam.each(lambda sample: [*_tried(exam, challenge, sample)], samples, saying="variant")
    problems += [problem for about_one in tried for problem in about_one]
    stages = len(samples[0].variant.stages)
    return CheckResult(f"{len(samples)} variants, {stages} stage{'s' if stages > 1 else ''} each", tuple(problems))


def sampled(challenge: Challenge) -> list[SampledVariant]:
    """Draw under one seed after another until there are enough different variants."""
    known: dict[str, SampledVariant] = {}
    for number in range(TRIES):
        seed = hashlib.sha256(str(number).encode()).hexdigest()  # like a real one, so that it is not found by chance
        variant = draw(challenge, secrets_of(challenge, seed))
        known.setdefault(variant.variant, SampledVariant(len(known) + 1, seed, variant))
        if len(known) == FEWEST:
            break
    return [*known.values()]


def _about_draws(challenge: Challenge, sample: SampledVariant) -> Iterator[Problem]:
    """Draw again, under the same seed and with other streams for later stages."""
    secrets = secrets_of(challenge, sample.seed)
    where = f"variant {sample.variant.variant}"
    if draw(challenge, secrets) != sample.variant:
        what = "the same seed gave two different variants"
        yield _problem("unstable", where, what, "Draw from `streams` only: no clock, no `random`, no unordered files.")
    for number in range(1, len(secrets)):
        same = (
            draw(challenge, (*secrets[:number], *(f"{other} {secret}" for secret in secrets[number:]))).stages[:number]
            for other in range(OTHERS)
        )
        if any(stages != sample.variant.stages[:number] for stages in same):
            what = f"stage {number} depends on what is drawn for a later stage"
            yield _problem("tells-later", where, what, f"Use only the first {number} of `streams` for it.")


def _tried(exam: Examination, challenge: Challenge, sample: SampledVariant) -> Iterator[Problem]:
    """Issue a variant, and try each of its stages."""
    place = IssuerFolder(exam.folder(f"variant-{sample.place}"))
    private, _ = new_key()
    session = issue(place, challenge, Terms("Ada Lovelace", 60, 5), NOW, private, seed=sample.seed)
    for number in range(1, len(session.stages) + 1):
        if number > 1:
            session = place.hand_over(session, number, NOW, private, {})
        stage = place.challenge(session, number)
        where = f"variant {sample.variant.variant}, stage {number}"
        yield from _about_workspace(place, session, sample, number)
        yield from _about_marks(exam, stage, sample, where)


def _about_workspace(
    place: IssuerFolder, session: IssuedSession, sample: SampledVariant, number: int
) -> Iterator[Problem]:
    """Search a workspace for everything that it must not tell."""
    workspace = place.workspace(number)
    files = {
        path.relative_to(workspace).as_posix(): path.read_bytes() for path in workspace.rglob("*") if path.is_file()
    }
    later = {
        f"the title of stage {after}": stage.title for after, stage in enumerate(session.stages[number:], number + 1)
    }
    digests = {
        f"the digest of stage {after}": stage.challenge_digest.removeprefix("sha256:")
        for after, stage in enumerate(session.stages, 1)
    }
    planted = {f"what is planted ({text})": text for text in sample.variant.planted}
    secrets = {"the seed": session.seed, "the variant": session.variant} | later | digests | planted
    for leak in leaks(files, secrets):
        where = f"variant {session.variant}, stage {number}"
        yield _problem("leak", where, leak, "Keep it out of the brief and the starter.")


def _about_marks(exam: Examination, stage: Challenge, sample: SampledVariant, where: str) -> Iterator[Problem]:
    """Grade what must earn everything, what must earn nothing that is new, and one known mistake."""
    yield from _about_reference(_graded(exam, stage, stage.folder / "solution"), where)
    yield from _about_starter(_graded(exam, stage, stage.folder / "starter"), stage, where)
    known = flaws(stage)
    if not known:
        remedy = "Draw at least one file of flawed/CRITERION/MISTAKE/."
        yield _problem("flaw", where, "there is no known mistake", remedy)
        return
    flaw = known[sample.place % len(known)]
    folder = exam.folder(f"flaw-{sample.place}-{stage.stage}")
    write_files(folder, files_of(flaw, stage))
    marks = {mark.id: mark for mark in _graded(exam, stage, folder).criteria}
    if flaw.criterion not in marks or marks[flaw.criterion].status is MarkStatus.EARNED:
        what = f"{flaw.name} loses nothing of {flaw.criterion!r}"
        yield _problem("flaw", where, what, "Make the hidden tests of this variant notice it.")


def _about_reference(report: Report, where: str) -> Iterator[Problem]:
    lost = [mark.id for mark in report.criteria if mark.status is not MarkStatus.EARNED and not mark.awaits_review]
    if lost:
        what = f"the reference does not earn {', '.join(lost)}: {_why(report)}"
        yield _problem("reference", where, what, "Make solution/ of this variant right, or its hidden tests.")


def _about_starter(report: Report, stage: Challenge, where: str) -> Iterator[Problem]:
    """Judge the starter by what counts from this stage on: it may hold what earlier stages asked for."""
    new = {criterion.id for criterion in stage.manifest.criteria if criterion.stage == max(1, stage.stage)}
    earned = [mark.id for mark in report.criteria if mark.id in new and mark.kind.by_promises and mark.earned]
    if earned:
        what = f"the starter earns {', '.join(earned)}"
        yield _problem("starter", where, what, "Make each of these tests ask for what only working code can answer.")


def _graded(exam: Examination, stage: Challenge, folder: Path) -> Report:
    taken = take_folder(folder)
    if isinstance(taken, Rejected):
        raise ChallengeError(f"{folder.name}: it is rejected: {taken.reasons[0].message}")
    return exam.graded(taken, stage)


def _why(report: Report) -> str:
    findings = [finding.message for mark in report.criteria for finding in mark.findings]
    return next(iter([*findings, *(mark.reason for mark in report.criteria if mark.reason)]), "no reason is known")


def _problem(id_: str, where: str, what: str, remedy: str) -> Problem:
    return Problem(id=f"variants.{id_}", where=where, what=what, help=remedy)
