"""Goes from one end of tasks to the next with two heaps."""

import heapq
from collections.abc import Sequence


class Impossible(ValueError):
    """There is no such plan."""


def plan(tasks: Sequence[tuple[str, int, int, Sequence[str]]], workers: int) -> Sequence[tuple[str, int, int, int]]:
    """Return `(name, worker, start, end)` for each task."""
    order = {task[0]: index for index, task in enumerate(tasks)}
    if workers < 1 or len(order) != len(tasks):
        raise Impossible
    missing: list[set[int]] = []
    for _, _, duration, after in tasks:
        if duration < 1 or any(name not in order for name in after):
            raise Impossible
        missing.append({order[name] for name in after})
    ready = [(-tasks[index][1], index) for index, names in enumerate(missing) if not names]
    free = list(range(min(workers, len(tasks))))
    heapq.heapify(ready)
    heapq.heapify(free)
    ends: list[tuple[int, int, int]] = []
    entries: list[tuple[str, int, int, int]] = []
    now = 0
    while True:
        while ready and free:
            _, index = heapq.heappop(ready)
            worker = heapq.heappop(free)
            name, _, duration, _ = tasks[index]
            entries.append((name, worker, now, now + duration))
            heapq.heappush(ends, (now + duration, index, worker))
        if not ends:
            break
        now = ends[0][0]
        while ends and ends[0][0] == now:
            _, index, worker = heapq.heappop(ends)
            heapq.heappush(free, worker)
            for other, names in enumerate(missing):
                if index in names:
                    names.discard(index)
                    if not names:
                        heapq.heappush(ready, (-tasks[other][1], other))
    if len(entries) < len(tasks):
        raise Impossible
    return tuple(reversed(entries))
