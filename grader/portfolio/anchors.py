"""The anchors of the self-rating: what each level of each skill looks like at work, from `anchors.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from grader.framework import FRAMEWORK
from grader.model import Level

FILE = Path(__file__).with_name("anchors.toml")


@cache
def anchors() -> Mapping[str, Mapping[Level, str]]:
    """Return every skill's sentences by level, with the skills in the framework's order."""
    read = msgspec.toml.decode(FILE.read_bytes(), type=dict[str, dict[str, str]])
    return {
        skill: {Level(int(level)): sentence for level, sentence in read[skill].items()}
        for competency in FRAMEWORK
        for skill in competency.skills
    }
