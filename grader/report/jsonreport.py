"""The report as JSON, for storage and for programs. `report.schema.json` beside this file describes it."""

from __future__ import annotations

import msgspec

from grader.model import Report, RepositoryReport
from grader.report.view import View

PLACES = 4
"""The decimal places of points and of everything else that is not named below."""
PLACES_OF = {"percent": 2, "durations_ms": 1}


def render(report: Report | RepositoryReport, view: View) -> str:  # noqa: ARG001 - every renderer takes a view
    """Return the report as an indented object."""
    encoded = msgspec.json.encode(_rounded(msgspec.to_builtins(report), PLACES))
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def _rounded(value: object, places: int) -> object:
    match value:
        case float():
            return round(value, places)
        case dict():
            return {key: _rounded(item, PLACES_OF.get(key, places)) for key, item in value.items()}
        case list() | tuple():
            return [_rounded(item, places) for item in value]
        case _:
            return value
