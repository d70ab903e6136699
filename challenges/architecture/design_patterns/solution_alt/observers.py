"""Rounds of telling, as a queue of calls."""

from __future__ import annotations

from collections.abc import Callable

from parts import Change, Listening


def rounds() -> tuple[Callable[[Listening], None], Callable[[Listening], None], Callable[[Change], None]]:
    """Return what subscribes, what unsubscribes and what tells."""
    listeners: dict[int, Listening] = {}
    waiting: list[Change] = []
    number = 0

    def subscribe(observer: Listening) -> None:
        nonlocal number
        if observer not in listeners.values():
            listeners[number] = observer
            number += 1

    def unsubscribe(observer: Listening) -> None:
        for key in [key for key, known in listeners.items() if known == observer]:
            del listeners[key]

    def tell(change: Change) -> None:
        waiting.append(change)
        if len(waiting) > 1:
            return
        failed: list[Exception] = []
        while waiting:
            _round(listeners, waiting[0], failed)
            del waiting[0]
        for error in failed:
            raise error

    return subscribe, unsubscribe, tell


def _round(listeners: dict[int, Listening], change: Change, failed: list[Exception]) -> None:
    for key in list(listeners):
        if key in listeners:
            try:
                listeners[key](change)
            except Exception as error:
                failed.append(error)
