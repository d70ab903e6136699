"""The probe that the kits are tried with: it hands everything to the submission, and shows what the kit does inside."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from probe_kit import Clock, Diary, Script, ended, plain, run_steps
from probe_kit.meeting import AsyncPlace, Place, meet
from probe_kit.virtual_time import LoopClock, run_virtually

KIT = sorted(name for name in sys.modules if name.partition(".")[0] == "probe_kit")

import candidate  # noqa: E402 # the kit must be gone by now

AT_IMPORT = candidate.MODULES if hasattr(candidate, "MODULES") else None
GIVEN = {"Place": Place, "AsyncPlace": AsyncPlace, "meet": meet, "LoopClock": LoopClock}


def do(name: str, *arguments: Any) -> Any:
    """Call a function of the submission."""
    return getattr(candidate, name)(*arguments)


def do_meeting(name: str, *arguments: Any) -> Any:
    """Call a function of the submission that is given the inside ends of a meeting first."""
    return getattr(candidate, name)(GIVEN, *arguments)


def kit_modules() -> list[Any]:
    """What was in sys.modules before the submission, at its import, and is there now."""
    return [KIT, AT_IMPORT, sorted(name for name in sys.modules if name.partition(".")[0] == "probe_kit")]


def steps(program: list[tuple[str, list[Any]]]) -> list[Any]:
    """Run a program on the submission's Thing."""
    clock = Clock(10.0)
    return [*run_steps(candidate.Thing(clock), program, {"pass": clock.advance}), clock()]


def scripted(endings: list[list[Any]], times: int) -> list[Any]:
    """How a script ends, and what it was called with."""
    script, diary = Script(endings), Diary()
    seen = [ended(script, number) for number in range(times)]
    diary.noting("seen", None)(seen)
    return [seen, script.calls, len(diary.entries)]


def shown(value: Any) -> Any:
    """What the submission makes of a value, as plain data."""
    return plain(candidate.made(value))


def virtually(name: str, *arguments: Any) -> Any:
    """Run a coroutine function of the submission in virtual time."""

    async def main() -> Any:
        result = await getattr(candidate, name)(*arguments)
        return [result, asyncio.get_running_loop().time()]

    return ended(run_virtually, main())
