import os
import sys

import pytest

SIGNS: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    SIGNS.extend(name for name, value in vars(config.option).items() if name in ("maxfail", "deselect") and value)
    SIGNS.extend(name for name in os.environ if "MUTANT" in name.upper() or "BROKEN" in name.upper())
    SIGNS.extend(word for word in sys.argv if "mutant" in word)


@pytest.fixture
def signs() -> list[str]:
    return SIGNS
