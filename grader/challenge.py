"""`challenge.toml` -> Challenge. Every error names the file, the key, what was found and what to do.

The fields below are the words of the manifest; `challenges/README.md` documents them in a table generated from here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec

from grader.model import Area, ChallengeRef, Kind, Level, Struct

Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*(-[a-z0-9_]+)*$", max_length=60)]
Title = Annotated[str, msgspec.Meta(min_length=3, max_length=120)]


class ChallengeError(Exception):
    """The challenge's author has to mend something. The message says where, what and how."""


class Requirement(Struct, frozen=True, kw_only=True):
    """One construct that must be true of an exported name: which rule, of what, with which parameters."""

    id: Word
    """Its name in reports and facts."""
    rule: Word
    """One of the construct rules."""
    of: str
    """The exported name, `module.Name`, or a module."""
    options: dict[str, str | int | bool | list[str]] = {}
    """Parameters of the rule."""
    message: str = ""
    """Shown when it is not met; the rule has words of its own."""
    help: str = ""
    """What to do about it; the rule has words of its own."""


class Criterion(Struct, frozen=True, kw_only=True):
    """One line of the rubric."""

    id: Word
    """What hidden tests, levels and flawed submissions call it."""
    kind: Kind
    """What it is judged by."""
    title: Title
    """What the rubric shows."""
    points: Annotated[float, msgspec.Meta(gt=0, le=1000)]
    """All criteria together have 100, so that points are percent."""
    requires: tuple[Requirement, ...] = ()
    """For `constructs`: each one met earns its equal share."""
    worst: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    """For `complexity`: the highest cyclomatic complexity of a function that still earns every point."""
    help: str = ""
    """What a candidate who loses points may try."""


class LevelRule(Struct, frozen=True, kw_only=True):
    """What it takes to demonstrate a level in this challenge."""

    level: Level
    """1 Junior, 2 Mid-level, 3 Senior, 4 Expert."""
    percent: Annotated[float, msgspec.Meta(ge=0, le=100)]
    """Of all points."""
    earned: tuple[str, ...] = ()
    """Criteria that must be earned in full."""


class Runtime(Struct, frozen=True, kw_only=True):
    """What the submission may import besides the standard library, and what the worker imports beforehand."""

    packages: tuple[str, ...] = ()
    """Names of distributions installed beside the grader."""
    preload: tuple[str, ...] = ()
    """Modules that the worker imports once, before any submission: `asyncio`."""
    network: bool = False
    """Whether hidden tests may serve sockets into the sandbox; it reaches nothing else."""


class Budget(Struct, frozen=True, kw_only=True):
    """Limits of this challenge where the product's own do not fit."""

    examples: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 30
    """Hypothesis examples a hidden test."""
    memory_mib: Annotated[int, msgspec.Meta(ge=64, le=4096)] = 1024
    """Memory of the submission's process."""
    processes: Annotated[int, msgspec.Meta(ge=1, le=512)] = 64
    """Processes and threads of the submission; 1 where CPU time is measured."""
    call_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 2.0
    """Wall-clock time of one call of the probe."""
    test_seconds: Annotated[float, msgspec.Meta(gt=0, le=120)] = 20.0
    """All calls of one hidden test."""
    suite_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 60.0
    """The whole hidden suite; tests that begin later are lost."""


class Equivalent(Struct, frozen=True, kw_only=True):
    """A mutant of the reference that no test can notice, and why."""

    mutant: str
    """Its id, as `grader verify --survivors` shows it."""
    reason: Annotated[str, msgspec.Meta(min_length=10)]
    """Why the program means the same."""


class Manifest(Struct, frozen=True, kw_only=True):
    """`challenge.toml`."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    """Of this file: 1."""
    title: Title
    """What people call the challenge."""
    summary: Annotated[str, msgspec.Meta(min_length=10, max_length=300)]
    """One sentence for the catalogue."""
    skill: Title
    """The skill's name in the assessment framework."""
    version: Annotated[str, msgspec.Meta(pattern=r"^\d+\.\d+(\.\d+)?$")]
    """Of the challenge: change it when marks could change."""
    modules: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """Files that a submission must contain, `orm.py`."""
    seconds_to_grade: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 0
    """What `grader grade` takes for the reference on two quiet processors, for `grader list`; 0 is unknown."""
    criteria: Annotated[tuple[Criterion, ...], msgspec.Meta(min_length=1)]
    """The rubric."""
    levels: Annotated[tuple[LevelRule, ...], msgspec.Meta(min_length=1)]
    """What it takes to demonstrate each level."""
    runtime: Runtime = Runtime()
    """What is there inside the sandbox."""
    budget: Budget = Budget()
    """Limits, where the usual ones do not fit."""
    show_inputs: bool = False
    """Whether a candidate may see the drawn inputs of a broken promise."""
    equivalent: tuple[Equivalent, ...] = ()
    """Mutants of the reference that mean the same."""


class Challenge(Struct, frozen=True, kw_only=True):
    """A challenge on disk: its manifest and the folder that holds the rest."""

    slug: str
    area: Area
    folder: Path
    manifest: Manifest
    digest: str
    """`sha256:` over every file of the folder."""

    @property
    def name(self) -> str:
        """`area/slug`, how people write it."""
        return f"{self.area.value}/{self.slug}"

    @property
    def suite(self) -> Path:
        """The hidden suite."""
        return self.folder / f"test_{self.slug}.py"

    @property
    def probe(self) -> Path:
        """The probe module."""
        return self.folder / "probe.py"

    @property
    def stubs(self) -> Path:
        """Modules that the submission's tests meet in place of implementations; most challenges have none."""
        return self.folder / "stubs"

    @property
    def contract(self) -> Path | None:
        """Typed usage of the API, when the challenge has any."""
        path = self.folder / "contract.py"
        return path if path.is_file() else None

    @property
    def brief(self) -> str:
        """The brief as Markdown."""
        return (self.folder / "README.md").read_text(encoding="utf-8")

    @property
    def ref(self) -> ChallengeRef:
        """How a report names it."""
        return ChallengeRef(
            slug=self.slug,
            area=self.area,
            skill=self.manifest.skill,
            version=self.manifest.version,
            title=self.manifest.title,
            digest=self.digest,
            show_inputs=self.manifest.show_inputs,
        )


def load(folder: Path) -> Challenge:
    """Read the challenge in `folder` (`.../<area>/<slug>`). Raises ChallengeError."""
    folder = folder.resolve()
    path = folder / "challenge.toml"
    where = f"{folder.parent.name}/{folder.name}/challenge.toml"
    try:
        manifest = msgspec.toml.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise ChallengeError(f"{where}: there is no such file. `grader new` writes one.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ChallengeError(f"{where}: {_worded(str(error))}") from None
    try:
        area = Area(folder.parent.name)
    except ValueError:
        areas = ", ".join(area.value for area in Area)
        raise ChallengeError(
            f"{where}: the folder above is {folder.parent.name!r}, which is no area. Move it below one of: {areas}."
        ) from None
    for problem in _problems(manifest):
        raise ChallengeError(f"{where}: {problem}")
    return Challenge(slug=folder.name, area=area, folder=folder, manifest=manifest, digest=_digest(folder))


def _worded(error: str) -> str:
    """msgspec says "... - at `$.criteria[0].points`"; lead with the key instead."""
    what, _, key = error.rpartition(" - at `$")
    if not what:
        return f"{error}. Mend the manifest; challenges/README.md lists every key."
    return f"{key.rstrip('`').lstrip('.') or 'the table'}: {what}. challenges/README.md says what it takes."


def _problems(manifest: Manifest) -> list[str]:
    problems = []
    ids = [criterion.id for criterion in manifest.criteria]
    for index, criterion in enumerate(manifest.criteria):
        if criterion.id in ids[:index]:
            problems.append(f"criteria[{index}].id: {criterion.id!r} stands twice. Give each criterion its own id.")
        if criterion.kind is Kind.CONSTRUCTS and not criterion.requires:
            problems.append(f"criteria[{index}].requires: a constructs criterion needs at least one requirement.")
        if criterion.kind is not Kind.CONSTRUCTS and criterion.requires:
            problems.append(f"criteria[{index}].requires: only a constructs criterion has requirements.")
    for index, rule in enumerate(manifest.levels):
        problems.extend(
            f"levels[{index}].earned: {name!r} is no criterion. Criteria are: {', '.join(ids)}."
            for name in rule.earned
            if name not in ids
        )
    return problems


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return f"sha256:{digest.hexdigest()}"
