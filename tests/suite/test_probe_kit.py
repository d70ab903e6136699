"""What the probe kit does inside, on every backend."""

from __future__ import annotations

import pytest

from sandbox.outcome import Raised

from .conftest import Submitted

THING = """
    import sys

    MODULES = sorted(name for name in sys.modules if name.partition(".")[0] == "probe_kit")

    class Odd(int):
        pass

    class Refused(ValueError):
        pass

    class Thing:
        def __init__(self, clock):
            self.clock = clock

        def when(self):
            return self.clock()

        def refuse(self, text):
            raise Refused(text)

        def leave(self):
            raise SystemExit(3)

    class Lying(dict):
        def items(self):
            return [("what", "was not there")]

    def made(value):
        return [Odd(value), {1: Lying(a=Odd(1))}, (True, None, 1.5), {Odd(2)}, object(), b"x"]
"""


def test_the_kit_is_gone_before_the_submission_is_imported(submitted: Submitted) -> None:
    """Its modules are there for the probe, and no name of ours is in the way of the submission's."""
    before, at_import, now = submitted(THING).call("kit_modules")
    assert before == ["probe_kit", "probe_kit.meeting", "probe_kit.steps", "probe_kit.virtual_time"]
    assert at_import == []
    assert now == []


def test_a_submission_may_have_a_module_of_the_kits_name(submitted: Submitted) -> None:
    """What the submission calls `steps` or `meeting` is its own."""
    handle = submitted("import steps, meeting\n", **{"steps.py": "WHOSE = 1\n", "meeting.py": "WHOSE = 2\n"})
    assert handle.call("kit_modules")[2] == []


def test_steps_say_how_they_ended(submitted: Submitted) -> None:
    """Each step's result or exception is data; a step is a word of the probe's or a public method."""
    program: list[tuple[str, list[float | str]]] = [
        ("when", []),
        ("pass", [2.5]),
        ("when", []),
        ("refuse", ["x"]),
        ("leave", []),
        ("missing", []),
    ]
    seen = submitted(THING).call("steps", program)
    assert seen[0] == ["gave", 10.0]
    assert seen[2] == ["gave", 12.5]
    assert seen[3] == ["raised", "Refused", ["ValueError", "Exception", "BaseException", "object"]]
    assert seen[4][1] == "SystemExit"
    assert seen[5][1] == "AttributeError"
    assert seen[6] == 12.5


def test_a_step_never_touches_what_is_hidden(submitted: Submitted) -> None:
    """A name with an underscore is the author's mistake, and never reaches the submission."""
    with pytest.raises(Raised, match="a step is not to touch _hidden"):
        submitted(THING).call("steps", [("_hidden", [])])


def test_scripts_end_as_they_say(submitted: Submitted) -> None:
    """Values and exceptions come in order, the last for ever; exceptions carry their number."""
    seen, calls, entries = submitted(THING).call(
        "scripted", [["give", "a"], ["raise", "TimeoutError"], ["raise", "KeyError"]], 4
    )
    assert seen[0] == ["gave", "a"]
    assert [one[1] for one in list(seen)[1:]] == ["TimeoutError", "KeyError", "KeyError"]
    assert [list(one)[-1] for one in list(seen)[1:]] == [1, 2, 3]
    assert calls == [[0], [1], [2], [3]]
    assert entries == 1


def test_own_types_are_shown_as_what_they_are_a_kind_of(submitted: Submitted) -> None:
    """A subclass counts as its plain type, whatever its own methods say; other objects are named."""
    seen = submitted(THING).call("shown", 7)
    assert seen == [7, {1: {"a": 1}}, (True, None, 1.5), {2}, ["object", "object"], b"x"]


VIRTUAL = """
    import asyncio
    from time import monotonic

    async def sleeps(times, seconds):
        for _ in range(times):
            await asyncio.sleep(seconds)
        return times

    async def impatient():
        try:
            await asyncio.wait_for(asyncio.sleep(1000), 10)
        except TimeoutError:
            return "late"

    async def together(delays):
        order = []
        async def one(delay):
            await asyncio.sleep(delay)
            order.append(delay)
        await asyncio.gather(*map(one, delays))
        return order

    async def stuck():
        await asyncio.get_running_loop().create_future()

    async def held_up():
        await asyncio.gather(asyncio.sleep(5), asyncio.Event().wait())

    async def stubborn():
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return "gave in"

    async def in_a_thread():
        return await asyncio.to_thread(monotonic)
"""


def test_waiting_takes_exactly_its_time_and_none_of_ours(submitted: Submitted) -> None:
    """An hour of sleeps is over at once, to the last bit, and timers end what is too long."""
    handle = submitted(VIRTUAL)
    assert handle.call("virtually", "sleeps", 3600, 1.0) == ["gave", [3600, 3600.0]]
    assert handle.call("virtually", "impatient") == ["gave", ["late", 10.0]]
    total = 0.0
    for _ in range(10):
        total += 0.1
    assert handle.call("virtually", "sleeps", 10, 0.1) == ["gave", [10, total]]


def test_timers_come_in_the_order_of_their_times(submitted: Submitted) -> None:
    """Tasks that wait at once are woken one after the other."""
    delays = [0.9, 0.2]  # a sum of 0.2 and what is left to 0.9 is not 0.9
    assert submitted(VIRTUAL).call("virtually", "together", delays) == ["gave", [sorted(delays), 0.9]]
    delays = [3.0, 0.5, 2.0, 0.25]
    assert submitted(VIRTUAL).call("virtually", "together", delays) == ["gave", [sorted(delays), 3.0]]


def test_waiting_for_nothing_raises(submitted: Submitted) -> None:
    """Where nothing can happen any more the run ends, also when other tasks had timers, or do not give in at once."""
    handle = submitted(VIRTUAL)
    for name in ("stuck", "held_up", "stubborn", "in_a_thread"):
        handle.fresh()
        assert handle.call("virtually", name)[1] == "Stuck"
