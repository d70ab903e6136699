"""Kill processes in the middle of gradings, and count what was wrong or remained afterwards.

    python -m benchmarks.faults [--gradings 40] [--seed N]

Each grading is of a right answer, so a report may say nothing but "every point" or "not measured". At a random moment
one of its processes gets SIGKILL: the grader, the hidden suite's, a sandbox (bwrap) or a worker inside. Afterwards no
process of it may be alive; and after the next grading, which has to be right, no file and no control group.
The command ends with status 1 when anything of this does not hold.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
CHALLENGES = ROOT / "tests/fixtures/challenges"
ANSWER = CHALLENGES / "language/adder/solution"
ROLES = ("grader", "suite", "sandbox", "worker")
PATIENCE = 120.0
SETTLING = 10.0
PR_SET_CHILD_SUBREAPER = 36
NOT_MEASURED = 3
"""The grader's status when it could not measure."""


class Process(NamedTuple):
    """One process as /proc tells it."""

    pid: int
    parent: int
    name: str
    state: str


@dataclass
class Figures:
    """What became of the gradings that one role was killed in."""

    killed: int = 0
    right: int = 0
    not_measured: int = 0
    no_report: int = 0
    wrong: list[str] = field(default_factory=list)
    residue: list[str] = field(default_factory=list)


def processes() -> dict[int, Process]:
    """Every process of this machine."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = path.read_text().rpartition(")")
        except OSError:
            continue
        state, parent = tail.split()[:2]
        found[int(path.parent.name)] = Process(int(path.parent.name), int(parent), head.partition("(")[2], state)
    return found


def family(root: int) -> dict[int, Process]:
    """A process and all below it."""
    known, members = processes(), {root}
    size = 0
    while len(members) > size:
        size = len(members)
        members |= {one.pid for one in known.values() if one.parent in members}
    return {pid: known[pid] for pid in members if pid in known}


def role_of(one: Process, members: dict[int, Process], root: int) -> str:
    """What a process of a grading is, or an empty text."""
    if one.pid == root:
        return "grader"
    if one.name == "bwrap":
        return "sandbox"
    above = members.get(one.parent)
    if above is not None and above.name == "bwrap":
        return "worker"
    try:
        command = Path(f"/proc/{one.pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return "suite" if b"grader.evidence.runner" in command else ""


class Grading:
    """One grading in a process of its own, with a folder for temporary files."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.report = folder / "report.json"
        self.report.unlink(missing_ok=True)
        (folder / "tmp").mkdir(exist_ok=True)
        self.complaint = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 # it lives as long as the grading
        command = [sys.executable, "-m", "grader", "grade", str(ANSWER), "--challenge", "language/adder"]
        command += ["--challenges", str(CHALLENGES), "--format", "json", "--output", str(self.report)]
        self.process = subprocess.Popen(
            [*command, "--seed", str(seed), "--backend", "bubblewrap"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(folder / "tmp")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.complaint,
        )
        self.pid = self.process.pid

    def victim(self, role: str, wait: float) -> int | None:
        """The process to kill: one of the role, `wait` seconds after the first of them was seen."""
        end = time.monotonic() + PATIENCE
        seen = 0.0
        while self.process.poll() is None and time.monotonic() < end:
            members = family(self.pid)
            candidates = [pid for pid, one in members.items() if role_of(one, members, self.pid) == role]
            seen = seen or (time.monotonic() if candidates else 0.0)
            if candidates and time.monotonic() - seen >= wait:
                return random.choice(candidates)
            time.sleep(0.005)
        return None

    def end(self) -> int:
        """Wait for the grading's end: its status."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return -signal.SIGALRM

    def said(self) -> str:
        """The end of what it wrote to standard error."""
        self.complaint.seek(0)
        lines = self.complaint.read().decode(errors="replace").splitlines()
        return " / ".join(line.strip() for line in lines if line.strip())[-400:]


def verdict(grading: Grading, status: int, *, faulted: bool) -> tuple[str, str]:
    """What became of a grading of a right answer: a word, and what is wrong with it."""
    if status == -signal.SIGALRM:
        return "wrong", "it hung"
    if not grading.report.exists():
        if faulted and status in (-signal.SIGKILL, NOT_MEASURED):
            return "no_report", ""
        return "wrong", f"status {status} without a report: {grading.said()}"
    report = json.loads(grading.report.read_bytes())
    marks = Counter(mark["status"] for mark in report["criteria"])
    if set(marks) == {"earned"}:
        return ("right", "") if status in (0, -signal.SIGKILL) else ("wrong", f"every point, but status {status}")
    if faulted and set(marks) <= {"earned", "not measured"} and status == NOT_MEASURED:
        return "not_measured", ""
    told = [promise["reason"] for mark in report["criteria"] for promise in mark["promises"] if promise["reason"]]
    return "wrong", f"status {status}, marks {dict(marks)}: {'; '.join(told)}"


def left_alive() -> list[str]:
    """Processes that were orphaned, once they had time to die: this process is the one that orphans are given to."""
    end = time.monotonic() + SETTLING
    while True:
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break
        left = [one for one in family(os.getpid()).values() if one.pid != os.getpid()]
        if not left or time.monotonic() > end:
            for one in left:
                os.kill(one.pid, signal.SIGKILL)
            return [f"process {one.name}" for one in left]
        time.sleep(0.02)


def left_lying(folder: Path, pids: set[int]) -> list[str]:
    """Temporary files, and control groups that carry the number of one of our processes."""
    groups = [path for path in Path("/sys/fs/cgroup").rglob("senior-python-grader.*") if path.is_dir()]
    ours = [path for path in groups if {int(part) for part in path.name.split(".")[1:4] if part.isdigit()} & pids]
    return [f"file {path.name}" for path in (folder / "tmp").iterdir()] + [f"group {path}" for path in ours]


def mounts(folder: Path) -> set[str]:
    """What is mounted on or from a folder of ours."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return {line for line in lines if str(folder) in line or "senior-python-grader" in line}


def fault(folder: Path, role: str, *, longest: float, figures: Figures, seed: int) -> None:
    """One grading with a fault, and one without."""
    pids = set()
    before = mounts(folder)
    grading = Grading(folder, seed=seed)
    victim = grading.victim(role, random.uniform(0, longest))
    pids |= set(family(grading.pid))
    if victim is not None:
        try:
            os.kill(victim, signal.SIGKILL)
            figures.killed += 1
        except ProcessLookupError:
            victim = None
    word, why = verdict(grading, grading.end(), faulted=victim is not None)
    _count(figures, word, why)
    figures.residue += left_alive()
    following = Grading(folder, seed=seed)
    word, why = verdict(following, following.end(), faulted=False)
    if word != "right":
        figures.wrong.append(f"the next grading: {why or word}")
    figures.residue += left_alive() + left_lying(folder, pids)
    figures.residue += [f"mount {line}" for line in mounts(folder) - before]


def _count(figures: Figures, word: str, why: str) -> None:
    if word == "wrong":
        figures.wrong.append(why)
    else:
        setattr(figures, word, getattr(figures, word) + 1)


def run(gradings: int, seed: int) -> dict[str, Figures]:
    """Kill one process in each grading, the roles in turn."""
    random.seed(seed)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    results = {role: Figures() for role in ROLES}
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        started = time.monotonic()
        whole = Grading(Path(name), seed=seed)
        word, why = verdict(whole, whole.end(), faulted=False)
        if word != "right":
            sys.exit(f"a grading without a fault is not right here: {why or word}")
        duration = time.monotonic() - started
        for number in range(gradings):
            role = ROLES[number % len(ROLES)]
            longest = duration if role == "grader" else duration / 4
            fault(Path(name), role, longest=longest, figures=results[role], seed=seed + number)
    return results


def table(results: dict[str, Figures]) -> str:
    """The figures, one line for each role."""
    lines = [
        "| killed | times | every point | not measured | no report | wrong | left behind |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for role, one in results.items():
        counts = (one.killed, one.right, one.not_measured, one.no_report, len(one.wrong), len(one.residue))
        lines.append(f"| {role} | " + " | ".join(map(str, counts)) + " |")
    trouble = [f"- {role}: {what}" for role, one in results.items() for what in (*one.wrong, *one.residue)]
    return "\n".join([*lines, *(["", *trouble] if trouble else [])])


def main() -> None:
    """Inject the faults and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--gradings", type=int, default=40, help="gradings with a fault; each is followed by one without"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the moments and the roles")
    given = parser.parse_args()
    results = run(given.gradings, given.seed)
    print(table(results))
    if any(one.wrong or one.residue for one in results.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
