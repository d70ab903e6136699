'''Variants of a challenge, drawn from a seed. Each stage of a variant is a challenge with a folder like any other.

draw.py          beside challenge.toml; runs in a process of its own, never where a candidate's code does:

    def draw(streams):
        """Return what this variant adds to the challenge's folder, or replaces there, at each stage."""
        problem = streams[0].choice(PROBLEMS)                      # a random.Random for each stage
        change = streams[1].choice(CHANGES[problem])               # stage 2 depends on the first two, and so on
        return {
            "variant": "stock-discounts-threads",                  # the author's name for it, which only issuers see
            "stages": [{"README.md": ..., "starter/shop.py": ..., "solution/shop.py": ..., "test_SLUG.py": ...}, ...],
            "planted": ["swallowed-error"],                        # texts that no workspace may contain
        }

challenge.toml   [[stages]] names the stages, each with its minutes; a criterion says with `stage` from when it counts
pool/            what draw.py reads and imports; never part of a stage

A stage's folder has the challenge's files, except draw.py and pool/; the stage's files; and stage.txt, which holds its
number. A challenge without draw.py has one variant with one stage: itself.
'''

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Annotated, NamedTuple

import msgspec

from grader import inputs
from grader.challenges.challenge import STAGE, Challenge, ChallengeError, load
from grader.challenges.secret_random import DRAW
from grader.model import Struct

SEED_BYTES = 32
"""Nobody can try out all seeds and compare the variants with a workspace."""
SECONDS = 60
KEPT = frozenset({"challenge.toml", DRAW, STAGE})
"""Files that no variant may replace."""
APART = frozenset({"pool", DRAW})
"""What lies beside challenge.toml and is part of no stage."""
Texts = Mapping[str, str]


class DrawnVariant(Struct, frozen=True, kw_only=True):
    """What `draw` returned."""

    variant: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=200)]
    """The author's name for it."""
    stages: Annotated[tuple[dict[str, str], ...], msgspec.Meta(min_length=1)]
    """For each stage, the files that it adds or replaces, a text for each path."""
    planted: tuple[str, ...] = ()
    """Texts that would tell what is hidden in the variant."""


class LaidOutVariant(NamedTuple):
    """A variant whose stages lie in folders."""

    name: str
    """Empty if nothing was drawn."""
    stages: tuple[Challenge, ...]
    planted: tuple[str, ...]


def fresh_variant_seed() -> str:
    """Return a new secret seed for a variant."""
    return secrets.token_hex(SEED_BYTES)


def secrets_of(challenge: Challenge, seed: str) -> tuple[str, ...]:
    """Return the secret of each stage's stream: nothing of one follows from another."""
    return tuple(f"{seed}/{number}" for number in range(1, max(1, len(challenge.manifest.stages)) + 1))


def draw(challenge: Challenge, secrets_: Sequence[str]) -> DrawnVariant:
    """Draw a variant of a challenge that has a draw.py, from the secrets of its stages. Raises ChallengeError."""
    where = f"{challenge.name}/{DRAW}"
    command = [sys.executable, "-P", "-B", "-m", "grader.challenges.secret_random", str(challenge.folder)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            command,
            input=msgspec.json.encode(secrets_),
            capture_output=True,
            timeout=SECONDS,
            check=True,
            env=environment,
        )
        variant = inputs.json(done.stdout, DrawnVariant)
    except subprocess.TimeoutExpired:
        raise ChallengeError(f"{where}: it took more than {SECONDS} seconds. Make it faster.") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines() or ["it ended without a word"]
        raise ChallengeError(
            f"{where}: {lines[-1]}. Run it with another seed to see whether it depends on it."
        ) from None
    except msgspec.DecodeError as error:
        raise ChallengeError(f"{where}: what `draw` returned is wrong: {error}. See docs/guide/author.md.") from None
    for problem in _problems(challenge, variant):
        raise ChallengeError(f"{where}: {problem}")
    return variant


def lay_out_variant(challenge: Challenge, seed: str, folder: Path) -> LaidOutVariant:
    """Write the stages of a variant to `folder/1/AREA/SLUG`, `folder/2/AREA/SLUG` and so on. Raises ChallengeError,
    OSError.
    """
    if not challenge.must_be_drawn:
        return LaidOutVariant("", (_laid_out(challenge, folder, 1, {}),), ())
    variant = draw(challenge, secrets_of(challenge, seed))
    stages = [_laid_out(challenge, folder, number, texts) for number, texts in enumerate(variant.stages, 1)]
    return LaidOutVariant(variant.variant, tuple(stages), variant.planted)


@contextmanager
def stage_of(challenge: Challenge, seed: str, number: int) -> Iterator[Challenge]:
    """Yield a stage of a variant for as long as the block lasts; a challenge that is not drawn is its own. Raises
    ChallengeError.
    """
    if not challenge.must_be_drawn:
        yield challenge
        return
    with tempfile.TemporaryDirectory(prefix="grader-variant-") as folder:
        yield lay_out_variant(challenge, seed, Path(folder)).stages[number - 1]


def _laid_out(challenge: Challenge, folder: Path, number: int, texts: Texts) -> Challenge:
    target = folder / str(number) / challenge.area.value / challenge.slug
    shutil.copytree(challenge.folder, target, ignore=_apart)
    for path, text in texts.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8", newline="")
    if texts:
        (target / STAGE).write_text(f"{number}\n", encoding="utf-8")
    return load(target)


def _apart(folder: str, names: list[str]) -> set[str]:
    """Return which names in a folder are left out of a stage."""
    is_top = (Path(folder) / "challenge.toml").is_file() and DRAW in names
    return {"__pycache__", *(APART if is_top else ())}.intersection(names)


def _problems(challenge: Challenge, variant: DrawnVariant) -> Iterator[str]:
    named = max(1, len(challenge.manifest.stages))
    if len(variant.stages) != named:
        yield f"`draw` returned {len(variant.stages)} stages, but challenge.toml names {named}. Return as many."
    for number, texts in enumerate(variant.stages, 1):
        for path in texts:
            parts = PurePosixPath(path).parts
            if not parts or path.startswith("/") or ".." in parts or "\\" in path:
                yield f"stages[{number - 1}]: {path!r} is not a path inside the challenge's folder. Correct it."
            if path in KEPT or parts[0] == "pool":
                yield f"stages[{number - 1}]: {path!r} is the same in all variants. Leave it out."
