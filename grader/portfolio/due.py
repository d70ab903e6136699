"""What is due again: monthly, quarterly, annually, and feedback from peers. Pure.

The portfolio's files are the only record of what was done: a journal entry, a new report or a review moves the next
date.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from grader.framework import FRAMEWORK, Competency
from grader.model import ReportStatus, Struct
from grader.portfolio.certificates import CertificateShelf
from grader.portfolio.journal import EntryOccasion, Journal
from grader.portfolio.pathway import PATHWAY, PathwayStanding
from grader.portfolio.received import KeptReviews
from grader.portfolio.reports import KeptReport

_PLAIN = re.compile(r"[\w./+][\w./+-]*", re.ASCII)
"""Matches a path that is safe to paste into a shell; a report may contain any path."""


class Occasion(NamedTuple):
    """A rule of the continuous assessment."""

    id: str
    every: str
    """How often, in words."""
    days: int
    """The number of days after which it is due again."""
    what: str
    record: str
    """What counts as done."""
    questions: tuple[str, ...] = ()
    """The questions to answer."""


MONTHLY = Occasion(
    "monthly",
    "month",
    30,
    "Compare progress with the plan",
    "an entry of kind `monthly` in journal/",
    (
        "Which steps of the plan did I take, and which not? Why?",
        "Which skills moved, and what moved them?",
        "Which step comes next, and when do I have time for it?",
    ),
)
QUARTERLY = Occasion(
    "quarterly",
    "quarter, for each area with an earlier report",
    91,
    "Grade a drawn challenge again under its present version",
    "a report on the drawn challenge, graded in this quarter under its present version, in reports/",
    ("Does the answer still earn what it earned?", "What would I write differently today?"),
)
ANNUAL = Occasion(
    "annual",
    "year",
    365,
    "Review the whole portfolio, check it against every certificate's rule, and generate its site again",
    "an entry of kind `annual` in journal/",
    (
        "Does every report, review and piece of evidence still show what I can do?",
        "Which certificates' rules does it still meet today, and what would have to be graded again?",
        "Which ratings and targets in profile.toml are out of date?",
        "What did I achieve this year, and what did I learn?",
    ),
)
RECEIVED = Occasion(
    "peer-received",
    "90 days",
    90,
    "Have a report reviewed by somebody else",
    "a review by somebody else, in a report or in reviews/",
    ("Code quality", "Problem solving", "Best practices", "Documentation", "Testing"),
)
GIVEN = Occasion(
    "peer-given",
    "90 days",
    90,
    "Review somebody else's report",
    "a review with your name as `reviewer`, in reviews/",
    ("Code quality", "Problem solving", "Best practices", "Documentation", "Testing"),
)
RENEWAL_DAYS = 30
"""Days before a certificate's last one from which its renewal is due."""
RENEWAL = Occasion(
    "certificate",
    f"year, for each certificate, {RENEWAL_DAYS} days before it expires",
    365,
    "Have the certificate issued again under its current rule",
    "a certificate of the same name, in certificates/",
    ("Which of its reports are too old, or about an older version of their challenge?",),
)
OCCASIONS = (MONTHLY, QUARTERLY, ANNUAL, RENEWAL, RECEIVED, GIVEN)


class DueItem(Struct, frozen=True, kw_only=True):
    """One thing that is due now or later."""

    occasion: str
    what: str
    last: str
    """When it was last done, and what shows it; `never` if it was not."""
    on: dt.date
    """The day from which it is due."""
    is_due: bool
    command: str
    questions: tuple[str, ...]
    record: str


class DueSources(Struct, frozen=True, kw_only=True):
    """What decides whether something is due."""

    person: str
    day: dt.date
    reports: Sequence[KeptReport]
    """Oldest first."""
    journal: Journal
    reviews: KeptReviews
    versions: Mapping[str, str]
    """The current version of each challenge, by `area/slug`."""
    root: str
    """The portfolio, as commands name it."""
    certificates: CertificateShelf = CertificateShelf()
    standings: Sequence[PathwayStanding] = ()
    """How far the reports that count get towards each certificate; none without issuers."""


def due(sources: DueSources) -> tuple[DueItem, ...]:
    """Return all items: those that are due first, the longest due at the top."""
    items = [_regular(MONTHLY, EntryOccasion.MONTHLY, sources), *_quarterly(sources)]
    items += [_regular(ANNUAL, EntryOccasion.ANNUAL, sources), *_renewals(sources), *_peers(sources)]
    return tuple(sorted(items, key=lambda item: (not item.is_due, item.on)))


def _regular(occasion: Occasion, kind: EntryOccasion, sources: DueSources) -> DueItem:
    """Return a review that the owner records; the first is due `occasion.days` after the first report or note."""
    entry = sources.journal.last(kind)
    since = entry.date if entry else _began(sources)
    on = since + dt.timedelta(days=occasion.days)
    command = f"grader due record {occasion.id}"
    if kind is EntryOccasion.ANNUAL:
        pathway = f"grader certify --issuer issuers.toml{_options(sources)}"
        command = f"{pathway}; grader portfolio site SITE{_options(sources)}; {command}"
    else:
        command = f"grader plan{_options(sources)}; {command}"
    return DueItem(
        occasion=occasion.id,
        what=f"{occasion.what}{_since(since, sources) if kind is EntryOccasion.MONTHLY else ''}",
        last=entry.date.isoformat() if entry else "never",
        on=on,
        is_due=on <= sources.day,
        command=f"{command}{_options(sources)}",
        questions=occasion.questions,
        record=occasion.record,
    )


def _quarterly(sources: DueSources) -> Iterator[DueItem]:
    """Yield the challenge that is drawn for each area, which stays the same throughout the quarter."""
    start, end = quarter(sources.day)
    for competency in FRAMEWORK:
        before, now = _of_area(competency, sources, start)
        if not before:
            continue
        names = sorted({attempt.report.challenge.name for attempt in before})
        drawn = _drawn(names, f"{start.isoformat()} {competency.area.value} {sources.person}")
        last = [attempt for attempt in before if attempt.report.challenge.name == drawn][-1]
        again = [attempt for attempt in now if attempt.report.challenge.name == drawn and _is_present(attempt, sources)]
        path = last.report.submission.path if _PLAIN.fullmatch(last.report.submission.path) else "PATH"
        yield DueItem(
            occasion=QUARTERLY.id,
            what=f"{competency.title}: {QUARTERLY.what[0].lower()}{QUARTERLY.what[1:]}: {drawn}",
            last=f"{again[-1].date}, {again[-1].result}" if again else f"{last.date or 'undated'}, {last.result}",
            on=end + dt.timedelta(days=1) if again else start,
            is_due=not again,
            command=f"grader grade {path} --challenge {drawn} --portfolio {shlex.quote(sources.root)}",
            questions=QUARTERLY.questions,
            record=QUARTERLY.record,
        )


def _renewals(sources: DueSources) -> Iterator[DueItem]:
    """Yield each certificate that was issued, with what its rule says today."""
    standings = {standing.rule.id: standing for standing in sources.standings}
    for rule in PATHWAY:
        issued = sources.certificates.holding(rule.id) or sources.certificates.last(rule.id)
        if issued is None:
            continue
        content = issued.checked.credential
        on = content.expires - dt.timedelta(days=RENEWAL_DAYS)
        today = f"; {standings[rule.id].share} requirements are met today" if rule.id in standings else ""
        yield DueItem(
            occasion=RENEWAL.id,
            what=f"{rule.title}: {RENEWAL.what[0].lower()}{RENEWAL.what[1:]}{today}",
            last=f"{content.issued.isoformat()}, until {content.expires.isoformat()}",
            on=on,
            is_due=on <= sources.day,
            command=f"grader certify {rule.id} --issuer issuers.toml --renew --key KEY{_options(sources)}",
            questions=RENEWAL.questions,
            record=RENEWAL.record,
        )


def _peers(sources: DueSources) -> Iterator[DueItem]:
    """Yield the reviews to receive and to give. Without the owner's name, nobody can tell the two apart."""
    began = _began(sources)
    received = sources.reviews.received_by(sources.person) if sources.person else None
    given = sources.reviews.given_by(sources.person) if sources.person else None
    options = _options(sources)
    name = f'grader profile --person "YOUR NAME"{options}'
    folder = f"{sources.root}/reports"
    on = (received.date if received else began) + dt.timedelta(days=RECEIVED.days)
    yield DueItem(
        occasion=RECEIVED.id,
        what=RECEIVED.what,
        last=f"{received.date.isoformat()}, by {received.reviewer}" if received else "never",
        on=on,
        is_due=on <= sources.day,
        command=f"grader review {shlex.quote(folder)}/REPORT" if sources.person else name,
        questions=RECEIVED.questions,
        record=RECEIVED.record,
    )
    on = (given or began) + dt.timedelta(days=GIVEN.days)
    yield DueItem(
        occasion=GIVEN.id,
        what=GIVEN.what,
        last=given.isoformat() if given else "never",
        on=on,
        is_due=on <= sources.day,
        command="grader review REPORT --from REVIEW" if sources.person else name,
        questions=GIVEN.questions,
        record=GIVEN.record,
    )


def quarter(day: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of a day's quarter."""
    first = dt.date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    after = dt.date(first.year + (first.month == 10), (first.month + 2) % 12 + 1, 1)
    return first, after - dt.timedelta(days=1)


def _of_area(competency: Competency, sources: DueSources, start: dt.date) -> tuple[list[KeptReport], list[KeptReport]]:
    """Return an area's graded reports on challenges that still exist: those before the quarter, and those since."""
    about = [
        attempt
        for attempt in sources.reports
        if attempt.report.challenge.area is competency.area
        and attempt.report.status is ReportStatus.GRADED
        and attempt.report.challenge.name in sources.versions
    ]
    return [attempt for attempt in about if attempt.date < start.isoformat()], [
        attempt for attempt in about if attempt.date >= start.isoformat()
    ]


def _is_present(attempt: KeptReport, sources: DueSources) -> bool:
    challenge = attempt.report.challenge
    return challenge.version == sources.versions.get(challenge.name)


def _drawn(names: Sequence[str], seed: str) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return names[int.from_bytes(digest[:8], "big") % len(names)]


def _began(sources: DueSources) -> dt.date:
    """Return the day of the first report or note; today if there are none."""
    days = [entry.date for entry in sources.journal.entries]
    for attempt in sources.reports:
        try:
            days.append(dt.date.fromisoformat(attempt.date))
        except ValueError:  # undated
            continue
    return min(days, default=sources.day)


def _since(since: dt.date, sources: DueSources) -> str:
    """Return what was graded since a day, in words."""
    graded = [attempt.report.challenge.skill for attempt in sources.reports if attempt.date >= since.isoformat()]
    count = f"{len(graded)} report{'s' if len(graded) != 1 else ''} since {since.isoformat()}"
    return f" ({count}{': ' if graded else ''}{', '.join(dict.fromkeys(graded))})"


def _options(sources: DueSources) -> str:
    return "" if sources.root == "portfolio" else f" --portfolio {shlex.quote(sources.root)}"
