"""A repository's challenges are found where it says or shows that they are; otherwise the error says what to add."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.assess.find import find
from grader.challenges.catalogue import Catalogue, ChallengeLocation, UnknownChallenge
from grader.intake import AnswerFolder, IntakeError, discover, open_tree, take_tree
from grader.model import Submission

Lay = Callable[[dict[str, str | bytes]], Path]
MANIFEST = """
format_version = 1
title = "A challenge"
summary = "Ten characters at least."
skill = "Finding"
version = "1.0"
modules = [{modules}]
criteria = [{{ id = "behaviour", kind = "behaviour", title = "It works", points = 10 }}]
levels = [{{ level = 1, percent = 50 }}]
"""
CHALLENGES = {
    "language/orm": ["orm.py"],
    "language/cache": ["cache.py"],
    "performance/cache": ["cache.py"],
    "production/breaker": ["breaker.py", "policy.py"],
    "testing/shop": ["tests/test_shop.py"],
}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Five challenges. Two share their slug and their module."""
    places = []
    for name, modules in CHALLENGES.items():
        folder = tmp_path / "challenges" / name
        folder.mkdir(parents=True)
        listed = ", ".join(f'"{module}"' for module in modules)
        (folder / "challenge.toml").write_text(MANIFEST.format(modules=listed))
        places.append(ChallengeLocation(area=folder.parent.name, slug=folder.name, folder=folder))
    return Catalogue(tuple(places))


def claim(slug: str, path: str) -> str:
    return f'[[challenge]]\nslug = "{slug}"\npath = "{path}"\n'


def found(folder: Path, catalogue: Catalogue, only: str | None = None) -> list[tuple[str, str]]:
    with open_tree(folder) as tree:
        return [(folder.challenge_name, folder.path) for folder in discover(tree, catalogue, only=only)]


def error(folder: Path, catalogue: Catalogue, only: str | None = None) -> str:
    with pytest.raises(IntakeError) as raised, open_tree(folder) as tree:
        discover(tree, catalogue, only=only)
    return str(raised.value).removeprefix(str(folder))


def test_grader_toml_says_which_folder_answers_which_challenge(lay: Lay, catalogue: Catalogue) -> None:
    """With or without the area; other folders are not looked at."""
    claims = "format_version = 1\n" + claim("production/breaker", "b") + claim("orm", "./demo/orm_demo/")
    folder = lay({"grader.toml": claims, "b/x.py": "", "demo/orm_demo/x.py": "", "orm/orm.py": ""})
    assert found(folder, catalogue) == [("language/orm", "demo/orm_demo"), ("production/breaker", "b")]


def test_grader_toml_may_claim_the_repository_itself(lay: Lay, catalogue: Catalogue) -> None:
    """A path of `.`."""
    folder = lay({"grader.toml": "format_version = 1\n" + claim("orm", "."), "breaker.py": "", "policy.py": ""})
    assert found(folder, catalogue) == [("language/orm", "")]


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ("", "Object missing required field `format_version`"),
        ("format_version = 2", "format_version: Expected `int` <= 1"),
        ("format_version = 1", "Object missing required field `challenge`"),
        ("format_version = 1\nchallenge = []", "challenge: Expected `array` of length >= 1"),
        ("format_version = 1\n[[challenge]]\nslug = 'orm'", "challenge[0]: Object missing required field `path`"),
        ("format_version = 1\n[[challenge]]\nslug = 1\npath = 'a'", "challenge[0].slug: Expected `str`, got `int`"),
        ("format_version = 1\nextra = 1\n" + claim("orm", "a"), "Object contains unknown field `extra`"),
        ("not toml", "line 1"),
        ("x = " + "[" * 5000, "recursion"),
        (b"x = '\xff'", "utf-8"),
        (
            "format_version = 1\n" + claim("orn", "a"),
            "challenge[0].slug: challenge 'orn': there is no such challenge. Did",
        ),
        (
            "format_version = 1\n" + claim("cache", "a"),
            "challenge[0].slug: challenge 'cache': several areas have a challenge of that name",
        ),
        ("format_version = 1\n" + claim("orm", "a") * 2, "challenge[1].slug: language/orm is claimed twice"),
        ("format_version = 1\n" + claim("orm", "nowhere"), "challenge[0].path: 'nowhere': there is no such folder"),
        ("format_version = 1\n" + claim("orm", "a/orm.py"), "challenge[0].path: 'a/orm.py': it is a file"),
        ("format_version = 1\n" + claim("orm", "link"), "challenge[0].path: 'link': it is a link"),
        ("format_version = 1\n" + claim("orm", "link/b"), "challenge[0].path: 'link/b': there is no such folder"),
        ("format_version = 1\n" + claim("orm", "../answer"), "challenge[0].path: '../answer' leads out"),
        ("format_version = 1\n" + claim("orm", "/etc"), "challenge[0].path: '/etc' leads out"),
        ("format_version = 1\n" + claim("orm", "a/../../b"), "challenge[0].path: 'a/../../b' leads out"),
    ],
)
def test_a_wrong_grader_toml_is_an_error_with_file_and_key(
    lay: Lay, catalogue: Catalogue, claims: str | bytes, words: str
) -> None:
    """It is never passed over in favour of a guess."""
    folder = lay({"grader.toml": claims, "a/orm.py": "", "a/b/orm.py": ""})
    (folder / "link").symlink_to("a")
    message = error(folder, catalogue)
    assert message.startswith("/grader.toml: ")
    assert words in message


def test_a_grader_toml_that_is_a_link_is_not_read(lay: Lay, catalogue: Catalogue, tmp_path: Path) -> None:
    """Nothing outside the repository has a say."""
    (tmp_path / "outside.toml").write_text("format_version = 1\n" + claim("orm", "."))
    folder = lay({"orm.py": ""})
    (folder / "grader.toml").symlink_to(tmp_path / "outside.toml")
    assert "it is a link, not a regular file" in error(folder, catalogue)


def test_a_huge_grader_toml_is_not_read(lay: Lay, catalogue: Catalogue) -> None:
    """A hundred lines are enough for everybody."""
    folder = lay({"grader.toml": "#" * 20_000})
    assert "it has more than 16384 bytes" in error(folder, catalogue)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x = " + "1" * 5000, "must have format_version = 1"),
        ("[" * 5000, "must have format_version = 1"),
        ("format_version = 1\n".encode("utf-16"), "it is encoded as UTF-16. Save the file as UTF-8."),
        (b"\xff\xff", "must have format_version = 1"),
    ],
)
def test_a_grader_toml_that_cannot_be_read_is_the_callers_mistake(
    lay: Lay, catalogue: Catalogue, content: str | bytes, told: str
) -> None:
    """Whatever a parser makes of it, one sentence says what it takes."""
    assert told in error(lay({"grader.toml": content}), catalogue)


def test_a_byte_order_mark_in_grader_toml_is_nothing(lay: Lay, catalogue: Catalogue) -> None:
    """Notepad writes one."""
    text = b"\xef\xbb\xbf" + ("format_version = 1\n" + claim("orm", "demo")).encode()
    assert found(lay({"grader.toml": text, "demo/orm.py": ""}), catalogue) == [("language/orm", "demo")]


@pytest.mark.parametrize("path", ["orm", "language/orm", "my/answers/orm", "my/answers/language/orm"])
def test_a_folder_is_found_by_the_challenges_name(lay: Lay, catalogue: Catalogue, path: str) -> None:
    """Below its area or anywhere else, to four levels."""
    assert found(lay({f"{path}/orm.py": ""}), catalogue) == [("language/orm", path)]


@pytest.mark.parametrize("path", ["a/b/c/d/orm", ".venv/orm", "node_modules/orm", ".hidden/orm", "orm.txt"])
def test_a_folder_is_not_searched_for_everywhere(lay: Lay, catalogue: Catalogue, path: str) -> None:
    """Neither deeper, nor in tools' own folders, nor among files."""
    assert "no challenge was found" in error(lay({f"{path}/x.py": ""}), catalogue)


def test_a_link_named_like_a_challenge_is_not_followed(lay: Lay, catalogue: Catalogue, tmp_path: Path) -> None:
    """It is no folder of the repository."""
    (tmp_path / "outside").mkdir()
    folder = lay({})
    (folder / "orm").symlink_to(tmp_path / "outside")
    assert "no challenge was found" in error(folder, catalogue)


def test_several_challenges_are_found_in_order(lay: Lay, catalogue: Catalogue) -> None:
    """One that lacks its modules is found as well where it lies in its area: its author must hear of it."""
    folder = lay({"production/breaker/breaker.py": "", "language/orm/orm.py": "", "shop/tests/test_shop.py": ""})
    assert found(folder, catalogue) == [
        ("language/orm", "language/orm"),
        ("production/breaker", "production/breaker"),
        ("testing/shop", "shop"),
    ]


def test_among_folders_of_one_name_the_one_with_the_modules_counts(lay: Lay, catalogue: Catalogue) -> None:
    """Sources and their tests often lie in folders of one name."""
    folder = lay({"src/orm/orm.py": "", "tests/orm/test_orm.py": ""})
    assert found(folder, catalogue) == [("language/orm", "src/orm")]


def test_two_folders_that_could_both_be_it_are_an_error(lay: Lay, catalogue: Catalogue) -> None:
    """Neither is chosen silently, and the lines to add are shown."""
    message = error(lay({"old/orm/orm.py": "", "new/orm/orm.py": ""}), catalogue)
    assert "several folders may answer language/orm: new/orm, old/orm" in message
    assert '[[challenge]]\nslug = "language/orm"\n' in message


def test_a_name_that_two_areas_share_is_told_apart_by_the_folder_above(lay: Lay, catalogue: Catalogue) -> None:
    """`performance/cache` is not `language/cache`; alone, it is an error."""
    assert found(lay({"performance/cache/cache.py": ""}), catalogue) == [("performance/cache", "performance/cache")]
    assert "may answer language/cache or performance/cache" in error(lay({"cache/cache.py": ""}), catalogue)


def test_a_submission_itself_is_known_by_its_modules(lay: Lay, catalogue: Catalogue) -> None:
    """When exactly one challenge's are all there."""
    assert found(lay({"breaker.py": "", "policy.py": "", "README.md": ""}), catalogue) == [("production/breaker", "")]


def test_modules_in_folders_count(lay: Lay, catalogue: Catalogue) -> None:
    """A challenge may ask for a path."""
    assert found(lay({"tests/test_shop.py": ""}), catalogue) == [("testing/shop", "")]


def test_a_part_of_the_modules_is_not_enough(lay: Lay, catalogue: Catalogue) -> None:
    """Half a breaker may be anything."""
    assert "no challenge was found" in error(lay({"breaker.py": ""}), catalogue)


def test_a_submission_itself_is_known_by_its_own_name(lay: Lay, catalogue: Catalogue) -> None:
    """A folder named after the challenge, even without its modules; modules that fit another count for more."""
    folder = lay({"orm/notes.py": ""}) / "orm"
    assert found(folder, catalogue) == [("language/orm", "")]
    lay({"orm/breaker.py": "", "orm/policy.py": ""})
    assert found(folder, catalogue) == [("production/breaker", "")]


def test_modules_that_fit_two_challenges_are_an_error(lay: Lay, catalogue: Catalogue) -> None:
    """The remedy is to name one."""
    message = error(lay({"orm.py": "", "breaker.py": "", "policy.py": ""}), catalogue)
    assert message == ": its files fit language/orm, production/breaker. Choose one of them with --challenge NAME."


def test_a_package_that_happens_to_be_named_like_a_challenge_does_not_mislead(lay: Lay, catalogue: Catalogue) -> None:
    """When the root has all modules of a challenge and the folder has none of its own."""
    assert found(lay({"orm.py": "", "breaker/__init__.py": ""}), catalogue) == [("language/orm", "")]


def test_nothing_found_says_what_was_looked_for_and_what_to_add(lay: Lay, catalogue: Catalogue) -> None:
    """The lines can be copied."""
    message = error(lay({"main.py": ""}), catalogue)
    assert "for grader.toml, for folders named after a challenge (orm, cache, breaker, shop; " in message
    assert "; up to 4 levels deep)" in message
    assert message.endswith('format_version = 1\n\n[[challenge]]\nslug = "language/orm"\npath = "path/of/its/folder"')


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"grader.toml": "format_version = 1\n" + claim("orm", "demo"), "demo/x.py": "", "orm.py": ""}, "demo"),
        ({"orm.py": "", "sub/orm/orm.py": ""}, ""),
        ({"sub/orm/x.py": "", "breaker.py": "", "policy.py": ""}, "sub/orm"),
        ({"main.py": ""}, ""),
        ({}, ""),
    ],
)
def test_a_named_challenge_is_found_wherever_it_is(
    lay: Lay, catalogue: Catalogue, files: dict[str, str | bytes], path: str
) -> None:
    """By claim, by modules, by folder; in doubt it is the folder that was named."""
    assert found(lay(files), catalogue, only="orm") == [("language/orm", path)]


def test_a_named_challenge_that_there_is_not_is_an_error(lay: Lay, catalogue: Catalogue) -> None:
    """It is the catalogue's, with close matches."""
    with pytest.raises(UnknownChallenge), open_tree(lay({"orm.py": ""})) as tree:
        discover(tree, catalogue, only="orn")


def pack_zip(folder: Path, target: Path, prefix: str) -> Path:
    path = target.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as made:
        for file in folder.rglob("*.*"):
            made.write(file, prefix + file.relative_to(folder).as_posix())
    return path


def pack_tar(folder: Path, target: Path, prefix: str) -> Path:
    path = target.with_suffix(".tar")
    with tarfile.open(path, "w") as made:
        made.add(folder, prefix.rstrip("/") or ".")
    return path


@pytest.mark.parametrize("pack", [pack_zip, pack_tar])
@pytest.mark.parametrize("prefix", ["", "candidate-4f2a/"])
def test_an_archive_is_searched_like_a_folder(
    lay: Lay, catalogue: Catalogue, tmp_path: Path, pack: Callable[[Path, Path, str], Path], prefix: str
) -> None:
    """Wrapped or not, and each submission has the digest that it has as a folder."""
    claims = "format_version = 1\n" + claim("orm", "demo") + claim("breaker", "b")
    folder = lay({"grader.toml": claims, "demo/orm.py": "x = 1", "b/breaker.py": "", "b/policy.py": "y"})
    digests = []
    for path in (folder, pack(folder, tmp_path / "packed", prefix)):
        with open_tree(path) as tree:
            places = discover(tree, catalogue)
            assert places == (AnswerFolder("language/orm", "demo"), AnswerFolder("production/breaker", "b"))
            taken = [take_tree(tree, place.path) for place in places]
            assert all(isinstance(submission, Submission) for submission in taken)
            digests.append([submission.digest for submission in taken if isinstance(submission, Submission)])
    assert digests[0] == digests[1]


def test_an_archive_that_cannot_be_read_is_an_error_or_with_a_named_challenge_a_submission(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    """Without a challenge there is nothing to report on; with one, intake rejects it with the reason."""
    path = tmp_path / "a.zip"
    path.write_bytes(b"rubbish")
    assert "cannot be unpacked as a zip archive" in error(path, catalogue)
    assert found(path, catalogue, only="orm") == [("language/orm", "")]


APPLICATION: dict[str, str | bytes] = {
    f"{folder}/__init__.py": "" for folder in ("src/app/breaker", "src/app/cache", "shop", "monitoring", "caching")
}


def noticed(folder: Path, catalogue: Catalogue, only: str | None = None) -> dict[str, str]:
    return {
        notice.id: notice.message
        for assignment in find(folder, catalogue, only=only).each
        for notice in assignment.taken.notices
    }


def test_an_applications_own_folders_are_no_answers(lay: Lay, catalogue: Catalogue) -> None:
    """A folder that happens to have a challenge's name is named and not graded; the one answer is."""
    folder = lay({**APPLICATION, "language/orm/orm.py": ""})
    assert found(folder, catalogue) == [("language/orm", "language/orm")]
    assert "shop/ is named like testing/shop but is not graded" in " ".join(
        notice.message for notice in find(folder, catalogue).each[0].taken.notices
    )
    message = error(lay({"language/orm/orm.py": ""}) / "src", catalogue)
    assert "app/breaker/ is named like production/breaker but is not graded: it lacks breaker.py, policy.py" in message


@pytest.mark.parametrize("name", ["Orm", "ORM", "o-r-m", "o rm", "orms", "work/Orm_"])
def test_a_folder_that_is_nearly_named_like_a_challenge_is_found(lay: Lay, catalogue: Catalogue, name: str) -> None:
    """Another case, another separator or the other number: with the modules in it, nothing else can be meant."""
    assert found(lay({f"{name}/orm.py": "", "README.md": ""}), catalogue) == [("language/orm", name)]


def test_a_folder_that_is_nearly_named_and_lacks_its_modules_is_told_of(lay: Lay, catalogue: Catalogue) -> None:
    """Nobody believes it graded."""
    folder = lay({"Breaker/breaker.py": "", "orm/orm.py": ""})
    assert found(folder, catalogue) == [("language/orm", "orm")]
    assert "Breaker/ is named like production/breaker" in noticed(folder, catalogue)["intake.passed-over"]


@pytest.mark.parametrize(
    "path", ["src/orm.py", "ORM.py", "Task1/orm.py", "orm (1).py", "orm.py.txt", "orm.ipynb", "orm/__init__.py"]
)
def test_a_module_that_lies_elsewhere_is_named(lay: Lay, catalogue: Catalogue, path: str) -> None:
    """Whoever is told that orm.py is missing is told what is there instead, and nothing else is."""
    folder = lay({path: "x = 1", "notes.py": "", "form.py": "", "orm_test.py": ""})
    told = noticed(folder, catalogue, only="orm")["intake.elsewhere"]
    assert told == f"The submission contains {path.removeprefix('orm/')}, but the brief asks for orm.py."
    if path.endswith("/orm.py"):
        assert f"{path} may answer language/orm." in error(folder, catalogue)


def test_the_wrong_challenge_is_recognised(lay: Lay, catalogue: Catalogue) -> None:
    """By the modules of another one."""
    folder = lay({"breaker.py": "", "policy.py": ""})
    assert noticed(folder, catalogue, only="orm")["intake.other-challenge"] == (
        "The submission looks like an answer to production/breaker: it contains breaker.py, policy.py."
    )
    assert noticed(folder, catalogue, only="breaker") == {}


@pytest.mark.parametrize("wrapped", ["upload/orm.py", "upload/src/orm.py", "upload/language/orm/orm.py"])
@pytest.mark.parametrize("pack", [None, pack_zip, pack_tar])
@pytest.mark.parametrize("only", [None, "orm"])
def test_the_one_folder_that_holds_everything_is_entered(
    lay: Lay,
    catalogue: Catalogue,
    tmp_path: Path,
    wrapped: str,
    pack: Callable[[Path, Path, str], Path] | None,
    only: str | None,
) -> None:
    """In a folder as in an archive, with or without the challenge's name."""
    folder = lay({wrapped: "x = 1"})
    source = folder if pack is None else pack(folder, tmp_path / "packed", "")
    ((name, path),) = found(source, catalogue, only=only)
    assert name == "language/orm"
    with open_tree(source) as tree:
        taken = take_tree(tree, path)
    assert isinstance(taken, Submission)
    assert taken.text("orm.py") == "x = 1"
