"""The anchors of the peer assessment: what each mark of the framework's five criteria looks like in code.

A mark is the highest of which everything is true. It is a person's opinion: it earns no points, and no measured mark
changes by it.
"""

from __future__ import annotations

from grader.model import Level, PeerCriterion

_SENTENCES = {
    PeerCriterion.CODE_QUALITY: (
        "It can be followed with help: names are vague, functions are long, and parts are copied.",
        "Names say what things are, and most functions do one thing; some parts take a second reading.",
        "It reads from top to bottom: small parts, clear seams, no repetition, and nothing to explain in the review.",
        "A stranger could change it safely on the first day: every part has one reason to exist and one to change.",
    ),
    PeerCriterion.PROBLEM_SOLVING: (
        "It works for the examples; other inputs were not considered.",
        "It works for the usual inputs, by a solution that is longer or slower than the problem asks for.",
        "The solution is as complex as the problem, with its edge cases and failures handled where they belong.",
        "It makes the problem simpler: the right model or algorithm, its limits stated, alternatives weighed.",
    ),
    PeerCriterion.BEST_PRACTICES: (
        "It is another language in Python's syntax: index loops, bare excepts, mutable defaults.",
        "It follows PEP 8 and uses comprehensions, context managers and the standard library, with some lapses.",
        "It is idiomatic throughout: protocols of the language, precise exceptions, types that a checker accepts.",
        "It shows others how: idioms where they help and none for show, APIs that are hard to use wrongly.",
    ),
    PeerCriterion.DOCUMENTATION: (
        "There is none, or it repeats what the code says.",
        "Public parts have docstrings; why something is unusual has to be asked.",
        "Docstrings state what is promised, comments give reasons, and a reader gets started without the author.",
        "It teaches: decisions with their alternatives, examples that run, and nothing that will be wrong next month.",
    ),
    PeerCriterion.TESTING: (
        "It was tried by hand, or its tests pass whatever the code does.",
        "Tests cover the usual inputs; mistakes at the edges or in failures would pass.",
        "Tests are fast and independent, cover edges and failures, and say what is promised; real mistakes fail.",
        "Tests are a specification: properties or models where they pay, one failure for one mistake, easy to extend.",
    ),
}


def peer_anchors(criterion: PeerCriterion) -> dict[Level, str]:
    """Return the sentence of each mark of a criterion."""
    return dict(zip(Level, _SENTENCES[criterion], strict=True))
