"""The probe kit's threads: they lose their turn between any two instructions, and no work escapes the trace."""

from __future__ import annotations

import sys

import pytest

from sandbox.outcome import Died, Reached, Rebound

from .conftest import Submitted

RACING = """
    import _thread, collections, operator, sys, threading

    lock, count = threading.Lock(), [0]

    def careful():
        with lock:
            now = count[0]
            count[0] = now + 1
        return count[0] > 0

    def careless():
        now = count[0]
        count[0] = now + 1
        return now

    def blind():
        operator.attrgetter("settrace")(sys)(None)
        return careless()

    def helped():
        seen = []
        helper = threading.Thread(target=lambda: seen.append(careless()))
        helper.start()
        helper.join()
        return seen[0]

    def hidden():
        seen, done = [], threading.Lock()
        done.acquire()
        _thread.start_new_thread(lambda: (seen.append(careless()), done.release()), ())
        done.acquire()
        return seen[0]

    def deaf():
        frame, switches = sys._getframe(), ("f_trace_opcodes", "f_trace_lines")
        collections.deque(map(setattr, (frame, frame), switches, (False, False)), maxlen=0)
        now = count[0]
        count[0] = now + 1
        return now

    def blink():
        trace = sys.gettrace()
        sys.settrace(None)
        careless()
        sys.settrace(trace)
        return True
"""


def test_threads_lose_their_turn_between_any_two_instructions(submitted: Submitted) -> None:
    """What needs a lock and has none goes wrong; what has one does not."""
    handle = submitted(RACING)
    assert handle.call("together", "careful", 8, 1) == [True] * 8
    handle.fresh()
    seen = [value.value for value in handle.call("together", "careless", 8, 1)]
    assert len(set(seen)) < 8


def test_threads_of_the_submission_lose_their_turn_as_well(submitted: Submitted) -> None:
    """What is done in a thread that the submission starts meanwhile is traced, too."""
    seen = [value.value for value in submitted(RACING).call("together", "helped", 8, 1)]
    assert len(set(seen)) < 8


def test_what_the_trace_does_not_see_has_shown_nothing(submitted: Submitted) -> None:
    """Work in a thread that no trace enters is no outcome."""
    assert submitted(RACING).call("together", "hidden", 8, 1) == [["the trace was switched off"]] * 8


def test_who_silences_a_frame_is_ended(submitted: Submitted) -> None:
    """A frame that is told to show no trace has to be reached for first."""
    with pytest.raises(Reached, match="the frames of other code"):
        submitted(RACING).call("together", "deaf", 8, 1)


LOST = (Rebound, Reached, Died) if sys.version_info[:2] == (3, 12) else (Rebound, Reached)
"""Python 3.12 itself crashes when a thread ends a trace that others are in."""


def test_who_switches_the_trace_off_has_shown_nothing(submitted: Submitted) -> None:
    """The child that ends the trace of a crowd, or puts it back, is lost."""
    handle = submitted(RACING)
    for name in ("blind", "blink"):
        handle.fresh()
        with pytest.raises(LOST, match=r"sys\.settrace|by a trace|signal 11"):
            handle.call("together", name, 3, 1)
