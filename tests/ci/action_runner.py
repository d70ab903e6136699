"""A small runner of composite actions: the shell steps of `action.yml`, with the files that GitHub gives them.

Steps that use other actions are recorded, not run. Expressions are those that this action uses: inputs, outputs of
earlier steps, `||`, `&&`, `==`, `!=` and `always()`.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
KEPT = ("PATH", "HOME", "TMPDIR", "LANG")
"""What of our environment a step sees. A runner's own variables would change what is tested."""


@dataclass
class Job:
    """What is left when the action has ended."""

    folder: Path
    exit_status: int = 0
    log: str = ""
    used: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    steps: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text(encoding="utf-8")

    @property
    def outputs(self) -> dict[str, str]:
        """The action's own outputs."""
        return {name: evaluated(output["value"], {}, self.steps) for name, output in ACTION["outputs"].items()}


def run(folder: Path, workspace: Path, **given: str) -> Job:
    """Run the action in `workspace` with inputs, their dashes as underscores."""
    job = Job(folder)
    for name in ("summary", "output"):
        (folder / name).touch()
    (folder / "temporary").mkdir()
    inputs = {name: declared.get("default", "") for name, declared in ACTION["inputs"].items()}
    inputs |= {name.replace("_", "-"): value for name, value in given.items()}
    for step in ACTION["runs"]["steps"]:
        if _wanted(step, job, inputs):
            _take(step, job, inputs, workspace)
    return job


def _wanted(step: dict[str, Any], job: Job, inputs: dict[str, str]) -> bool:
    condition = str(step.get("if", "true"))
    if job.exit_status and "always()" not in condition:
        return False
    return evaluated("${{ " + condition + " }}", inputs, job.steps) in {"true", "True"}


def _take(step: dict[str, Any], job: Job, inputs: dict[str, str], workspace: Path) -> None:
    if "uses" in step:
        job.used.append(str(step["uses"]))
        return
    (job.folder / "output").write_text("", encoding="utf-8")
    environment = {name: evaluated(value, inputs, job.steps) for name, value in step["env"].items()}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=workspace,
        env={name: os.environ[name] for name in KEPT if name in os.environ} | environment | _files(job),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    job.log += done.stdout
    job.exit_status = job.exit_status or done.returncode
    job.ran.append(str(step["name"]))
    if "id" in step:
        lines = (job.folder / "output").read_text(encoding="utf-8").splitlines()
        outcome = "failure" if done.returncode else "success"
        job.steps[step["id"]] = {"outcome": outcome} | dict(line.split("=", 1) for line in lines)


def _files(job: Job) -> dict[str, str]:
    return {
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(job.folder / "output"),
        "GITHUB_STEP_SUMMARY": str(job.folder / "summary"),
        "RUNNER_TEMP": str(job.folder / "temporary"),
    }


def evaluated(text: str, inputs: dict[str, str], steps: dict[str, dict[str, str]]) -> str:
    """A value with its expressions replaced."""

    def name(found: re.Match[str]) -> str:
        parts = found[0].split(".")
        if parts[0] == "inputs":
            return repr(inputs[parts[1]])
        return repr(steps.get(parts[1], {}).get(parts[-1], ""))

    def expression(found: re.Match[str]) -> str:
        python = re.sub(r"(inputs|steps)(\.[\w-]+)+", name, found[1])
        for theirs, ours in (("&&", " and "), ("||", " or "), ("always()", "True"), ("true ", "True ")):
            python = python.replace(theirs, ours)
        return str(eval(python.strip(), {"__builtins__": {}, "true": True}))

    return re.sub(r"\$\{\{(.*?)\}\}", expression, text)
