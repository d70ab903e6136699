"""bandit's evidence: nothing in the submission silences it, and a skipped file is never clean."""

from __future__ import annotations

import pytest

from grader.evidence.analysers.sandbox import Answer
from grader.inside import security as insecure
from tests.inside.conftest import Analysers

SHELL = "import subprocess\ndef run(line: str) -> None:\n    subprocess.call(line, shell=True)  # nosec\n"


def test_a_weakness_is_found_although_it_says_nosec(analysers: Analysers) -> None:
    """The finding has a stable id, a place and words; its severity is bandit's."""
    told = analysers.ask("security", SHELL)
    assert isinstance(told, Answer)
    (found,) = told.findings
    assert (found.id, found.severity, found.file, found.line) == ("security.b602", "error", "m.py", 3)
    assert "CWE-78" in found.help


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("import hashlib\nhashlib.md5(b'x')\n", "security.b324"),
        ("import pickle\ndef f(b): return pickle.loads(b)\n", "security.b301"),
        ("import yaml\ndef f(t): return yaml.load(t)\n", "security.b506"),
        ("def f(t): return eval(t)\n", "security.b307"),
        ("password = 'hunter2'\n", "security.b105"),
    ],
)
def test_each_kind_of_weakness_is_found(text: str, id_: str, analysers: Analysers) -> None:
    """The plugins of bandit are really loaded inside."""
    assert id_ in analysers.found("security", text)


@pytest.mark.parametrize("name", [".bandit", "bandit.yaml", "pyproject.toml", "bandit.py", "stevedore.py"])
def test_what_lies_beside_the_code_changes_nothing(name: str, analysers: Analysers) -> None:
    """Configuration and modules named like the analyser are not read."""
    files = {"m.py": SHELL, name: "raise SystemExit\n" if name.endswith(".py") else "[bandit]\nskips = B602\n"}
    assert "security.b602" in analysers.found("security", files)


def test_asserts_and_tests_are_no_weakness(analysers: Analysers) -> None:
    """The profile leaves out what is no defect here, and the candidate's tests are not judged."""
    files = {"m.py": "def f(x: int) -> int:\n    assert x\n    return x\n", "tests/test_m.py": SHELL}
    assert analysers.found("security", files) == []


def test_a_client_without_a_timeout_within_a_deadline_is_right(analysers: Analysers) -> None:
    """A deadline around the whole attempt is better than the client's own; without either, something is missing."""
    call = "import asyncio, httpx\nasync def f() -> None:\n    client = httpx.AsyncClient(timeout=None)\n"
    assert analysers.found("security", call) == ["security.b113"]
    assert (
        analysers.found("security", f"{call}    async with asyncio.timeout(1):\n        await client.get('x')\n") == []
    )


def test_a_file_that_bandit_skips_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """bandit itself prints a line nobody reads and exits 0."""
    monkeypatch.setattr("bandit.core.node_visitor.BanditNodeVisitor.process", lambda *_: 1 / 0)
    answer = insecure.security({"m.py": "x = 1\n"})
    assert [(one["id"], one["file"]) for one in answer["findings"]] == [("security.unanalysable", "m.py")]
