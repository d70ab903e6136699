"""The sandbox of a challenge: the resources that its submissions may use, and the code that is inside with them."""

from __future__ import annotations

import ast
import functools
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from grader.challenges.challenge import Challenge
from sandbox.machine.packages import runtime_mounts
from sandbox.machine.python_tree import PACKAGES
from sandbox.outcome import ProbeMisuse
from sandbox.policy import MIB, RUN, Mount, Network, Policy, Program

KIT = Path(__file__).parents[1] / "suite/inside/probe_kit"
"""The package that probes may import as `probe_kit`."""


SUITE_INSIDE = Path(__file__).parents[1] / "suite/inside/suite_inside"
STUBS = PurePosixPath("/stubs")
"""The folder with the modules under test, for submissions that are test suites."""


class NoSuchFile(AssertionError):
    """The submission lacks a file that a test wants to withhold, although the brief asks for it."""


GUARDED = ("builtins", "functools", "gc", "itertools", "operator", "random", "sys", "threading", "time", "weakref")
"""Modules that every probe measures with, whatever it imports: no submission may rebind any part of them."""
GUARDED_IF_USED = {
    "asyncio": (
        *("asyncio", "asyncio.base_events", "asyncio.events", "asyncio.futures", "asyncio.locks", "asyncio.queues"),
        *("asyncio.runners", "asyncio.selector_events", "asyncio.taskgroups", "asyncio.tasks", "asyncio.timeouts"),
        *("asyncio.unix_events", "selectors"),
    ),
    **{name: (name,) for name in ("contextlib", "copy", "inspect", "pickle", "queue", "selectors", "types", "zlib")},
}
"""Further modules, guarded if the probe or the solution imports the key."""

PROBE = "_probe_"
"""The prefix of the hidden probe's name inside the sandbox."""


def policy_for(challenge: Challenge) -> Policy:
    """Return the RUN policy with the challenge's budget."""
    budget = challenge.manifest.budget
    memory = budget.memory_mib * MIB
    return replace(
        RUN,
        limits=replace(RUN.limits, memory=memory, total_memory=2 * memory, processes=budget.processes),
        deadlines=replace(RUN.deadlines, call=budget.call_seconds, child=budget.test_seconds),
        network=Network.SERVED if challenge.manifest.runtime.network else Network.NONE,
    )


@functools.lru_cache(maxsize=64)
def _usual_imports(folder: Path, digest: str) -> tuple[str, ...]:
    """Return the standard library modules that the probe and the solution import, so that a submission finds them
    already imported.

    Importing `asyncio` alone would cost each child of a submission 40 ms.
    """
    del digest  # of the content that is read here
    names: dict[str, None] = {}
    for path in (folder / "probe.py", *sorted((folder / "solution").rglob("*.py"))):
        imports = _imports(path)
        for name in imports:
            if name.startswith(f"{KIT.name}."):
                names |= dict.fromkeys(_imports(KIT / f"{name.partition('.')[2]}.py"))
        names |= dict.fromkeys(imports)
    return tuple(name for name in names if name.partition(".")[0] in sys.stdlib_module_names)


def _imports(path: Path) -> list[str]:
    """Return the modules that a file imports at top level; none if it cannot be read, which `grader verify` reports."""
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return []
    names: list[str] = []
    for node in body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.append(node.module)
    return names


def _guarded(usual: Sequence[str]) -> tuple[str, ...]:
    used = [name for module in usual for name in GUARDED_IF_USED.get(module, ())]
    return tuple(dict.fromkeys((*GUARDED, *used)))


def program_for(challenge: Challenge, submission: Mount, *, hash_seed: int, without: Sequence[str] = ()) -> Program:
    """Return the content of a submission's sandbox: its files, the probe, and the packages that the challenge allows.

    Files below the paths `without` do not exist inside. The probe's name cannot be guessed, so a file of the submission
    may have any name, and no code can lie in wait for the probe. Raises NoSuchFile and ProbeMisuse.
    """
    runtime = challenge.manifest.runtime
    is_suite = challenge.stubs.is_dir()
    name = f"{PROBE}{secrets.token_hex(8)}"
    usual = _usual_imports(challenge.folder, challenge.digest)
    # what a test suite meets; the worker imports what lies below /packages once for all children
    suite = (Mount(challenge.stubs, STUBS), Mount(SUITE_INSIDE, PACKAGES / "suite_inside"))
    return Program(
        module=name,
        path=tuple(map(PurePosixPath, ("/probe", "/packages", "/submission"))),
        mounts=(
            *(_remaining(submission, without) if without else (submission,)),
            Mount(challenge.probe, PurePosixPath(f"/probe/{name}.py")),
            Mount(KIT, PurePosixPath("/probe/probe_kit")),
            *(suite if is_suite else ()),
            *runtime_mounts(runtime.packages),
        ),
        compile=(PurePosixPath("/probe"), PurePosixPath("/submission")),
        preload=(*runtime.preload, "suite_inside.tested") if is_suite else runtime.preload,
        warm=usual,
        guarded=() if is_suite else _guarded(usual),  # a test suite replaces what it likes while it tests
        hash_seed=hash_seed,
        answer=submission.target,
    )


def _remaining(submission: Mount, without: Sequence[str]) -> Iterator[Mount]:
    """Mount, file by file, everything that is not below the paths `without`."""
    paths = [_checked(submission, path) for path in without]
    for file in sorted(submission.source.rglob("*")):
        relative = PurePosixPath(file.relative_to(submission.source).as_posix())
        if file.is_file() and not file.is_symlink() and not any(relative.is_relative_to(path) for path in paths):
            yield Mount(file, submission.target / relative)


def _checked(submission: Mount, path: str) -> PurePosixPath:
    checked = PurePosixPath(path)
    if checked.is_absolute() or not checked.parts or ".." in checked.parts:
        raise ProbeMisuse(f"{path!r} cannot be left out: use a path within the submission.")
    if not (submission.source / checked).exists():
        raise NoSuchFile(f"the submission has no {path}")
    return checked
