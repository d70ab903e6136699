"""Draws a problem, a change and a growth, each apart from the others."""

from pool import board, hall, purse, stock
from pool.growth import GROWTHS
from pool.writing import files

PROBLEMS = {"board": board.PROBLEM, "hall": hall.PROBLEM, "purse": purse.PROBLEM, "stock": stock.PROBLEM}


def draw(streams):
    """Return the variant: three stages, each with everything of the one before."""
    name = streams[0].choice(sorted(PROBLEMS))
    problem = PROBLEMS[name]
    changed = streams[1].choice(sorted(problem.changes))
    grown = streams[2].choice(sorted(GROWTHS))
    change, growth = problem.changes[changed], GROWTHS[grown]
    return {
        "variant": f"{name}-{changed}-{grown}",
        "stages": [
            files(problem, None, "", None),
            files(problem, change, "", None),
            files(problem, change, grown, growth),
        ],
        "planted": [],
    }
