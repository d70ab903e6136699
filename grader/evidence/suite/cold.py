"""A hidden suite in a new Python process, which is what a single grading needs."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import msgspec

from grader.caches import cache_home
from grader.evidence.suite.job import Message, SuiteJob, to_line
from sandbox import backends

PLACES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "VIRTUAL_ENV", "PYTHONPATH")


def run_suite_cold(job: SuiteJob, *, seconds: float) -> Generator[Message, None, None]:
    """Start the process, yield what it says until it ends, and leave nothing of it."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grader.evidence.suite.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment(),
            cwd=tempfile.gettempdir(),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(to_line(job))
            process.stdin.flush()
            yield from messages_from(process.stdout.fileno(), end=time.monotonic() + seconds)
        except BrokenPipeError:
            return
        finally:
            process.kill()
            process.wait()
            with contextlib.suppress(BrokenPipeError):  # it was killed before it had read the job
                process.stdin.close()
            process.stdout.close()
            if os.environ.get("GRADER_DEBUG"):
                errors.seek(0)
                sys.stderr.write(errors.read().decode(errors="replace"))


def messages_from(descriptor: int, *, end: float) -> Generator[Message, None, None]:
    """What a suite's process writes, until it closes its end or the time `end` (of `time.monotonic`) is reached."""
    decoder = msgspec.json.Decoder(Message)
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while selector.select(max(0.0, end - time.monotonic())):
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            yield from map(decoder.decode, lines)


def environment() -> dict[str, str]:
    """Only what Python and the sandbox's engines need to be found: no option of pytest's or Python's gets in."""
    kept = {name: os.environ[name] for name in (*PLACES, *backends.environment()) if name in os.environ}
    return kept | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(storage()),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }


def storage() -> Path:
    """Where Hypothesis keeps its Unicode tables between gradings (3.9 s to build, once)."""
    return cache_home() / "hypothesis"
