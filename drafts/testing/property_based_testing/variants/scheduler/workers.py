"""Looks for loops first; then keeps for each worker the time at which it is free again."""

from collections.abc import Sequence


def plan(tasks: Sequence[tuple[str, int, int, Sequence[str]]], workers: int) -> Sequence[tuple[str, int, int, int]]:
    """Return `(name, worker, start, end)` for each task."""
    if workers <= 0:
        raise ValueError("nobody works")
    names = [name for name, _, _, _ in tasks]
    for name, _, duration, after in tasks:
        if names.count(name) > 1 or duration <= 0 or set(after) - set(names):
            raise ValueError(name)
    _without_loops({name: set(after) for name, _, _, after in tasks})
    end_of: dict[str, int] = {}
    plans: dict[str, tuple[str, int, int, int]] = {}
    free_at = [0] * min(workers, len(tasks))
    now = 0
    while len(plans) < len(tasks):
        idle = [worker for worker, time in enumerate(free_at) if time <= now]
        best = None
        for name, priority, duration, after in tasks:
            may_start = name not in plans and all(end_of.get(other, now + 1) <= now for other in after)
            if may_start and (best is None or priority > best[1]):
                best = (name, priority, duration)
        if idle and best is not None:
            name, _, duration = best
            plans[name] = (name, idle[0], now, now + duration)
            end_of[name] = free_at[idle[0]] = now + duration
        else:
            now = min(time for time in free_at if time > now)
    return sorted(plans.values())


def _without_loops(waits: dict[str, set[str]]) -> None:
    left = dict(waits)
    while left:
        startable = [name for name, after in left.items() if not after & left.keys()]
        if not startable:
            raise ValueError("a loop")
        for name in startable:
            del left[name]
