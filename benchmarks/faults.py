"""Kill processes in the middle of gradings, and count what was wrong or remained afterwards.

    python -m benchmarks.faults [--backend bubblewrap | docker] [--gradings 40] [--seed N]

Each grading is of a right answer, so a report may say nothing but "every point" or "not measured". At a random moment
one of its processes gets SIGKILL: the grader, the hidden suite's, a sandbox (bwrap) or a worker inside; with Docker, a
container's first process, or the engine itself, which is started again afterwards with all that it knew (a private
engine, as of tests/docker_engine.py: that needs root and Debian's docker.io). Afterwards no process of the grading may
be alive; and after the next grading, which has to be right, no file, control group, mount, container or volume.
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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fault_scenes import BubblewrapScene, DockerScene, Scene
from benchmarks.processes import family, left_alive
from sandbox.backends.docker.image import build
from tests.docker_engine import NoEngine, engine, import_base

ROOT = Path(__file__).parent.parent
CHALLENGES = ROOT / "tests/fixtures/challenges"
ANSWER = CHALLENGES / "language/adder/solution"
PATIENCE = 120.0
PR_SET_CHILD_SUBREAPER = 36
NOT_MEASURED = 3
"""The grader's status when it could not measure."""
UNUSABLE = "nothing was graded: "
"""How the grader begins to say that no sandbox could be had. A bug of its own ends with the same status."""


@dataclass
class Figures:
    """What became of the gradings that one role was killed in."""

    killed: int = 0
    right: int = 0
    not_measured: int = 0
    no_report: int = 0
    wrong: list[str] = field(default_factory=list)
    residue: list[str] = field(default_factory=list)


class Grading:
    """One grading in a process of its own, with a folder for temporary files."""

    def __init__(self, folder: Path, scene: Scene, *, seed: int) -> None:
        self._scene = scene
        self.report = folder / "report.json"
        self.report.unlink(missing_ok=True)
        (folder / "tmp").mkdir(exist_ok=True)
        self.complaint = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 # it lives as long as the grading
        command = [sys.executable, "-m", "grader", "grade", str(ANSWER), "--challenge", "language/adder"]
        command += ["--challenges", str(CHALLENGES), "--format", "json", "--output", str(self.report)]
        self.process = subprocess.Popen(
            [*command, "--seed", str(seed), "--backend", scene.backend],
            cwd=ROOT,
            env={**os.environ, **scene.environment, "TMPDIR": str(folder / "tmp")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.complaint,
        )
        self.pid = self.process.pid

    def victim(self, role: str, wait: float) -> int | None:
        """Return the process to kill: one of the role, `wait` seconds after the first of them was seen."""
        end = time.monotonic() + PATIENCE
        seen = 0.0
        while self.process.poll() is None and time.monotonic() < end:
            candidates = self._scene.candidates(role, self.pid)
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
        """Return the end of what it wrote to standard error."""
        self.complaint.seek(0)
        lines = self.complaint.read().decode(errors="replace").splitlines()
        return " / ".join(line.strip() for line in lines if line.strip())[-400:]


def verdict(grading: Grading, status: int, *, faulted: bool) -> tuple[str, str]:
    """Return what became of a grading of a right answer: a word, and what is wrong with it."""
    if status == -signal.SIGALRM:
        return "wrong", "it hung"
    if not grading.report.exists():
        if faulted and (status == -signal.SIGKILL or (status == NOT_MEASURED and UNUSABLE in grading.said())):
            return "no_report", ""
        return "wrong", f"status {status} without a report: {grading.said()}"
    report = json.loads(grading.report.read_bytes())
    marks = Counter(mark["status"] for mark in report["criteria"])
    if set(marks) == {"earned"}:
        return ("right", "") if status in (0, -signal.SIGKILL) else ("wrong", f"every point, but status {status}")
    if faulted and set(marks) <= {"earned", "not measured"} and status == NOT_MEASURED:
        return "not_measured", ""
    reasons = [promise["reason"] for mark in report["criteria"] for promise in mark["promises"] if promise["reason"]]
    return "wrong", f"status {status}, marks {dict(marks)}: {'; '.join(reasons)}"


def fault(folder: Path, scene: Scene, role: str, *, longest: float, figures: Figures, seed: int) -> None:
    """Grade once with a fault, and once without."""
    grading = Grading(folder, scene, seed=seed)
    victim = grading.victim(role, random.uniform(0, longest))
    pids = set(family(grading.pid))
    if victim is not None:
        try:
            scene.strike(role, victim)
            figures.killed += 1
        except ProcessLookupError:
            victim = None
    word, why = verdict(grading, grading.end(), faulted=victim is not None)
    _count(figures, word, why)
    if victim is None or not scene.mend(role):
        figures.residue += left_alive(scene.spared)
    following = Grading(folder, scene, seed=seed)
    word, why = verdict(following, following.end(), faulted=False)
    if word != "right":
        figures.wrong.append(f"the next grading: {why or word}")
    figures.residue += scene.left(pids) + left_alive(scene.spared)
    figures.residue += [f"file {path.name}" for path in (folder / "tmp").iterdir()]


def _count(figures: Figures, word: str, why: str) -> None:
    if word == "wrong":
        figures.wrong.append(why)
    else:
        setattr(figures, word, getattr(figures, word) + 1)


def run(scene: Scene, gradings: int, seed: int) -> dict[str, Figures]:
    """Kill one process in each grading, the roles in turn."""
    random.seed(seed)
    results = {role: Figures() for role in scene.roles}
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        started = time.monotonic()
        whole = Grading(Path(name), scene, seed=seed)
        word, why = verdict(whole, whole.end(), faulted=False)
        if word != "right":
            sys.exit(f"a grading without a fault is not right here: {why or word}")
        duration = time.monotonic() - started
        for number in range(gradings):
            role = scene.roles[number % len(scene.roles)]
            longest = duration if role in scene.throughout else duration / 4
            fault(Path(name), scene, role, longest=longest, figures=results[role], seed=seed + number)
            print(f"{number + 1} of {gradings}: {role}: {results[role]}", file=sys.stderr)
    return results


@contextmanager
def scene_of(backend: str) -> Iterator[Scene]:
    """Yield what gradings with this backend need. Raises NoEngine."""
    if backend == "bubblewrap":
        yield BubblewrapScene()
        return
    with engine() as running:
        build(running.client, base=import_base(running.client), packages=())
        yield DockerScene(running)
    left_alive(set)  # its own shims, see there


def table(results: dict[str, Figures]) -> str:
    """Return the figures, one line for each role."""
    lines = [
        "| killed | times | every point | not measured | no report | wrong | left behind |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for role, result in results.items():
        counts = (
            result.killed,
            result.right,
            result.not_measured,
            result.no_report,
            len(result.wrong),
            len(result.residue),
        )
        lines.append(f"| {role} | " + " | ".join(map(str, counts)) + " |")
    trouble = [
        f"- {role}: {problem}" for role, result in results.items() for problem in (*result.wrong, *result.residue)
    ]
    return "\n".join([*lines, *(["", *trouble] if trouble else [])])


def main() -> None:
    """Inject the faults and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--gradings", type=int, default=40, help="gradings with a fault; each is followed by one without"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the moments and the roles")
    parser.add_argument("--backend", choices=("bubblewrap", "docker"), default="bubblewrap")
    given = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        with scene_of(given.backend) as scene:
            results = run(scene, given.gradings, given.seed)
    except NoEngine as error:
        sys.exit(f"no Docker engine: {error}")
    print(table(results))
    if any(result.wrong or result.residue for result in results.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
