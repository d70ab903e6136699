"""What our pages tell people to type, to open and to rely on exists."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from grader.cli.commands import COMMANDS, grader

ROOT = Path(__file__).parent.parent.parent
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *(
        ROOT / name
        for name in ("sandbox/README.md", "benchmarks/README.md", "grader/inside/constructs/rules/README.md")
    ),
]
FOLDERS = ("grader", "sandbox", "challenges", "tests", "benchmarks", "docs", ".ci", "action", "templates")
FILES_OF_OTHERS = {
    "design.md", "design.toml", "forger.py", "grader.toml", "issuers.toml", "loses.txt", "office.toml", "profile.toml",
    "review.toml",
}  # fmt: skip
"""What a candidate's repository, an issuer's folder or a challenge may have, and nothing here has."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def ident(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code(path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=ident)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link is a file or a folder, and its fragment a heading."""
    broken = []
    for target, fragment in re.findall(
        r"\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)", without_code(path.read_text("utf-8"))
    ):
        goal = (path.parent / target).resolve() if target else path
        if not goal.exists() or (fragment and fragment not in anchors(goal)):
            broken.append(f"{target}#{fragment}" if fragment else target)
    assert broken == []


@pytest.mark.parametrize("path", PAGES, ids=ident)
def test_files_that_are_named_exist(path: Path) -> None:
    """A module keeps its name on a page only as long as it has it; `NAME`, `SLUG`, `*` and `<...>` stand for any."""
    named = re.findall(r"`([\w./]+\.(?:py|toml|md|sh))`", path.read_text("utf-8"))
    known = [f"/{ident(file)}" for folder in FOLDERS for file in (ROOT / folder).rglob("*.*")]
    known += [f"/{file.name}" for file in ROOT.iterdir()]
    lost = [name for name in named if not re.search("NAME|SLUG", name) and not _is_known(name, known)]
    assert [name for name in lost if name not in FILES_OF_OTHERS] == []


@pytest.mark.parametrize("path", PAGES, ids=ident)
def test_paths_of_this_repository_exist(path: Path) -> None:
    """Also those in blocks of commands: whoever copies one finds what it names."""
    named = re.findall(r"(?<![\w./-])(?:tests|grader|sandbox|docs|benchmarks)/[\w./-]*\w", path.read_text("utf-8"))
    assert sorted({name for name in named if not re.search("NAME|SLUG", name) and not (ROOT / name).exists()}) == []


def _is_known(name: str, known: list[str]) -> bool:
    return any(file.endswith(f"/{name}") for file in known)


def commands_in(text: str) -> Iterator[str]:
    """The `grader` commands of a page, in blocks and in lines."""
    for block in re.findall(r"^```(?:text|sh)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if command := re.search(r"(?:^\s*|/)(grader [a-z].*)$", line):
                yield re.split(r"\s{2,}|\s#|\s[|>&]", command[1])[0]
    for line in re.findall(r"`(grader [a-z][^`]*)`", text):
        yield line.removesuffix("...")


def problem_of(line: str) -> str:
    """What is wrong with a command, by name; arguments are not looked at."""
    words = shlex.split(line)[1:]
    command: click.Command | None = grader
    while isinstance(command, click.Group) and words:
        if command.invoke_without_command and words[0].startswith(("-", "[")):
            break
        command = command.get_command(click.Context(command), words.pop(0))
    if command is None:
        return f"{line}: there is no such command"
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    return f"{line}: it has no {', '.join(unknown)}" if unknown else ""


@pytest.mark.parametrize("path", PAGES, ids=ident)
def test_commands_exist_as_they_are_written(path: Path) -> None:
    """Whoever copies a command from a page does not meet an unknown name or option."""
    lines = [line for line in commands_in(path.read_text("utf-8")) if line.split()[1] != "COMMAND"]
    assert [problem for line in lines if (problem := problem_of(line))] == []


def test_a_command_that_does_not_exist_is_noticed() -> None:
    """The test above can fail."""
    text = "```text\ngrader garde x    text\ngrader grade x --formt html  # text\n```\n`grader flaw edit A B/C`"
    assert [bool(problem_of(line)) for line in commands_in(text)] == [True, True, False]


@pytest.mark.parametrize("name", ["candidate", "ci", "reviewer", "author", "operator"])
def test_every_reader_has_a_guide_that_the_readme_names(name: str) -> None:
    """Five readers, five pages, each a link away."""
    assert f"(docs/guide/{name}.md)" in (ROOT / "README.md").read_text("utf-8")


def test_every_command_is_in_a_guide() -> None:
    """No command is for nobody."""
    guides = "\n".join(path.read_text("utf-8") for path in (ROOT / "docs/guide").glob("*.md"))
    assert [name for name in COMMANDS if f"grader {name}" not in guides] == []


def test_the_workflow_runs_the_check_on_every_python_that_we_name() -> None:
    """`.ci/run` on each; the packaging metadata says the same."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    (job,) = workflow["jobs"].values()
    named = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", text)]
    assert job["strategy"]["matrix"]["python"] == named
    assert PROJECT["requires-python"] == f">={named[0]}"
    assert [step["run"] for step in job["steps"] if "run" in step][-1] == ".ci/run"
    assert workflow["permissions"] == {"contents": "read"}


def test_hooks_are_this_checkouts_own_tools() -> None:
    """No hook is fetched from anywhere."""
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repository["repo"] == "local"
    assert [hook["id"] for hook in repository["hooks"]] == ["ruff", "ruff-format", "mypy"]
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}


def test_the_changelog_knows_the_version() -> None:
    """The version in `pyproject.toml` was released, and there is a place for what comes next."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert versions[0] == "Unreleased"
    assert PROJECT["version"] in versions


def test_the_metadata_is_whole() -> None:
    """A licence with its text, authors, and nothing that only one machine knows."""
    assert PROJECT["license"] == "MIT"
    assert all((ROOT / name).is_file() for name in PROJECT["license-files"])
    assert PROJECT["authors"]
    assert PROJECT["keywords"]
