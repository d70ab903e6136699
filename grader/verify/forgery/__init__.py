"""Forgers: submissions that compute nothing. A hidden test that one of them passes can be passed without the skill.

A forger answers in the suite's own process, in place of a child behind the wall. It receives the calls that the sandbox
would receive, and a tape of the reference's answers under another seed, which is more than any candidate ever has.
"""

from __future__ import annotations

from collections.abc import Callable

from grader.verify.forgery.fixed_answers import Constant, Echo, Raiser
from grader.verify.forgery.memory import Rememberer
from grader.verify.forgery.replay import MostCommon, Nearest, RecordedAnswers
from grader.verify.forgery.session import Forger
from grader.verify.forgery.tape import Tape

RECORD = "record"
"""The answerer that is the reference itself, whose answers are recorded."""

REPLAYS: dict[str, Callable[[Tape], Forger]] = {
    "replay": Nearest,
    "replay-common": MostCommon,
    "lookup": RecordedAnswers,
}
"""Forgers that know the reference's answers to other inputs."""

CANNED: dict[str, Callable[[Tape], Forger]] = {
    "constant-none": lambda _: Constant(answer=None),
    "constant-true": lambda _: Constant(answer=True),
    "constant-false": lambda _: Constant(answer=False),
    "constant-zero": lambda _: Constant(answer=0),
    "constant-text": lambda _: Constant(answer=""),
    "constant-list": lambda _: Constant(answer=[]),
    "constant-dict": lambda _: Constant(answer={}),
    "raise": Raiser,
    "echo": lambda _: Echo(alone=False),
    "echo-first": lambda _: Echo(alone=True),
    "remember-text": lambda _: Rememberer(str),
    "remember-bytes": lambda _: Rememberer(lambda number: str(number).encode()),
    "remember-number": lambda _: Rememberer(int),
}
"""Forgers that know nothing."""

FORGERS = REPLAYS | CANNED

WORDS = {
    "replay": "repeating the answer recorded for the most similar question under another seed",
    "replay-common": "repeating the most common answer recorded under another seed",
    "lookup": "looking answers up in a table of recorded questions",
    "constant": "giving the same answer to every call",
    "raise": "always raising the same exception",
    "echo": "returning the arguments",
    "remember": "remembering what an earlier call was given",
}
"""Descriptions of the forgers, for the author."""


def words(forger: str) -> str:
    """Describe what the forger of that name does."""
    return WORDS.get(forger, WORDS.get(forger.partition("-")[0], forger))
