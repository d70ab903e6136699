"""Runs the candidate's tests; `inventory` is a stub, and what answers its calls is outside."""

from __future__ import annotations

from suite_inside.tested import run

__all__ = ["run"]
