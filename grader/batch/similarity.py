"""Submissions that share much of their code, found by copydetect (winnowing, as in Moss): for a person to look at.

copydetect is an optional dependency (`pip install 'senior-python-grader[similarity]'`). It reads files, so the texts
are laid out in a temporary folder; nothing of a submission is executed.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from grader.batch.summary import Similar

WORTH_A_LOOK = 0.8
"""Share of one submission's fingerprints that another has, too."""


class Text(NamedTuple):
    """All Python text of one submission, and the starter that everybody got."""

    entry: str
    challenge: str
    text: str
    starter: str


def is_available() -> bool:
    """Whether copydetect is installed."""
    return importlib.util.find_spec("copydetect") is not None


def similar(texts: Iterable[Text]) -> tuple[Similar, ...]:
    """The pairs of submissions to one challenge that share more than WORTH_A_LOOK of their code beyond the starter."""
    by_challenge: dict[str, list[Text]] = defaultdict(list)
    for each in texts:
        by_challenge[each.challenge].append(each)
    pairs = [pair for group in by_challenge.values() for pair in _pairs(group)]
    return tuple(sorted(pairs, key=lambda pair: -pair.percent))


def _pairs(group: list[Text]) -> Iterator[Similar]:
    import numpy as np
    from copydetect import CodeFingerprint, compare_files

    with tempfile.TemporaryDirectory(prefix="grader-") as folder:
        known = Path(folder) / "starter.py"
        known.write_text(group[0].starter, encoding="utf-8")
        boilerplate = np.array(sorted(CodeFingerprint(str(known), 25, 1, language="python").hashes))
        prints = []
        for number, each in enumerate(group):
            file = Path(folder) / f"{number}.py"
            file.write_text(each.text, encoding="utf-8")
            prints.append(CodeFingerprint(str(file), 25, 10, boilerplate=boilerplate, language="python"))
        for first in range(len(group)):
            for second in range(first + 1, len(group)):
                if not (len(prints[first].hashes) and len(prints[second].hashes)):
                    continue
                _, (one, other), _ = compare_files(prints[first], prints[second])
                if max(one, other) >= WORTH_A_LOOK:
                    yield Similar(
                        one=group[first].entry,
                        other=group[second].entry,
                        challenge=group[first].challenge,
                        percent=round(100 * float(max(one, other)), 1),
                    )
