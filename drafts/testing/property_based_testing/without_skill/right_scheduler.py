"""The implementation that came with the brief, as an oracle."""

from __future__ import annotations

from collections.abc import Sequence

Task = tuple[str, int, int, Sequence[str]]
Entry = tuple[str, int, int, int]


def plan(tasks: Sequence[Task], workers: int) -> Sequence[Entry]:
    """Return `(name, worker, start, end)` for each task. Raises ValueError."""
    names = {name for name, _, _, _ in tasks}
    if workers < 1 or len(names) < len(tasks) or any(duration < 1 for _, _, duration, _ in tasks):
        raise ValueError("no workers, two tasks with one name, or a task that takes no time")
    if any(not names.issuperset(after) for _, _, _, after in tasks):
        raise ValueError("an unknown task")
    waiting = sorted(tasks, key=lambda task: -task[1])
    running: list[Entry] = []
    done: list[Entry] = []
    now = 0
    while waiting:
        ended = {name for name, _, _, _ in done}
        ready = [task for task in waiting if ended.issuperset(task[3])]
        free = sorted(set(range(min(workers, len(tasks)))) - {worker for _, worker, _, _ in running})
        for task, worker in zip(ready, free, strict=False):
            name, _, duration, _ = task
            running.append((name, worker, now, now + duration))
            waiting.remove(task)
        if not running:
            raise ValueError("tasks that wait for each other")
        now = min(end for _, _, _, end in running)
        done += [entry for entry in running if entry[3] == now]
        running = [entry for entry in running if entry[3] > now]
    return done + running
