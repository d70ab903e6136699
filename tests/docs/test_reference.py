"""The reference says what is true today: its tables are generated, and what is written by hand is complete."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from grader.challenges.manifest import Manifest
from grader.cli.commands import COMMANDS
from grader.cli.status import ExitStatus
from grader.evidence.suite.starting import PLACES
from grader.inside.constructs.rules.table import RULES
from grader.intake.config import RepositoryConfig
from grader.portfolio.badges.badge_office import BadgeIssuer, IssuedBadge
from grader.portfolio.badges.badge_rules import BADGES
from grader.portfolio.external import read_stated
from grader.portfolio.journal import JournalEntry, read_entry
from grader.portfolio.profile import Profile, checked
from grader.portfolio.targets import GOALS
from grader.portfolio.trust import read_trust
from grader.reference.__main__ import main
from grader.reference.keys import (
    challenge_toml,
    grader_toml,
    issued_toml,
    journal_toml,
    meanings_of,
    office_toml,
    profile_toml,
    revoked_toml,
)
from grader.reference.tables import TABLES, named_in, refreshed
from grader.report import FORMATS
from grader.store.sign import new_key
from grader.verify.checks import CHECKS
from sandbox.backends import environment

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
BEHIND_THE_WALL = ("grader/inside", "grader/suite/inside", "sandbox/inside", "sandbox/backends/docker/tree.py")
"""Code whose environment is not the user's: it runs in a sandbox, or while an image is built."""


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_tables_are_fresh(path: Path) -> None:
    """`python -m grader.reference docs` would change nothing."""
    text = path.read_text("utf-8")
    assert refreshed(text) == text


def test_every_table_is_somewhere() -> None:
    """None is generated for nothing, and none stands twice."""
    assert sorted(name for path in PAGES for name in named_in(path.read_text("utf-8"))) == sorted(TABLES)


def test_a_stale_table_is_noticed() -> None:
    """A table that somebody edited by hand is written anew."""
    text = page("reference/challenge-toml.md")
    assert "The rubric." in text
    assert refreshed(text.replace("The rubric.", "A rubric.")) == text


@pytest.mark.parametrize(
    "table", [challenge_toml, grader_toml, issued_toml, office_toml, journal_toml, profile_toml, revoked_toml]
)
def test_every_key_has_a_meaning(table: object) -> None:
    """No key of a file that people write is left for them to guess."""
    assert callable(table)
    rows = [line.strip("| ").split(" | ") for line in table().splitlines()[2:]]
    assert rows
    assert [row for row in rows if len(row) != 4 or not row[3].endswith(".")] == []


def test_every_exit_status_has_a_meaning() -> None:
    """And is on the page."""
    assert set(meanings_of(ExitStatus)) == set(ExitStatus.__members__)
    text = page("reference/exit-statuses.md")
    assert [status for status in ExitStatus if f"| {status.value} | " not in text] == []


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("reference/rules.md", RULES),
        ("guide/author.md", [check.id for check in CHECKS]),
        ("reference/commands.md", [*FORMATS, "record"]),
        ("reference/challenge-toml.md", Manifest.__struct_fields__),
        ("reference/grader-toml.md", RepositoryConfig.__struct_fields__),
        ("reference/badges.md", [*BADGES, *BadgeIssuer.__struct_fields__, *IssuedBadge.__struct_fields__]),
        ("reference/portfolio.md", [*Profile.__struct_fields__, *JournalEntry.__struct_fields__, *GOALS]),
    ],
    ids=["rules", "checks", "formats", "challenge.toml", "grader.toml", "badges", "portfolio"],
)
def test_what_there_is_has_a_row(where: str, names: list[str]) -> None:
    """What a user may write or be told is written down."""
    assert [name for name in names if f"| `{name}` |" not in page(where)] == []


def test_every_command_has_a_section() -> None:
    """A group's commands have one each."""
    text = page("reference/commands.md")
    assert [name for name in COMMANDS if f"\n## `grader {name}" not in text] == []


def test_the_samples_of_a_portfolio_are_such_files(tmp_path: Path) -> None:
    """What the page shows can be read."""
    profile, entry, issuers, evidence = re.findall(
        r"^```toml\n(.*?)^```$", page("reference/portfolio.md"), re.MULTILINE | re.DOTALL
    )
    assert checked(profile, tmp_path).targets
    (tmp_path / "entry.toml").write_text(entry, "utf-8")
    assert read_entry(tmp_path / "entry.toml").learned
    (tmp_path / "issuers.toml").write_text(issuers, "utf-8")
    (tmp_path / "academy.pub").write_bytes(new_key()[1])
    assert read_trust([tmp_path / "issuers.toml"]).persons
    (tmp_path / "evidence.toml").write_text(evidence, "utf-8")
    assert read_stated(tmp_path / "evidence.toml").link


@pytest.mark.parametrize(
    ("where", "kind"),
    [("challenge-toml.md", Manifest), ("grader-toml.md", RepositoryConfig)],
    ids=["challenge", "grader"],
)
def test_the_sample_of_a_file_is_one(where: str, kind: type[msgspec.Struct]) -> None:
    """What the page shows decodes."""
    (sample,) = re.findall(r"^```toml\n(.*?)^```$", page(f"reference/{where}"), re.MULTILINE | re.DOTALL)
    assert isinstance(msgspec.toml.decode(sample, type=kind), kind)


def variables_read() -> Iterator[tuple[str, str]]:
    """The environment variables that our code outside a sandbox reads, each with its file."""
    for path in sorted([*(ROOT / "grader").rglob("*.py"), *(ROOT / "sandbox").rglob("*.py")]):
        where = path.relative_to(ROOT).as_posix()
        if not where.startswith(BEHIND_THE_WALL):
            yield from ((name, where) for name in variables_in(path.read_text("utf-8")))


def variables_in(code: str) -> Iterator[str]:
    """Names that are read from `os.environ`, directly or by a constant, and whatever is called like ours."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case (
                ast.Call(func=ast.Attribute(value=environ, attr="get"), args=[ast.Constant(str(name)), *_])
                | ast.Subscript(value=environ, slice=ast.Constant(str(name)))
            ) if ast.unparse(environ).endswith("environ"):
                yield name
            case ast.Constant(value=str(name)) if re.fullmatch(r"GRADER_[A-Z_]+", name):
                yield name
            case _:
                pass


def test_the_command_refreshes_pages_that_are_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m grader.reference DIR` writes old tables anew, names those pages, and leaves all others alone."""
    old, other = tmp_path / "old.md", tmp_path / "other.md"
    old.write_text("Before.\n\n<!-- table: formats -->\nnothing\n<!-- end -->\n")
    other.write_text("Nothing that is made.\n")
    monkeypatch.setattr("sys.argv", ["reference", str(tmp_path)])
    main()
    assert capsys.readouterr().out == f"{old}\n"
    assert TABLES["formats"]() in old.read_text()
    assert other.read_text() == "Nothing that is made.\n"
    main()
    assert capsys.readouterr().out == ""


def test_variables_are_found_however_they_are_read() -> None:
    """The test below can fail."""
    code = "import os\nKEY = 'GRADER_A'\nos.environ.get('B')\nos.environ['C']\nos.environ.get(KEY)\n{}.get('D')\n"
    assert sorted(variables_in(code)) == ["B", "C", "GRADER_A"]


def test_every_environment_variable_is_named() -> None:
    """What the code reads, what backends need, and what the hidden suite's process is given."""
    text = page("reference/environment.md")
    read = {
        *variables_read(),
        *((name, "sandbox/backends") for name in environment()),
        *((name, "PLACES") for name in PLACES),
    }
    assert len(read) > 15
    assert sorted((name, where) for name, where in read if f"`{name}`" not in text) == []


def test_no_variable_is_named_that_nothing_reads() -> None:
    """A variable that is gone leaves the page."""
    named = set(re.findall(r"`(GRADER_[A-Z_]+)`", page("reference/environment.md")))
    folders = ("grader", "sandbox", "tests", ".ci")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ""}]
    texts = [path.read_text("utf-8", errors="replace") for path in files if path.is_file() and path != Path(__file__)]
    assert sorted(name for name in named if not any(name in text for text in texts)) == []
