"""Imports the answer in a child that is asked nothing else, so that anybody may be told how the import ended.

imported(["orm"], {"orm": ["Model", "Field"]})
    -> {"missing": [["orm", "Field"]]}
    -> {"module": "orm", "kind": "SyntaxError", "message": "...", "file": "orm.py", "line": 3, "column": 7}
"""

from __future__ import annotations

import importlib
from traceback import TracebackException
from typing import Any

ROOT = "/submission/"


def imported(modules: list[str], names: dict[str, list[str]]) -> dict[str, Any]:
    """Import the modules in the given order; return the public names that they lack, or how the import failed."""
    missing = []
    for name in modules:
        try:
            module = importlib.import_module(name)
        except BaseException as error:  # SystemExit ends a program at its import, too
            return {"module": name, **_described(error)}
        missing += [[name, attribute] for attribute in names.get(name, ()) if not hasattr(module, attribute)]
    return {"missing": missing}


def _described(error: BaseException) -> dict[str, Any]:
    traceback = TracebackException.from_exception(error)
    found: dict[str, Any] = {"kind": type(error).__name__, "message": str(error), "file": "", "line": 0, "column": 0}
    for frame in traceback.stack:
        if frame.filename.startswith(ROOT):
            column = getattr(frame, "colno", None)
            found |= {"file": frame.filename, "line": frame.lineno or 0, "column": 0 if column is None else column + 1}
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(ROOT):
        found |= {"file": error.filename, "line": error.lineno or 0, "column": error.offset or 0}
        found["message"] = error.msg
    return found | {"file": found["file"].removeprefix(ROOT)}
