"""Draws a variant, in a process of its own: the author's `draw.py` gets a stream of random numbers for each stage.

python -P -B -m grader.challenges.secret_random FOLDER    secrets come in on stdin, the variant goes out on stdout

A stream is SHA-256 in counter mode: whoever knows everything that was drawn for one stage, and this code, learns
nothing about the seed, and so nothing about another stage. (Mersenne Twister's state follows from its output.)
"""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import sys
from pathlib import Path
from random import Random

BLOCK = 32
DRAW = "draw.py"


class SecretRandom(Random):
    """A `random.Random` whose numbers follow from a secret and tell nothing about it."""

    def __init__(self, secret: str) -> None:
        self._secret = hashlib.sha256(secret.encode()).digest()
        self._counter = 0
        self._left = b""
        super().__init__(0)

    def seed(self, *_: object, **__: object) -> None:
        """Keep the secret: it is the only seed."""

    def random(self) -> float:
        """Return a number in [0, 1) with 53 random bits."""
        return self.getrandbits(53) / (1 << 53)

    def getrandbits(self, k: int, /) -> int:
        """Return an integer with `k` random bits."""
        size = (k + 7) // 8
        while len(self._left) < size:
            self._left += hashlib.sha256(self._secret + self._counter.to_bytes(16, "big")).digest()
            self._counter += 1
        taken, self._left = self._left[:size], self._left[size:]
        return int.from_bytes(taken, "big") >> (8 * size - k)

    def getstate(self) -> tuple[int, ...]:
        """Refuse: a state would be a copy of the secret."""
        raise NotImplementedError("a secret stream has no state to copy")

    def setstate(self, state: tuple[object, ...]) -> None:
        """Refuse, as `getstate` does."""
        raise NotImplementedError("a secret stream has no state to set")


def main() -> None:
    """Run the `draw` of a challenge's folder, and write what it returns as JSON."""
    folder = Path(sys.argv[1])
    out = os.dup(1)
    os.dup2(2, 1)  # what draw.py prints is for its author
    sys.path.insert(0, str(folder))
    draw = runpy.run_path(str(folder / DRAW))["draw"]
    drawn = draw([SecretRandom(secret) for secret in json.load(sys.stdin)])
    with os.fdopen(out, "w", encoding="utf-8") as stream:
        json.dump(drawn, stream)


if __name__ == "__main__":
    main()
