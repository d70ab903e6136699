"""The tables of `docs/`, by the name in their marker: `<!-- table: NAME -->` ... `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.reference import command_line, keys, portfolios, rooms, scans, submissions, suites

TABLES: dict[str, Callable[[], str]] = {
    "anchors": portfolios.anchor_table,
    "certificate_json": keys.certificate_json,
    "challenge_toml": keys.challenge_toml,
    "badges": portfolios.badge_table,
    "checks": suites.checks,
    "commands": command_line.commands,
    "due": portfolios.occasions,
    "evidence_toml": keys.evidence_toml,
    "exit_statuses": command_line.exit_statuses,
    "external": portfolios.external,
    "formats": command_line.formats,
    "grader_toml": keys.grader_toml,
    "handle": suites.handle,
    "integrity": submissions.integrity,
    "issued_session_json": keys.issued_session_json,
    "issuers_toml": keys.issuers_toml,
    "issued_toml": keys.issued_toml,
    "journal_toml": keys.journal_toml,
    "kits": suites.kits,
    "leadership": portfolios.leadership_table,
    "notices": submissions.notices,
    "pathway": portfolios.pathway,
    "peer_anchors": portfolios.peer_anchor_table,
    "office_toml": keys.office_toml,
    "probe_kit": suites.in_probes,
    "profile_toml": keys.profile_toml,
    "rejections": submissions.rejections,
    "receipt_json": keys.receipt_json,
    "report_json": keys.report_json,
    "revoked_toml": keys.revoked_toml,
    "rooms": rooms.rooms,
    "rules": suites.rules,
    "scan_rules": scans.scan_rules,
    "scan_strengths": scans.scan_strengths,
    "sealed_answer_json": keys.sealed_answer_json,
    "session_json": keys.session_json,
    "targets": portfolios.targets,
    "ticket_json": keys.ticket_json,
}
_MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def refreshed(text: str) -> str:
    """Return a page with every table brought up to date."""
    return _MARKED.sub(lambda marked: f"{marked[1]}\n{TABLES[marked[2]]()}\n\n{marked[3]}", text)


def named_in(text: str) -> set[str]:
    """Return the names of the tables in a page."""
    return {marked[2] for marked in _MARKED.finditer(text)}
