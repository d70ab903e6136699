"""`grader badge`: shows the progress towards the eight badges; issues, checks and revokes them as Open Badges 3.0."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader import inputs
from grader.cli import challenges, kept
from grader.cli.keys import VARIABLE, private_key
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import show
from grader.errors import UserError
from grader.model.person import as_name, same_name
from grader.portfolio.badges.badge_rules import BADGES

if TYPE_CHECKING:
    from grader.portfolio.badges.badge_rules import BadgeProgress
    from grader.portfolio.badges.open_badges import IssuerAnchor
    from grader.portfolio.state import PortfolioState

PATH = click.Path(path_type=Path)
office_argument = click.argument("office", metavar="OFFICE", type=PATH)
key_option = click.option("--key", type=PATH, help=f"The issuer's private key. Default: the value of {VARIABLE}.")


@click.group("badge")
def command() -> None:
    """Show your progress towards the eight badges; issue, check and revoke badges.

    Badges are Open Badges 3.0 credentials in pictures. To use more than `list`, install the extra:
    pip install 'senior-python-grader[badges]'
    """


@command.command("list")
@click.option(
    "--to", "person", metavar="NAME", help="The person whose badges to show. Default: the person in profile.toml."
)
@kept.issuer_option
@kept.option
@challenges.option
def listed(*, person: str | None, issuers: tuple[Path, ...], root: Path, roots: tuple[Path, ...]) -> int:
    """Show what each badge requires and what is missing, and the badges in the portfolio.

    A report counts only if a key given with --issuer signed it and it names the person.
    """
    from grader.portfolio.badges.terminal_badges import badges_text

    found = kept.state(root, issuers)
    name = as_name(person, "--to") if person is not None else found.person
    if not name:
        raise UserError(
            "no person is named, so no report can count. Pass --to NAME, or run `grader profile --person NAME`."
        )
    show(badges_text(_progress(found, name, roots, *BADGES), found.badges, name))
    return kept.status(found)


@command.command("issuer")
@office_argument
@click.option("--name", required=True, help="The issuer's name, as badges show it.")
@click.option("--url", required=True, help="The https address at which OFFICE/public will be served.")
@click.option(
    "--web", is_flag=True, help="Identify the issuer by the address (did:web) instead of by the key (did:key)."
)
@key_option
def issuer(*, office: Path, name: str, url: str, web: bool, key: Path | None) -> int:
    """Create the folder OFFICE, in which an issuer records the badges that it issued and revoked.

    Serve OFFICE/public at the address; otherwise, nobody can check whether a badge was revoked.
    """
    from grader.portfolio.badges.badge_office import found_office

    made = found_office(office, name=name, url=url, private_pem=private_key(key), web=web)
    click.echo(f"The DID of {made.name} is {made.did}\nServe {office}/public at {made.url}/")
    return ExitStatus.GRADED


@command.command("issue")
@click.argument("badge", type=click.Choice(list(BADGES)))
@office_argument
@click.option("--to", "person", required=True, metavar="NAME", help="The holder's name, as in the reports.")
@click.option("--recipient", required=True, metavar="ADDRESS", help="The holder's e-mail address or DID.")
@click.option(
    "--days",
    type=click.IntRange(1, 1825),
    default=365,
    show_default=True,
    help="The number of days for which the badge is valid.",
)
@click.option(
    "--output", type=PATH, metavar="DIR", help="The folder to write the badge to. Default: badges/ in the portfolio."
)
@click.option("--name", help="If there is no OFFICE yet: the issuer's name, as badges show it.")
@click.option("--url", help="If there is no OFFICE yet: the https address at which OFFICE/public will be served.")
@key_option
@kept.issuer_option
@kept.option
@challenges.option
def issue(
    *,
    name: str | None,
    url: str | None,
    badge: str,
    office: Path,
    person: str,
    recipient: str,
    days: int,
    output: Path | None,
    key: Path | None,
    issuers: tuple[Path, ...],
    root: Path,
    roots: tuple[Path, ...],
) -> int:
    """Issue BADGE from OFFICE to a person whose signed reports in the portfolio earn it.

    If there is no OFFICE yet, --name and --url create it, as `grader badge issuer` does.

    A report counts only if a key given with --issuer signed it. The badge is written as SVG, PNG, JSON and JWT,
    together with the status list that shows the holder's dashboard that it was not revoked.
    """
    from grader.portfolio.badges.badge_office import BadgeOffice, Grant, found_office, now, recipient_iri
    from grader.portfolio.badges.badge_office import issue as issued
    from grader.portfolio.folder import add
    from grader.store.sign import key_id, public_half

    private, holder = private_key(key), as_name(person, "--to")
    found = kept.state(root, issuers)
    signer = found.trust.issuer(key_id(public_half(private)))
    if signer is not None and signer.is_of(holder):
        raise UserError(f"--to: {holder} holds the key {signer.title}. Have the badge issued by somebody else.")
    (progress,) = _progress(found, holder, roots, badge)
    if not progress.is_earned:
        _say_what_is_missing(progress, holder)
        return ExitStatus.BELOW
    if name is not None and url is not None and not BadgeOffice(office).config.exists():
        found_office(office, name=name, url=url, private_pem=private, web=False)
    grant = Grant(progress=progress, person=holder, recipient=recipient_iri(recipient), reports=progress.rests_on)
    record, written = issued(BadgeOffice(office), grant, private, moment=now(), valid=dt.timedelta(days=days))
    for file, content in written.items():
        path = (output or found.folder.badges) / file
        add(path, content)
        click.echo(f"wrote {path}")
    click.echo(f"issued {record.id}, valid until {record.expires}")
    click.echo(f"to revoke it: grader badge revoke {office} {record.id} --reason WHY")
    return ExitStatus.GRADED


@command.command("check")
@click.argument("badge", type=PATH)
@click.option(
    "--issuer",
    "trusted",
    required=True,
    multiple=True,
    metavar="KEY|LIST|DID",
    help="An issuer that you trust: a public key, a list of keys in TOML, or a DID. May be repeated.",
)
@click.option("--to", "person", default="", metavar="NAME", help="The name of the person who presents the badge.")
@click.option(
    "--recipient", default="", metavar="ADDRESS", help="The e-mail address or DID of the person who presents it."
)
@click.option(
    "--status",
    "files",
    type=PATH,
    metavar="FILE",
    multiple=True,
    help="A status list or did.json to use instead of the one at its address. May be repeated.",
)
@click.option("--offline", is_flag=True, help="Download nothing; use only the files given with --status.")
def check(
    *, badge: Path, trusted: tuple[str, ...], person: str, recipient: str, files: tuple[Path, ...], offline: bool
) -> int:
    """Check BADGE, as SVG, PNG, JSON or JWT: issuer, signature, dates, revocation, picture, and whose it is.

    Anybody can copy a badge. Pass --to and --recipient to check that it belongs to the person who presents it.
    """
    from grader.portfolio.badges.badge_check import checked, sources
    from grader.portfolio.badges.open_badges import BadgeRefused
    from grader.portfolio.badges.terminal_badges import facts_text

    try:
        download = sources([_read(path) for path in files], online=not offline)
    except BadgeRefused as error:
        raise UserError("--status", str(error), "Pass the files that the issuer serves") from None
    try:
        facts = checked(_read(badge), _anchors(trusted), download, person=person, recipient=recipient)
    except BadgeRefused as error:
        from grader.portfolio.shown import plain

        click.echo(f"{badge}: refused: {plain(str(error))}.", err=True)
        return ExitStatus.BELOW
    show(facts_text(facts))
    return ExitStatus.GRADED


@command.command("revoke")
@office_argument
@click.argument("badge_id", metavar="[ID]", required=False)
@click.option("--reason", default="", help="The reason for revoking the badge, for the issuer's own records.")
@key_option
def revoke(*, office: Path, badge_id: str | None, reason: str, key: Path | None) -> int:
    """Revoke the badge ID, and sign the status list of OFFICE again; without ID, only sign the list again.

    A status list is valid for 30 days. Renew it before it expires, and serve the new list at once: a revocation takes
    effect only when the list is served.
    """
    from grader.portfolio.badges.badge_office import BadgeOffice, now, renew
    from grader.portfolio.badges.badge_office import revoke as revoked

    private, place = private_key(key), BadgeOffice(office)
    if badge_id is None:
        click.echo(f"renewed: {renew(place, private, now())}")
        return ExitStatus.GRADED
    if not reason.strip():
        raise UserError("--reason is missing. Say why the badge no longer holds.")
    record = revoked(place, badge_id, private, reason=reason, moment=now())
    click.echo(f"revoked: {record.badge} of {record.person}; now serve the new {office}/public/status.json")
    return ExitStatus.GRADED


def _progress(found: PortfolioState, person: str, roots: tuple[Path, ...], *badges: str) -> list[BadgeProgress]:
    from grader.portfolio.badges.badge_rules import badge_progress
    from grader.portfolio.counting import Counting, present_challenges
    from grader.portfolio.leadership import NO_LEADERSHIP

    present = present_challenges(challenges.known(roots).challenges())
    counting = Counting(person=person, trust=found.trust, day=found.day, present=present)
    shown = found.leadership if same_name(found.person, person) else NO_LEADERSHIP
    return [badge_progress(BADGES[badge], found.reports, counting, shown) for badge in badges]


def _say_what_is_missing(progress: BadgeProgress, person: str) -> None:
    from grader.portfolio.badges.terminal_badges import badges_text

    show(badges_text([progress], (), person))
    click.echo("grader: no badge was issued.", err=True)


def _anchors(trusted: tuple[str, ...]) -> list[IssuerAnchor]:
    from grader.portfolio.badges.open_badges import IssuerAnchor
    from grader.portfolio.trust import read_trust

    known = read_trust([Path(name) for name in trusted if not name.startswith("did:")])
    by_did = [IssuerAnchor(did=name) for name in trusted if name.startswith("did:")]
    return by_did + [IssuerAnchor(issuer=key) for key in known.issuers]


def _read(path: Path) -> bytes:
    try:
        return inputs.read(path)
    except OSError as error:
        raise UserError(str(path), str(error.strerror), "Choose a file that the issuer wrote") from None
