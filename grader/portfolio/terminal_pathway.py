"""The certification pathway for people in a shell, at 80 columns: what is there, what is missing, what happened
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.portfolio.certificate import Credential
from grader.portfolio.certificate_check import CheckedCertificate
from grader.portfolio.certificates import CertificateShelf
from grader.portfolio.external import EvidenceShelf, ExternalKind
from grader.portfolio.pathway import PathwayStanding, ratios
from grader.portfolio.peers import PeerReview
from grader.portfolio.shown import plain
from grader.report.figures import number
from grader.report.terminal.finding import hanging, indented

NAME = 13


def pathway_text(
    standings: Sequence[PathwayStanding],
    certificates: CertificateShelf,
    external: EvidenceShelf,
    peers: Sequence[PeerReview] = (),
    *,
    person: str,
) -> RenderableType:
    """Return every certificate with what it misses, the external validations, and the reviews by peers."""
    whose = f" of {plain(person)}" if person else ""
    parts: list[RenderableType] = [Text(f"Certificates{whose}", style="bold")]
    parts += [Padding(standing_text(standing, certificates), (1, 0, 0, 0)) for standing in standings]
    parts.append(Padding(Text("External validations", style="bold"), (1, 0, 0, 0)))
    parts += _external(external)
    parts.append(Padding(Text("Reviews by peers", style="bold"), (1, 0, 0, 0)))
    parts += peer_lines(peers)
    return Group(*parts)


def standing_text(standing: PathwayStanding, certificates: CertificateShelf) -> RenderableType:
    """Return one certificate: its state, what shows it, what is missing."""
    rule = standing.rule
    lines: list[RenderableType] = [
        Text.assemble((f"{rule.id:<{NAME}}", "bold cyan"), (rule.title, "bold"), f"  {standing.share}"),
        indented(Text(rule.words, style="dim")),
    ]
    for demand, attempt in standing.met:
        figures = "".join(f", {number(figure.value)} x the reference" for _, figure in ratios(attempt.report)[:1])
        lines.append(
            hanging(Text("✓", style="green"), Text(f"{demand.skill}: {attempt.date}, {attempt.result}{figures}"))
        )
    lines += [
        hanging(
            Text("-", style="yellow" if gap.has_challenge else "dim"), Text(f"{gap.demand.skill}: {plain(gap.why)}")
        )
        for gap in standing.gaps
    ]
    last = certificates.last(rule.id)
    if last is not None:
        style = "green" if last.checked.holds else "yellow"
        lines.append(hanging(Text("=", style=style), Text(f"{last.file}: {plain(last.state)}")))
    return Group(*lines)


def certificate_text(checked: CheckedCertificate) -> RenderableType:
    """Return what a certificate says, and the problems found with it."""
    content = checked.credential
    head = Text.assemble((f"{plain(content.name)}: {plain(content.credential_subject.name)}", "bold"))
    verdict = [hanging(Text("✗", style="red"), Text(plain(problem))) for problem in checked.problems]
    if checked.holds:
        verdict = [
            Text(f"The certificate holds: {len(content.credential_subject.reports)} reports show it.", style="green")
        ]
    return Group(head, *_facts(content), *_reports(content), Text(), *verdict)


def _facts(content: Credential) -> Iterator[RenderableType]:
    yield Text(plain(content.credential_subject.rule))
    until = f"{content.issued.isoformat()}, valid until {content.expires.isoformat()}"
    yield Text(f"issued by {plain(content.issuer.name)} on {until}", style="dim")


def _reports(content: Credential) -> Iterator[RenderableType]:
    for report in content.credential_subject.reports:
        level = f"level {report.level}" if report.level else "no level"
        figures = "".join(f", {plain(ratio.of)}: {number(ratio.value)} x the reference" for ratio in report.ratios)
        words = f"{plain(report.skill)}: {plain(report.graded_on)}, {number(report.percent)} %, {level}{figures}"
        yield hanging(Text("  "), Text(f"{words} ({report.digest[7:19]})"))


def _external(external: EvidenceShelf) -> Iterator[RenderableType]:
    for kind in ExternalKind:
        pieces = external.of(kind)
        if not pieces:
            yield hanging(Text("-", style="dim"), Text(f"{kind.words}: nothing in evidence/", style="dim"))
        for piece in pieces:
            evidence = piece.evidence
            sign, style = ("✓", "green") if piece.counts else ("?", "yellow")
            words = f"{kind.words}: {plain(evidence.title)}, {evidence.date.isoformat()}, {plain(evidence.link)}"
            yield hanging(Text(sign, style=style), Text(f"{words} ({plain(piece.state)})"))


def peer_lines(reviews: Sequence[PeerReview]) -> Iterator[RenderableType]:
    """Yield each review with its marks, and whether it counts."""
    if not reviews:
        yield hanging(Text("-", style="dim"), Text("nothing in reviews/", style="dim"))
    for entry in reviews:
        sign, style = ("?", "yellow") if entry.why_not else ("✓", "green")
        yield hanging(Text(sign, style=style), Text(plain(f"{entry.words} ({entry.state})")))
