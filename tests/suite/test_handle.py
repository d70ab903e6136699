"""A hidden suite's handle: nodes side by side, files that are kept, files that do not exist."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from grader.evidence.sandboxes import NoSuchFile
from grader.evidence.suite.judgement import judge
from grader.model import PromiseOutcome
from sandbox.child import WireChild
from sandbox.outcome import Killed, NotMeasured, Overdrawn, ProbeMisuse, Raised

from .conftest import Submitted

FILES = {
    "candidate.py": """
        import os, socket, urllib.request
        from library import core

        HELD = []

        def remember(value):
            HELD.append(value)
            return HELD

        def write(name, text):
            with open(name, "w") as file:
                file.write(text)

        def read(name):
            with open(name) as file:
                return file.read()

        def adapters():
            from library.adapters import disk
            return disk.NAME

        def names():
            import library
            return sorted(os.listdir(os.path.dirname(library.__file__)))

        def say(port, text):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(text.encode())
                return connection.recv(100).decode()
    """,
    "library/__init__.py": "",
    "library/core.py": "NAME = 'core'\n",
    "library/adapters/__init__.py": "",
    "library/adapters/disk.py": "NAME = 'disk'\n",
    "library/adapters_old.py": "",
}


def test_time_without_a_processor_is_given_back(submitted: Submitted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test whose time is used up goes on for as long as its children were starved, those before included."""
    handle = submitted(**FILES)
    monkeypatch.setattr(WireChild, "starved", 15.0)
    handle.call("do", "names")
    handle.fresh()
    handle.call("do", "names")
    handle._test.left = -29.0
    handle.call("do", "names")
    handle._test.left = -31.0
    with pytest.raises(Overdrawn):
        handle.call("do", "names")


def test_two_nodes_are_there_at_a_time_and_share_nothing(submitted: Submitted) -> None:
    """A node beside has a memory and a folder of its own, and outlives a fresh start of the first."""
    one = submitted(**FILES)
    two = one.beside()
    three = two.beside()
    for handle, value in ((one, 1), (two, 2), (three, 3)):
        assert handle.call("do", "remember", value) == [value]
        handle.call("do", "write", "store.db", str(value))
    one.fresh()
    assert two.call("do", "remember", 4) == [2, 4]
    assert three.call("do", "read", "store.db") == "3"
    assert one.call("do", "remember", 5) == [5]


def test_both_nodes_can_be_served(submitted: Submitted) -> None:
    """Each has listeners of its own, whose other ends are out here."""
    one = submitted(**FILES)
    two = one.beside()
    answers = []
    for handle, name in ((one, "one"), (two, "two")):
        listener, port = handle.listen()
        server = threading.Thread(target=_answer, args=(listener, name))
        server.start()
        answers.append(handle.call("do", "say", port, "x"))
        server.join()
        listener.close()
    assert answers == ["one x", "two x"]


def _answer(listener: socket.socket, name: str) -> None:
    connection, _address = listener.accept()
    with connection:
        connection.sendall(f"{name} ".encode() + connection.recv(100))


def test_one_node_is_killed_and_the_other_is_not(submitted: Submitted) -> None:
    """SIGKILL ends one node; after that its files are kept, and the other still remembers."""
    one = submitted(**FILES)
    two = one.beside()
    two.call("do", "remember", 2)
    one.call("do", "write", "store.db", "safe")
    one.kill()
    with pytest.raises(Killed):
        one.call("do", "remember", 1)
    assert one.fresh(keep=["store.db"]) == {}
    assert one.call("do", "read", "store.db") == "safe"
    assert two.call("do", "remember", 3) == [2, 3]


def test_what_was_not_kept_is_told(submitted: Submitted) -> None:
    """Of the files named, those that the next child does not find are told with the reason."""
    handle = submitted(**FILES)
    handle.call("do", "write", "a", "x")
    assert handle.fresh(keep=["a", "b"]) == {"b": "there is no such file"}
    assert handle.call("do", "read", "a") == "x"
    assert handle.fresh() == {}
    with pytest.raises(Raised, match="FileNotFoundError"):
        handle.call("do", "read", "a")


def test_nothing_is_kept_of_what_came_before_the_test(submitted: Submitted) -> None:
    """A handle that has asked nothing yet has no files, whatever an earlier test left in the shared sandbox."""
    handle = submitted(**FILES)
    handle.call("do", "write", "store.db", "of the first")
    handle.fresh()
    assert list(handle.fresh(keep=["store.db"])) == ["store.db"]
    with pytest.raises(Raised, match="FileNotFoundError"):
        handle.call("do", "read", "store.db")


def test_files_that_are_left_out_do_not_exist(submitted: Submitted) -> None:
    """Neither can they be imported, nor are they in their folder; everything else is as it was."""
    handle = submitted(**FILES)
    assert handle.call("do", "adapters") == "disk"
    assert handle.call("do", "names") == ["__init__.py", "adapters", "adapters_old.py", "core.py"]
    less = handle.without("library/adapters")
    with pytest.raises(Raised, match=r"No module named 'library\.adapters'"):
        less.call("do", "adapters")
    assert less.call("do", "names") == ["__init__.py", "adapters_old.py", "core.py"]
    assert less.without("library/adapters_old.py").call("do", "names") == ["__init__.py", "core.py"]
    assert handle.call("do", "adapters") == "disk"


def test_what_the_submission_lacks_cannot_be_left_out(submitted: Submitted, tmp_path: Path) -> None:
    """A folder that the brief asks for and the submission has not is a promise broken, not one kept for nothing."""
    less = submitted(**FILES).without("library/ports")
    with pytest.raises(NoSuchFile, match="the submission has no library/ports") as caught:
        less.call("do", "names")
    assert judge(caught.value, answer=tmp_path).outcome is PromiseOutcome.BROKEN


@pytest.mark.parametrize("path", ["", ".", "..", "/submission/library", "library/../../probe"])
def test_only_paths_of_the_submission_can_be_left_out(submitted: Submitted, path: str) -> None:
    """Anything else is the suite's mistake."""
    with pytest.raises(ProbeMisuse, match="cannot be left out"):
        submitted(**FILES).without(path).call("do", "names")


def test_what_a_backend_cannot_tell_is_not_measured(tmp_path: Path) -> None:
    """NotMeasured leaves the promise open and ends nothing else."""
    verdict = judge(NotMeasured("the clocks do not tell"), answer=tmp_path)
    assert verdict.outcome is PromiseOutcome.NOT_MEASURED
    assert verdict.failure is None
    assert verdict.reason == "The clocks do not tell."
