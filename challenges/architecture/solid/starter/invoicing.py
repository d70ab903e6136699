"""The rules of invoicing. Nothing in here knows where invoices are kept, what they look like or how they are sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Invoice:
    """Given. A line is what was sold, how many, and the cents for each piece."""

    number: int
    customer: str
    kind: str
    lines: tuple[tuple[str, int, int], ...]

    @property
    def subtotal(self) -> int:
        """Cents before any discount."""
        return sum(quantity * cents for _, quantity, cents in self.lines)
