"""`grader verify`: check the claims of challenges, one check after another."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from grader.challenges.challenge import Challenge
from grader.challenges.drawn import stage_of
from grader.errors import CannotMeasure
from grader.harness import harness
from grader.model import Struct
from grader.verify.cache import Cache
from grader.verify.checks import CHECKS, FORM, Checker
from grader.verify.examination import Examination, Tell, unwatched
from grader.verify.verdict import Check, CheckStatus, Problem, Unmeasured, Unusable, Verification, Verified
from sandbox.outcome import SandboxUnusable
from sandbox.session import Backend

SOLUTION = "solution"
"""If this check fails, the others cannot tell what a mistake loses from what the solution itself loses."""


SAMPLE = "sample"
"""What the variant is drawn from that stands for a challenge in all checks but `variants`."""


class VerifyOptions(Struct, frozen=True, kw_only=True):
    """Options for verifying, apart from the challenges."""

    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    only: tuple[str, ...] = ()
    """Ids of the checks to run; when empty, all but those that run only if they are named."""
    quick: bool = False
    jobs: int = 1


def verify(
    challenges: Sequence[Challenge],
    *,
    backend: Backend,
    options: VerifyOptions,
    cache: Cache | None = None,
    progress: Tell = unwatched,
) -> Verification:
    """Run every requested check on every challenge. Raises CannotMeasure if this machine cannot isolate submissions."""
    try:
        verified = tuple(
            verify_one(challenge, backend=backend, options=options, cache=cache, progress=progress)
            for challenge in challenges
        )
    except SandboxUnusable as error:
        raise CannotMeasure(f"nothing was verified: {error.why}", remedy=error.remedy) from error
    return Verification(
        challenges=verified,
        seeds=options.seeds,
        backend=backend.name,
        harness=harness(),
    )


def verify_one(
    challenge: Challenge, *, backend: Backend, options: VerifyOptions, cache: Cache | None, progress: Tell = unwatched
) -> Verified:
    """Run every requested check on one challenge, except those whose results are cached.

    If it must be drawn, one of its variants stands for it, with everything that the last stage asks for.
    """
    checks: list[Check] = []
    with (
        stage_of(challenge, SAMPLE, len(challenge.manifest.stages) or 1) as subject,
        Examination(
            subject,
            backend=backend,
            seeds=options.seeds,
            jobs=options.jobs,
            cache=cache,
            progress=progress,
            drawn_from=challenge if challenge.must_be_drawn else None,
        ) as exam,
    ):
        for checker in _chosen(options):
            key = (challenge.digest, checker.id, backend.name, options.seeds)
            known = cache.get(key, Check) if cache is not None else None
            result = msgspec.structs.replace(known, cached=True) if known else _checked(checker, exam, checks)
            if cache is not None and known is None and result.verdict in (CheckStatus.HOLDS, CheckStatus.FAILS):
                cache.put(key, result)
            checks.append(result)
    return Verified(challenge=challenge.name, digest=challenge.digest, checks=tuple(checks))


def _chosen(options: VerifyOptions) -> list[Checker]:
    """Return the requested checks; form always comes first, because the others rely on it."""
    return [checker for checker in CHECKS if checker is FORM or checker.is_due(only=options.only, quick=options.quick)]


def _checked(checker: Checker, exam: Examination, before: Sequence[Check]) -> Check:
    blank = Check(id=checker.id, title=checker.title, verdict=CheckStatus.SKIPPED)
    if any(check.id == FORM.id and _blocks(check) for check in before):
        return msgspec.structs.replace(blank, figure="fix the form first")
    if any(check.id == SOLUTION and check.verdict is CheckStatus.FAILS for check in before):
        return msgspec.structs.replace(blank, figure="fix the solution first")
    exam.progress(f"{exam.challenge.slug}: {checker.title}")
    started = time.monotonic()
    result = _run(checker, exam, blank)
    return msgspec.structs.replace(result, milliseconds=round((time.monotonic() - started) * 1000, 1))


def _blocks(form: Check) -> bool:
    """Return whether something that the other checks need is missing. A challenge with too few flaws can still be
    checked.
    """
    return any(problem.id in ("form.missing", "form.syntax") for problem in form.problems)


def _run(checker: Checker, exam: Examination, blank: Check) -> Check:
    try:
        found = checker.run(exam)
    except Unusable as error:
        return msgspec.structs.replace(blank, verdict=CheckStatus.FAILS, problems=(error.problem,))
    except Unmeasured as error:
        return _unmeasured(blank, error.why, error.remedy)
    except SandboxUnusable as error:
        return _unmeasured(blank, error.why, error.remedy)
    return msgspec.structs.replace(
        blank,
        verdict=CheckStatus.FAILS if found.problems else CheckStatus.HOLDS,
        figure=found.figure,
        problems=found.problems,
        notes=found.notes,
        survivors=found.survivors,
    )


def _unmeasured(blank: Check, why: str, remedy: str) -> Check:
    problem = Problem(id="machine", where="this machine", what=why, help=remedy or "Verify again.")
    return msgspec.structs.replace(blank, verdict=CheckStatus.UNMEASURED, problems=(problem,))
