import pytest
from inventory import Inventory


class Clock:
    def __init__(self):
        self.now = 5.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="session")
def of_the_session():
    return "session"


@pytest.fixture
def fresh():
    return Inventory(clock=Clock())


def pytest_addoption(parser):
    parser.addoption("--everything", action="store_true")


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    terminalreporter.write_line("that was it")
