"""`grader sign`: put a report into a signed envelope, and make keys for signing."""

from __future__ import annotations

import re
from pathlib import Path

import click

from grader import inputs
from grader.cli import stored
from grader.cli.grade import person_named
from grader.cli.keys import VARIABLE, make_key, private_key
from grader.cli.status import ExitStatus
from grader.errors import UserError
from grader.report import Audience, View, render


@click.command("sign")
@click.argument("report", type=click.Path(path_type=Path), required=False)
@click.option(
    "--key", type=click.Path(path_type=Path), help=f"The private key in PEM format. Default: the value of {VARIABLE}."
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="The file to write. Default: REPORT with the ending .signed.json."
)
@click.option(
    "--audience",
    type=click.Choice([audience.value for audience in Audience]),
    default=Audience.CANDIDATE.value,
    help="For a record, the audience of the signed view. `reviewer` adds hidden tests, drawn inputs and traces.",
)
@click.option(
    "--to",
    "person",
    metavar="NAME",
    callback=person_named,
    help="Whose submission it is, if the report names nobody yet, as in a batch.",
)
@click.option("--new-key", type=click.Path(path_type=Path), metavar="FILE", help="Make a key pair: FILE and FILE.pub.")
def command(
    *,
    report: Path | None,
    key: Path | None,
    output: Path | None,
    audience: str,
    person: str,
    new_key: Path | None,
) -> int:
    """Sign REPORT with Ed25519, in a DSSE envelope around an in-toto statement.

    REPORT may also be a TOML file, your own review or evidence that you checked, or a signed review of your submission,
    which you so countersign into a new file. See docs/reference/portfolio.md.

    A JSON report is signed as it is. For a record, the view for --audience is signed, since anyone who gets the
    envelope can read its contents.
    """
    if new_key is not None:
        click.echo(make_key(new_key))
    elif report is None:
        raise UserError("REPORT is missing. Pass a JSON report, or make a key with --new-key FILE.")
    if report is None:
        return ExitStatus.GRADED
    from grader.store.sign import sign

    if _is_review(report):
        return _countersigned(report, private_key(key or new_key), output)
    target = output or report.with_name(f"{report.name.removesuffix('.json').removesuffix('.toml')}.signed.json")
    unsigned = None if report.suffix == ".toml" else _signed(report, Audience(audience), person)
    private = private_key(key or new_key)
    stored.write(target, _sealed(report, private) if unsigned is None else sign(unsigned, private))
    click.echo(f"signed: {target}")
    return ExitStatus.GRADED


def _is_review(path: Path) -> bool:
    """Return whether a file is a review that somebody signed."""
    from grader.store.codec import LARGEST
    from grader.store.sign import SignatureError, unsealed
    from grader.store.signed_review import REVIEW

    try:
        return unsealed(inputs.read(path, most=LARGEST)).predicate_type == REVIEW
    except (OSError, SignatureError):
        return False


def _countersigned(path: Path, private_pem: bytes, output: Path | None) -> ExitStatus:
    """Add the signature of whoever was reviewed to a signed review, in a new file."""
    from grader.store.sign import SignatureError
    from grader.store.signed_review import countersign_review

    target = output or path.with_name(f"{path.name.removesuffix('.json')}.countersigned.json")
    if target.exists():
        raise UserError(f"{target} already exists. Choose a new file with --output.")
    try:
        content = countersign_review(inputs.read(path), private_pem)
    except SignatureError as error:
        raise UserError(str(path), str(error), "Sign a review of your submission, with your own key") from None
    stored.write(target, content)
    click.echo(f"countersigned: {target}")
    return ExitStatus.GRADED


def _sealed(path: Path, private_pem: bytes) -> bytes:
    """Return the signed envelope of what a person wrote by hand: evidence, which has a `kind`, or a review."""
    from grader.portfolio.external import read_stated, seal_evidence
    from grader.portfolio.strict import read_text
    from grader.store.review import ReviewError, read_review
    from grader.store.signed_review import seal_review

    if re.search(r"^kind\s*=", read_text(path), re.MULTILINE):
        return seal_evidence(read_stated(path), private_pem)
    try:
        return seal_review(read_review(path), private_pem)
    except ReviewError as error:
        raise UserError(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def _signed(path: Path, audience: Audience, person: str) -> bytes:
    """Return the bytes to sign: a JSON report as it is unless it is to name a person, or a record's view for an
    audience.
    """
    from grader.model.person import same_name
    from grader.store.codec import LARGEST, each, named_to

    found = stored.read(path, whole=audience is Audience.REVIEWER)
    for single in each(found.report) if person else ():
        if single.person and not same_name(single.person, person):
            raise UserError(str(path), f"it is about {single.person}, not about {person}", "Sign it without --to")
    if found.is_record or person:
        view = View(audience=audience if found.is_record else Audience.REVIEWER)  # a view is signed as it is
        return render(named_to(found.report, person) if person else found.report, "json", view).encode()
    try:
        return inputs.read(path, most=LARGEST)
    except OSError as error:
        raise UserError(str(path), str(error.strerror), "Pass a report that --format json wrote") from None
