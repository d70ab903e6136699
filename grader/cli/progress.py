"""What is running, on a terminal; silence anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

REFRESHES = 5
"""A second. Few, so that watching does not disturb what is measured."""


@contextmanager
def watched(first: str) -> Iterator[Callable[[str], None]]:
    """A function that shows its argument beside a spinner on stderr, until the block ends."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.text import Text

    # A descriptor of its own: whoever redirects stderr meanwhile does not get the spinner.
    with os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace") as stream:
        console = Console(file=stream, markup=False, highlight=False)
        with console.status(Text(first), refresh_per_second=REFRESHES) as status:
            yield lambda what: status.update(Text(what))


def _silent(_what: str) -> None:
    """Nobody watches."""
