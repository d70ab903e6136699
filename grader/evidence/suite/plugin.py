"""The pytest plugin of a hidden suite: fixtures, one seed per test, one promise per test.

Every test gets fresh children and its own seed, so that its draws do not depend on which other tests ran.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress

import hypothesis.core
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings

from grader.challenges.challenge import Challenge
from grader.evidence.suite.exam import DrewLateError, Exam, Tally, sit, spread
from grader.evidence.suite.example import Compared
from grader.evidence.suite.explaining import Search
from grader.evidence.suite.handle import Handle, Node, ignored
from grader.evidence.suite.importing import Importing
from grader.evidence.suite.job import Ran, SuiteJob, behaviour_criteria
from grader.evidence.suite.judgement import Verdict, detail, judge
from grader.evidence.suite.stopwatch import Stopwatch
from grader.model import Detail, Failure, Fault, Kind, Promise, PromiseOutcome
from grader.suite.measured import forget_ratios, highest_ratio
from sandbox.outcome import Overdrawn, Rebound, SandboxUnusable, TimedOut
from sandbox.session import Session

STRIKES = 3
"""The number of tests that may hang before the rest are no longer run."""

SCORING = (Phase.explicit, Phase.generate)
RARELY = "The promise is rarely broken: none of {} examples failed under another seed"
PASSED = "The promise is rarely broken: it was kept when tested again under another seed"
UNEXPLAINED = "The promise was not tested again: other broken promises used up the time"


def scoring_settings(challenge: Challenge) -> settings:
    """Return Hypothesis settings for a verdict: repeatable, no database, no deadline, final at the first failure."""
    return settings(
        database=None,
        deadline=None,
        max_examples=challenge.manifest.budget.examples,
        phases=SCORING,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        derandomize=False,
    )


class SuitePlugin:
    """Fixtures and judgement for one collected suite. Call `begin` for each submission, before its tests run."""

    def __init__(self, challenge: Challenge) -> None:
        self._challenge = challenge
        self._criteria = behaviour_criteria(challenge)
        self.explainable = {criterion.id for criterion in challenge.manifest.criteria if criterion.kind != Kind.TESTS}
        """Criteria whose broken promises a second run can explain. A submitted test suite is explained by the run that
        judges it."""
        self._uncollected: list[Failure] = []
        self._search: Search | None = None
        self._trace = ""
        self._handles: list[Handle] = []
        self._tally: Tally | None = None
        self.drew_late = False
        self.failures: list[Failure] = []
        self.broken: list[str] = []
        self.reports: list[str] = []
        """Reports of code that the submission ran but that is in no file."""

    def begin(
        self,
        job: SuiteJob,
        *,
        submission: Callable[[Node], Session],
        reference: Callable[[Node], Session],
        report: Callable[[Ran], None],
        importing: Callable[[], Importing],
        exam: Exam,
    ) -> None:
        """Judge this job's submission from now on. `report` is called with every promise as it is judged.

        `importing` imports the answer in a child that is asked nothing else: after the first test that hangs, it shows
        whether every other test would hang as well.
        """
        self._job = job
        self._exam = exam
        self._sessions = {"submission": submission, "reference": reference}
        self._report = report
        self._stopwatch = Stopwatch(self._challenge.manifest.budget.suite_seconds)
        self._strikes = 0
        self._importing = importing
        self._import_hangs = False
        self._breakdown: SandboxUnusable | None = None
        self.failures = list(self._uncollected)
        self.broken = []
        self.reports = []

    def take_as_broken(self, items: Sequence[pytest.Item]) -> None:
        """Take these tests as known to fail."""
        self.broken = [item.name for item in items if self._criterion(item) in self.explainable]

    @property
    def explaining(self) -> bool:
        """True in the second run, which covers only broken promises and whose verdicts do not count."""
        return self._search is not None

    def explain(self, item: pytest.Item, *, shrink: bool) -> tuple[Promise, Search]:
        """Run a broken test again; return its promise with an example, and the search for that example."""
        self._search = search = Search(shrink=shrink)
        self._trace = ""
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        best = search.best
        if best is None:
            words = RARELY.format(search.tried) if search.tried > 1 else PASSED
            return self._promise(item, Verdict(PromiseOutcome.BROKEN, f"{words}."), 0.0, None), search
        verdict = judge(best.error, answer=self._job.submission)
        seen = detail(item, best.error, self._trace, drawn=best.drawn) if self._job.details else None
        promise = self._promise(item, verdict, 0.0, seen)
        return msgspec.structs.replace(promise, outcome=PromiseOutcome.BROKEN, example=best.example), search

    def unexplained(self, item: pytest.Item, *, reason: str = "", waits_for: str = "") -> Promise:
        """Return the promise of a broken test that is not run again."""
        promise = self._promise(item, Verdict(PromiseOutcome.BROKEN, reason), 0.0, None)
        return msgspec.structs.replace(promise, waits_for=waits_for)

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Note the two sides of a comparison in an assertion that failed."""
        if self._search is not None:
            self._search.compared = Compared(op, left, right)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Declare the mark that `grader.suite.criterion` puts on tests."""
        config.addinivalue_line("markers", "criterion(name, weight, hint): the criterion that a hidden test counts for")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Check that each test names a criterion and states a promise."""
        self._uncollected += [failure for item in items if (failure := self._malformed(item))]

    def _malformed(self, item: pytest.Item) -> Failure | None:
        name = self._criterion(item)
        if name not in self._criteria:
            problem = (
                f"the test counts for {name!r}, which is not a criterion judged by tests ({', '.join(self._criteria)})"
            )
        elif not _promise_text(item):
            problem = "the test has no docstring to show candidates as its promise"
        else:
            return None
        where = f"{self._challenge.name}/{self._challenge.suite.name}::{item.name}"
        return Failure(
            fault=Fault.CHALLENGE, reason=f"{where}: {problem}", remedy="The challenge's author has to fix the suite."
        )

    def _criterion(self, item: pytest.Item) -> str:
        mark = item.get_closest_marker("criterion")
        if mark is not None and mark.args:
            return str(mark.args[0])
        return self._criteria[0] if len(self._criteria) == 1 else ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a suite that cannot be imported, and thus holds no promises to judge."""
        if report.failed:
            lines = report.longreprtext.strip().splitlines() or ["no reason given"]
            where = f"{self._challenge.name}/{self._challenge.suite.name}"
            reason = f"{where} could not be run: {lines[-1].removeprefix('E ').strip()[:300]}"
            remedy = "The challenge's author has to fix the suite; `grader verify` shows the trace."
            self._uncollected.append(Failure(fault=Fault.CHALLENGE, reason=reason, remedy=remedy))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give the test its seed, or end it at once if the submission has already hung too often or taken too long."""
        seed = self._job.seed_for(item.name, explaining=self.explaining)
        hypothesis.core.global_force_seed = seed  # type: ignore[assignment]  # what --hypothesis-seed sets
        random.seed(seed)
        forget_ratios()
        self._breakdown = None
        self._tally = None
        self._handles.clear()
        if self.explaining:
            return
        if self._import_hangs:
            raise Overdrawn("not run: importing the answer never ends")
        if self._strikes >= STRIKES:
            raise Overdrawn(f"not run: {STRIKES} earlier tests hung")
        if self._stopwatch.is_over:
            budget = self._challenge.manifest.budget.suite_seconds
            raise Overdrawn(f"not run: earlier tests used up the {budget:g} s of the whole suite")

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Run a test on its examples from the exam; if it has none, Hypothesis draws them now."""
        if self._search is not None:
            self._search.run(pyfuncitem, self._handles)
            return True
        examples = self._exam.get(pyfuncitem.name)
        if examples is None:
            return None
        few = spread(examples, self._job.examples)
        most = self._job.failing_examples
        self._tally = sit(pyfuncitem, few, failing_examples=most, begin_anew=self._begin_anew)
        if self._tally.error is not None:
            raise self._tally.error
        return True

    def _begin_anew(self) -> None:
        for handle in self._handles:
            handle.fresh()

    def run(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Run one test. If it drew what the exam could not know, let Hypothesis run it again, fixtures included."""
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
        if self.drew_late:
            del self._exam[item.name]
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
            self.drew_late = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge a test by its call, or by an error in its setup or teardown."""
        report = yield
        error = call.excinfo.value if call.excinfo is not None else None
        if self.explaining:
            self._trace = self._trace or (report.longreprtext if error is not None else "")
            return report
        if isinstance(error, DrewLateError) and item.name in self._exam:
            self.drew_late = True
            return report
        if call.when == "call" and self._breakdown is not None:
            error = self._breakdown
        if call.when == "call" or error is not None:
            self._judged(
                item,
                judge(error, answer=self._job.submission, asserting=call.when == "call"),
                error,
                call.duration,
                report.longreprtext,
            )
        return report

    def _judged(
        self, item: pytest.Item, verdict: Verdict, error: BaseException | None, seconds: float, trace: str
    ) -> None:
        hung = isinstance(error, TimedOut | Overdrawn)
        self._strikes += hung
        if verdict.failure is not None:
            self.failures.append(verdict.failure)
            if verdict.failure.fault is not Fault.CHALLENGE:
                item.session.shouldstop = verdict.failure.reason
        if verdict.outcome is PromiseOutcome.BROKEN and self._criterion(item) in self.explainable:
            self.broken.append(item.name)
            if hung and self._strikes == 1:
                with suppress(SandboxUnusable):
                    self._import_hangs = self._importing().hangs
        seen = detail(item, error, trace) if error is not None and self._job.details else None
        failing, asked, _ = self._tally or Tally(0, 0, None)
        self._report(
            Ran(
                promise=self._promise(item, verdict, seconds, seen),
                failing=failing,
                asked=asked,
                examples=len(self._exam.get(item.name, ())),
                drew_late=self.drew_late,
                hung=hung,
                rebound=error.names if isinstance(error, Rebound) else (),
            )
        )

    def _promise(self, item: pytest.Item, verdict: Verdict, seconds: float, seen: Detail | None) -> Promise:
        mark = item.get_closest_marker("criterion")
        options = mark.kwargs if mark is not None else {}
        ratio = highest_ratio() if verdict.outcome is PromiseOutcome.KEPT and not self.explaining else None
        return Promise(
            id=item.name,
            text=_promise_text(item),
            outcome=verdict.outcome,
            criterion=self._criterion(item),
            weight=int(options.get("weight", 1)),
            hint=str(options.get("hint", "")) if verdict.outcome is PromiseOutcome.BROKEN else "",
            reason=verdict.reason,
            file=verdict.file,
            line=verdict.line,
            seconds=round(seconds, 4),
            detail=seen,
            ratio=None if ratio is None else round(ratio, 1),
        )

    def _handle(self, which: str) -> Handle:
        seconds = self._challenge.manifest.budget.test_seconds
        on_unread = ignored if self.explaining or which != "submission" else self.reports.extend
        handle = Handle(
            self._sessions[which],
            seconds=seconds,
            on_breakdown=self._broke_down,
            on_unread=on_unread,
            on_starved=self._stopwatch.excuse,
        )
        self._handles.insert(0 if which == "submission" else len(self._handles), handle)
        return handle

    def _broke_down(self, error: SandboxUnusable) -> None:
        self._breakdown = self._breakdown or error

    @pytest.fixture
    def submission(self) -> Iterator[Handle]:
        """Yield the submission in its sandbox."""
        handle = self._handle("submission")
        yield handle
        handle.close()

    @pytest.fixture
    def reference(self) -> Iterator[Handle]:
        """Yield the challenge's own solution in its own sandbox, to measure the submission against."""
        handle = self._handle("reference")
        yield handle
        handle.close()

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> random.Random:
        """Return a random generator with this test's own seed."""
        seed = self._job.seed_for(request.node.name, explaining=self.explaining)
        return random.Random(seed ^ 1)  # noqa: S311 - drawing inputs


def _promise_text(item: pytest.Item) -> str:
    document = getattr(getattr(item, "function", None), "__doc__", None) or ""
    return " ".join(document.split())
