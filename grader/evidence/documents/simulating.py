"""Runs a challenge's simulator, in a process of its own: a design comes in on stdin, figures go out on stdout.

python -P -B -m grader.evidence.documents.simulating FOLDER

The code is the challenge's, and trusted; the design's numbers are not, so processor time and memory are bounded.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys

CPU_SECONDS = 60
MEMORY = 1 << 30


def main() -> None:
    """Answer one question."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    out = os.dup(1)
    os.dup2(2, 1)  # what a simulator prints is for its author
    sys.path.insert(0, sys.argv[1])
    judged = importlib.import_module("simulator.judged")
    answer = judged.judged(json.load(sys.stdin))
    with os.fdopen(out, "w", encoding="utf-8") as stream:
        json.dump(answer, stream, allow_nan=False)


if __name__ == "__main__":
    main()
