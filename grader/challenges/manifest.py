"""The keys of `challenge.toml`; `docs/reference/challenge-toml.md` documents them in a table generated from here."""

from __future__ import annotations

from typing import Annotated

import msgspec

from grader.model import Kind, Level, Struct

Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*(-[a-z0-9_]+)*$", max_length=60)]
Title = Annotated[str, msgspec.Meta(min_length=3, max_length=120)]
ChallengeName = Annotated[str, msgspec.Meta(pattern=r"^[a-z]+/[a-z][a-z0-9_]*$", max_length=100)]
Part = Annotated[float, msgspec.Meta(gt=0, le=1)]


class Requirement(Struct, frozen=True, kw_only=True):
    """One construct that an exported name must have: the rule, what it applies to, and its parameters."""

    id: Word
    """The requirement's name in reports and facts."""
    rule: Word
    """The construct rule that judges the requirement."""
    of: str
    """The exported name, `module.Name`, or a module."""
    options: dict[str, str | int | bool | list[str]] = {}
    """Parameters of the rule."""
    at_work: dict[str, str | int | bool | list[str]] = {}
    """What the probe's `facts()` must report under this id, besides what the rule itself observes at run time."""
    proved_by: tuple[str, ...] = ()
    """Hidden tests that code without the construct cannot pass. If all of them pass, and the construct is at work, the
    points are earned even if the rule does not see it in the text."""
    message: str = ""
    """The message if the requirement is not met; by default, the rule's own."""
    help: str = ""
    """What a candidate can do about it; by default, the rule's own text."""


class Criterion(Struct, frozen=True, kw_only=True):
    """One line of the rubric."""

    id: Word
    """The name that hidden tests, levels and flawed submissions use for the criterion."""
    kind: Kind
    """How the criterion is judged."""
    title: Title
    """The title that the rubric shows."""
    points: Annotated[float, msgspec.Meta(gt=0, le=1000)]
    """All criteria together have 100 points, so that points are percentages."""
    requires: tuple[Requirement, ...] = ()
    """For `constructs`: the requirements, each of which earns an equal share if it is met."""
    follows: tuple[str, ...] = ()
    """The criteria that this one follows: it earns its share times the smaller of 1 and twice the share earned in those
    criteria. In addition, constructs, types, complexity and security follow every criterion that hidden tests judge."""
    worst: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    """For `complexity`: the highest cyclomatic complexity of a function that still earns every point. An excess costs
    points in proportion to this bound: twice the bound costs all of them."""
    stage: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    """The stage from which on it counts, in a challenge with `stages`."""
    help: str = ""
    """Advice for a candidate who loses points."""


class StageRule(Struct, frozen=True, kw_only=True):
    """One stage of a drawn challenge."""

    title: Title
    """The title that candidates see once the stage begins."""
    minutes: Annotated[int, msgspec.Meta(ge=1, le=600)]
    """The time that there is."""


class LevelRule(Struct, frozen=True, kw_only=True):
    """The requirements of a level in this challenge; `grader.challenges.gates` fills in whatever is left out."""

    level: Level
    """1 Junior, 2 Mid-level, 3 Senior, 4 Expert."""
    percent: Annotated[float, msgspec.Meta(ge=0, le=100)]
    """The percentage of all points that the level requires."""
    earned: tuple[str, ...] = ()
    """Criteria that must be earned in full."""
    shares: dict[str, Part] = {}
    """Shares of other criteria that must be earned: `{ storage = 0.75 }`. For each of the `skill_criteria` that neither
    this nor `earned` names, Senior requires 0.5 and Expert 0.9."""


class Runtime(Struct, frozen=True, kw_only=True):
    """What the submission may import besides the standard library, and what the worker imports beforehand."""

    packages: tuple[str, ...] = ()
    """Names of distributions installed beside the grader."""
    preload: tuple[str, ...] = ()
    """Modules that the worker imports once, before any submission, such as `asyncio`."""
    network: bool = False
    """Whether hidden tests may serve sockets into the sandbox, which reaches nothing else."""


class Budget(Struct, frozen=True, kw_only=True):
    """Limits of this challenge where the defaults do not fit."""

    examples: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 30
    """Hypothesis examples per hidden test."""
    memory_mib: Annotated[int, msgspec.Meta(ge=64, le=4096)] = 1024
    """Memory of the submission's process."""
    processes: Annotated[int, msgspec.Meta(ge=1, le=512)] = 64
    """Processes and threads of the submission; 1 if CPU time is measured."""
    call_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 2.0
    """Wall-clock time of one call of the probe."""
    test_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 20.0
    """Wall-clock time of all calls of one hidden test, without time in which they got no processor."""
    suite_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 60.0
    """Wall-clock time of the whole hidden suite, without time in which it got no processor; later tests
    are lost."""


class Equivalent(Struct, frozen=True, kw_only=True):
    """A mutant of the reference that no test can notice, and why."""

    mutant: str
    """The mutant's id, as `grader verify --survivors` shows it."""
    reason: Annotated[str, msgspec.Meta(min_length=10)]
    """Why the mutant behaves like the reference."""


class Manifest(Struct, frozen=True, kw_only=True):
    """The content of a `challenge.toml`."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    """The version of this file's format: 1."""
    title: Title
    """The name that people see."""
    summary: Annotated[str, msgspec.Meta(min_length=10, max_length=300)]
    """One sentence for the catalogue."""
    skill: Title
    """The skill's name in the assessment framework."""
    version: Annotated[str, msgspec.Meta(pattern=r"^\d+\.\d+(\.\d+)?$")]
    """The challenge's version: change it whenever marks could change."""
    modules: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """Files that a submission must contain, such as `orm.py`."""
    seconds_to_grade: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 0
    """How long `grader grade` takes for the reference on two idle processors, for `grader list`; 0 means unknown."""
    criteria: Annotated[tuple[Criterion, ...], msgspec.Meta(min_length=1)]
    """The rubric."""
    skill_criteria: Annotated[tuple[str, ...], msgspec.Meta(max_length=2)] = ()
    """The one or two criteria that represent the named skill: whoever lacks it does not reach Senior."""
    minutes: Annotated[int, msgspec.Meta(ge=0, le=600)] = 0
    """An honest estimate of an experienced person's time, which the brief states; 0 means unknown."""
    stages: Annotated[tuple[StageRule, ...], msgspec.Meta(max_length=9)] = ()
    """The stages of a challenge that `draw.py` draws, in order; by default, one that takes `minutes`."""
    prerequisites: tuple[ChallengeName, ...] = ()
    """Challenges that this one builds on, as `area/slug`: `grader plan` puts them first. It uses none of their code."""
    levels: tuple[LevelRule, ...] = ()
    """The requirements of each level. Default: Junior 30 %, Mid-level 60 %, Senior 85 %, Expert 97 %."""
    runtime: Runtime = Runtime()
    """What is available inside the sandbox."""
    budget: Budget = Budget()
    """Limits, if the defaults do not fit."""
    show_inputs: bool = False
    """No longer has an effect: `grader grade --feedback` decides what candidates see."""
    equivalent: tuple[Equivalent, ...] = ()
    """Mutants that behave like the reference."""
