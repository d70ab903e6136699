import pytest


def test_skipped() -> None:
    pytest.skip("not today")
