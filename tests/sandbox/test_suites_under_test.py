"""The kit for submissions that are test suites, on every backend: who runs, what is told, what stays outside."""

from __future__ import annotations

import socket
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path, PurePosixPath

import msgspec
import pytest

import grader.suite.implementations
from grader.evidence.sandboxes import STUBS, SUITE_INSIDE
from grader.evidence.suite.handle import Handle
from grader.suite.implementations import (
    THE_RUN,
    TOO_MUCH,
    Api,
    CandidateSuite,
    FailedTest,
    Implementations,
    Run,
    ServerBroken,
)
from sandbox.machine.packages import runtime_mounts
from sandbox.machine.python_tree import PACKAGES
from sandbox.outcome import SandboxUnusable
from sandbox.policy import RUN, Deadlines, Mount, Network, Program
from sandbox.session import Backend, Session

API = Api(
    module="counter",
    classes={"Counter": ("add", "echo", "fail", "ask", "spin")},
    parameters={"Counter": ("start",)},
    callbacks={"Counter": ("clock",)},
    values={"Step": ("by", "at")},
    errors={"Full": ("most",)},
)
STUB = """
from suite_inside.remote import REMOTE, result

class Full(Exception):
    pass

class Step:
    pass

class Counter:
    def __init__(self, start=0, clock=lambda: 1.5):
        self._clock = {"clock": clock}
        self._number = result(REMOTE.new("Counter", [start], self._clock, eager="clock"), {})

    def __getattr__(self, name):
        def call(*arguments):
            answer = REMOTE.call(self._number, name, arguments, self._clock, eager="clock")
            return result(answer, {"Full": Full, "Step": Step})
        return call
"""
COUNTER = """
class Full(Exception):
    def __init__(self, most):
        super().__init__(f"at most {most}")
        self.most = most

class Odd(ValueError):
    pass

class Step:
    def __init__(self, by, at):
        self.by, self.at = by, at

class Counter:
    def __init__(self, *, start, clock):
        self.count, self.clock = start, clock

    def add(self, by):
        self.count += by
        if self.count > 10:
            raise Full(10)
        return Step(by, self.clock())

    def echo(self, value):
        return value if type(value).__name__ != "_Opaque" else "opaque"

    def fail(self, name):
        raise {"odd": Odd("odd"), "key": KeyError("k"), "plain": ValueError("v")}[name]

    def ask(self, times):
        return [self.clock() for _ in range(times)]

    def spin(self):
        while True:
            pass
"""
BROKEN = COUNTER.replace("self.count += by", "self.count += by + 1")
Tested = Callable[..., Run]


Opened = Callable[[], AbstractContextManager[Session]]


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a sandbox is opened with: each run puts its own test module into the submission."""
    folder = tmp_path_factory.mktemp("staged")
    for name, text in {"submission/x.py": "", "stubs/counter.py": STUB, "probe.py": PROBE}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def opened(backend: Backend, staged: Path) -> Iterator[Opened]:
    """A sandbox for all runs, which have a child each; an engine has only a copy of the folder, so each run has one."""
    program = Program(
        module="probe",
        path=(PurePosixPath("/probe"), PACKAGES, PurePosixPath("/submission")),
        mounts=(
            Mount(staged / "submission", PurePosixPath("/submission")),
            Mount(staged / "probe.py", PurePosixPath("/probe/probe.py")),
            Mount(staged / "stubs", STUBS),
            Mount(SUITE_INSIDE, PACKAGES / "suite_inside"),
            *runtime_mounts(("pytest",)),
        ),
        preload=("suite_inside.tested",),
    )
    policy = replace(RUN, network=Network.SERVED, deadlines=Deadlines(first_call=30, call=30, child=120))
    if backend.name != "bubblewrap":
        yield lambda: backend.open(policy, program)
        return
    with backend.open(policy, program) as session:
        yield lambda: nullcontext(session)


@pytest.fixture(scope="module")
def served() -> Iterator[Implementations]:
    """The process that serves implementations of API."""
    with Implementations(API) as implementations:
        yield implementations


@pytest.fixture
def tested(opened: Opened, staged: Path, served: Implementations) -> Iterator[Tested]:
    """Run the text of a test module against COUNTER or another implementation."""
    broken: list[SandboxUnusable] = []

    def run(text: str, source: str = COUNTER, *, api: Api = API, **options: object) -> Run:
        (staged / "submission/test_counter.py").write_text(HEAD + textwrap.dedent(text))
        with ExitStack() as stack:
            implementations = served if api is API else stack.enter_context(Implementations(api))
            session = stack.enter_context(opened())
            handle = Handle(lambda _node: session, seconds=120, on_breakdown=broken.append)
            stack.callback(handle.close)
            return CandidateSuite(handle, implementations).run(source, seed=1, **options)  # type: ignore[arg-type]

    yield run
    assert not broken


PROBE = "from suite_inside.tested import run\n"
HEAD = "import pytest\nimport unittest\nimport counter\n"


def names(run: Run) -> set[str]:
    """The tests that failed, without their file."""
    return {failure.test.partition("::")[2] for failure in run.failures}


def test_each_test_is_told_by_name_with_its_exception(tested: Tested) -> None:
    """Functions, classes, cases of unittest, parameters and fixtures that fail: each by the function's name."""
    run = tested("""
        def test_good(): assert counter.Counter().add(2).by == 2
        def test_bad(): assert counter.Counter().add(2).by == 3
        @pytest.mark.parametrize("by", [1, 2])
        def test_rows(by): assert by == 1
        @pytest.fixture
        def broken(): raise LookupError
        def test_error(broken): pass
        class TestMany:
            def test_inner(self): raise OSError("x")
        class Case(unittest.TestCase):
            def test_case(self): self.assertEqual(1, 2)
            def test_sub(self):
                for n in range(2):
                    with self.subTest(n=n): self.assertEqual(n, 0)
            def test_fine(self): self.assertTrue(True)
        """)
    assert {str(failure).partition("::")[2] for failure in run.failures} == {
        "test_bad (AssertionError)",
        "test_rows (AssertionError)",
        "test_error (LookupError)",
        "TestMany::test_inner (OSError)",
        "Case::test_case (AssertionError)",
        "Case::test_sub (AssertionError)",
    }
    assert {name.partition("::")[2] for name in run.passed} == {"test_good", "Case::test_fine"}


def test_values_errors_and_callbacks_come_as_they_are(tested: Tested) -> None:
    """Plain data keeps its types, errors keep their classes as far as callers know them, callbacks are asked back."""
    run = tested("""
        def test_values():
            made = counter.Counter(start=2)
            nested = [1, (2, {3}), {"a": {1: 2.5}}]
            for value in (None, True, 1, 1.5, "\\u00e9 \\n", b"x", nested, frozenset({1}), -2**100, float("inf")):
                assert repr(made.echo(value)) == repr(value)
            assert made.echo(object()) == "opaque"
            assert made.echo(2**9000) == made.echo("\\ud800") == "opaque"
            step = made.add(3)
            assert (type(step), step.by, step.at) == (counter.Step, 3, 1.5)
        def test_errors():
            made = counter.Counter(start=9)
            with pytest.raises(counter.Full) as full: made.add(2)
            assert (full.value.most, str(full.value)) == (10, "at most 10")
            with pytest.raises(ValueError) as odd: made.fail("odd")
            assert type(odd.value) is not ValueError
            with pytest.raises(KeyError): made.fail("key")
            with pytest.raises(ValueError) as plain: made.fail("plain")
            assert type(plain.value) is ValueError
            with pytest.raises(TypeError): made.add("x")
        def test_callbacks():
            readings = iter(range(100))
            asked = counter.Counter(clock=lambda: next(readings)).ask(5)
            assert asked == sorted(set(asked)) and len(asked) == 5
        def test_what_a_callback_raises():
            class Mine(Exception): pass
            allowed = [1, 1]
            def clock():
                if not allowed: raise Mine
                return allowed.pop()
            made = counter.Counter(clock=clock)
            with pytest.raises(Mine): made.ask(5)
        def test_a_callback_that_calls():
            def clock():
                if hasattr(clock, "made"): clock.made.echo(1)
                return 1.0
            clock.made = counter.Counter(clock=clock)
            with pytest.raises((RuntimeError, RecursionError)): clock.made.ask(3)
        """)
    assert run.failures == ()
    assert len(run.passed) == 5


def test_lines_are_seen_outside(tested: Tested) -> None:
    """Which lines were run is known of the implementation itself, whatever is done inside."""
    run = tested("import sys\nsys.settrace(None)\ndef test_it(): counter.Counter().echo(1)")
    texts = {COUNTER.splitlines()[number - 1].strip() for number in run.lines}
    assert 'return value if type(value).__name__ != "_Opaque" else "opaque"' in texts
    assert "self.count += by" not in texts


def test_opaque_fields_are_random_tokens(tested: Tested) -> None:
    """A token tells nothing of what it stands for, is the same for equal values, and is understood when sent back."""
    api = msgspec.structs.replace(API, tokens={"Step": ("by",)})
    run = tested(
        """
        def test_it():
            made = counter.Counter()
            one, again, two = (made.add(by).by for by in (1, 1, 2))
            assert one == again != two
            assert all(type(token) is tuple and len(token[0]) == 16 for token in (one, two))
            assert made.echo(two) == 2
            assert (made.echo((one,)), made.echo(("x",)), made.echo(2)) == ((one,), ("x",), 2)
        """,
        api=api,
    )
    assert run.is_clean(), run.failures


def test_no_failure_ends_a_run(tested: Tested) -> None:
    """All tests run on every implementation: where a run ends would tell what was expected of it."""
    text = """
        def test_a(): assert counter.Counter().add(1).by == 9
        def test_b(): assert False
        def test_c(): assert False
        """
    assert names(tested(text)) == {"test_a", "test_b", "test_c"}


def test_the_server_answers_calls_alone(tested: Tested) -> None:
    """Whoever asks the server anything else, such as whether to go on, is not answered any more."""
    run = tested("""
        from suite_inside.remote import REMOTE
        def test_it():
            assert not hasattr(REMOTE, "goes_on")
            REMOTE._send(["test failed", "x"])
            with pytest.raises(ConnectionError): REMOTE._receive()
        """)
    assert run.is_clean(), run.failures


def test_tests_run_in_another_order_and_apart(tested: Tested) -> None:
    """Backwards a test meets none that stands before it; alone it meets none at all, and asks by itself."""
    text = """
        SEEN = []
        def test_first(): SEEN.append(counter.Counter(start=1).echo(7))
        def test_second(): assert SEEN == [7]
        """
    assert names(tested(text)) == set()
    assert names(tested(text, order=-1)) == {"test_second"}
    alone = tested(text, alone=True)
    assert names(alone) == {"test_second"}
    assert {name.partition("::")[2] for name in alone.passed} == {"test_first"}


def test_waiting_is_told_from_working(tested: Tested, backend: Backend) -> None:
    """Time in which nothing was done counts as waiting; neither work nor the answers of the implementation do."""
    waiting = tested("import threading\ndef test_it(): threading.Event().wait(1.5)")
    work = "sum(range(20_000)), counter.Counter().echo(1)"  # few calls: a run may not make many thousands
    working = tested(f"import time\ndef test_it():\n    while time.process_time() < 0.5: {work}")
    assert waiting.failures == working.failures == ()
    if backend.name.startswith("docker"):  # through its relay nothing can be told apart, and nothing is charged
        assert waiting.waited == working.waited == 0.0
    else:
        assert waiting.waited > 1.0
        assert waiting.waited > working.waited
    assert working.cpu_seconds > 0.4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import os\ndef test_it(): os._exit(0)", "exit status 0"),
        ("raise SystemExit(0)", "status 3"),
        ("", "no test was found"),
        ("import os\ndef test_it(): os.kill(os.getpid(), 9)", "signal 9"),
    ],
)
def test_a_run_that_does_not_end_well_fails(tested: Tested, text: str, words: str) -> None:
    """Leaving, finding nothing or breaking the runner is a failure of the run itself."""
    run = tested(text)
    assert any(words in str(failure) for failure in run.failures), run
    assert not run.passed


def test_no_request_hangs_the_grader(tested: Tested, monkeypatch: pytest.MonkeyPatch) -> None:
    """An implementation that is kept busy is ended, and the run has failed."""
    monkeypatch.setattr(grader.suite.implementations, "PATIENCE", 0.5)
    run = tested("""
        import threading, time
        def test_it():
            made = counter.Counter()
            threading.Thread(target=made.spin, daemon=True).start()
            time.sleep(0.1)
        """)
    assert run.failures == (FailedTest(THE_RUN, TOO_MUCH),)


def test_calls_are_counted_not_timed(tested: Tested) -> None:
    """More calls than a run may make end it, on a quick machine as on a slow one."""
    few = msgspec.structs.replace(API, calls=300)
    text = "def test_it():\n    made = counter.Counter()\n    for _ in range({}): made.echo(1)"
    assert tested(text.format(299), api=few).is_clean()
    assert tested(text.format(300), api=few).failures == (FailedTest(THE_RUN, TOO_MUCH),)


def test_an_implementation_that_cannot_be_served_is_the_authors_fault(tested: Tested) -> None:
    """A text that does not compile is said so; it is no failure of the candidate's."""
    with pytest.raises(ServerBroken, match="SyntaxError"):
        tested("def test_it(): pass", source="class Counter(:\n")


def test_nothing_is_left_of_a_server() -> None:
    """The process that serves implementations ends with the kit, and each fork with what it serves."""
    with Implementations(API) as implementations, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        serving = implementations.serve(listener, COUNTER, seed=1)
        process, fork = implementations.pid, serving.pid
        assert is_running(process)
        assert is_running(fork)
        serving.end()
        assert not is_running(fork)
    assert not is_running(process)


def is_running(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_broken_implementation_is_noticed(tested: Tested) -> None:
    """The same tests that pass on a correct implementation fail on one that is not."""
    text = "def test_it():\n    with pytest.raises(counter.Full): [counter.Counter(start=8).add(n) for n in (2, 3)]"
    tight = "def test_it(): counter.Counter(start=8).add(2)"
    assert tested(text).is_clean()
    assert tested(tight).is_clean()
    assert names(tested(tight, source=BROKEN)) == {"test_it"}
