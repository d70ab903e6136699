"""Properties of `intervals`, `codec` and `scheduler`. README.md holds the specifications."""

from hypothesis import given
from hypothesis import strategies as st

from codec import encode


@given(st.text())
def test_codes_are_text(text: str) -> None:
    assert isinstance(encode(text), str)
