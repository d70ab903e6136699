"""The brief alone must suffice: it has its parts, and names every module and everything that the contract uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.challenges.challenge import Challenge
from grader.verify.checks import code
from grader.verify.verdict import Problem

EXAMPLE = r"```python"
DATA_EXAMPLE = r"```toml"
"""What an answer that is data shows in place of code."""
PARTS = {
    r"^# \S": ("a title", "Begin with `# Title`."),
    EXAMPLE: ("an example", "Show the API in use in a ```python block."),
    r"out of scope": (
        "a statement of what is out of scope",
        "Add `Out of scope: ...`, so that nobody builds anything that is not judged.",
    ),
    r"^#+ .*\b(judged|graded|rubric)\b": (
        "a section on how submissions are judged",
        "Add `## How it is judged` with the criteria and points.",
    ),
}


def check(challenge: Challenge) -> Iterator[Problem]:
    """Check that the brief has every part and every name."""
    path = challenge.folder / "README.md"
    if not path.is_file():
        return
    text = path.read_text("utf-8")
    for pattern, (part, remedy) in PARTS.items():
        if pattern == EXAMPLE and not challenge.python_modules:
            pattern, remedy = DATA_EXAMPLE, "Show the form in a ```toml block."
        if not re.search(pattern, text, re.IGNORECASE | re.MULTILINE):
            yield Problem(id="form.brief", where="README.md", what=f"the brief does not have {part}", help=remedy)
    for name in (*challenge.manifest.modules, *sorted(code.used_by_contract(challenge))):
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            yield Problem(
                id="form.brief",
                where="README.md",
                what=f"the brief does not mention `{name}`",
                help="Describe it: the suite and the contract may use only what the brief describes.",
            )
