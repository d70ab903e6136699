"""The persona's goals and performance indicators, as targets that somebody may choose for a plan.

A target is the owner's word: nothing here measures it. It moves the skills that it rests on up in the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Goal(NamedTuple):
    """One of the persona's goals or indicators."""

    term: str
    """The time in which the persona wants to reach it, or `always` for an indicator that is watched all the time."""
    words: str
    skills: tuple[str, ...]
    """The skills that the goal rests on."""


SHORT, LONG, ALWAYS = "1 to 3 months", "6 to 12 months", "always"
GOALS: Mapping[str, Goal] = {
    "response-time": Goal(
        SHORT,
        "API response times are 40 % shorter through optimization and caching",
        ("Profiling", "Optimization", "Caching"),
    ),
    "observability": Goal(SHORT, "All Python services have monitoring and alerting", ("Monitoring", "Logging")),
    "modern-frameworks": Goal(
        SHORT, "Services have moved to modern frameworks and asynchronous code", ("Async/Await", "Type Hints")
    ),
    "coverage": Goal(
        SHORT,
        "An automated testing pipeline covers at least 95 % of the code",
        ("Unit Testing", "Integration Testing", "Test Architecture"),
    ),
    "platform": Goal(
        LONG,
        "I lead the architecture of a platform of services",
        ("Clean Architecture", "Domain-Driven Design", "Event-Driven Architecture"),
    ),
    "uptime": Goal(LONG, "Critical applications are up 99.9 % of the time", ("Error Handling", "Monitoring")),
    "debugging": Goal(
        LONG, "Services can be observed and debugged from end to end", ("Logging", "Monitoring", "Profiling")
    ),
    "open-source": Goal(
        LONG, "I have contributed a significant project or change to open source", ("Test Architecture", "Type Hints")
    ),
    "performance-metrics": Goal(
        ALWAYS,
        "Response time, throughput and error rate improve",
        ("Performance Testing", "Optimization", "Concurrency"),
    ),
    "quality-metrics": Goal(
        ALWAYS,
        "Coverage, static analysis and review feedback improve",
        ("Unit Testing", "Type Hints", "SOLID Principles"),
    ),
    "knowledge-transfer": Goal(
        ALWAYS, "The team is productive and shares what it knows", ("Design Patterns", "Test Architecture")
    ),
    "reliability": Goal(
        ALWAYS, "Systems are reliable, and there are fewer incidents", ("Error Handling", "Configuration", "Security")
    ),
}
