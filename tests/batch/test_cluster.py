"""The same cohort on a Dask cluster of real processes, with workers killed under load."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.batch.cluster import WorkerAnswer, WorkerOrder, _Worker, work
from grader.challenges.challenge import load
from grader.harness import harness
from grader.model import SourceFile, Submission

SOLUTION = (Path(__file__).parents[1] / "fixtures/challenges/language/adder/solution/adder.py").read_text()


def test_without_the_flag_nothing_of_dask_is_imported(tmp_path: Path) -> None:
    """`grader batch` without --scheduler works where Dask is not installed."""
    code = (
        "import sys; sys.modules['distributed'] = sys.modules['dask'] = None\n"
        "import grader.batch.cluster, grader.batch.cohort, grader.cli.batch\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def cluster(adder: Path, tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and three workers on the loopback; yields the address and the workers' processes."""
    pytest.importorskip("distributed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    environment = {**os.environ, "GRADER_CHALLENGES": str(adder.parent.parent)}
    quiet: dict[str, Any] = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "env": environment,
        "cwd": tmp_path,
    }
    flags = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", *flags, "--port", str(port)]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, *flags, "--nthreads", "1", "--no-nanny"]
    processes = [subprocess.Popen(scheduler, **quiet)]
    processes += [subprocess.Popen(worker, **quiet) for _ in range(3)]
    try:
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.heavy
def test_workers_that_die_cost_nothing(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], adder: Path, tmp_path: Path
) -> None:
    """Two of three workers are killed under load; every submission is graded once, with the marks it deserves."""
    address, workers = cluster
    for number in range(8):
        (tmp_path / "cohort" / f"c{number}").mkdir(parents=True)
        text = SOLUTION if number % 2 else SOLUTION.replace("return a + b", "return a - b")
        (tmp_path / "cohort" / f"c{number}" / "adder.py").write_text(f"{text}\n# {number}\n")
    results = tmp_path / "results"
    command = [sys.executable, "-m", "grader", "batch", str(tmp_path / "cohort"), "--challenge", "adder", "--jobs", "4"]
    command += ["--challenges", str(adder.parent.parent), "--results", str(results), "--scheduler", address]
    batch = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for count, victim in ((1, workers[0]), (3, workers[1])):
        end = time.monotonic() + 120
        while batch.poll() is None and time.monotonic() < end:
            if len(list((results / "by-content").glob("*.json"))) >= count:
                break
            time.sleep(0.05)
        os.kill(victim.pid, signal.SIGKILL)
    out, errors = batch.communicate(timeout=240)
    assert "8 reports: 8 graded" in out, out + errors
    for number in range(8):
        report = json.loads((results / "reports" / f"c{number}--adder.json").read_text())
        assert report["status"] == "graded"
        assert report["percent"] == (100.0 if number % 2 else 0.0)


def test_a_worker_keeps_one_warm_grader(quick: Path, adder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Order after order is graded by the same Grader, entered once, and a changed challenge is read anew."""
    monkeypatch.setenv("GRADER_CHALLENGES", str(adder.parent.parent))
    worker = _Worker()
    monkeypatch.setattr("grader.batch.cluster._WORKER", worker)
    assert worker.grader("bubblewrap") is worker.grader("bubblewrap")
    orders = []
    for brief in ("# Before\n", "# After\n"):
        (adder / "README.md").write_text(brief)
        challenge = load(adder)
        order = WorkerOrder(
            challenge=challenge.name,
            challenge_digest=challenge.digest,
            harness_digest=harness().digest,
            submission=Submission(origin="x", files=(SourceFile(path="adder.py", text="return a + b"),), digest="d"),
            backend="bubblewrap",
            seed=7,
            explain=False,
        )
        orders.append(order)
        answer = msgspec.json.decode(work(msgspec.json.encode(order)), type=WorkerAnswer)
        assert answer.report is not None
        assert (answer.report.percent, answer.report.seed) == (100.0, 7)
    old = msgspec.structs.replace(orders[-1], challenge_digest="sha256:other")
    refused = msgspec.json.decode(work(msgspec.json.encode(old)), type=WorkerAnswer)
    assert refused.failure is not None
    assert "different version" in refused.failure.reason
