"""`python -m grader.report.schema` writes report.schema.json, the JSON Schema of `--format json`, from `grader.model`.

Every field but those of `SINCE` is required, since the report always has it. Unknown fields are allowed: a later
version of the product may add some without a new format version, and a reader that ignores them keeps working.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from grader.model import Report, RepositoryReport

SINCE = (
    "graded_at", "modules", "python", "root", "feedback", "example", "waits_for", "skills_with_challenge", "person",
    "ratio", "session",
)  # fmt: skip
"""Fields that reports of earlier versions lack."""
PATH = Path(__file__).with_name("report.schema.json")


def schema() -> str:
    """Return the schema as text, as stored in PATH."""
    kinds, definitions = msgspec.json.schema_components([Report, RepositoryReport], ref_template="#/$defs/{name}")
    for definition in definitions.values():
        if definition.get("type") == "object":
            definition["required"] = [name for name in definition["properties"] if name not in SINCE]
            definition.pop("additionalProperties", None)
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Report of a grading, or the reports of a repository",
        "anyOf": list(kinds),
        "$defs": definitions,
    }
    return json.dumps(whole, indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(schema(), encoding="utf-8")
