"""The standard library inside every backend: where its exceptions come from, and the locale that it is asked for."""

from __future__ import annotations

import pytest

from sandbox.outcome import Raised
from sandbox.session import Child


@pytest.mark.parametrize("depth", [0, 20])
def test_a_place_of_the_library_is_not_taken_for_the_submission_s(child: Child, depth: int) -> None:
    """Only files below a root lose the folder; of a deep traceback the innermost of them arrives all the same."""
    with pytest.raises(Raised) as caught:
        child.call("fail_in_the_library", depth)
    assert caught.value.kind == "JSONDecodeError"
    assert caught.value.where[-1].startswith("/python/lib/")
    assert caught.value.where[-1].rpartition(":")[0].endswith("/json/decoder.py")
    assert any(place.startswith("probe.py:") for place in caught.value.where)
    assert len(caught.value.where) <= 12


def test_the_user_s_locale_can_be_set(child: Child) -> None:
    """The first line of many programs works, and text is UTF-8."""
    assert child.call("speak_the_users_language") == ["C", True]
