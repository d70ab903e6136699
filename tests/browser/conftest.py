"""A real browser, and the pages that it reads: every stored report for both audiences, a dashboard, a cohort."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import axe_playwright_python
import msgspec
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from grader.batch.page import as_html
from grader.batch.row import CohortRow, RowStatus
from grader.batch.summary import CriterionLoss, Similar, Summary, summarise
from grader.interview.story import practice_story
from grader.model import Report, RepositoryReport
from grader.portfolio.pages import certificate_page, dashboard_page, plan_page, session_page
from grader.report import Audience, View, render
from tests.interview.test_session import BEGAN, late
from tests.interview.test_story import issued
from tests.portfolio.samples import HELD, MIXED, REFUSED, board, certificate, full

GOLD = Path(__file__).parent.parent / "gold"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "GRADER_BROWSER_REQUIRED"
"""Set where a browser was installed for these tests: then a missing one is a failure, not a reason to skip."""
ARGUMENTS = (
    "--no-sandbox",  # it opens our own files only, and root has no other way
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's chromium, gone before other tests: even idle it starts processes, which look like leaks to them."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        words = "no chromium on this machine: `apt-get install chromium`, then run these tests again"
        pytest.fail(words) if os.environ.get(REQUIRED) else pytest.skip(words)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        yield started
        started.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which looks for what keeps people out."""
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


CASES = ("full", "partial", "incomplete", "rejected", "hostile", "repository")
PAGES = [
    *(f"{case}-{audience.value}" for case in CASES for audience in Audience),
    "cohort",
    "cohort-empty",
    "progress",
    "progress-empty",
    "plan",
    "certificate",
    "certificate-hostile",
    "session",
    "session-issued",
]


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each page as a file."""
    folder = tmp_path_factory.mktemp("pages")
    for name in PAGES:
        (folder / f"{name}.html").write_text(_page(name), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in PAGES}


def _page(name: str) -> str:
    if name.startswith("certificate"):
        person = f"{LONG} {HOSTILE}" if name == "certificate-hostile" else "Ada Lovelace"
        content = certificate(person)
        return certificate_page(content, file="performance-2026-11-30.json", state="It holds.", up="index.html")
    if name == "session":
        return session_page(practice_story(late(), BEGAN))
    if name == "session-issued":
        return session_page(issued(title=f"{LONG} {HOSTILE}"))
    if name == "plan":
        return plan_page(full(), up="index.html")
    if name.startswith("progress"):
        signed = [msgspec.structs.replace(entry, signer=entry.signer and KEY, signed_by=LONG) for entry in MIXED[:1]]
        signed += [msgspec.structs.replace(entry, signer=entry.signer and KEY) for entry in MIXED[1:]]
        return dashboard_page(
            board() if name == "progress-empty" else board(signed, issuers=True, badges=(HELD, REFUSED))
        )
    if name.startswith("cohort"):
        return as_html(summarise(()) if name == "cohort-empty" else cohort())
    case, audience = name.rsplit("-", 1)
    return render(_stored(case), "html", View(audience=Audience(audience)))


def _stored(case: str) -> Report | RepositoryReport:
    content = (GOLD / case / "report.json").read_bytes()
    kind: type[Report | RepositoryReport] = RepositoryReport if "reports" in msgspec.json.decode(content) else Report
    return msgspec.json.decode(content, type=kind)


LONG = "a-folder-whose-name-" + "never-ends-" * 12
KEY = "70de5c6c0981eee5"
HOSTILE = "<img src=x onerror=alert(1)> \u202egnp.exe"


def cohort() -> Summary:
    """A course of forty, with every ending, names that are too long, and names that want to be markup."""
    percents = [
        0,
        12,
        35,
        41,
        48,
        52,
        55,
        58,
        61,
        63,
        66,
        67,
        70,
        71,
        73,
        74,
        75,
        77,
        78,
        79,
        81,
        82,
        84,
        85,
        88,
        90,
        92,
        95,
        97,
        100,
    ]
    rows = [
        CohortRow(
            entry=f"candidate-{number:02}",
            challenge="language/metaclass_orm" if number % 2 else "production/circuit_breaker",
            verdict=RowStatus.GRADED,
            percent=percent,
            level="Senior" if percent >= 85 else "Mid-level" if percent >= 50 else "",
            seconds=3.2 + number / 10,
        )
        for number, percent in enumerate(percents)
    ]
    rows += [
        CohortRow(
            entry=LONG,
            challenge="language/metaclass_orm",
            verdict=RowStatus.REJECTED,
            why="The archive holds 20001 files.",
        ),
        CohortRow(entry=HOSTILE, challenge="", verdict=RowStatus.UNREADABLE, why=f"No challenge is named {HOSTILE}."),
        CohortRow(
            entry="eve",
            challenge="language/metaclass_orm",
            verdict=RowStatus.NOT_MEASURED,
            why="The sandbox did not start.",
        ),
    ]
    losses = [
        CriterionLoss(challenge=challenge, title=title, points=points, mean_lost=lost, losers=losers, measured=15)
        for challenge in ("language/metaclass_orm", "production/circuit_breaker")
        for title, points, lost, losers in (
            ("Values are validated on construction and on every assignment", 22, 9.5, 13),
            ("The API is typed: mypy --strict accepts it and rejects misuse", 12, 7.25, 11),
            ("No unsafe calls", 4, 0, 0),
        )
    ]
    similar = [Similar(one="candidate-07", other=LONG, challenge="language/metaclass_orm", percent=93.4)]
    return msgspec.structs.replace(summarise(rows, similar), losses=tuple(losses))


@pytest.fixture
def opened(browser: Browser, pages: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    """Open a page by its name, with everything that can be unfolded unfolded."""
    contexts = []

    def open_it(name: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.goto(pages[name].as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        return page

    yield open_it
    for context in contexts:
        context.close()
