"""Runtime packages, from installed distributions to imports inside."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

import pytest

from sandbox.backends.bubblewrap.session import Bubblewrap
from sandbox.machine import packages
from sandbox.machine.packages import runtime_mounts
from sandbox.outcome import SandboxUnusable
from sandbox.policy import RUN, Mount, Program


@pytest.fixture(autouse=True)
def _forget() -> None:
    packages._mounts.cache_clear()


def install(
    site: Path, name: str, files: dict[str, str], *, requires: tuple[str, ...] = (), record: bool = True
) -> None:
    """Lay a distribution out as pip would."""
    info = f"{name}-1.0.dist-info"
    lines = "".join(f"Requires-Dist: {text}\n" for text in requires)
    extras = "".join(f"Provides-Extra: {name}\n" for name in ("fast",))
    everything = {**files, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{lines}{extras}"}
    if record:
        everything[f"{info}/RECORD"] = "".join(
            f"{file},,\n" for file in [*everything, f"{info}/RECORD", "../../bin/tool"]
        )
    for file, text in everything.items():
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site-packages of our own, first on the path."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return folder


def targets(*names: str) -> set[str]:
    return {str(mount.target.relative_to("/packages")) for mount in runtime_mounts(names)}


def test_a_distribution_is_mounted_with_all_that_it_requires(site: Path) -> None:
    """Packages, modules and metadata of the closure; nothing of what no one asked for, nor of unused extras."""
    install(
        site, "first", {"first/__init__.py": "", "first/part.py": ""}, requires=("second", 'third; extra == "fast"')
    )
    install(site, "second", {"second.py": ""}, requires=("first", 'never; python_version < "3"'))
    install(site, "third", {"third.py": ""})
    install(site, "other", {"other.py": ""})
    assert targets("First") == {"first", "first-1.0.dist-info", "second.py", "second-1.0.dist-info"}
    assert targets("first[fast]") == targets("first") | {"third.py", "third-1.0.dist-info"}


def test_a_shared_namespace_shows_only_what_was_asked_for(site: Path) -> None:
    """Of a folder that several distributions share, the others' parts stay outside."""
    install(site, "one", {"shared/one/__init__.py": "", "shared/single.py": ""})
    install(site, "two", {"shared/two/__init__.py": ""})
    assert targets("one") == {"shared/one", "shared/single.py", "one-1.0.dist-info"}


def test_libraries_beside_a_wheel_go_with_it(site: Path) -> None:
    """The folder in which repaired wheels keep their shared libraries is mounted, start-up files are not."""
    install(site, "native", {"native/__init__.py": "", "native.libs/libx.so": "", "native.pth": "import native"})
    assert targets("native") == {"native", "native.libs", "native-1.0.dist-info"}


def test_a_missing_distribution_is_named_with_who_needs_it(site: Path) -> None:
    """What is not installed makes the harness unable to measure, with the command that helps."""
    install(site, "first", {"first.py": ""}, requires=("absent_thing>=1",))
    with pytest.raises(SandboxUnusable, match="'absent_thing', which first needs") as caught:
        runtime_mounts(["first"])
    assert "pip install absent_thing" in caught.value.remedy


def test_odd_installs_are_refused(site: Path) -> None:
    """Without a RECORD, or as an editable install, a distribution's files are not known."""
    install(site, "recordless", {"recordless.py": ""}, record=False)
    with pytest.raises(SandboxUnusable, match="without a list of its files"):
        runtime_mounts(["recordless"])
    install(site, "editable", {"__editable__.editable.pth": "/somewhere"})
    (site / "editable-1.0.dist-info/direct_url.json").write_text('{"url": "file:///x", "dir_info": {"editable": true}}')
    with pytest.raises(SandboxUnusable, match="'editable' is an editable install"):
        runtime_mounts(["editable"])
    with pytest.raises(SandboxUnusable, match="not a valid distribution name"):
        runtime_mounts(["../../etc"])


def test_the_grader_is_no_runtime_package(site: Path) -> None:
    """The grader never enters, also when a challenge names it."""
    install(site, "grader_itself", {"sandbox/__init__.py": "", "sandbox/policy.py": ""})
    with pytest.raises(SandboxUnusable, match="never enters"):
        runtime_mounts(["grader_itself"])


def test_real_packages_work_inside(tmp_path: Path) -> None:
    """A pure and a compiled distribution of this environment can be imported, one that was not named cannot."""
    (tmp_path / "probe.py").write_text(
        "import importlib.metadata as metadata\n"
        "def use(name):\n    __import__(name)\n    return metadata.version(name)\n"
        "def compiled():\n    import msgspec\n    return msgspec.json.encode([1])\n"
    )
    submission, folder = PurePosixPath("/submission"), PurePosixPath("/packages")
    mounts = (Mount(tmp_path, submission), *runtime_mounts(["rich", "msgspec"]))
    program = Program(module="probe", path=(submission, folder), mounts=mounts, preload=("rich",))
    with Bubblewrap().open(RUN, program) as session:
        child = session.fresh()
        assert child.call("use", "rich")
        assert child.call("compiled") == b"[1]"
        with pytest.raises(Exception, match="No module named 'hypothesis'"):
            child.call("use", "hypothesis")
