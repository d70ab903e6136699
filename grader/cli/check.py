"""`grader check`: check a report's signature or a certificate, and compare another report with the signed one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader import inputs
from grader.cli import challenges, kept, stored
from grader.cli.output import Target, deliver
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import view
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.model import Report, RepositoryReport

VARIABLE = "GRADER_PUBLIC_KEY"
SHOWN = 20
ENVELOPE = 128 << 20
"""The maximum number of bytes in an envelope: a report as base64, with room to spare."""


@click.command("check")
@click.argument("envelope", type=click.Path(path_type=Path))
@click.option(
    "--key", type=click.Path(path_type=Path), help=f"The public key in PEM format. Default: the value of {VARIABLE}."
)
@click.option(
    "--report", "shown", type=click.Path(path_type=Path), help="A JSON report to compare with the signed one."
)
@kept.issuer_option
@click.option(
    "--portfolio",
    "root",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The portfolio with the reports that a certificate names. Default: the folder above that of ENVELOPE.",
)
@challenges.option
def command(
    *,
    envelope: Path,
    key: Path | None,
    shown: Path | None,
    issuers: tuple[Path, ...],
    root: Path | None,
    roots: tuple[Path, ...],
) -> int:
    """Check ENVELOPE, which `grader sign`, `review --key`, `certify` or `interview receive` wrote, and print what was
    signed.

    A certificate needs --issuer, and the reports that it names: it holds if a trusted issuer signed it, it has not
    expired, and these reports, signed by trusted issuers for the same person, meet its rule. No network is used.

    If the envelope cannot be trusted, or --report differs from what was signed, the exit status is 1, with the reason
    on stderr.
    """
    from grader.report import render
    from grader.store.sign import SignatureError, check, differences

    try:
        data = inputs.read(envelope, most=ENVELOPE)
    except OSError as error:
        raise UserError(str(envelope), str(error.strerror), "Pass an envelope that `grader sign` wrote") from None
    from grader.interview.receipt import RECEIPT
    from grader.portfolio.certificate import CERTIFICATE
    from grader.portfolio.external import EVIDENCE
    from grader.store.signed_review import REVIEW

    match _kind(data):
        case kind if kind == RECEIPT:
            return _receipt(envelope, data, _key(key))
        case kind if kind == CERTIFICATE:
            return _certificate(envelope, data, issuers, root, roots)
        case kind if kind in (REVIEW, EVIDENCE):
            return _persons_word(envelope, data, kind, issuers)
    try:
        report = check(data, _key_among(data, key, issuers))
    except SignatureError as error:
        click.echo(f"{envelope} cannot be trusted: {error}.", err=True)
        return ExitStatus.BELOW
    if shown is not None and (found := differences(report, _comparable(shown, report))):
        click.echo(f"{shown} is not the signed report. The two differ in: {', '.join(found[:SHOWN])}.", err=True)
        return ExitStatus.BELOW
    click.echo("The signature is valid. This is the signed report:\n", err=True)
    deliver(render(report, "terminal", view()), Target("terminal", None))
    return ExitStatus.GRADED


def _kind(data: bytes) -> str:
    from grader.store.sign import SignatureError, unsealed

    try:
        return unsealed(data).predicate_type
    except SignatureError:
        return ""


def _receipt(path: Path, data: bytes, public_pem: bytes) -> ExitStatus:
    """Say what the receipt of an interview says."""
    from grader.interview.receipt import read_receipt
    from grader.report.visible import one_line, visible
    from grader.store.sign import SignatureError

    try:
        receipt = read_receipt(data, public_pem)
    except SignatureError as error:
        click.echo(f"{path} cannot be trusted: {error}.", err=True)
        return ExitStatus.BELOW
    click.echo(f"The signature is valid. {visible(one_line(receipt.words))}")
    return ExitStatus.GRADED


def _persons_word(path: Path, data: bytes, kind: str, issuers: Sequence[Path]) -> ExitStatus:
    """Say whose word a review or a piece of evidence is, and what it says."""
    from grader.model.person import alike, same_name
    from grader.portfolio.external import EVIDENCE, stated_evidence
    from grader.portfolio.trust import read_trust, signers
    from grader.report.visible import visible
    from grader.store.sign import SignatureError
    from grader.store.signed_review import stated_review

    signed = signers(data, read_trust(issuers).persons, kind)
    if not signed:
        click.echo(f"{path} cannot be trusted: nobody in a list given with --issuer signed it.", err=True)
        return ExitStatus.BELOW
    statement = signed[0][1]
    try:
        if kind == EVIDENCE:
            evidence = stated_evidence(statement)
            by, of, words = evidence.checked_by, evidence.person, f"{evidence.title}, {evidence.link}"
        else:
            review = stated_review(statement)
            marks = ", ".join(f"{mark.criterion.words} {mark.level.value}" for mark in review.peer)
            by, of, words = review.reviewer, review.person, f"{review.challenge}, {review.submission}: {marks}"
    except SignatureError as error:
        click.echo(f"{path} cannot be trusted: {error}.", err=True)
        return ExitStatus.BELOW
    signer = next((key for key, _ in signed if same_name(by, key.name)), signed[0][0])
    if not same_name(by, signer.name) or alike(by, of):
        why = f"{signer.title} signed what {by} says about {of}; nobody can sign for others or about themselves"
        click.echo(visible(f"{path} cannot be trusted: {why}."), err=True)
        return ExitStatus.BELOW
    click.echo(visible(f"{signer.title} says about {of}: {words}"))
    for key in (key for key, _ in signed if same_name(of, key.name)):
        click.echo(visible(f"countersigned by {key.title}"))
    return ExitStatus.GRADED


def _certificate(
    path: Path, data: bytes, issuers: Sequence[Path], root: Path | None, roots: Sequence[Path]
) -> ExitStatus:
    """Check a certificate against trusted issuers and the reports that it names."""
    from grader.portfolio.certificate_check import CertificateSources, check_certificate
    from grader.portfolio.counting import present_challenges
    from grader.portfolio.folder import PortfolioFolder, today
    from grader.portfolio.state import read_state
    from grader.portfolio.terminal_pathway import certificate_text
    from grader.portfolio.trust import read_trust
    from grader.report.terminal import printed
    from grader.store.sign import SignatureError

    found = read_state(PortfolioFolder(root or path.resolve().parent.parent), read_trust(issuers))
    sources = CertificateSources(
        trust=found.trust,
        day=today(),
        reports=found.reports,
        person=found.person,
        present=present_challenges(challenges.known(tuple(roots)).challenges()),
    )
    try:
        checked = check_certificate(data, sources)
    except SignatureError as error:
        click.echo(f"{path} cannot be trusted: {error}.", err=True)
        return ExitStatus.BELOW
    deliver(printed(certificate_text(checked), view()), Target("terminal", None))
    if not checked.holds:
        click.echo(f"{path}: the certificate does not hold.", err=True)
    return ExitStatus.GRADED if checked.holds else ExitStatus.BELOW


def _key_among(data: bytes, path: Path | None, issuers: Sequence[Path]) -> bytes:
    """Return the key that signed the report, among those of --issuer; otherwise the key that was named."""
    from grader.portfolio.trust import read_trust, signed_by
    from grader.store.sign import PREDICATE

    trust = read_trust(issuers)
    signed = signed_by(data, trust.issuers, PREDICATE)
    if signed is not None:
        return signed[0].pem
    return trust.issuers[0].pem if path is None and trust.issuers else _key(path)


def _comparable(path: Path, signed: Report | RepositoryReport) -> Report | RepositoryReport:
    """Return the report in a file; for a record, its view for whichever audience matches the signed report."""
    from grader.report import Audience, View, render
    from grader.store.codec import decode
    from grader.store.sign import differences

    found = stored.read(path)
    if not found.is_record:
        return found.report
    views = [
        decode(render(found.report, "json", View(audience=audience)).encode(), str(path)).report
        for audience in Audience
    ]
    return next((view for view in views if not differences(signed, view)), views[0])


def _key(path: Path | None) -> bytes:
    from grader.store.sign import read_key

    if path is not None:
        return read_key(path)
    if text := os.environ.get(VARIABLE):
        return text.encode()
    raise UserError(f"no key was given. Pass --key FILE.pub or set {VARIABLE}.")
