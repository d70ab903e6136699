"""The guide's examples, and our own workflow, are such as GitHub and GitLab accept."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs/guide/ci.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
OUR_OWN = ("our own", (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
OURS = "your-organisation/senior-python-grader"


@pytest.mark.parametrize(("name", "text"), [*EXAMPLES, OUR_OWN], ids=[name for name, _ in [*EXAMPLES, OUR_OWN]])
def test_a_workflow_is_valid(name: str, text: str, tmp_path: Path) -> None:
    """By the schemas that a known checker vendors."""
    schema = "vendor.gitlab-ci" if "gitlab" in name else "vendor.github-workflows"
    file = tmp_path / "example.yml"
    file.write_text(text, encoding="utf-8")
    command = ["check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("text", [text for name, text in EXAMPLES if "gitlab" not in name])
def test_an_example_gives_inputs_that_exist(text: str) -> None:
    """And interpolates nothing into a shell."""
    steps = [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
    (ours,) = [step for step in steps if step.get("uses", "").startswith(OURS)]
    assert set(ours["with"]) <= set(ACTION["inputs"])
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []


def test_there_are_examples_of_both() -> None:
    """Three workflows and a pipeline."""
    assert [".gitlab-ci.yml" in name for name, _ in EXAMPLES] == [False, False, False, True]


def test_a_fork_never_gets_more_than_reading() -> None:
    """The example that runs with the base's rights only reads, and checks out nothing of the pull request."""
    (text,) = [text for name, text in EXAMPLES if "trusted" in name]
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    (checkout,) = [step for step in workflow["jobs"]["grade"]["steps"] if "checkout" in step.get("uses", "")]
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
