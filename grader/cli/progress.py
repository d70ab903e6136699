"""Shows what is running: beside a spinner on a terminal, or as one line a minute in a log."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.model.progress import Progress

REFRESHES = 5
"""Refreshes per second: few, so that the display does not disturb measurements."""
SILENCE = 60.0
"""Seconds without a line in a log: a grading is over by then, and CI systems end jobs that are silent."""


@contextmanager
def watched(first: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows its argument beside a spinner on stderr, until the block ends."""
    if not sys.stderr.isatty():
        yield in_a_log()
        return
    from rich.console import Console
    from rich.text import Text

    # A descriptor of its own: whoever redirects stderr meanwhile does not get the spinner.
    with os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace") as stream:
        console = Console(file=stream, markup=False, highlight=False)
        with console.status(Text(first), refresh_per_second=REFRESHES) as status:
            yield lambda message: status.update(Text(message))


@contextmanager
def followed(first: str) -> Iterator[Progress]:
    """Yield a function that shows the events of gradings in the same way."""
    from grader.model.progress import in_words

    with watched(first) as say:
        yield lambda event: say(in_words(event))


def in_a_log() -> Callable[[str], None]:
    """Return a function that prints its argument to stderr if a minute has passed since the last line or the start."""
    last = time.monotonic()

    def tell(what: str) -> None:
        nonlocal last
        if time.monotonic() - last >= SILENCE:
            last = time.monotonic()
            with contextlib.suppress(OSError):  # a log that is full or gone ends no work
                print(what, file=sys.stderr, flush=True)

    return tell
