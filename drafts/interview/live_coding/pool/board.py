"""A board of tasks."""

from pool.problem import Change, Problem

CORE = {
    "__init__": '''
    def __init__(self) -> None:
        self._open: dict[int, str] = {}
        self._made = 0
''',
    "add": '''
    @change
    def add(self, title: str) -> int:
        """Add a task, and return its number."""
        self._made += 1
        self._open[self._made] = title
        return self._made
''',
    "finish": '''
    @change
    def finish(self, number: int) -> str:
        """Finish a task, and return its title."""
        if number not in self._open:
            raise ValueError("there is no such task")
        return self._open.pop(number)
''',
    "todo": '''
    def todo(self) -> list[int]:
        """Return the numbers of the open tasks."""
        return [*self._open]
''',
}

ORDER = Change(
    brief="""
Some tasks wait for others:

- `after(number: int, other: int) -> None` says that an open task can only be finished after another open one is. It is refused if that would make a task
  wait for itself, directly or through others.
- `ready() -> list[int]` returns the open tasks that wait for no open one, lowest number first.

`finish` refuses a task that waits. `todo` is still every open task, lowest number first.
""",
    methods={
        "__init__": CORE["__init__"] + "        self._waits: dict[int, set[int]] = {}\n",
        "finish": '''
    @change
    def finish(self, number: int) -> str:
        """Finish a task that waits for nothing, and return its title."""
        if number not in self.ready():
            raise ValueError("there is no such task, or it waits")
        return self._open.pop(number)
''',
        "after": '''
    @change
    def after(self, number: int, other: int) -> None:
        """Let a task wait for another one."""
        if number not in self._open or other not in self._open or number in self._needs(other):
            raise ValueError("it would wait for itself, or there is no such task")
        self._waits.setdefault(number, set()).add(other)
''',
        "_needs": '''
    def _needs(self, number: int) -> set[int]:
        """Return a task with all that it waits for, directly or through others."""
        found = {number}
        for other in self._waits.get(number, ()):
            found |= self._needs(other)
        return found
''',
        "ready": '''
    def ready(self) -> list[int]:
        """Return the tasks that wait for nothing."""
        return [number for number in self._open if not self._waits.get(number, set()) & self._open.keys()]
''',
    },
    steps=(("after", "number number"), ("ready", "")),
    prefix=[["add", ["a"]], ["add", ["b"]], ["add", ["c"]], ["after", [1, 2]], ["after", [2, 3]], ["after", [3, 1]], ["finish", [1]], ["ready", []],
            ["finish", [3]], ["ready", []]],
    flaws={"only_direct_circles_are_seen": {"_needs": '''
    def _needs(self, number: int) -> set[int]:
        """Return a task with what it waits for."""
        return {number} | self._waits.get(number, set())
'''}},
)

URGENT = Change(
    brief="""
Some tasks are more urgent:

- `add(title: str, urgency: int = 0) -> int` notes an urgency, which may be negative.
- `raise_to(number: int, urgency: int) -> None` makes an open task more urgent; a lower or equal urgency is refused.
- `next_task() -> int | None` returns the most urgent open task, the lowest number of equals; None if there is none.

`todo` is in this order, too: most urgent first.
""",
    methods={
        "__init__": CORE["__init__"] + "        self._urgency: dict[int, int] = {}\n",
        "add": '''
    @change
    def add(self, title: str, urgency: int = 0) -> int:
        """Add a task, and return its number."""
        self._made += 1
        self._open[self._made] = title
        self._urgency[self._made] = urgency
        return self._made
''',
        "raise_to": '''
    @change
    def raise_to(self, number: int, urgency: int) -> None:
        """Make a task more urgent."""
        if number not in self._open or urgency <= self._urgency[number]:
            raise ValueError("there is no such task, or it is as urgent already")
        self._urgency[number] = urgency
''',
        "todo": '''
    def todo(self) -> list[int]:
        """Return the numbers of the open tasks, most urgent first."""
        return sorted(self._open, key=lambda number: (-self._urgency[number], number))
''',
        "next_task": '''
    def next_task(self) -> int | None:
        """Return the most urgent task."""
        return next(iter(self.todo()), None)
''',
    },
    steps=(("add", "article small"), ("raise_to", "number small"), ("next_task", "")),
    prefix=[["add", ["a"]], ["add", ["b", 2]], ["add", ["c", 2]], ["next_task", []], ["raise_to", [1, 2]], ["raise_to", [3, 2]], ["raise_to", [3, 3]],
            ["todo", []], ["finish", [3]], ["next_task", []]],
    flaws={"the_last_of_equals": {"todo": '''
    def todo(self) -> list[int]:
        """Return the numbers of the open tasks, most urgent first."""
        return sorted(self._open, key=lambda number: (-self._urgency[number], -number))
'''}},
    core_flaws={"numbers_are_used_again": {"add": '''
    @change
    def add(self, title: str, urgency: int = 0) -> int:
        """Add a task, and return its number."""
        number = max(self._open, default=0) + 1
        self._open[number] = title
        self._urgency[number] = urgency
        return number
'''}},
)

PEOPLE = Change(
    brief="""
People take tasks, two at a time at most:

- `take(number: int, person: str) -> None` gives an open task that nobody has to a person who has fewer than two.
- `hand_back(number: int) -> str` takes an open task from whoever has it, and returns who that was.
- `load(person: str) -> int` returns how many open tasks a person has.

A task can be finished whether somebody has it or not; a finished task is nobody's.
""",
    methods={
        "__init__": CORE["__init__"] + "        self._people: dict[int, str] = {}\n",
        "finish": '''
    @change
    def finish(self, number: int) -> str:
        """Finish a task, whoever has it, and return its title."""
        if number not in self._open:
            raise ValueError("there is no such task")
        self._people.pop(number, None)
        return self._open.pop(number)
''',
        "take": '''
    @change
    def take(self, number: int, person: str) -> None:
        """Give a task to a person."""
        if number not in self._open or number in self._people or self.load(person) >= 2:
            raise ValueError("it cannot be taken")
        self._people[number] = person
''',
        "hand_back": '''
    @change
    def hand_back(self, number: int) -> str:
        """Take a task from whoever has it."""
        if number not in self._people:
            raise ValueError("nobody has it")
        return self._people.pop(number)
''',
        "load": '''
    def load(self, person: str) -> int:
        """Return how many tasks a person has."""
        return [*self._people.values()].count(person)
''',
    },
    steps=(("take", "number name"), ("hand_back", "number"), ("load", "name")),
    prefix=[["add", ["a"]], ["add", ["b"]], ["add", ["c"]], ["take", [1, "x"]], ["take", [2, "x"]], ["take", [3, "x"]], ["take", [1, "y"]], ["finish", [1]],
            ["load", ["x"]], ["take", [3, "x"]], ["hand_back", [3]], ["hand_back", [1]]],
    flaws={"finished_tasks_are_still_carried": {"finish": CORE["finish"]}},
)

PROBLEM = Problem(
    kind="Board",
    title="A board of tasks",
    brief="""
`Board()` begins empty. Tasks are numbered from 1, in the order in which they are added; a number is never used again.

- `add(title: str) -> int` adds an open task, and returns its number.
- `finish(number: int) -> str` finishes an open task, and returns its title.
- `todo() -> list[int]` returns the numbers of the open tasks, lowest first.
""",
    methods=CORE,
    steps=(("finish", "number"), ("add", "article"), ("todo", "")),
    prefix=[["finish", [1]], ["add", ["a"]], ["add", ["b"]], ["finish", [1]], ["finish", [1]], ["add", ["c"]], ["todo", []]],
    changes={"order": ORDER, "urgent": URGENT, "people": PEOPLE},
    flaws={"numbers_are_used_again": {"add": '''
    @change
    def add(self, title: str) -> int:
        """Add a task, and return its number."""
        number = max(self._open, default=0) + 1
        self._open[number] = title
        return number
'''}},
)
