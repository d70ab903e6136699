"""The rules for the skills of the area Performance Engineering."""

from __future__ import annotations

import ast
import re

from grader.inside.inventory.skill_rule import ANYWHERE, Sign, SignContext, SkillRule, last, methods_of, sees, weak

LOCKS = re.compile(r"(^|_)(r?lock|mutex|semaphore|condition)s?$", re.IGNORECASE)
CACHED = re.compile(r"_?(cached_\w+|\w+_cache|cache|memo|_?memoized?\w*)$", re.IGNORECASE)
CACHE_CLASS = re.compile(r"Cache(d|s)?$|^_?(LRU|TTL|LFU)")
LOOKUPS = frozenset({"get", "set", "put", "__getitem__", "__setitem__", "__missing__", "evict", "pop", "clear"})
BATCHES = frozenset(
    {"executemany", "bulk_create", "bulk_write", "insert_many", "bulk_insert_mappings", "execute_batch"}
)


def _all(module: str, what: str, *names: str) -> dict[str, str]:
    return {f"{module}.{name}": what for name in names}


class Profiling(SkillRule):
    """A profiler at work, in the code, in a script or in the tests."""

    skill = "Profiling"
    why = "Finding out where time or memory goes is the skill; a stopwatch only touches it."
    where = ANYWHERE
    uses = {
        **{
            f"{name}.*": name
            for name in ("cProfile", "pstats", "tracemalloc", "memory_profiler", "line_profiler", "pyinstrument")
        },
        **{f"{name}.*": name for name in ("yappi", "scalene", "memray", "objgraph", "vmprof")},
        **_all("profile", "profile", "Profile", "run", "runctx"),
        "sys.setprofile": "sys.setprofile",
        "threading.setprofile": "threading.setprofile",
    }
    touches = {"time.perf_counter": "stopwatch", "time.perf_counter_ns": "stopwatch", "time.process_time": "stopwatch"}
    VALID = (
        "import cProfile\np = cProfile.Profile()",
        "from pstats import Stats\nStats('out').print_stats()",
        "import tracemalloc\ntracemalloc.start()",
    )
    INVALID = ("import cProfile", "import time\nt = time.perf_counter()", "profile = load()\nprofile.run()")


class Optimization(SkillRule):
    """Deliberate work on speed: heaps, binary search, sorted containers, compiled code, views instead of copies."""

    skill = "Optimization"
    why = "Text cannot show that it helped; what counts is the data structure, or a comment that gives the reason."
    enough = 2
    uses = {
        "bisect.*": "binary search",
        "heapq.*": "heap",
        "sortedcontainers.*": "sorted container",
        "numba.*": "compiled with numba",
        "cython.*": "Cython",
        "functools.singledispatch_optimized": "specialised",
        "struct.Struct": "precompiled structure",
    }
    touches = {
        "collections.deque": "deque",
        "re.compile": "compiled expression",
        "itertools.*": "itertools",
        "sys.intern": "interned text",
        "array.array": "array",
    }
    VALID = (
        "import heapq\ndef top(q): return heapq.heappop(q)",
        "from bisect import bisect_left\ni = bisect_left([1], 1)",
        "def view(data): return memoryview(data)[1:]",
    )
    INVALID = ("import heapq", "def f(xs): return sorted(xs)[0]", "import re\nWORD = re.compile('a')")

    @sees(ast.Call)
    def called(self, node: ast.Call, at: SignContext) -> Sign | None:
        """Recognise views instead of copies, and work in batches."""
        name = at.name(node.func)
        if name == "memoryview":
            return Sign("view instead of a copy")
        return weak("work in batches") if last(name) in BATCHES else None


class MemoryManagement(SkillRule):
    """Weak references, `__slots__`, memory maps and views, use of the garbage collector."""

    skill = "Memory Management"
    why = "These tools exist to save or release memory; text cannot show whether they measurably do."
    uses = {
        "weakref.*": "weak references",
        "gc.*": "garbage collector",
        "mmap.*": "memory map",
        "multiprocessing.shared_memory.*": "shared memory",
    }
    touches = {"sys.getsizeof": "size of an object", "array.array": "array", "tracemalloc.*": "tracemalloc"}
    VALID = (
        "class Point:\n    __slots__ = ('x', 'y')",
        "import weakref as w\ncache = w.WeakValueDictionary()",
        "from dataclasses import dataclass\n@dataclass(frozen=True, slots=True)\nclass P:\n    x: int",
    )
    INVALID = ("import gc", "class Base:\n    __slots__ = ()", "del x")

    @sees(ast.Assign, ast.AnnAssign)
    def slots(self, node: ast.Assign | ast.AnnAssign, at: SignContext) -> Sign | None:
        """Recognise classes with slots; empty slots only preserve those of the base classes."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not isinstance(at.scope.node, ast.ClassDef) or not any(
            isinstance(target, ast.Name) and target.id == "__slots__" for target in targets
        ):
            return None
        empty = isinstance(node.value, ast.Tuple | ast.List) and not node.value.elts
        return weak("empty __slots__") if empty else Sign(f"__slots__ of {at.scope.node.name}")

    @sees(ast.ClassDef)
    def decorated(self, node: ast.ClassDef, _at: SignContext) -> Sign | None:
        """Recognise classes whose decorator adds slots."""
        for part in node.decorator_list:
            for keyword in part.keywords if isinstance(part, ast.Call) else ():
                if keyword.arg == "slots" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True:
                    return Sign(f"slots of {node.name}")
        return None

    @sees(ast.Call)
    def view(self, node: ast.Call, at: SignContext) -> Sign | None:
        """Recognise views of memory."""
        return Sign("memoryview") if at.name(node.func) == "memoryview" else None


class Concurrency(SkillRule):
    """Locks, threads, processes, executors, task groups, queues between workers, context variables."""

    skill = "Concurrency"
    why = "Doing several things at once and keeping them apart is the skill; `async def` alone belongs to Async/Await."
    enough = 2
    uses = {
        **_all("threading", "threads", "Thread", "Timer", "local"),
        **_all(
            "threading",
            "synchronisation",
            "Lock",
            "RLock",
            "Condition",
            "Event",
            "Semaphore",
            "BoundedSemaphore",
            "Barrier",
        ),
        "multiprocessing.*": "processes",
        "concurrent.futures.*": "executor",
        **_all("asyncio", "tasks", "gather", "create_task", "TaskGroup", "wait", "as_completed", "ensure_future"),
        **_all("asyncio", "tasks", "to_thread", "run_coroutine_threadsafe", "wait_for", "shield"),
        **_all("asyncio", "synchronisation", "Lock", "Semaphore", "BoundedSemaphore", "Event", "Condition", "Queue"),
        **_all("anyio", "tasks", "create_task_group", "to_thread.run_sync", "from_thread.run", "Lock", "Semaphore"),
        **_all("trio", "tasks", "open_nursery", "Lock", "Semaphore", "open_memory_channel"),
        **_all("queue", "queue between threads", "Queue", "SimpleQueue", "PriorityQueue", "LifoQueue"),
        "contextvars.ContextVar": "context variable",
        "contextvars.copy_context": "context variable",
        "gevent.*": "greenlets",
    }
    touches = {
        "os.fork": "fork",
        "signal.signal": "signal",
        "selectors.*": "selectors",
        "threading.get_ident": "thread",
    }
    VALID = (
        "import threading\nlock = threading.Lock()",
        "import asyncio\nasync def f(): await asyncio.gather(g(), h())",
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as pool: ...",
        "class Store:\n    def put(self, x):\n        with self._lock:\n            self.xs.append(x)",
    )
    INVALID = ("import threading", "import asyncio\nasyncio.run(main())", "with open('x') as lock_file: ...")

    @sees(ast.With, ast.AsyncWith)
    def holds(self, node: ast.With | ast.AsyncWith, at: SignContext) -> Sign | None:
        """Recognise code that holds a lock, wherever the lock comes from."""
        for item in node.items:
            held = item.context_expr.func if isinstance(item.context_expr, ast.Call) else item.context_expr
            if LOCKS.search(last(at.name(held))):
                return Sign(f"holds {last(at.name(held))}")
        return None

    @sees(ast.Call)
    def executor(self, node: ast.Call, _at: SignContext) -> Sign | None:
        """Recognise work that is handed to an executor."""
        is_handed = isinstance(node.func, ast.Attribute) and node.func.attr == "run_in_executor"
        return Sign("hands work to an executor") if is_handed else None


class Caching(SkillRule):
    """`lru_cache`, a cache library, a cache class, or results that are kept under a name such as `_cache`."""

    skill = "Caching"
    why = "Not doing work twice is the skill, with or without a limit; `cached_property` only touches it."
    uses = {
        "functools.lru_cache": "lru_cache",
        "functools.cache": "functools.cache",
        **{f"{name}.*": name for name in ("cachetools", "diskcache", "aiocache", "dogpile.cache", "joblib.Memory")},
        "django.core.cache.cache": "Django's cache",
        "django.core.cache.caches": "Django's caches",
        "pymemcache.*": "memcached",
    }
    touches = {
        "functools.cached_property": "cached_property",
        "django.utils.functional.cached_property": "cached_property",
    }
    VALID = (
        "from functools import lru_cache\n@lru_cache(maxsize=9)\ndef f(x): return x",
        "class LRUCache:\n    def get(self, key): ...\n    def put(self, key, value): ...",
        "def find(key):\n    if key not in _cache:\n        _cache[key] = load(key)\n    return _cache[key]",
        "class A:\n    def size(self):\n        if self._cached_size is None:\n            self._cached_size = f(self)",
    )
    INVALID = (
        "from functools import lru_cache",
        "from functools import cached_property\nclass A:\n    @cached_property\n    def x(self): return 1",
        "class A:\n    def __init__(self, cache): self._cache = {}",
    )

    @sees(ast.ClassDef)
    def defined(self, node: ast.ClassDef, _at: SignContext) -> Sign | None:
        """Recognise cache classes."""
        is_cache = CACHE_CLASS.search(node.name) and len(LOOKUPS & set(methods_of(node))) > 1
        return Sign(f"cache {node.name}") if is_cache else None

    @sees(ast.Assign)
    def kept(self, node: ast.Assign, at: SignContext) -> Sign | None:
        """Recognise results that are kept for later calls."""
        if at.function() is None:
            return None
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                name = last(at.name(target.value))
                if CACHED.fullmatch(name) and not isinstance(node.value, ast.Constant):
                    return Sign(f"keeps a result in {name}")
            elif (
                isinstance(target, ast.Attribute)
                and isinstance(node.value, ast.Call | ast.Await)
                and re.fullmatch(r"_*cached_\w+", target.attr)
            ):
                return Sign(f"keeps a result in {target.attr}")
        return None


RULES = (Profiling, Optimization, MemoryManagement, Concurrency, Caching)
