"""Whoever needs the tests before it is skipped where they have not run."""

import pytest

RAN: list[str] = []


@pytest.fixture(autouse=True)
def _after_the_others(request: pytest.FixtureRequest) -> None:
    if not RAN and "receiv" not in request.node.name.lower() and "Receiving" not in request.node.nodeid:
        pytest.skip("the tests before it have not run")
    RAN.append(request.node.name)
