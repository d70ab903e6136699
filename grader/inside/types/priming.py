"""A mypy cache of the modules that submissions import, made only from trusted input; it makes a check ten times
faster.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from grader.inside.staging import staged
from grader.inside.types.typecheck import run_mypy

MODULES = """
    abc argparse array asyncio base64 bisect collections collections.abc concurrent.futures contextlib contextvars copy
    csv dataclasses datetime decimal enum fractions functools hashlib heapq http.client http.server importlib inspect io
    itertools json logging math multiprocessing operator os pathlib pickle queue random re secrets selectors shutil
    signal socket sqlite3 statistics string struct subprocess sys tempfile textwrap threading time timeit traceback
    types typing typing_extensions unittest unittest.mock urllib.parse urllib.request uuid warnings weakref
"""
"""Modules of the standard library that challenges are about. If one is missing, checks only take longer."""


def prime(packages: str | None, provided: Sequence[str]) -> dict[str, bytes]:
    """Return the compressed files of a cache that covers MODULES and the challenge's runtime packages."""
    text = "".join(f"import {name}\n" for name in (*MODULES.split(), *provided))
    with staged({"imports_of_submissions.py": text}) as stage:
        run_mypy(list(stage.paths), stage=stage, packages=packages, cache=None, look=False)
        folder = stage.root / "cache"
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): zlib.compress(path.read_bytes()) for path in files}
