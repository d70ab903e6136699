"""Runs the candidate's properties; the modules under test are stubs, and what answers their calls is outside."""

from __future__ import annotations

from suite_inside.properties import collect, draw, repeat, run, shrink

__all__ = ["collect", "draw", "repeat", "run", "shrink"]
