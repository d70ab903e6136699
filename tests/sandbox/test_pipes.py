"""Waiting for a child: a busy machine is not the submission's fault."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

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


class Starvation:
    """What the worker says of its processes."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def starvation() -> Starvation:
    return Starvation()


@pytest.fixture
def channel(ends: Pipes, starvation: Starvation) -> Iterator[PipeChannel]:
    """A channel to this very process, which never ends."""
    channel = PipeChannel(
        ends.ours,
        pidfd=os.pidfd_open(os.getpid()),
        output=100,
        reap=Exit,
        interrupt=lambda: None,
        waited=starvation,
    )
    yield channel
    channel.kill()


def test_an_answer_of_a_starved_child_is_waited_for(channel: PipeChannel, ends: Pipes, starvation: Starvation) -> None:
    """Whoever was ready and got no processor has the waiting prolonged by as much, and never by more than it lasted."""
    starvation.seconds = 1000
    began = time.monotonic() - 1  # before the channel
    answer = threading.Timer(0.3, os.write, (ends.theirs[1], b"answer"))
    answer.start()
    assert channel.read(100, until=time.monotonic() + 0.1) == b"answer"
    assert 0.1 <= channel.excused() <= time.monotonic() - began
    answer.join()


def test_silence_of_a_child_that_had_its_processor_ends(channel: PipeChannel, starvation: Starvation) -> None:
    """Without starvation the deadline holds, and an excuse counts once."""
    starvation.seconds = 0.2
    time.sleep(0.2)
    with pytest.raises(TimeoutError):
        channel.read(100, until=time.monotonic() + 0.05)
    assert channel.excused() == 0.2
    with pytest.raises(TimeoutError):
        channel.read(100, until=time.monotonic() + 0.05)
    assert channel.excused() == 0.2


def test_excuses_are_bounded(channel: PipeChannel, starvation: Starvation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that keeps itself waiting cannot hold the grader for ever."""
    monkeypatch.setattr(pipes, "_MOST_EXCUSED", 0.3)
    starvation.seconds = 1e6
    time.sleep(0.3)
    with pytest.raises(TimeoutError):
        channel.read(100, until=time.monotonic())
    assert channel.excused() == 0.3


def test_what_is_printed_is_kept_up_to_the_cap(channel: PipeChannel, ends: Pipes) -> None:
    """A flood is read, so that nobody blocks, and only its beginning is held."""
    for text in (b"a" * 60, b"b" * 60_000, b"c" * 60_000):
        os.write(ends.theirs[2], text)
        channel.output()
    assert channel.output() == (b"a" * 60 + b"b" * 40, b"")
