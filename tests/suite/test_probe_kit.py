"""What the probe kit does inside, on every backend."""

from __future__ import annotations

import pytest

from grader.suite import Unkept, alone
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
    modules = ("interleaving", "meeting", "nameless", "running", "steps", "virtual_time", "weighing")
    assert before == ["probe_kit", *(f"probe_kit.{module}" for module in modules)]
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
    with pytest.raises(Raised, match="a step must not use the private name _hidden"):
        submitted(THING).call("steps", [("_hidden", [])])


def test_scripts_end_as_they_say(submitted: Submitted) -> None:
    """Values and exceptions come in order, the last for ever; exceptions carry their number."""
    seen, calls, entries = submitted(THING).call(
        "scripted", [["give", "a"], ["raise", "TimeoutError"], ["raise", "KeyError"]], 4
    )
    assert seen[0] == ["gave", "a"]
    assert [ending[1] for ending in list(seen)[1:]] == ["TimeoutError", "KeyError", "KeyError"]
    assert [list(ending)[-1] for ending in list(seen)[1:]] == [1, 2, 3]
    assert calls == [[0], [1], [2], [3]]
    assert entries == 1


def test_own_types_are_shown_as_what_they_are_a_kind_of(submitted: Submitted) -> None:
    """A subclass counts as its plain type, whatever its own methods say; other objects are named."""
    seen = submitted(THING).call("shown", 7)
    assert seen == [7, {1: {"a": 1}}, (True, None, 1.5), {2}, ["object", "object"], b"x"]


VIRTUAL = """
    import asyncio, threading
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

    async def beside_a_thread():
        go = threading.Event()
        sleeping = asyncio.create_task(asyncio.sleep(3600, "slept"))
        asyncio.get_running_loop().call_later(1, go.set)
        return [await asyncio.to_thread(go.wait, 0.2), await sleeping]
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


def test_time_stands_still_while_a_thread_works(submitted: Submitted) -> None:
    """If threads are allowed, no timer comes before they have finished, and all of them have ended with the run."""
    handle = submitted(VIRTUAL)
    assert handle.call("virtually", "beside_a_thread", threads=True) == ["gave", [[False, "slept"], 3600.0]]
    assert handle.call("virtually", "stuck", threads=True)[1] == "Stuck"


LOOKING = """
    import sys

    def look(known, source):
        kinds = type(known), type(source)
        names = [kind.__name__ for kind in kinds] + [type(known).shown.__code__.co_name]
        modules = [kind.__module__ for kind in kinds]
        held = [vars(known), getattr(source, "__dict__", None), list(source)]
        return [names, modules, held, sorted(name for name in dir(source) if name[:2] != "__"), known.shown()]
"""


def test_what_is_handed_over_has_no_name_and_shows_no_state(submitted: Submitted) -> None:
    """Names are others in each child; an iterator gives its items and nothing else, and its methods work."""
    handle = submitted(LOOKING)
    seen = set()
    for secret in (3, 5, 7):
        handle.fresh()
        (names, modules, held, members, shown), left = handle.call("handed", "look", secret)
        seen |= {name.value for name in names}
        assert modules == ["__main__", "__main__"]
        assert held == [{}, None, [secret + 1, secret]]
        assert members == ["close"]
        assert shown == 1
        assert left == []
    assert len(seen) == 9


def test_what_is_handed_over_can_be_called_as_a_protocol_says(submitted: Submitted) -> None:
    """By position and by name: whoever types against a Protocol may use its parameters' names."""
    handle = submitted("""
        def use(part):
            part.put("a", 1)
            part.put("b", times=2)
            part.put(times=3, what="c")
    """)
    assert handle.call("called", "use") == [["a", 1], ["b", 2], ["c", 3]]


WEIGHED = """
    import gc, operator, os, sqlite3, subprocess, sys

    def nothing():
        return [1]

    def collects():
        gc.collect()

    def enables():
        operator.attrgetter("enable")(gc)()

    def freezes():
        gc.freeze()

    def tunes():
        gc.set_threshold(1)

    def forks():
        if os.fork() == 0:
            os._exit(0)
        os.wait()

    def reads():
        return [os.listdir("/submission") != [], open(os.__file__).read(1) != ""]

    def writes():
        descriptor = os.open("/tmp/store", os.O_RDWR | os.O_CREAT)
        os.pwrite(descriptor, b"x" * 100, 0)

    def appends():
        open("/tmp/store", "ab", 0).close()

    def keeps_a_database():
        sqlite3.connect("/tmp/store.db").close()
"""


def test_who_uses_the_collector_or_another_process_is_not_weighed(submitted: Submitted) -> None:
    """Switching it on, freezing, tuning or running it raises, and so does a process that has ended since."""
    handle = submitted(WEIGHED)
    assert handle.call("weighed", "nothing") == [1]
    for name in ("collects", "enables", "freezes", "tunes"):
        handle.fresh()
        with pytest.raises(Raised, match="CollectorTouched: the garbage collector was used"):
            handle.call("weighed", name)
    handle.fresh()
    with pytest.raises(Raised, match=r"Forked: a process was started \(os.fork\)"):
        handle.call("weighed", "forks")


def test_what_a_file_holds_is_not_weighed(submitted: Submitted) -> None:
    """Reading is free; a file that was opened to be written raises, by whatever way of Python's."""
    handle = submitted(WEIGHED)
    assert handle.call("weighed", "reads") == [True, True]
    for name in ("writes", "appends", "keeps_a_database"):
        handle.fresh()
        with pytest.raises(Raised, match="Written: a file was opened for writing"):
            handle.call("weighed", name)


def test_work_in_another_process_is_no_figure(submitted: Submitted) -> None:
    """While somebody else may hold memory or work, nothing is read of the process that is measured."""
    handle = submitted("import os, time\n\ndef nothing(): ...\n\ndef leave_one():\n    os.fork() or time.sleep(60)\n")
    handle.call("do", "nothing")
    if not alone(handle).own:
        pytest.skip("this backend counts the whole sandbox")
    handle.call("do", "leave_one")
    with pytest.raises(Unkept, match=r"processes other than the measured one ran \(1\)"):
        alone(handle)


def test_coroutines_run_on_the_kits_loop_whatever_the_policy(submitted: Submitted) -> None:
    """A policy with a loop of its own runs nothing of the probe's."""
    handle = submitted(
        """
    import asyncio

    class Loop(asyncio.SelectorEventLoop):
        pass

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self):
            return Loop()

    asyncio.set_event_loop_policy(Policy())

    async def which():
        await asyncio.sleep(0)
        return isinstance(asyncio.get_running_loop(), Loop)
    """
    )
    assert handle.call("on_our_loop", "which") == False  # noqa: E712 - compared as observations


def test_a_task_that_left_its_list_is_counted(submitted: Submitted) -> None:
    """Neither asyncio's list of tasks nor what the collector looks at decides what is left behind."""
    handle = submitted(
        """
    import asyncio, gc

    kept = []

    async def tidy():
        await asyncio.create_task(asyncio.sleep(0))

    async def untidy():
        kept.append(asyncio.create_task(asyncio.sleep(60)))
        kept.append(asyncio.tasks._PyTask(asyncio.sleep(60)))
        for task in kept:
            asyncio.tasks._unregister_task(task)
        gc.freeze()
    """
    )
    assert handle.call("tasks_left_by", "tidy") == 0
    assert handle.call("tasks_left_by", "untidy") == 2
