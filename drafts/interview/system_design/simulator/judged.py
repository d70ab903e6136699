"""How a design is judged: its runs are simulated, and each bound gets its figure. The bounds themselves are in no file
that candidates get, but the brief states them.
"""

from __future__ import annotations

import math
from typing import Any

from simulator.design import Design, read_design
from simulator.figures import figures
from simulator.incidents import read_incidents
from simulator.run import Result, Run, TooMuch
from simulator.system import System, read_system


def judged(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the design's problems, or the figure of each bound in order; None stands for infinity."""
    system = read_system(asked["system"])
    design = read_design(asked["design"], asked["text"], system)
    if isinstance(design, list):
        return {
            "problems": [
                {"line": problem.line, "message": f"{problem.key}: {problem.message}", "remedy": problem.remedy}
                for problem in design
            ]
        }
    results: dict[str, Result] = {}
    stopped: dict[str, str] = {}
    for run in asked["runs"]:
        name = run["name"]
        try:
            results[name] = Run(
                system, design, read_incidents({"incident": run["incidents"]}), f"{asked['seed']}/{name}"
            ).go()
        except TooMuch as error:
            stopped[name] = str(error)
    return {"figures": [_figure(bound, system, design, results) for bound in asked["bounds"]], "stopped": stopped}


def _figure(bound: dict[str, Any], system: System, design: Design, results: dict[str, Result]) -> float | None:
    if not bound["run"]:
        return design.cost(system)
    if bound["run"] not in results:
        return None
    seen = figures(results[bound["run"]], bound["start"], bound["end"])
    value = float(getattr(seen[bound["operation"]], bound["figure"]))
    return value if value < math.inf else None
