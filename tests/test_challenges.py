"""The catalogue finds every challenge, and a broken or doubled one is named without hiding the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.challenges import catalogue as module
from grader.challenges.catalogue import (
    AmbiguousChallenge,
    BrokenChallenge,
    Catalogue,
    CatalogueError,
    UnknownChallenge,
    catalogue,
    snapshot,
)
from grader.challenges.challenge import Challenge, ChallengeError

MANIFEST = """
format_version = 1
title = "A challenge"
summary = "Ten characters at least."
skill = "Catalogues"
version = "1.0"
modules = ["shop.py"]
[[criteria]]
id = "behaviour"
kind = "behaviour"
title = "It works"
points = 10
[[levels]]
level = 1
percent = 50
"""


def put(root: Path, name: str, manifest: str | bytes = MANIFEST) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    content = manifest if isinstance(manifest, bytes) else manifest.encode()
    (folder / "challenge.toml").write_bytes(content)
    return folder


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shipped root of our own, and no roots from the environment."""
    root = tmp_path / "shipped"
    root.mkdir()
    monkeypatch.setattr(module, "shipped_root", lambda: root)
    monkeypatch.delenv("GRADER_CHALLENGES", raising=False)
    return root


def names(found: Catalogue) -> list[str]:
    return [place.name for place in found.places]


def test_the_shipped_root_of_a_checkout_is_its_challenges_folder() -> None:
    """Without an installed copy, the catalogue is the folder beside the package."""
    assert module.shipped_root() == Path(module.__file__).resolve().parents[2] / "challenges"


def test_challenges_are_ordered_by_area_then_slug(shipped: Path) -> None:
    """The order does not hang on the file system."""
    for name in ("testing/b", "language/z", "language/a"):
        put(shipped, name)
    assert names(catalogue()) == ["language/a", "language/z", "testing/b"]


def test_a_folder_without_manifest_is_no_challenge(shipped: Path) -> None:
    """Stray folders and files are not listed."""
    (shipped / "language" / "notes").mkdir(parents=True)
    (shipped / "README.md").write_text("how to write one")
    assert names(catalogue()) == []


@pytest.mark.parametrize("name", ["orm", "language/orm", "language/orm/"])
def test_a_challenge_is_found_by_slug_and_by_area_and_slug(shipped: Path, name: str) -> None:
    """People may leave the area out."""
    folder = put(shipped, "language/orm")
    assert catalogue().find(name).folder == folder


def test_extra_roots_and_the_environment_add_challenges(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An organisation's private challenges stand beside the shipped ones."""
    put(shipped, "language/orm")
    for root in ("argument", "first", "second"):
        put(tmp_path / root, f"production/{root}")
    monkeypatch.setenv("GRADER_CHALLENGES", os.pathsep.join([str(tmp_path / "first"), "", str(tmp_path / "second")]))
    found = names(catalogue([tmp_path / "argument"]))
    assert found == ["language/orm", "production/argument", "production/first", "production/second"]


def test_a_root_named_twice_counts_once(shipped: Path) -> None:
    """Naming the shipped root again makes nothing ambiguous."""
    put(shipped, "language/orm")
    assert names(catalogue([shipped, shipped / "language" / ".."])) == ["language/orm"]


def test_a_root_that_does_not_exist_is_an_error_with_the_remedy(shipped: Path, tmp_path: Path) -> None:
    """A typo in --challenges is not read as "no challenges"."""
    with pytest.raises(CatalogueError, match=r"typo: there is no such folder.*<area>/<slug>/challenge\.toml"):
        catalogue([tmp_path / "typo"])


def test_an_unknown_name_gets_close_matches_and_the_list(shipped: Path) -> None:
    """Someone who mistypes reads what they meant."""
    for name in ("language/metaclass_orm", "production/circuit_breaker"):
        put(shipped, name)
    with pytest.raises(UnknownChallenge) as raised:
        catalogue().find("metaclas_orm")
    assert "Did you mean language/metaclass_orm?" in str(raised.value)
    assert "The challenges are: language/metaclass_orm, production/circuit_breaker." in str(raised.value)


def test_an_empty_catalogue_says_how_to_fill_it(shipped: Path) -> None:
    """With no challenge at all, the remedy is a root and no list."""
    with pytest.raises(UnknownChallenge, match="--challenges DIR or GRADER_CHALLENGES"):
        catalogue().find("orm")


def test_a_slug_in_two_areas_needs_its_area(shipped: Path) -> None:
    """The bare slug is refused with both full names, and a full name still works."""
    put(shipped, "language/cache")
    put(shipped, "performance/cache")
    with pytest.raises(AmbiguousChallenge, match="Use language/cache or performance/cache"):
        catalogue().find("cache")
    assert catalogue().find("performance/cache").name == "performance/cache"


def test_one_name_in_two_roots_is_refused_however_it_is_written(shipped: Path, tmp_path: Path) -> None:
    """No root silently wins over another."""
    first, second = put(shipped, "language/cache"), put(tmp_path / "private", "language/cache")
    for name in ("cache", "language/cache"):
        with pytest.raises(AmbiguousChallenge, match="exists more than once") as raised:
            catalogue([tmp_path / "private"]).find(name)
        assert str(first) in str(raised.value)
        assert str(second) in str(raised.value)


@pytest.mark.parametrize("manifest", ["format_version = 2", "not toml at all", b"title = '\xff'"])
def test_a_broken_challenge_does_not_hide_the_others(shipped: Path, manifest: str | bytes) -> None:
    """It is listed in its place with its error; the rest load."""
    put(shipped, "language/broken", manifest)
    put(shipped, "language/whole")
    broken, whole = catalogue().load_all()
    assert isinstance(broken, BrokenChallenge)
    assert broken.place.name == "language/broken"
    assert "language/broken/challenge.toml" in broken.error
    assert isinstance(whole, Challenge)
    assert catalogue().challenges() == (whole,)
    assert catalogue().broken() == (broken,)


def test_finding_a_broken_challenge_tells_its_author(shipped: Path) -> None:
    """Asking for it raises the author's error, which is not "unknown"."""
    put(shipped, "language/broken", "format_version = 2")
    with pytest.raises(ChallengeError, match=r"language/broken/challenge\.toml"):
        catalogue().find("broken")


def test_a_challenge_below_a_word_that_is_no_area_is_broken(shipped: Path, tmp_path: Path) -> None:
    """A private root with a wrong folder name is told so, not ignored."""
    put(tmp_path / "private", "misc/orm")
    (broken,) = catalogue([tmp_path / "private"]).broken()
    assert "'misc', which is not an area" in broken.error


def test_a_snapshot_reads_each_challenge_once(adder: Path) -> None:
    """A long run judges its last submission as its first, also when a challenge is edited meanwhile."""
    taken = snapshot(catalogue([adder.parent.parent]))
    before = taken.find("language/adder")
    (adder / "test_adder.py").write_text("", encoding="utf-8")
    assert taken.find("adder") is before
    assert snapshot(catalogue([adder.parent.parent])).find("adder").digest != before.digest


def building_on(*names: str) -> str:
    return MANIFEST.replace("modules =", f"prerequisites = {[*names]}\nmodules =")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["language/b"], []),
        (["language/bb"], ["'language/bb' is not a challenge. Did you mean language/b?"]),
        (["language/b", "language/b"], ["'language/b' is listed twice. List it once."]),
        (["language/c"], ["language/a builds on language/c builds on language/a. Remove one of these prerequisites."]),
        (["language/a"], ["language/a builds on language/a. Remove one of these prerequisites."]),
        (["language/broken"], []),
    ],
)
def test_prerequisites_are_challenges_and_no_circle(shipped: Path, names: list[str], says: list[str]) -> None:
    """What is wrong is told with its remedy; a circle among others is theirs, and so is a broken challenge."""
    put(shipped, "language/a", building_on(*names))
    put(shipped, "language/b")
    put(shipped, "language/c", building_on("language/d", "language/a"))
    put(shipped, "language/d", building_on("language/c"))
    put(shipped, "language/broken", "?")
    known = catalogue()
    assert [*known.prerequisite_problems(known.find("a"))] == says


def test_shipped_prerequisites_hold() -> None:
    """Each is a challenge that comes with it."""
    known = catalogue()
    problems = [(entry.name, *known.prerequisite_problems(entry)) for entry in known.challenges()]
    assert [problem for problem in problems if len(problem) > 1] == []
    assert sum(bool(entry.manifest.prerequisites) for entry in known.challenges()) > 5
