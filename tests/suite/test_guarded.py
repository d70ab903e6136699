"""What a probe measures with stays what it was, or the child that changed it is lost for good, on every backend."""

from __future__ import annotations

import pytest

from sandbox.outcome import Reached, Rebound

from .conftest import Submitted

HELPERS = """
    import asyncio, builtins, contextlib, functools, gc, operator, random, sys, threading, time, weakref

    def put(where, name, what):
        setattr(where, name, what)

    def update(where, **what):
        vars(where).update(what)

    class Honest:
        def answer(self):
            return 1

    def answer():
        return 1
"""

REPLACED = {
    "put(time, 'sleep', lambda seconds: None)": "time.sleep",
    "update(time, monotonic=lambda: 0.0)": "time.monotonic",
    "put(asyncio, 'sleep', None)": "asyncio.sleep",
    "put(threading.Thread, 'start', lambda self: None)": "threading.Thread.start",
    "put(weakref, 'ref', lambda subject: lambda: None)": "weakref.ref",
    "del weakref.WeakValueDictionary.get": "weakref.WeakValueDictionary.get",
    "put(asyncio.Event, 'wait', None)": "asyncio.Event.wait",
    "put(threading.Thread.run, '__code__', (lambda self: None).__code__)": "threading.Thread.run",
    "put(threading.Event.wait, '__defaults__', (1,))": "threading.Event.wait",
    "put(builtins, 'sorted', list)": "builtins.sorted",
    "operator.attrgetter('callbacks')(gc).append(lambda *seen: None)": "gc.callbacks",
    "threading.settrace(lambda *seen: None)": "threading.settrace",
    "put(sys.modules[__name__], 'answer', lambda: 2)": "candidate.answer",
    "put(Honest, 'answer', lambda self: 2)": "candidate.Honest.answer",
}


def test_who_replaces_a_part_is_lost(submitted: Submitted) -> None:
    """A call that replaces what is measured with, or a name of the answer, is told and answers no further question."""
    meddling = [f"    def meddle{place}():\n        {statement}\n" for place, statement in enumerate(REPLACED)]
    handle = submitted(HELPERS + "".join(meddling))
    for place, name in enumerate(REPLACED.values()):
        handle.fresh()
        assert handle.call("do", "answer") == 1
        with pytest.raises(Rebound) as caught:
            handle.call("do", f"meddle{place}")
        assert name in caught.value.names
        with pytest.raises(Rebound):
            handle.call("do", "answer")


def test_who_replaces_a_part_when_it_is_imported_never_answers(submitted: Submitted) -> None:
    """The first answer is none, also where the part is put back by a call to come."""
    handle = submitted(f"{HELPERS}\n    was = time.sleep\n    put(time, 'sleep', None)\n")
    with pytest.raises(Rebound, match=r"rebinds time\.sleep at run time"):
        handle.call("do", "answer")


def test_the_end_of_a_probes_trace_is_noticed_though_it_comes_back(submitted: Submitted) -> None:
    """A child that switches a trace off by way of the library ends there, before it could switch it on again."""
    handle = submitted(
        HELPERS
        + """
    def blink():
        seen = sys.gettrace()
        with contextlib.ExitStack() as stack:
            stack.callback(operator.attrgetter('settrace')(sys), None)
        sys.settrace(seen)
    """
    )
    with pytest.raises(Reached, match="by a trace"):
        handle.call("traced", "blink")


def test_who_sets_a_trace_is_ended(submitted: Submitted) -> None:
    """A trace is given the frames of other code: the child ends before it is set, however the function is named."""
    handle = submitted(f"{HELPERS}\n    def spy():\n        operator.attrgetter('settrace')(sys)(lambda *seen: None)\n")
    with pytest.raises(Reached, match=r"by a trace \(candidate\.py:\d+\)"):
        handle.call("do", "spy")
    with pytest.raises(Reached):
        handle.call("do", "answer")


def test_the_probe_and_its_kit_cannot_be_patched(submitted: Submitted) -> None:
    """Neither is a function of theirs replaced, nor is a builtin's name put before them."""
    patched = """
    import sys

    def probe():
        return next(module for name, module in sys.modules.items() if name.startswith("_probe_"))

    def one():
        probe().steps = None

    def two():
        vars(probe())["ended"].__globals__["plain"] = None

    def three():
        probe().ended.__code__ = one.__code__
    """
    handle = submitted(patched)
    for name in ("one", "two", "three"):
        handle.fresh()
        with pytest.raises(Rebound):
            handle.call("do", name)
    at_import = """
    import sys
    next(module for name, module in sys.modules.items() if name.startswith("_probe_")).getattr = None
    """
    with pytest.raises(Rebound, match="getattr"):
        submitted(at_import).call("kit_modules")


def test_what_programs_do_as_a_matter_of_course_is_no_change(submitted: Submitted) -> None:
    """Seeds, caches, lazy imports, own classes, counters and the library's own state may change."""
    text = """
    import asyncio, collections, contextlib, dataclasses, functools, gc, random, sys, threading, time, typing, weakref

    counter, cache, chosen = 0, None, None

    @functools.cache
    def answer(): ...

    class Registry:
        known = {}
        latest = None

        def __init_subclass__(cls):
            Registry.known[cls.__name__] = Registry.latest = cls

    def work():
        global counter, cache, chosen
        counter, cache, chosen = counter + 1, {}, lambda: counter
        import concurrent.futures
        for name in [name for name in sys.modules if name.partition(".")[0] == "asyncio"]:
            del sys.modules[name]
        import asyncio
        random.seed(7)
        gc.collect()
        sys.setrecursionlimit(2000)
        type("Made", (Registry,), {})
        collections.namedtuple("Point", "x y", defaults=[0])
        made = dataclasses.make_dataclass("Made", ["x"])
        asyncio.run(asyncio.sleep(0))
        thread = threading.Thread(target=time.sleep, args=(0,))
        thread.start()
        thread.join()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(weakref.ref, made).result()
        typing.get_type_hints(Registry)
        answer()
        return counter
    """
    handle = submitted(text)
    assert handle.call("do", "work") == 1
    assert handle.call("do", "work") == 2
