"""Other graders on the same trivial task: add two numbers. Each is installed in an environment of its own.

    python -m benchmarks.peers [--rounds 3] [--only NAME]

Every peer runs one right submission in its own way, as a whole process, beside `grader grade`; then the same task
with a submission whose answers equal everything (`Liar`): what it earns says what the time buys.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

RIGHT = "def add(a, b):\n    return a + b\n\n\ndef history():\n    return []\n"
LIAR = """class Liar(int):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = int.__hash__


def add(a, b):
    return Liar(7)


def history():
    return []
"""
FIXTURES = Path(__file__).parent.parent / "tests/fixtures/challenges"
PATIENCE = 900


class Peer(NamedTuple):
    """One grader: what to install, how to lay the task out, how to run it, and how to read what it gave (0 to 1)."""

    name: str
    packages: tuple[str, ...]
    prepare: Callable[[Path, str], None]
    command: tuple[str, ...]
    earned: Callable[[Path, str], float]


def _write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _gradescope(folder: Path, text: str) -> None:
    _write(
        folder,
        adder_DOT_py=text,
        run_DOT_py="""import unittest
from gradescope_utils.autograder_utils.decorators import weight
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner


class TestAdder(unittest.TestCase):
    @weight(1)
    def test_sums(self):
        import adder
        for a, b in ((2, 3), (-5, 9), (100, 1)):
            self.assertEqual(adder.add(a, b), a + b)


with open("results.json", "w") as file:
    JSONTestRunner(stream=file).run(unittest.defaultTestLoader.loadTestsFromTestCase(TestAdder))
""",
    )


def _gradescope_earned(folder: Path, _output: str) -> float:
    return float(json.loads((folder / "results.json").read_text())["score"])


def _check50(folder: Path, text: str) -> None:
    _write(
        folder,
        adder_DOT_py=text,
        problem___DOT_cs50_DOT_yaml="check50:\n  checks: checks.py\n",
        problem__checks_DOT_py="""import check50
import check50.py


@check50.check()
def sums():
    \"\"\"sums are sums\"\"\"
    adder = check50.py.import_("adder.py")
    for a, b in ((2, 3), (-5, 9), (100, 1)):
        if adder.add(a, b) != a + b:
            raise check50.Failure("wrong sum")
""",
    )


def _check50_earned(_folder: Path, output: str) -> float:
    results = json.loads(output[output.index("{") :])["results"]
    return sum(bool(result["passed"]) for result in results) / len(results)


def _notebook(cells: list[dict[str, object]]) -> str:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def _cell(source: str, name: str, **metadata: object) -> dict[str, object]:
    common: dict[str, object] = {"cell_type": "code", "id": name, "execution_count": None, "outputs": []}
    return {**common, "metadata": metadata, "source": source}


def _otter(folder: Path, text: str) -> None:
    test = {
        "name": "sums",
        "points": 1,
        "suites": [
            {
                "cases": [
                    {"code": f">>> bool(add({a}, {b}) == {a + b})\nTrue", "hidden": False, "locked": False}
                    for a, b in ((2, 3), (-5, 9), (100, 1))
                ],
                "scored": True,
                "setup": "",
                "teardown": "",
                "type": "doctest",
            }
        ],
    }
    okay = f"OK_FORMAT = True\n\ntest = {test!r}\n"
    _write(folder, submission_DOT_ipynb=_notebook([_cell(text, "answer")]), tests__sums_DOT_py=okay)


def _otter_earned(folder: Path, _output: str) -> float:
    return float(json.loads((folder / "results.json").read_text())["tests"][1].get("score", 0.0))


def _nbgrader(folder: Path, text: str) -> None:
    graded = {
        "grade": False,
        "solution": True,
        "locked": False,
        "schema_version": 3,
        "grade_id": "answer",
        "task": False,
    }
    tests = {**graded, "grade": True, "solution": False, "locked": True, "points": 1, "grade_id": "sums"}
    asserts = "assert add(2, 3) == 5\nassert add(-5, 9) == 4\nassert add(100, 1) == 101\n"
    cells = [_cell(text, "answer", nbgrader={**graded, "grade_id": "answer"}), _cell(asserts, "sums", nbgrader=tests)]
    _write(
        folder,
        source__ps1__adder_DOT_ipynb=_notebook(cells),
        submitted__ada__ps1__adder_DOT_ipynb=_notebook(cells),
        nbgrader_config_DOT_py="c = get_config()\nc.CourseDirectory.course_id = 'c'\n",
    )


def _nbgrader_earned(folder: Path, _output: str) -> float:
    import sqlite3

    with sqlite3.connect(folder / "gradebook.db") as book:
        (score,) = book.execute("select sum(auto_score) from grade").fetchone()
    return float(score or 0.0)


def _ours(folder: Path, text: str) -> None:
    _write(folder, adder_DOT_py=text)


def _our_share(_folder: Path, output: str) -> float:
    return float(json.loads(output)["criteria"][0]["earned"]) / 6


PEERS = (
    Peer("gradescope-utils", ("gradescope-utils",), _gradescope, ("{python}", "run.py"), _gradescope_earned),
    Peer("check50", ("check50",), _check50, ("{bin}/check50", "--dev", "problem", "-o", "json"), _check50_earned),
    Peer(
        "otter-grader",
        ("otter-grader", "ipykernel"),
        _otter,
        ("/bin/sh", "-c", "{bin}/otter generate -t tests -o ag.zip && {bin}/otter run -a ag.zip submission.ipynb"),
        _otter_earned,
    ),
    Peer(
        "nbgrader",
        ("nbgrader",),
        _nbgrader,
        ("/bin/sh", "-c", "{bin}/nbgrader generate_assignment ps1 --force && {bin}/nbgrader autograde ps1 --force"),
        _nbgrader_earned,
    ),
)
GRADE = ("grade", ".", "--challenge", "adder", "--challenges", str(FIXTURES), "--format", "json")
OURS = Peer("this grader", (), _ours, (sys.executable, "-m", "grader", *GRADE), _our_share)


def install(peer: Peer, home: Path) -> Path | None:
    """Install the peer and return its environment, or None with a word on stderr."""
    folder = home / peer.name
    installer = shutil.which("python3") or sys.executable  # ours may have no pip
    pip = [installer, "-m", "pip", "--python", str(folder), "install", "--quiet", *peer.packages]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        subprocess.run(pip, check=True, timeout=PATIENCE, capture_output=True)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"{peer.name}: cannot be installed here: {error}", file=sys.stderr)
        return None
    return folder / "bin"


def attempt(peer: Peer, bin_: Path, text: str) -> tuple[float, float]:
    """Return the seconds of one grading, and the share that it gave."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        peer.prepare(folder, text)
        words = [word.format(bin=bin_, python=bin_ / "python") for word in peer.command]
        path = {"PATH": f"{bin_}:/usr/local/bin:/usr/bin:/bin", "HOME": home, "LC_ALL": "C.UTF-8"}
        environment = None if peer is OURS else path
        started = time.monotonic()
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        seconds = time.monotonic() - started
        try:
            return seconds, peer.earned(folder, done.stdout)
        except Exception as error:
            raise RuntimeError(f"{type(error).__name__}: {error}; {(done.stdout + done.stderr)[-400:]}") from error


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only")
    options = parser.parse_args()
    table = Table(title=f"one trivial submission, seconds, median of {options.rounds}")
    for column in ("grader", "seconds", "of ours", "right answer", "equal to everything"):
        table.add_column(column, justify="left" if column == "grader" else "right")
    console = Console()
    with tempfile.TemporaryDirectory() as home:
        ready = [(OURS, Path(sys.executable).parent)]
        for peer in PEERS:
            if options.only in (None, peer.name):
                console.print(f"installing {peer.name}", style="dim")
                bin_ = install(peer, Path(home))
                if bin_ is not None:
                    ready.append((peer, bin_))
        ours = 0.0
        for peer, bin_ in ready:
            console.print(f"running {peer.name}", style="dim")
            try:
                runs = [attempt(peer, bin_, RIGHT) for _ in range(options.rounds)]
                _, lie = attempt(peer, bin_, LIAR)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                table.add_row(peer.name, "did not run", "", "", "")
                print(f"{peer.name}: {error}", file=sys.stderr)
                continue
            seconds = statistics.median(took for took, _ in runs)
            ours = ours or seconds
            table.add_row(peer.name, f"{seconds:.2f}", f"{seconds / ours:.2f} x", f"{runs[0][1]:.0%}", f"{lie:.0%}")
    console.print(table)


if __name__ == "__main__":
    main()
