"""Debian's redis-server, in a sandbox of its own, gives what the kit's store gives, and the same verdicts."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.assess.pipeline import grade
from grader.challenges.challenge import Challenge, load
from grader.challenges.patches import apply, split
from grader.evidence.analysers.pool import AnalyserPool
from grader.evidence.suite.client import SuiteHost
from grader.intake import take_folder
from grader.model import Report, Submission
from grader.suite.resp.front import Redis
from sandbox.backends import backend_named
from sandbox.backends.bubblewrap.programs import candidates

from . import relayed_redis
from .test_resp import written

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[2]
CACHING = ROOT / "challenges/performance/caching"
REQUIRED = "GRADER_REDIS_REQUIRED"
"""Set where a redis-server was installed for these tests: then a missing one is a failure, not a reason to skip."""
SECONDS = 20
"""How long the server may take to listen, on a busy machine."""


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """The socket of a redis-server that sees nothing of this machine but its own program."""
    program = shutil.which("redis-server")
    if program is None:
        words = "no redis-server on this machine: `apt-get install redis-server`, then run these tests again"
        if os.environ.get(REQUIRED):
            pytest.fail(words)
        pytest.skip(words)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "redis"
        place.mkdir(mode=0o777)
        place.chmod(0o777)
        process = subprocess.Popen(command(program, place), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            listening(process, place / "socket")
            yield place / "socket"
        finally:
            process.terminate()
            process.wait()


def command(program: str, place: Path) -> list[str]:
    """Return the command that runs the server in a sandbox, with a socket in `place`."""
    bwrap = next(candidates()).executable
    isolation = ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    folders = [word for path in ("/usr", "/lib", "/lib64") if Path(path).exists() for word in ("--ro-bind", path, path)]
    folders += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", str(place), "/served"]
    listen = ["--port", "0", "--unixsocket", "/served/socket", "--unixsocketperm", "777"]
    limits = ["--save", "", "--appendonly", "no", "--dir", "/tmp", "--maxmemory", "64mb", "--io-threads", "1"]
    return [str(bwrap), *isolation, *folders, "--", program, *listen, *limits]


def listening(process: subprocess.Popen[bytes], place: Path) -> None:
    """Wait until the server listens."""
    for _ in range(SECONDS * 50):
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            if place.exists():
                return
        else:
            break
    pytest.fail("redis-server cannot be started in a sandbox here")


# --- the same replies -----------------------------------------------------------------------------------------------

keys = st.sampled_from([b"a", b"b", b"\r\n\xff"])
values = st.binary(max_size=8)
options = st.lists(
    st.sampled_from([(b"NX",), (b"xx",), (b"PX", b"900000"), (b"EX", b"900"), (b"PX", b"0"), (b"PX", b"x"), (b"PX",)]),
    max_size=2,
    unique_by=lambda words: words[0],  # versions of Redis differ in whether they take an option twice
).map(lambda words: tuple(word for group in words for word in group))
commands = st.one_of(
    st.tuples(st.just(b"GET"), keys),
    st.builds(lambda key, value, more: (b"SET", key, value, *more), keys, values, options),
    st.builds(lambda names: (b"DEL", *names), st.lists(keys, max_size=3)),
    st.tuples(st.sampled_from([b"SUBSCRIBE", b"UNSUBSCRIBE"]), keys),
    st.tuples(st.just(b"PUBLISH"), keys, values),
    st.tuples(st.just(b"PING"), values),
    st.tuples(st.sampled_from([b"GET", b"SET", b"PUBLISH"])),
)


def replies(connection: socket.socket, version: int, program: list[tuple[bytes, ...]]) -> list[bytes]:
    """Return the lines of all replies to a program; of an error, only its kind, since its words are free."""
    connection.sendall(b"".join(map(written, [*program, (b"PING", b"that is all")])))
    seen = b""
    while not seen.endswith(b"that is all\r\n"):
        seen += connection.recv(1 << 16)
    return [line.split(b" ")[0] if line.startswith(b"-") else line for line in seen.split(b"\r\n")]


@settings(max_examples=150)
@given(version=st.sampled_from([b"2", b"3"]), program=st.lists(commands, max_size=20))
def test_both_give_the_same_replies(server: Path, version: bytes, program: list[tuple[bytes, ...]]) -> None:
    """To any program of the commands that the kit knows, in both versions of the protocol, the replies are equal."""
    listener = socket.create_server(("127.0.0.1", 0))
    with Redis((listener, listener.getsockname()[1])) as redis:
        ours = socket.create_connection(("127.0.0.1", redis.port()))
        theirs = socket.socket(socket.AF_UNIX)
        theirs.connect(str(server))
        with ours, theirs:
            seen = []
            for connection in (ours, theirs):
                connection.sendall(
                    written((b"FLUSHALL",)) + written((b"HELLO", version)) + written((b"PING", b"begun"))
                )
                begun = b""
                while b"begun\r\n" not in begun:
                    begun += connection.recv(1 << 16)
                seen.append(replies(connection, int(version), program))
    assert seen[0] == seen[1]


# --- the same verdicts ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def relayed(server: Path, tmp_path_factory: pytest.TempPathFactory) -> Challenge:
    """The challenge, with a suite that asks the real server."""
    folder = tmp_path_factory.mktemp("relayed") / "performance" / "caching"
    shutil.copytree(CACHING, folder, ignore=shutil.ignore_patterns("flawed", "slips", "__pycache__"))
    suite = folder / "test_caching.py"
    text = suite.read_text(encoding="utf-8")
    (place,) = re.findall(r"^from grader\.suite import .*\n", text, re.MULTILINE)
    relay = (
        Path(relayed_redis.__file__).read_text(encoding="utf-8").partition("from __future__ import annotations\n")[2]
    )
    relay = relay.replace(relayed_redis.SOCKET, str(server)) + "\n\nRedis = RelayedRedis\n"
    suite.write_text(text.replace(place, place + relay), encoding="utf-8")
    return load(folder)


def verdict(challenge: Challenge, folder: Path, host: SuiteHost, lent: AnalyserPool) -> Report:
    """Grade a folder under seed 1."""
    submission = take_folder(folder)
    assert isinstance(submission, Submission)
    backend = backend_named("bubblewrap")
    return grade(submission, challenge, backend=backend, seed=1, explain=False, host=host, lend=lent)


@pytest.mark.parametrize("name", ["solution", "solution_alt"])
def test_a_solution_earns_all(relayed: Challenge, name: str, warm: SuiteHost, lent: AnalyserPool) -> None:
    """With a real server behind the front, both solutions keep every promise."""
    assert verdict(relayed, CACHING / name, warm, lent).percent == 100


MISTAKES = {
    "flawed/shared/misses_are_empty_texts": {"shared"},
    "slips/hears_itself": {"invalidation"},
    "slips/trusts_the_gap": {"loss"},
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_loses_the_same(
    relayed: Challenge, tmp_path: Path, name: str, warm: SuiteHost, lent: AnalyserPool
) -> None:
    """With a real server behind the front, mistakes lose what they lose with the kit's store, and nothing else."""
    patch = split((CACHING / f"{name}.patch").read_text(encoding="utf-8"))
    right = {"cache.py": (CACHING / "solution/cache.py").read_text(encoding="utf-8")}
    for path, text in apply(patch.body, right).items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    report = verdict(relayed, tmp_path, warm, lent)
    assert {mark.id for mark in report.criteria if mark.earned < mark.points} == MISTAKES[name]
