"""Draws a system, and what a design of it is held to."""

import json
from pathlib import Path

from pool.answers import alternative, answer, mistakes, slips, starter, without_skill
from pool.brief import brief_text
from pool.judging import SLACK, promises, runs
from pool.reference import cost, reference
from pool.systems import draw_system
from pool.toml_text import system_text, toml_text

HERE = Path(__file__).parent
GIVEN = ("MARKS.md", "MODEL.md", *(f"simulator/{path.name}" for path in sorted((HERE / "simulator").glob("*.py"))))


def draw(streams):
    """Return the variant: one stage."""
    drawn = draw_system(streams[0])
    system, right = drawn["system"], reference(drawn)
    system["budget"] = budget = float(round(cost(right, system) * SLACK))
    hidden = runs(drawn, streams[0])
    form = toml_text(starter(drawn))
    files = {
        "README.md": brief_text(drawn, form, budget),
        "judged.json": json.dumps(
            {"system": system, "runs": hidden, "promises": promises(drawn, hidden, budget)}, indent=1
        ),
        "starter/system.toml": system_text(system),
        "starter/design.toml": form,
        "starter/design.md": "# Design\n\n## Reasons\n\n## Alternatives\n\n## Outlook\n",
    }
    files |= {f"starter/{name}": (HERE / name).read_text("utf-8") for name in GIVEN}
    made = {"solution": right, "solution_alt": alternative(drawn, right), "without_skill": without_skill(drawn, right)}
    made |= {f"slips/{name}": design for name, design in slips(drawn, right)}
    for criterion, name, design, also in mistakes(drawn, right):
        made[f"flawed/{criterion}/{name}"] = design
        if lost := [other for other in also if other != criterion]:
            files[f"flawed/{criterion}/{name}/loses.txt"] = "\n".join(lost) + "\n"
    for folder, design in made.items():
        files |= {f"{folder}/{path}": text for path, text in answer(drawn, design).items()}
    return {"variant": system["name"].replace("_", "-") + "-variant", "stages": [files], "planted": []}
