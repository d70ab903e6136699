"""Typed usage of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import assert_type

from configuration import ByteSize, Change, Configuration, ConfigurationError, Duration, Problem, Secret


@dataclass(frozen=True)
class Database:
    password: Secret[str]
    pin: Secret[int]
    port: int = 5432


@dataclass(frozen=True)
class App:
    database: Database
    timeout: Duration
    limit: ByteSize = ByteSize(1024)
    replica: Database | None = None


def loading(environment: Mapping[str, str]) -> Configuration[App]:
    configuration = Configuration(App, prefix="APP_", environment=environment)
    assert_type(configuration, Configuration[App])
    Configuration(Database, prefix="", arguments=["--port=1"], environment={}, files=[Path("base.toml")])
    Configuration(App, prefix="APP_", arguments=("--database.port=1",), environment=environment, files=(Path("x"),))
    Configuration(App, environment=environment)  # type: ignore[call-arg]
    Configuration(App, prefix="APP_")  # type: ignore[call-arg]
    Configuration(App, "APP_", prefix="APP_", environment=environment)  # type: ignore[misc]
    Configuration("App", prefix="APP_", environment=environment)  # type: ignore[arg-type]
    Configuration(App, prefix="APP_", environment={"APP_PORT": 1})  # type: ignore[dict-item]
    Configuration(App, prefix="APP_", environment=environment, arguments=[1])  # type: ignore[list-item]
    Configuration(App, prefix="APP_", environment=environment, files=[1])  # type: ignore[list-item]
    return configuration


def reading(configuration: Configuration[App]) -> str:
    assert_type(configuration.value, App)
    assert_type(configuration.value.database.port, int)
    assert_type(configuration.value.database.pin.reveal(), int)
    size: int = configuration.value.limit
    length: timedelta = configuration.value.timeout
    configuration.value = configuration.value  # type: ignore[misc]
    configuration.value.databse  # type: ignore[attr-defined]
    shown: str = configuration.value.database.password  # type: ignore[assignment]
    return f"{shown} {size} {length}"


def reloading(configuration: Configuration[App]) -> list[str]:
    changes: Sequence[Change] = configuration.reload()
    configuration.reload(True)  # type: ignore[call-arg]
    assert_type(changes[0].old, object)
    return [change.key for change in changes]


def explaining(error: ConfigurationError) -> list[str]:
    problems: Sequence[Problem] = error.problems
    assert_type(problems[0].nearest, str | None)
    trouble: ValueError = problems[0]  # type: ignore[assignment]
    return [f"{problem.kind} {problem.key} {problem.source} {problem.message}" for problem in problems] + [str(trouble)]
