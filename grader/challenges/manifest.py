"""The keys of `challenge.toml`; `docs/reference/challenge-toml.md` documents them in a table generated from here."""

from __future__ import annotations

from typing import Annotated

import msgspec

from grader.model import Kind, Level, Struct

Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*(-[a-z0-9_]+)*$", max_length=60)]
Title = Annotated[str, msgspec.Meta(min_length=3, max_length=120)]
Part = Annotated[float, msgspec.Meta(gt=0, le=1)]


class Requirement(Struct, frozen=True, kw_only=True):
    """One construct that an exported name must have: which rule, of what, with which parameters."""

    id: Word
    """Its name in reports and facts."""
    rule: Word
    """One of the construct rules."""
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
    """Shown if it is not met; the rule has a default message."""
    help: str = ""
    """What to do about it; the rule has a default text."""


class Criterion(Struct, frozen=True, kw_only=True):
    """One line of the rubric."""

    id: Word
    """What hidden tests, levels and flawed submissions call it."""
    kind: Kind
    """What it is judged by."""
    title: Title
    """What the rubric shows."""
    points: Annotated[float, msgspec.Meta(gt=0, le=1000)]
    """All criteria together have 100, so that points are percentages."""
    requires: tuple[Requirement, ...] = ()
    """For `constructs`: each one met earns its equal share."""
    follows: tuple[str, ...] = ()
    """Criteria that it follows: it earns its share times the smaller of 1 and twice the share earned in these.
    Besides, constructs, types, complexity and security follow everything that hidden tests count for."""
    worst: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    """For `complexity`: the highest cyclomatic complexity of a function that still earns every point. An excess costs
    the same share of the points as it is of this bound: twice the bound costs all of them."""
    help: str = ""
    """What a candidate who loses points may try."""


class LevelRule(Struct, frozen=True, kw_only=True):
    """What a level requires in this challenge; `grader.challenges.gates` fills in what it leaves out."""

    level: Level
    """1 Junior, 2 Mid-level, 3 Senior, 4 Expert."""
    percent: Annotated[float, msgspec.Meta(ge=0, le=100)]
    """Of all points."""
    earned: tuple[str, ...] = ()
    """Criteria that must be earned in full."""
    shares: dict[str, Part] = {}
    """Shares of criteria that must be earned besides: `{ storage = 0.75 }`. For each of the `skill_criteria` that
    neither this nor `earned` names, Senior requires 0.5 and Expert 0.9."""


class Runtime(Struct, frozen=True, kw_only=True):
    """What the submission may import besides the standard library, and what the worker imports beforehand."""

    packages: tuple[str, ...] = ()
    """Names of distributions installed beside the grader."""
    preload: tuple[str, ...] = ()
    """Modules that the worker imports once, before any submission: `asyncio`."""
    network: bool = False
    """Whether hidden tests may serve sockets into the sandbox; it reaches nothing else."""


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
    """All calls of one hidden test."""
    suite_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 60.0
    """The whole hidden suite; tests that start later are lost."""


class Equivalent(Struct, frozen=True, kw_only=True):
    """A mutant of the reference that no test can notice, and why."""

    mutant: str
    """Its id, as `grader verify --survivors` shows it."""
    reason: Annotated[str, msgspec.Meta(min_length=10)]
    """Why the program means the same."""


class Manifest(Struct, frozen=True, kw_only=True):
    """The content of a `challenge.toml`."""

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
    """How long `grader grade` takes for the reference on two idle processors, for `grader list`; 0 means unknown."""
    criteria: Annotated[tuple[Criterion, ...], msgspec.Meta(min_length=1)]
    """The rubric."""
    skill_criteria: Annotated[tuple[str, ...], msgspec.Meta(max_length=2)] = ()
    """The one or two criteria that represent the named skill: whoever lacks it does not reach Senior."""
    minutes: Annotated[int, msgspec.Meta(ge=0, le=600)] = 0
    """An honest estimate for an experienced person, which briefs state. 0 means unknown."""
    levels: tuple[LevelRule, ...] = ()
    """What each level requires. Without any: Junior 30 %, Mid-level 60 %, Senior 85 %, Expert 97 %."""
    runtime: Runtime = Runtime()
    """What is available inside the sandbox."""
    budget: Budget = Budget()
    """Limits, if the defaults do not fit."""
    show_inputs: bool = False
    """No longer has an effect: `grader grade --feedback` decides what candidates see."""
    equivalent: tuple[Equivalent, ...] = ()
    """Mutants of the reference that mean the same."""
