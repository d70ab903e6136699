"""Loads a challenge from its folder. Errors name the file, the key, what was found and what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader import inputs
from grader.challenges.following import circles
from grader.challenges.manifest import Manifest
from grader.challenges.secret_random import DRAW
from grader.challenges.stages import at_stage, stage_problems
from grader.errors import CannotMeasure
from grader.model import Area, ChallengeRef, Kind, Struct

STAGE = "stage.txt"
"""The file that a stage's folder has, with its number; the challenge that it was drawn from has none."""


class ChallengeError(CannotMeasure):
    """The challenge's author has to fix something. The message says where, what and how."""


class Challenge(Struct, frozen=True, kw_only=True):
    """A challenge on disk: its manifest and the folder that holds the rest."""

    slug: str
    area: Area
    folder: Path
    manifest: Manifest
    digest: str
    """`sha256:` and one hash over all files in the folder."""
    stage: int = 0
    """The number of the stage that the folder holds; 0 if it holds a challenge as its author wrote it."""

    @property
    def name(self) -> str:
        """`area/slug`, as people write it."""
        return f"{self.area.value}/{self.slug}"

    @property
    def suite(self) -> Path:
        """The path of the hidden suite."""
        return self.folder / f"test_{self.slug}.py"

    @property
    def probe(self) -> Path:
        """The path of the probe module."""
        return self.folder / "probe.py"

    @property
    def stubs(self) -> Path:
        """The folder of modules that the submission's tests import in place of implementations; most challenges have
        none.
        """
        return self.folder / "stubs"

    @property
    def contract(self) -> Path | None:
        """The path of the file with typed uses of the API; None if there is no such file."""
        path = self.folder / "contract.py"
        return path if path.is_file() else None

    @property
    def must_be_drawn(self) -> bool:
        """Return whether only its variants can be answered and graded."""
        return (self.folder / DRAW).is_file()

    @property
    def python_modules(self) -> tuple[str, ...]:
        """The Python files among those that a submission must contain; the others are data and prose."""
        return tuple(name for name in self.manifest.modules if name.endswith(".py"))

    @property
    def is_whole(self) -> bool:
        """Return whether it has all criteria: unlike a stage before the last."""
        return self.stage in (0, max(1, len(self.manifest.stages)))

    @property
    def brief(self) -> str:
        """The brief's text, in Markdown."""
        return (self.folder / "README.md").read_text(encoding="utf-8")

    @property
    def ref(self) -> ChallengeRef:
        """The challenge as a report refers to it."""
        return ChallengeRef(
            slug=self.slug,
            area=self.area,
            skill=self.manifest.skill,
            version=self.manifest.version,
            title=self.manifest.title,
            digest=self.digest,
            show_inputs=self.manifest.show_inputs,
            modules=self.manifest.modules,
        )


def load(folder: Path) -> Challenge:
    """Read the challenge in `folder` (`.../<area>/<slug>`). Raises ChallengeError."""
    folder = folder.resolve()
    path = folder / "challenge.toml"
    where = f"{folder.parent.name}/{folder.name}/challenge.toml"
    try:
        manifest = inputs.toml(inputs.read(path), Manifest)
    except FileNotFoundError:
        raise ChallengeError(f"{where}: there is no such file. Use `grader new` to create one.") from None
    except msgspec.DecodeError as error:
        raise ChallengeError(f"{where}: {_worded(str(error))}") from None
    try:
        area = Area(folder.parent.name)
    except ValueError:
        areas = ", ".join(area.value for area in Area)
        raise ChallengeError(
            f"{where}: the parent folder is {folder.parent.name!r}, which is not an area. "
            f"Move the challenge into one of the folders {areas}."
        ) from None
    stage = _stage(folder)
    is_drawn = stage is not None or (folder / DRAW).is_file()
    for problem in (*_problems(manifest), *stage_problems(manifest, is_drawn=is_drawn)):
        raise ChallengeError(f"{where}: {problem}")
    if stage is not None:
        manifest = at_stage(manifest, stage)
    return Challenge(
        slug=folder.name, area=area, folder=folder, manifest=manifest, digest=_digest(folder), stage=stage or 0
    )


def _stage(folder: Path) -> int | None:
    """Return the number of the stage that a folder holds; None if it holds a challenge as its author wrote it."""
    try:
        return int(inputs.read(folder / STAGE))
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        raise ChallengeError(f"{folder / STAGE}: {error}. Draw the variant again.") from None


def _worded(error: str) -> str:
    """Reword msgspec's "... - at `$.criteria[0].points`" so that the key comes first."""
    what, _, key = error.rpartition(" - at `$")
    if not what:
        return f"{error}. Fix the manifest; docs/reference/challenge-toml.md describes every key."
    return (
        f"{key.rstrip('`').lstrip('.') or 'the table'}: {what}. Fix the value; "
        "docs/reference/challenge-toml.md describes every key."
    )


def _problems(manifest: Manifest) -> list[str]:
    problems = []
    ids = [criterion.id for criterion in manifest.criteria]
    for index, criterion in enumerate(manifest.criteria):
        if criterion.id in ids[:index]:
            problems.append(f"criteria[{index}].id: {criterion.id!r} is used twice. Give each criterion its own id.")
        if criterion.kind is Kind.CONSTRUCTS and not criterion.requires:
            problems.append(
                f"criteria[{index}].requires: a constructs criterion needs at least one requirement. Add one."
            )
        problems.extend(
            f"criteria[{index}].follows: {name!r} is not a criterion. The criteria are: {', '.join(ids)}."
            for name in criterion.follows
            if name not in ids
        )
        if criterion.kind is not Kind.CONSTRUCTS and criterion.requires:
            problems.append(
                f"criteria[{index}].requires: only a constructs criterion may have requirements. Remove them."
            )
    problems.extend(
        f"criteria[{ids.index(name)}].follows: {name!r} follows itself, directly or through others. Break the cycle."
        for name in circles(manifest.criteria)
    )
    return [*problems, *_level_problems(manifest, ids)]


def _level_problems(manifest: Manifest, ids: list[str]) -> Iterator[str]:
    named = [("skill_criteria", manifest.skill_criteria)]
    for index, rule in enumerate(manifest.levels):
        named += [(f"levels[{index}].earned", rule.earned), (f"levels[{index}].shares", tuple(rule.shares))]
        for name in sorted(set(rule.earned) & set(rule.shares)):
            yield f"levels[{index}].shares: {name!r} is also in `earned`. List it in only one of the two."
    for key, names in named:
        for name in names:
            if name not in ids:
                yield f"{key}: {name!r} is not a criterion. The criteria are: {', '.join(ids)}."
            elif names.count(name) > 1:
                yield f"{key}: {name!r} is listed twice. List it once."


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return f"sha256:{digest.hexdigest()}"
