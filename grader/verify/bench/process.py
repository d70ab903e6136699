"""The process of a bench: Setup, then Trials on stdin, a Tried for each on stdout, JSON lines.

    python -P -m grader.verify.bench.process

It ends when its stdin closes, after the trial that is running.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from grader.challenges.challenge import load
from grader.evidence.suite.host import draw_without_local_constants
from grader.evidence.suite.plugin import scoring_settings
from grader.evidence.suite.sitting import PYTEST
from grader.verify.bench.messages import Setup, Trial, Tried, decoded, encoded
from grader.verify.bench.stage import Stage


def main() -> None:
    """Collect the suite, then serve trials."""
    lines = _lines()
    setup = decoded(next(lines), Setup)
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def ask() -> Trial | None:
        line = next(lines, None)
        return decoded(line, Trial) if line is not None else None

    def say(tried: Tried) -> None:
        _write(out, encoded(tried))

    challenge = load(setup.challenge)
    draw_without_local_constants()
    settings.register_profile("scoring", scoring_settings(challenge))
    settings.load_profile("scoring")
    stage = Stage(setup, challenge, ask=ask, say=say)
    pytest.main([*PYTEST, str(challenge.suite)], plugins=[stage])


def _lines() -> Iterator[bytes]:
    with os.fdopen(os.dup(0), "rb") as stream:
        yield from iter(stream.readline, b"")


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    main()
    sys.stdout.flush()
