"""What the wall costs: `python -m benchmarks.wall [BACKEND]` prints start-up, a fresh child, and a round trip."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from statistics import median

from sandbox.backends import DEFAULT, backend_named
from sandbox.policy import RUN, Mount, Program
from sandbox.session import Backend, Call

STARTS, CHILDREN, CALLS, BATCHES = 15, 100, 3000, 50


def seconds(deed: Callable[[], object]) -> float:
    """Return how long one deed took."""
    started = time.perf_counter()
    deed()
    return time.perf_counter() - started


def show(what: str, samples: list[float], *, unit: str, scale: float) -> None:
    """Print the best and the median of some samples."""
    print(f"{what:<42} best {min(samples) * scale:8.1f} {unit}   median {median(samples) * scale:8.1f} {unit}")


def measure(backend: Backend, program: Program) -> None:
    """Print all figures of one backend."""
    print(f"{backend.name}, {STARTS} sandboxes, {CHILDREN} children, {CALLS} calls")

    def first_answer() -> None:
        with backend.open(RUN, program) as session:
            session.fresh().call("echo", 1)
            answered.append(time.perf_counter())

    starts: list[float] = []
    answered: list[float] = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        first_answer()
        starts.append(answered.pop() - begun)
    show("from open to the first answer", starts, unit="ms", scale=1e3)
    with backend.open(RUN, program) as session:
        session.fresh().call("echo", 1)
        children = [seconds(lambda: session.fresh().call("echo", 1)) for _ in range(CHILDREN)]
        show("a fresh child and its first answer", children, unit="ms", scale=1e3)
        child = session.fresh()
        child.call("echo", 1)
        show("a round trip", [seconds(lambda: child.call("echo", 1)) for _ in range(CALLS)], unit="us", scale=1e6)
        batch = [Call("echo", (number,)) for number in range(100)]
        batches = [seconds(lambda: child.batch(batch)) for _ in range(BATCHES)]
        show("a call in a batch of a hundred", batches, unit="us", scale=1e4)


def main() -> None:
    """Measure the backend named on the command line."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "probe.py").write_text("def echo(value):\n    return value\n")
        target = PurePosixPath("/submission")
        program = Program(module="probe", path=(target,), mounts=(Mount(Path(folder), target),))
        measure(backend_named(sys.argv[1] if len(sys.argv) > 1 else DEFAULT), program)


if __name__ == "__main__":
    main()
