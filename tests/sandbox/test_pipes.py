"""Waiting for a child: a busy machine is not the submission's fault."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.backends.bubblewrap import pipes
from sandbox.backends.bubblewrap.pipes import PipeChannel, Pipes
from sandbox.outcome import Exit


@pytest.fixture
def ends() -> Iterator[Pipes]:
    made = Pipes.make()
    yield made
    for descriptor in made.theirs:
        os.close(descriptor)


@pytest.fixture
def channel(ends: Pipes) -> Iterator[PipeChannel]:
    """A channel to this very process, which never ends."""
    channel = PipeChannel(ends.ours, pidfd=os.pidfd_open(os.getpid()), output=100, reap=Exit, interrupt=lambda: None)
    yield channel
    channel.kill()


def report(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the kernel say that the process waited that long for a processor."""
    read = Path.read_bytes

    def said(path: Path) -> bytes:
        return b"5 %d 7\n" % int(seconds * 1e9) if path.name == "schedstat" else read(path)

    monkeypatch.setattr(Path, "read_bytes", said)


def test_an_answer_of_a_starved_child_is_waited_for(
    channel: PipeChannel, ends: Pipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was ready and got no processor has its waiting prolonged by as much."""
    report(monkeypatch, 10)
    answer = threading.Timer(0.3, os.write, (ends.theirs[1], b"answer"))
    answer.start()
    assert channel.read(100, until=time.monotonic() + 0.1) == b"answer"
    assert channel.excused() == 10
    answer.join()


def test_silence_of_a_child_that_had_its_processor_ends(channel: PipeChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without starvation the deadline holds, and an excuse counts once."""
    report(monkeypatch, 0.2)
    with pytest.raises(TimeoutError):
        channel.read(100, until=time.monotonic() + 0.05)
    assert channel.excused() == 0.2
    with pytest.raises(TimeoutError):
        channel.read(100, until=time.monotonic() + 0.05)
    assert channel.excused() == 0.2


def test_excuses_are_bounded(channel: PipeChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that keeps itself waiting cannot hold the grader for ever."""
    monkeypatch.setattr(pipes, "_MOST_EXCUSED", 0.3)
    report(monkeypatch, 1e6)
    with pytest.raises(TimeoutError):
        channel.read(100, until=time.monotonic())
    assert channel.excused() == 0.3


def test_what_is_printed_is_kept_up_to_the_cap(channel: PipeChannel, ends: Pipes) -> None:
    """A flood is read, so that nobody blocks, and only its beginning is held."""
    for text in (b"a" * 60, b"b" * 60_000, b"c" * 60_000):
        os.write(ends.theirs[2], text)
        channel.output()
    assert channel.output() == (b"a" * 60 + b"b" * 40, b"")
