"""Finds submissions that share much of their code, for a person to review, by winnowed fingerprints, as in Moss.

copydetect makes the fingerprints (`pip install 'senior-python-grader[similarity]'`). It reads files, so the texts are
laid out in a temporary folder; no part of a submission is executed. Shared fingerprints are counted with an index,
since comparing each pair of a large cohort would take longer than grading it. The result is kept beside the reports and
reused as long as the texts are the same.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from grader import inputs
from grader.batch.summary import Similar
from grader.model import Struct
from grader.store import files

WORTH_A_LOOK = 0.8
"""Two submissions are reported if they share at least this part of the smaller one's fingerprints."""
TOKENS, WINDOW = 25, 10
"""copydetect's recommended values: characters of tokenised code per fingerprint, and fingerprints from which one is
chosen."""


class SubmissionText(Struct, frozen=True, kw_only=True):
    """All Python text of one submission, compressed because cohorts are large, and the starter that everybody got."""

    entry: str
    challenge: str
    packed: bytes
    starter: str

    @classmethod
    def of(cls, entry: str, challenge: str, text: str, starter: str) -> SubmissionText:
        return cls(
            entry=entry, challenge=challenge, packed=zlib.compress(text.encode("utf-8", "replace")), starter=starter
        )


class _Found(Struct, frozen=True, kw_only=True):
    """The stored result of a comparison, and a digest of what was compared."""

    of: str
    pairs: tuple[Similar, ...]


def is_available() -> bool:
    """Return whether copydetect is installed."""
    return importlib.util.find_spec("copydetect") is not None


def similar(texts: Sequence[SubmissionText], *, kept: Path | None = None) -> tuple[Similar, ...]:
    """Return the pairs of submissions to one challenge that share at least WORTH_A_LOOK of their code beyond the
    starter.

    Of several copies of the same code, each is paired only with the first. `kept` is the file that stores the result.
    """
    of = _digest(texts)
    if kept is not None and (known := _known(kept)) is not None and known.of == of:
        return known.pairs
    by_challenge: dict[str, list[SubmissionText]] = defaultdict(list)
    for text in texts:
        by_challenge[text.challenge].append(text)
    pairs = [pair for group in by_challenge.values() for pair in _pairs(group)]
    found = _Found(of=of, pairs=tuple(sorted(pairs, key=lambda pair: (-pair.percent, pair.one, pair.other))))
    if kept is not None:
        files.write(kept, msgspec.json.encode(found))
    return found.pairs


def _digest(texts: Sequence[SubmissionText]) -> str:
    content = msgspec.json.encode(
        (WORTH_A_LOOK, TOKENS, WINDOW, sorted(texts, key=lambda text: (text.challenge, text.entry)))
    )
    return hashlib.sha256(content).hexdigest()


def _known(kept: Path) -> _Found | None:
    try:
        return inputs.json(inputs.read(kept, most=64 * inputs.MIB), _Found)
    except (OSError, msgspec.DecodeError):
        return None


def _pairs(group: Sequence[SubmissionText]) -> Iterator[Similar]:
    copies: dict[frozenset[int], list[str]] = defaultdict(list)
    for submission, prints in zip(group, _fingerprints(group), strict=True):
        if prints:
            copies[prints].append(submission.entry)
    challenge = group[0].challenge
    for first, *duplicates in copies.values():
        for duplicate in duplicates:
            yield Similar(one=first, other=duplicate, challenge=challenge, percent=100.0)
    names = [entries[0] for entries in copies.values()]
    for place, second, share in _overlaps(list(copies)):
        yield Similar(one=names[place], other=names[second], challenge=challenge, percent=round(100 * share, 1))


def _overlaps(prints: Sequence[frozenset[int]]) -> Iterator[tuple[int, int, float]]:
    """Yield the indices of each pair of sets of which one holds at least WORTH_A_LOOK of the other, with that share."""
    import numpy as np

    found: dict[int, list[int]] = defaultdict(list)
    for place, fingerprints in enumerate(prints):
        for fingerprint in fingerprints:
            found[fingerprint].append(place)
    holders = {fingerprint: np.array(places) for fingerprint, places in found.items() if len(places) > 1}
    for index, fingerprints in enumerate(prints):
        shared = [holders[fingerprint] for fingerprint in fingerprints if fingerprint in holders]
        counts = np.bincount(np.concatenate(shared), minlength=len(prints)) if shared else np.zeros(0, dtype=int)
        for later in range(index + 1, len(counts)):
            share = int(counts[later]) / min(len(fingerprints), len(prints[later]))
            if share >= WORTH_A_LOOK:
                yield index, later, share


def _fingerprints(group: Sequence[SubmissionText]) -> Iterator[frozenset[int]]:
    """Yield each text's fingerprints without those of the starter."""
    import numpy as np
    from copydetect import CodeFingerprint

    with tempfile.TemporaryDirectory(prefix="grader-") as folder:
        file = Path(folder) / "text.py"
        file.write_text(group[0].starter, encoding="utf-8")
        boilerplate = np.array(sorted(CodeFingerprint(str(file), TOKENS, 1, language="python").hashes))
        for text, alike in itertools.groupby(group, lambda text: text.packed):
            file.write_bytes(zlib.decompress(text))
            made = CodeFingerprint(str(file), TOKENS, WINDOW, boilerplate=boilerplate, language="python")
            prints = frozenset(map(int, made.hashes))
            yield from (prints for _ in alike)
