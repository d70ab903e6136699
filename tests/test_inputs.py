"""Files beside a submission: whatever is in them, the user is told, and nothing is read for ever."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from grader import caches, inputs
from grader.challenges.challenge import ChallengeError, load
from grader.cli.commands import grader
from grader.errors import UserError
from grader.model import PeerCriterion, PeerMark, Report, ReviewMark, Struct
from grader.report.visible import without_commands
from grader.store.review import ReviewError, ReviewFile, read_review, reviewed
from grader.store.sign import BadKey, read_key

ODD = {
    "digits": b"x = " + b"1" * 5000,
    "nested": b"x = " + b"[" * 5000,
    "tables": b"x = " + b"{a=" * 5000,
    "utf-8": b"x = '\xff'",
    "dates": b"x = 2026-99-99",
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_no_toml_is_a_bug_of_ours(content: bytes, tmp_path: Path, adder: Path) -> None:
    """A review and a challenge's manifest are blamed themselves, by the name of the file."""
    (tmp_path / "review.toml").write_bytes(content)
    with pytest.raises(ReviewError, match=r"review\.toml: "):
        read_review(tmp_path / "review.toml")
    (adder / "challenge.toml").write_bytes(content)
    with pytest.raises(ChallengeError, match=r"challenge\.toml: "):
        load(adder)


def test_no_json_is_a_bug_of_ours() -> None:
    """Neither deep nesting nor bytes that are no text."""

    class Any(Struct, frozen=True):
        x: object

    for content in (b'{"x":' + b"[" * 100_000, b'{"x": "\xff"}', b"", b"{"):
        with pytest.raises(msgspec.DecodeError):
            inputs.json(content, Any)


@pytest.mark.parametrize("read", [read_review, read_key, load], ids=lambda read: read.__name__)
def test_nothing_is_read_for_ever(read: Callable[[Path], object], tmp_path: Path) -> None:
    """A file without end is larger than anything that somebody writes, and refused."""
    endless = Path("/dev/zero")
    if read is load:
        (tmp_path / "challenge.toml").symlink_to(endless)
        endless = tmp_path
    with pytest.raises((UserError, OSError, BadKey), match="more than 1048576 bytes"):
        read(endless)


def test_an_envelope_without_end_is_refused() -> None:
    """By `grader check` as well, which reads what others send."""
    result = CliRunner().invoke(grader, ["check", "/dev/zero", "--key", "/dev/zero"], standalone_mode=False)
    assert isinstance(result.exception, UserError)
    assert "more than" in str(result.exception)


@pytest.mark.parametrize("table", ["mark", "peer"])
def test_a_review_says_one_thing_about_one_criterion(over_ten: Report, adder: Path, table: str) -> None:
    """Two marks for one criterion are refused: the first would count in one place, the second in another."""
    mark = ReviewMark(criterion="sums", points=1, override=True, comment="why")
    peer = PeerMark(criterion=PeerCriterion.TESTING, level=3)  # type: ignore[arg-type] # as it is decoded
    review = ReviewFile(
        format_version=1,
        reviewer="Grace Hopper",
        date=dt.date(2026, 11, 22),
        mark=(mark, mark) if table == "mark" else (),
        peer=(peer, peer) if table == "peer" else (),
    )
    with pytest.raises(ReviewError, match="listed twice"):
        reviewed(over_ten, review, load(adder))


def test_a_shared_temporary_folder_is_trusted_only_if_it_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes the folder first cannot put a cache there that we would read."""

    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ours = caches.cache_home()
    assert ours == caches.cache_home()
    assert ours.stat().st_mode & 0o777 == 0o700
    ours.chmod(0o777)
    assert caches.cache_home() != ours
    ours.rmdir()
    ours.symlink_to(tmp_path)
    assert caches.cache_home() != ours
    if os.geteuid() == 0:
        ours.unlink()
        ours.mkdir()
        os.chown(ours, 12345, -1)
        assert caches.cache_home() != ours


@pytest.mark.parametrize("text", ["\n" * 100_000, " \n" * 50_000, "\x1b[1m" * 50_000, "\x1b[" * 50_000, "#" * 100_000])
def test_commands_are_looked_for_in_one_pass(text: str) -> None:
    """A hundred thousand characters that nearly begin a command end at once: going back over them took minutes."""
    assert without_commands(text) == text
    assert without_commands(f"{text}\n  ::error::x").endswith("\n  ∷error::x")
