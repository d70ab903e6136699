"""From a save to its verdict: `grader watch` over the reference, saved again and again.

python -m benchmarks.saving [--saves 10] [SLUG]

Wall seconds, the debouncing included; each save comes two seconds after the last verdict, as a person's would, so that
the next inputs are drawn already.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.challenges.catalogue import catalogue

PAUSE = 2.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.saving", description=__doc__.split("\n")[0])
    parser.add_argument("slug", nargs="?", default="metaclass_orm")
    parser.add_argument("--saves", type=int, default=10)
    options = parser.parse_args()
    challenge = catalogue().find(options.slug)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(shutil.copytree(challenge.folder / "solution", Path(home) / "mine"))
        words = [sys.executable, "-m", "grader", "watch", str(folder), "--challenge", challenge.name]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout is not None
            verdict(watching.stdout, challenge.name)
            seconds = []
            for number in range(options.saves):
                time.sleep(PAUSE)
                file = folder / challenge.manifest.modules[0]
                text = f"{file.read_text(encoding='utf-8')}\n# {number}\n"
                started = time.monotonic()
                file.write_text(text, encoding="utf-8")
                verdict(watching.stdout, challenge.name)
                seconds.append(time.monotonic() - started)
            watching.terminate()
    print(f"{challenge.name}: save to verdict, median of {len(seconds)}: {statistics.median(seconds):.2f} s")
    print(f"lowest {min(seconds):.2f} s, highest {max(seconds):.2f} s")


def verdict(stream: object, name: str) -> None:
    """Read up to the line of a grading."""
    for line in stream:  # type: ignore[attr-defined]
        if name in line:
            return
    sys.exit("`grader watch` ended")


if __name__ == "__main__":
    main()
