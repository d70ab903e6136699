"""Where code reaches for what it was not given, its process ends before it has it; what is ordinary costs nothing.

The modules run below a caller of ours, whose frames hold a plan, as a probe's do: no sandbox is needed for that.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.inside import places, reach, unread

ROOT = Path(__file__).parents[2]
DRIVER = """
import importlib, json, os, resource, sys
root, folder = sys.argv[1:]
sys.path.insert(0, root)
from sandbox.inside import reports, unread, places, reach
sys.path.remove(root)
for name in [name for name in sys.modules if name.partition(".")[0] == "sandbox"]:
    del sys.modules[name]
import asyncio, copy, functools, gc, inspect, logging, traceback
probe = {"__name__": "_probe_", "__file__": "/probe/_probe_.py"}
exec(compile('''
def call(module, plan):
    def fails():
        plan_of_the_callback = plan
        raise ValueError
    def steps():
        yield from plan
    return module.act(fails, steps())
''', "/probe/_probe_.py", "exec"), probe)
places.OURS = reach.OURS = unread.OURS = (*places.OURS, "/probe/")
told = {}
for name in sorted(os.listdir(folder)):
    there, here = reports.line()
    number = reports.out_of_reach(there, 256)
    pid = os.fork()
    if pid == 0:
        os.chdir("/tmp")
        os.dup2(2, 1)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
        unread.install(f"{folder}/{name}", {}, number)
        sys.path.append(f"{folder}/{name}")
        status = 1
        try:
            probe["call"](importlib.import_module(name), ["plan"])
            status = 0
        finally:
            os._exit(status)
    there.close()
    status = os.waitpid(pid, 0)[1]
    told[name] = [os.waitstatus_to_exitcode(status), reports.reported(here)]
print(json.dumps(told))
"""
CLIMBS = "    while frame is not None and 'plan' not in frame.f_locals: frame = frame.f_back\n    return frame\n"


def act(*lines: str, imports: str = "") -> str:
    """A module with a function `act` of these lines, which is given a function that fails and a generator."""
    return "\n".join([f"import {imports}" if imports else "", "def act(fails, steps):", *(f"    {x}" for x in lines)])


REACHING = {
    "frames": "import sys\ndef act(*_):\n    frame = sys._getframe()\n" + CLIMBS,
    "frames_by_inspect": "import inspect\ndef act(*_):\n    frame = inspect.currentframe()\n" + CLIMBS,
    "frames_of_a_depth": act("return sys._getframe(1).f_locals['plan']", imports="sys"),
    "frame_by_a_name": act("return getattr(sys, '_get' + 'frame')(1).f_locals['plan']", imports="sys"),
    "attribute_by_a_name": act("return getattr(sys._getframe(), 'f_' + 'back')", imports="sys"),
    "frame_that_is_handed_on": (
        "import sys\ndef look(frame): return frame.f_back\ndef act(*_): return look(sys._getframe())"
    ),
    "frame_in_a_global": "import sys\ndef act(*_):\n    global F\n    F = sys._getframe()\n    return F.f_code",
    "frame_in_an_attribute": "import sys\ndef act(*_): act.frame = sys._getframe()",
    "frame_that_is_returned": act("return sys._getframe(1)", imports="sys"),
    "names_of_the_probe": act("return sys._getframe(1).f_globals['call']", imports="sys"),
    "all_names_of_the_probe": act("return dict(sys._getframe(1).f_globals)", imports="sys"),
    "names_in_a_name": act("names = sys._getframe(1).f_globals", "return names['call']", imports="sys"),
    "words_that_are_own": "import sys\ndef repr(frame): return frame.f_back\ndef act(*_): return repr(sys._getframe())",
    "comparison": (
        "import sys\nclass A:\n    def __eq__(self, frame): return frame.f_back\n"
        "def act(*_): return sys._getframe() == A()"
    ),
    "all_that_is_bound": act("frame = sys._getframe(1)", "return locals()['frame'].f_locals", imports="sys"),
    "own_variables": act("frame = sys._getframe(1)", "return sys._getframe().f_locals", imports="sys"),
    "stack": act("return inspect.stack()[1].frame", imports="inspect"),
    "stack_by_index": act("return inspect.stack()[1][0]", imports="inspect"),
    "stack_in_a_loop": act("for entry in inspect.stack(): entry[0].f_locals", imports="inspect"),
    "walked_stack": act("for frame, _ in traceback.walk_stack(None): frame.f_locals", imports="traceback"),
    "walked_step_by_step": act("return next(traceback.walk_stack(None))[0].f_back", imports="traceback"),
    "summary_with_variables": act(
        "stack = traceback.walk_stack(None)",
        "return traceback.StackSummary.extract(stack, capture_locals=True)",
        imports="traceback",
    ),
    "frame_of_a_logger": act("frame = logging.currentframe()", "return frame.f_back", imports="logging"),
    "traceback_that_climbs": act(
        "try: 1 / 0", "except ZeroDivisionError as error: return error.__traceback__.tb_frame.f_back.f_locals"
    ),
    "traceback_of_a_callback": act(
        "try: fails()", "except ValueError as error: return error.__traceback__.tb_next.tb_frame.f_locals"
    ),
    "traceback_by_a_name": act(
        "try: 1 / 0", "except ZeroDivisionError as error: return getattr(error.__traceback__, 'tb_' + 'frame').f_back"
    ),
    "generator_of_the_probe": act("return steps.gi_frame.f_locals"),
    "generator_of_the_probe_by_inspect": act("return inspect.getgeneratorlocals(steps)", imports="inspect"),
    "coroutine_that_runs": (
        "import asyncio\nasync def main(): return asyncio.current_task().get_coro().cr_frame.f_back\n"
        "def act(*_): asyncio.run(main())"
    ),
    "stack_of_a_task": (
        "import asyncio\nasync def main(): return asyncio.current_task().get_stack()\ndef act(*_): asyncio.run(main())"
    ),
    "frames_of_all_threads": act("return sys._current_frames()", imports="sys"),
    "frames_from_a_thread": (
        "import sys, threading, time\ndef look(): sys._current_frames()\n"
        "def act(*_):\n    threading.Thread(target=look).start()\n    time.sleep(9)"
    ),
    "tracing": act("sys.settrace(lambda frame, *_: frame.f_back)", imports="sys"),
    "trace_of_a_debugger": (
        "import bdb\nclass D(bdb.Bdb):\n    def user_call(self, frame, _): frame.f_back\n"
        "def act(*_): D().runcall(len, '')"
    ),
    "profiling": act("sys.setprofile(lambda frame, *_: frame.f_back)", imports="sys"),
    "called_by_the_library": (
        "import functools, sys\ndef act(*_):\n    look = functools.singledispatch(sys._getframe)\n    return look(2)"
    ),
    "called_by_copying": (
        "import copy, sys\nclass A:\n    def __reduce__(self): return sys._getframe, (2,)\n"
        "def act(*_): return copy.copy(A())"
    ),
    "called_by_unpickling": (
        "import io, pickle, sys\nclass A:\n    def __reduce__(self): return sys._getframe, (2,)\n"
        "def act(*_): return pickle._loads(pickle.dumps(A()))"
    ),
    "called_in_an_iterator": act(
        "looks = map(operator.call, [functools.partial(sys._getframe, 0)])",
        "collections.namedtuple('P', map(operator.attrgetter('f_back.f_locals'), looks))",
        imports="collections, functools, operator, sys",
    ),
    "called_in_an_iterator_by_inspect": act(
        "looks = map(operator.call, [inspect.currentframe])",
        "collections.namedtuple('P', map(operator.attrgetter('f_back.f_locals'), looks))",
        imports="collections, inspect, operator",
    ),
    "from_a_text": act(
        "text = 'import sys\\nF = sys._getframe(1).f_code\\n' + '#' * 9",
        "exec(compile(text, __file__, 'exec'), {})",
        "return sys._getframe(1).f_code",
        imports="sys",
    ),
    "all_objects": act("return gc.get_objects()", imports="gc"),
    "referrers": act("return gc.get_referrers(fails)", imports="gc"),
    "referents": act("return gc.get_referents(steps)", imports="gc"),
    "objects_by_a_name": act("return getattr(__import__('gc'), 'get_' + 'objects')()"),
    "objects_while_importing": "import gc\nFOUND = gc.get_objects()\ndef act(*_): pass",
    "objects_in_a_fork": act(
        "if os.fork() == 0: gc.get_objects()", "os.wait()", "time.sleep(9)", imports="gc, os, time"
    ),
}
WITHOUT_A_PLACE = {
    name: (
        "import bdb, functools, gc, inspect, logging, operator, sys\n"
        f"CALLS = map(operator.call, [functools.partial({function})])\n"
        "class Act:\n    act = property(functools.partial(next, CALLS))\n"
        "sys.modules[__name__] = Act()"
    )
    for name, function in {
        "frame_behind_an_attribute": "sys._getframe, 0",
        "trace_behind_an_attribute": "sys.setprofile, lambda frame, *_: frame.f_back",
        "objects_behind_an_attribute": "gc.get_objects",
        "inspect_behind_an_attribute": "inspect.currentframe",
        "stack_behind_an_attribute": "inspect.stack",
        "logging_behind_an_attribute": "logging.currentframe",
        "debugger_behind_an_attribute": "bdb.Bdb().set_trace",
    }.items()
}
"""No text of the submission runs when the probe looks the attribute up."""
WITHOUT_A_PLACE["frames_from_a_thread_in_c"] = act(
    "looks = map(operator.call, [sys._current_frames])",
    "threading.Thread(target=collections.deque, args=(looks,)).start()",
    "time.sleep(9)",
    imports="collections, operator, sys, threading, time",
)
ORDINARY = {
    "name_of_the_caller": act("assert sys._getframe(1).f_globals['__name__'] == '_probe_'", imports="sys"),
    "name_of_the_module": act("assert sys._getframe(1).f_globals.get('__name__', '') == '_probe_'", imports="sys"),
    "name_in_steps": act(
        "frame = inspect.currentframe()",
        "caller = frame.f_back if frame is not None else None",
        "names = caller.f_globals if caller is not None else None",
        "del frame",
        "assert names is not None and names.get('__name__') == '_probe_'",
        imports="inspect",
    ),
    "own_code": act("assert inspect.currentframe().f_code.co_name == 'act'", imports="inspect"),
    "own_line": act("frame = inspect.currentframe()", "assert frame and frame.f_lineno", imports="inspect"),
    "callers_function": act("assert sys._getframe().f_back.f_code.co_name == 'call'", imports="sys"),
    "callers_line": act("assert sys._getframe(1).f_lineno", imports="sys"),
    "function_of_an_entry": act(
        "assert inspect.stack()[1].function == inspect.stack()[1][3] == 'call'", imports="inspect"
    ),
    "first_frame_of_others": act(
        "frame = sys._getframe()",
        "level = 1",
        "while frame is not None and frame.f_code.co_filename == __file__:",
        "    frame = frame.f_back",
        "    level += 1",
        "warnings.warn('x', stacklevel=level)",
        imports="sys, warnings",
    ),
    "walk_through_the_stack": act(
        "lines = []",
        "for frame, line in traceback.walk_stack(None): lines.append((frame.f_code.co_name, line))",
        imports="traceback",
    ),
    "own_traceback": act(
        "try: fails()",
        "except ValueError as error:",
        "    trace = error.__traceback__",
        "    while trace is not None:",
        "        frame = trace.tb_frame",
        "        assert frame.f_code.co_filename and frame.f_lineno",
        "        trace = trace.tb_next",
        "    for frame, line in traceback.walk_tb(error.__traceback__): assert frame.f_code",
        "    assert traceback.format_exception(error) and traceback.extract_tb(error.__traceback__)",
        "    assert len(traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__.tb_next.tb_next))) == 0",
        "    logging.getLogger().exception('x')",
        imports="logging, traceback",
    ),
    "text_of_the_stack": act(
        "assert traceback.extract_stack() and traceback.format_stack()", "traceback.print_stack()", imports="traceback"
    ),
    "library": """
import asyncio, collections, contextlib, cProfile, dataclasses, enum, inspect, logging, typing, unittest.mock, warnings
collections.namedtuple("P", "x")
typing.NamedTuple("N", [("x", int)])
enum.Enum("E", "x")
T = typing.TypeVar("T")
class C(typing.Protocol): ...
@dataclasses.dataclass
class D:
    x: int
async def main():
    task = asyncio.create_task(asyncio.sleep(0))
    repr(task)
    task.print_stack()
    await task
def numbers():
    yield 1
def act(fails, steps):
    logging.getLogger().warning("x", stack_info=True, stacklevel=2)
    warnings.warn("x", stacklevel=2)
    asyncio.run(main(), debug=True)
    generator = numbers()
    assert generator.gi_frame is not None and inspect.getgeneratorstate(generator) == "GEN_CREATED"
    cProfile.Profile().runcall(len, "")
    unittest.mock.Mock()(1)
    with contextlib.suppress(ValueError):
        fails()
""",
    "own_names": act("assert sys._getframe().f_globals['act'] is act", imports="sys"),
    "trace_that_is_removed": act("sys.settrace(None)", imports="sys"),
    "collector": act(
        "gc.collect()", "gc.disable()", "gc.freeze()", "gc.unfreeze()", "assert gc.get_count()", imports="gc"
    ),
    "weak_references": (
        "import weakref\nclass A: pass\ndef act(*_):\n    a = A()\n    weakref.finalize(a, print)\n"
        "    assert weakref.ref(a)() is a"
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, list[str]]]:
    """How each module's process ended, and what it reported."""
    folder = tmp_path_factory.mktemp("answer")
    for name, text in {**REACHING, **WITHOUT_A_PLACE, **ORDINARY}.items():
        (folder / name).mkdir()
        (folder / name / f"{name}.py").write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-S", "-s", "-P", "-B", "-c", DRIVER, str(ROOT), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return {name: (status, reports) for name, (status, reports) in json.loads(ran.stdout).items()}


@pytest.mark.parametrize("name", REACHING)
def test_what_reaches_for_more_than_it_was_given_is_ended(name: str, told: dict[str, tuple[int, list[str]]]) -> None:
    """The process is killed, and its last report says what it reached for, and where."""
    status, reports = told[name]
    assert (status, len(reports) > 0) == (-9, True)
    file, line, what = reports[-1].split("\0")
    assert (file, line.isdecimal()) == (f"{name}.py", True)
    assert what.startswith("reaches for ")


@pytest.mark.parametrize("name", WITHOUT_A_PLACE)
def test_functions_in_c_reach_no_more(name: str, told: dict[str, tuple[int, list[str]]]) -> None:
    """What C code calls from a frame of the probe's is not taken for the probe's own."""
    status, reports = told[name]
    assert (status, len(reports)) == (-9, 1)
    assert reports[0].split("\0")[2].startswith("reaches for ")


@pytest.mark.parametrize("name", ORDINARY)
def test_what_is_ordinary_is_not_ended(name: str, told: dict[str, tuple[int, list[str]]]) -> None:
    """Names of callers, one's own traceback, the collector's settings and what libraries look at end no process."""
    assert told[name] == (0, [])


def test_the_modules_of_the_watch_share_one_set_of_names() -> None:
    """No name means one thing in one of these modules and another in the next: a child gives them the same names."""
    names: dict[str, object] = {}
    for module in (places, reach, unread):
        for name, value in vars(module).items():
            assert name.startswith("__") or names.setdefault(name, value) is value, name
