"""The rules for the skills of the area Testing Excellence. They look only at tests and benchmarks."""

from __future__ import annotations

import ast
import re

from grader.inside.inventory.skill_rule import (
    TESTS,
    FunctionNode,
    Sign,
    SignContext,
    SkillRule,
    last,
    methods_of,
    sees,
    weak,
)

INTEGRATION = re.compile(r"(^|/)(integration|e2e|end_to_end|functional|system|acceptance)(_tests?)?/")
REAL_THINGS = frozenset(
    {"live_server", "httpserver", "postgresql", "postgres", "docker_services", "aiohttp_client", "mysql"}
)
BENCHMARKS = frozenset({"benchmark", "aio_benchmark", "codspeed"})
ELAPSED = re.compile(r"(^|_)(elapsed|duration|seconds|took|per_second|throughput)(_|$)")


def _test(at: SignContext) -> FunctionNode | None:
    """Return the outermost test function around the node."""
    return next((function for function in reversed([*at.functions()]) if function.name.startswith("test")), None)


class UnitTesting(SkillRule):
    """A test function with an assertion in it."""

    skill = "Unit Testing"
    why = (
        "The skill counts as used from ten tests on: a suite, not a sample. The quality section says whether coverage "
        "is configured."
    )
    where = TESTS
    enough = 10
    VALID = (
        "def test_adds():\n    assert 1 + 1 == 2",
        "import unittest\nclass T(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(2, 1 + 1)",
        "import pytest\ndef test_refuses():\n    with pytest.raises(ValueError):\n        int('x')",
    )
    INVALID = ("def test_runs():\n    run()", "assert True", "def helper():\n    assert True")

    @sees(ast.Assert)
    def asserts(self, _node: ast.Assert, at: SignContext) -> Sign | None:
        """Recognise tests with an `assert` statement, each of them once."""
        test = _test(at)
        return Sign(f"{test.name}", line=test.lineno) if test is not None else None

    @sees(ast.Call)
    def calls(self, node: ast.Call, at: SignContext) -> Sign | None:
        """Recognise tests that assert by a call."""
        name = at.name(node.func)
        asserting = last(name).startswith(("assert", "fail")) or name in {"pytest.raises", "pytest.warns"}
        test = _test(at) if asserting else None
        return Sign(f"{test.name}", line=test.lineno) if test is not None else None


class IntegrationTesting(SkillRule):
    """A test that goes through a real database, server, subprocess or transport."""

    skill = "Integration Testing"
    why = "A real dependency is recognised by the call that opens it; a patched one is only named, and does not count."
    where = TESTS
    enough = 2
    uses = {
        **{f"subprocess.{name}": "subprocess" for name in ("run", "Popen", "check_output", "check_call", "call")},
        "asyncio.create_subprocess_exec": "subprocess",
        "pexpect.*": "subprocess",
        "sqlite3.connect": "database",
        "sqlalchemy.create_engine": "database",
        "sqlalchemy.ext.asyncio.create_async_engine": "database",
        **{
            f"{name}.connect": "database"
            for name in ("psycopg", "psycopg2", "asyncpg", "pymysql", "MySQLdb", "aiosqlite")
        },
        **{f"{name}.*": "database" for name in ("pymongo", "redis", "testing.postgresql", "mongomock")},
        "peewee.SqliteDatabase": "database",
        **{
            f"{name}.*": "server"
            for name in ("http.server", "socketserver", "wsgiref.simple_server", "aiohttp.test_utils")
        },
        **{
            f"{name}.*": "server"
            for name in ("uvicorn", "hypercorn", "trustme", "pytest_httpserver", "werkzeug.serving")
        },
        "asyncio.start_server": "server",
        "socket.socket": "socket",
        "socket.create_connection": "socket",
        **{f"{name}.testclient.TestClient": "test client" for name in ("fastapi", "starlette")},
        "werkzeug.test.Client": "test client",
        "httpx.ASGITransport": "transport",
        "httpx.WSGITransport": "transport",
        "urllib.request.urlopen": "HTTP",
        "requests.get": "HTTP",
        "requests.post": "HTTP",
        "django.test.Client": "test client",
        "django.test.TestCase": "database",
        "django.test.TransactionTestCase": "database",
        "django.test.LiveServerTestCase": "server",
        "docker.*": "container",
        "testcontainers.*": "container",
        "asgiref.testing.ApplicationCommunicator": "transport",
        **{f"pytest.mark.{name}": f"marked {name}" for name in ("integration", "e2e", "functional", "django_db")},
    }
    VALID = (
        "import sqlite3\ndef test_rows():\n    assert sqlite3.connect(':memory:').execute('select 1')",
        "from fastapi.testclient import TestClient\nclient = TestClient(app)",
        "def test_get(live_server):\n    assert get(live_server.url)",
    )
    INVALID = ("import sqlite3", "from unittest.mock import patch\n@patch('subprocess.run')\ndef test_run(run): ...")

    @sees(ast.FunctionDef, ast.AsyncFunctionDef)
    def real(self, node: FunctionNode, at: SignContext) -> Sign | None:
        """Recognise tests that take the fixture of a real service, or are in a folder of integration tests."""
        if not node.name.startswith("test"):
            return None
        given = REAL_THINGS & {argument.arg for argument in node.args.args}
        if given:
            return Sign(f"goes through {min(given)}")
        return Sign("among the integration tests") if INTEGRATION.search(at.path) else None

    @sees(ast.Attribute)
    def client(self, node: ast.Attribute, _at: SignContext) -> Sign | None:
        """Recognise Flask's test client."""
        return Sign("test client") if node.attr == "test_client" else None


class PropertyBased(SkillRule):
    """A test with Hypothesis or Schemathesis: `given`, or a state machine."""

    skill = "Property-Based Testing"
    why = "The entry points of these libraries are unmistakable."
    where = TESTS
    uses = {
        "hypothesis.given": "given",
        "hypothesis.find": "find",
        "hypothesis.stateful.*": "state machine",
        "schemathesis.*": "schemathesis",
        "hypothesis.extra.*": "extra strategies",
    }
    VALID = (
        "from hypothesis import given, strategies as st\n@given(st.integers())\ndef test_x(x): assert x == x",
        "from hypothesis.stateful import RuleBasedStateMachine\nclass M(RuleBasedStateMachine): ...",
    )
    INVALID = ("import hypothesis", "def given(f): return f\n@given\ndef test_x(): ...")


class PerformanceTesting(SkillRule):
    """A benchmark: pytest-benchmark, CodSpeed, timeit, pyperf, asv, locust, or an assertion about elapsed time."""

    skill = "Performance Testing"
    why = "Measuring time in order to compare it is the skill; a stopwatch alone only touches it."
    where = TESTS
    uses = {
        "timeit.*": "timeit",
        "pyperf.*": "pyperf",
        "locust.*": "locust",
        "pytest_benchmark.*": "pytest-benchmark",
        "richbench.*": "richbench",
        "pytest.mark.benchmark": "marked as a benchmark",
    }
    touches = {"time.perf_counter": "stopwatch", "time.perf_counter_ns": "stopwatch", "time.monotonic": "stopwatch"}
    VALID = (
        "def test_speed(benchmark):\n    benchmark(f)",
        "import timeit\nprint(timeit.timeit('f()'))",
        "def test_fast():\n    elapsed = run()\n    assert elapsed < 0.1",
        "import pytest\npytestmark = pytest.mark.benchmark()",
    )
    INVALID = (
        "import timeit",
        "import time\ndef test_x():\n    t = time.perf_counter()",
        "def benchmark(): ...",
        "def test_x():\n    assert elapsed > 0",
    )

    @sees(ast.FunctionDef, ast.AsyncFunctionDef)
    def measured(self, node: FunctionNode, at: SignContext) -> Sign | None:
        """Recognise benchmarks by their fixture, and asv's benchmarks by their names."""
        if BENCHMARKS & {argument.arg for argument in node.args.args} and node.name.startswith(("test", "bench")):
            return Sign("benchmark fixture")
        is_asv = node.name.startswith(("time_", "peakmem_", "track_")) and "benchmarks/" in at.path
        return Sign("asv benchmark") if is_asv and isinstance(at.scope.node, ast.ClassDef) else None

    @sees(ast.Compare)
    def bounded(self, node: ast.Compare, at: SignContext) -> Sign | None:
        """Recognise tests that set a bound on elapsed time."""
        below, above = (ast.Lt, ast.LtE), (ast.Gt, ast.GtE)
        smaller = node.left if isinstance(node.ops[0], below) else node.comparators[0]
        is_bound = isinstance(node.ops[0], below + above) and ELAPSED.search(last(at.name(smaller)))
        return Sign("bound on elapsed time") if is_bound and _test(at) else None


class TestArchitecture(SkillRule):
    """Fixtures, parametrised tests, conftest files, base classes, mixins and factories for tests."""

    __test__ = False

    skill = "Test Architecture"
    why = "Sharing between tests is the skill; the `setUp` of a single class only touches it."
    where = TESTS
    enough = 3
    uses = {
        "pytest.fixture": "fixture",
        "pytest_asyncio.fixture": "fixture",
        "pytest.mark.parametrize": "parametrised",
        "parameterized.*": "parametrised",
        "factory.*": "factory",
        "polyfactory.*": "factory",
        "model_bakery.*": "factory",
        "pytest.hookimpl": "hook of pytest",
    }
    VALID = (
        "import pytest\n@pytest.fixture\ndef client(): return 1",
        "import pytest\n@pytest.mark.parametrize('x', [1, 2])\ndef test_x(x): assert x",
        "class StoreTestMixin:\n    def test_get(self): assert self.make()",
    )
    INVALID = (
        "def test_x(): assert True",
        "import pytest",
        "import unittest\nclass T(unittest.TestCase):\n    def setUp(self): ...",
    )

    @sees(ast.ClassDef)
    def shared(self, node: ast.ClassDef, at: SignContext) -> Sign | None:
        """Recognise base classes and mixins that test classes share."""
        is_base = re.search(r"Mixin$|^(Base|Abstract)\w*Test|TestBase$|(Base|Abstract)TestCase$", node.name)
        is_left_open = "abc.ABC" in at.bases(node) and methods_of(node)
        return Sign(f"shared by tests: {node.name}") if is_base or is_left_open else None

    @sees(ast.FunctionDef)
    def prepared(self, node: ast.FunctionDef, at: SignContext) -> Sign | None:
        """Recognise methods that set up or tear down a test, and pytest's hooks."""
        if node.name in {"setUp", "setUpClass", "setup_method", "tearDown"}:
            return weak(node.name)
        shared = at.path.endswith("conftest.py") and node.name.startswith("pytest_")
        return Sign(f"hook {node.name}") if shared else None


RULES = (UnitTesting, IntegrationTesting, PropertyBased, PerformanceTesting, TestArchitecture)
