"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

import time
from collections.abc import Callable
from typing import assert_type

from profiling import Busy, Change, Function, Hotspot, Line, Memory, Profile, compare, memory, profile


class Order:
    pass


def work() -> Order:
    return Order()


def worked(number: int) -> int:
    return number


def profiling_time(clock: Callable[[], float]) -> list[Hotspot]:
    measured = profile(work, root="/srv")
    assert_type(measured, Profile[Order])
    assert_type(measured.result, Order)
    assert_type(measured.seconds, float)
    assert_type(measured.hotspots, list[Hotspot])
    assert_type(profile(lambda: worked(3), root="/srv", clock=clock).result, int)
    profile(call=work, root="/srv", clock=time.perf_counter)
    profile(worked, root="/srv")  # type: ignore[arg-type]
    profile(work)  # type: ignore[call-arg]
    profile(work, root=3)  # type: ignore[arg-type]
    profile(work, root="/srv", clock=3.0)  # type: ignore[arg-type]
    hotspot = measured.hotspots[0]
    assert_type(hotspot.function, Function)
    assert_type(hotspot.calls, int)
    assert_type(hotspot.own, float)
    assert_type(hotspot.cumulative, float)
    assert_type(hotspot.callers, dict[Function | None, int])
    function = Function("/srv/a.py", 3, "work")
    assert_type(function.file, str)
    assert_type(function.line, int)
    assert_type(function.name, str)
    file, line, name = function
    assert_type(line, int)
    hotspot.callers[function]
    hotspot.callers[name]  # type: ignore[index]
    hotspot.callees  # type: ignore[attr-defined]
    return measured.hotspots


def profiling_memory() -> list[Line]:
    measured = memory(work, root="/srv")
    assert_type(measured, Memory[Order])
    assert_type(measured.result, Order)
    assert_type(measured.peak, int)
    assert_type(measured.lines, list[Line])
    memory(call=lambda: 3, root="/srv")
    memory(worked, root="/srv")  # type: ignore[arg-type]
    memory(work)  # type: ignore[call-arg]
    memory(work, root=3)  # type: ignore[arg-type]
    for line in measured.lines:
        assert_type(line.file, str)
        assert_type(line.line, int)
        assert_type(line.size, int)
        assert_type(line.blocks, int)
    return measured.lines


def comparing() -> list[Change]:
    before, after = profile(work, root="/srv"), profile(lambda: "done", root="/srv")
    changes = compare(before, after)
    assert_type(changes, list[Change])
    compare(before=before, after=after)
    compare(before)  # type: ignore[call-arg]
    compare(before, memory(work, root="/srv"))  # type: ignore[arg-type]
    assert_type(changes[0].file, str)
    assert_type(changes[0].name, str)
    assert_type(changes[0].calls, int)
    assert_type(changes[0].own, float)
    return changes


def refusing() -> RuntimeError:
    try:
        memory(work, root="/srv")
    except Busy as error:
        return error
    return Busy("nothing else may run")
