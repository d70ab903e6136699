"""A portfolio as a static site: the dashboard, the plan and every report, as files that need no server.

DIR/index.html            the dashboard
DIR/plan.html             the plan
DIR/reports/NAME.html     each report
DIR/certificates/N.html   each certificate, whether or not it holds
DIR/badges/NAME.svg       each badge that is believed; NAME.png if it came as PNG alone
DIR/.portfolio-site       the names of the files that were written, so that only these are ever replaced
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.errors import UserError
from grader.portfolio.dashboard import Dashboard
from grader.portfolio.pages import certificate_page, dashboard_page, plan_page
from grader.portfolio.plan import Plan
from grader.portfolio.reports import KeptReport
from grader.report import View, render
from grader.store import files

MARKER = ".portfolio-site"
KINDS = (".html", ".svg", ".png")
"""The endings of what a site consists of."""


def pages(board: Dashboard, plan: Plan) -> dict[str, str | bytes]:
    """Return every page, keyed by its path in the site."""
    addresses = _addresses(board.reports)
    view = View(candidate=board.person, up="../index.html", up_title="Dashboard")
    shown = {
        address: render(attempt.report, "html", view) for address, attempt in zip(addresses, board.reports, strict=True)
    }
    certificates_at = {
        entry.file: f"certificates/{entry.file.removesuffix('.json')}.html" for entry in board.certificates
    }
    certificates = {
        certificates_at[entry.file]: certificate_page(
            entry.checked.credential,
            file=entry.file,
            state=f"On {board.day.isoformat()}, this certificate {entry.state}.",
            holds=entry.checked.holds,
            up="../index.html",
        )
        for entry in board.certificates
    }
    return {
        "index.html": dashboard_page(board, plan_at="plan.html", addresses=addresses, certificates_at=certificates_at),
        "plan.html": plan_page(plan, up="index.html"),
        **shown,
        **certificates,
        **{f"badges/{badge.file}": badge.picture for badge in board.earned if badge.picture},
    }


def write_site(folder: Path, site: Mapping[str, str | bytes]) -> None:
    """Write the pages into a new folder, or over an earlier site. Raises UserError if it holds anything else."""
    try:
        before = _written_before(folder)
        for name, page in site.items():
            path = folder / name
            if path.exists() and name not in before:
                raise UserError(
                    str(path), "it is not a page of an earlier site, so it is not overwritten", "Move the file"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write(path, page)
        for name in before - set(site):
            (folder / name).unlink(missing_ok=True)
        files.write(folder / MARKER, "".join(f"{name}\n" for name in sorted(site)))
    except OSError as error:
        raise UserError(str(folder), str(error.strerror), "Choose a folder that you may write to") from None


def _written_before(folder: Path) -> set[str]:
    """Return the names of an earlier site's pages; refuse a folder that holds something else."""
    marker = folder / MARKER
    if marker.is_file():
        names = marker.read_text(encoding="utf-8").splitlines()
        return {name for name in names if name.endswith(KINDS) and ".." not in Path(name).parts and name[0] != "/"}
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            f"{folder} already exists, and is neither an empty folder nor a site that this command wrote; nothing was "
            "overwritten. Choose a new folder."
        )
    return set()


def _addresses(reports: Sequence[KeptReport]) -> list[str]:
    """Return an address for each report; several reports from one file are numbered."""
    addresses: list[str] = []
    for attempt in reports:
        stem = attempt.file.removesuffix(".json").removesuffix(".signed")
        number, address = 1, f"reports/{stem}.html"
        while address in addresses:
            number += 1
            address = f"reports/{stem}-{number}.html"
        addresses.append(address)
    return addresses
