"""What a batch costs when every report is known already: seconds of processor time, and peak memory by cohort size.

    python -m benchmarks.known [--sizes 250 500 1000]

Each cohort consists of different submissions to the smallest challenge of the tests, graded beforehand by a stand-in
that takes no time; what is measured is the second run, `grader batch` as users start it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.processor_time import spend

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "tests/fixtures/challenges"
QUICK = ROOT / "tests/batch/quick_grader.py"
PEAK = """
import resource, sys
from grader.cli import main
status = main(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
sys.exit(status)
"""


def cohort(folder: Path, size: int) -> None:
    """Lay out so many different submissions."""
    solution = (FIXTURES / "language/adder/solution/adder.py").read_text(encoding="utf-8")
    for number in range(size):
        entry = folder / f"candidate{number:05d}"
        entry.mkdir(parents=True)
        (entry / "adder.py").write_text(f"{solution}\n# {number}\n", encoding="utf-8")


def main() -> None:
    """Measure and print one line a size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.known", description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[250, 500, 1000])
    print("reports  CPU s  wall s  ms each  peak MiB")
    for size in parser.parse_args().sizes:
        with tempfile.TemporaryDirectory() as home:
            cohort(Path(home) / "cohort", size)
            words = ["batch", f"{home}/cohort", "--challenge", "adder", "--challenges", str(FIXTURES)]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            subprocess.run([sys.executable, str(QUICK), *words], check=True, env=environment, stdout=subprocess.DEVNULL)
            second = spend([sys.executable, "-c", PEAK, *words])
        peak = second.output.rsplit("peak", 1)[-1].strip()
        cpu = second.cpu or 0.0
        print(f"{size:7}  {cpu:5.2f}  {second.wall:6.2f}  {1000 * cpu / size:7.2f}  {peak:>8}")


if __name__ == "__main__":
    main()
