"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from typing import assert_type

from profiling import Busy, Change, Function, Hotspot, Line, Memory, compare, hotspots, memory


class Order:
    pass


def work() -> Order:
    return Order()


def worked(number: int) -> int:
    return number


RECORDED: dict[
    tuple[str, int, str],
    tuple[int, int, float, float, dict[tuple[str, int, str], tuple[int, int, float, float]]],
] = {("/srv/a.py", 3, "work"): (1, 1, 0.5, 0.75, {})}


def reading_time() -> list[Hotspot]:
    found = hotspots(RECORDED, root="/srv")
    assert_type(found, list[Hotspot])
    hotspots(stats=RECORDED, root="/srv")
    hotspots(RECORDED)  # type: ignore[call-arg]
    hotspots(RECORDED, root=3)  # type: ignore[arg-type]
    hotspots([work], root="/srv")  # type: ignore[arg-type]
    hotspot = found[0]
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
    return found


def tracing_memory() -> list[Line]:
    measured = memory(work, root="/srv")
    assert_type(measured, Memory[Order])
    assert_type(measured.result, Order)
    assert_type(measured.peak, int)
    assert_type(measured.lines, list[Line])
    assert_type(memory(lambda: worked(3), root="/srv").result, int)
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
    before, after = hotspots(RECORDED, root="/srv"), hotspots({}, root="/srv")
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
