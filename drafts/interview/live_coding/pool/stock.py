"""A stock of goods: counts by article."""

from pool.problem import Change, Problem

CORE = {
    "__init__": '''
    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
''',
    "add": '''
    @change
    def add(self, article: str, count: int) -> None:
        """Put goods in."""
        if count < 1:
            raise ValueError("count must be at least 1")
        self._counts[article] = self._counts.get(article, 0) + count
''',
    "take": '''
    @change
    def take(self, article: str, count: int) -> None:
        """Take goods out."""
        if not 1 <= count <= self.level(article):
            raise ValueError("there are not that many")
        self._counts[article] -= count
''',
    "level": '''
    def level(self, article: str) -> int:
        """Return how many can be taken."""
        return self._counts.get(article, 0)
''',
}

HOLDS = Change(
    brief="""
Goods can be held for somebody before they are taken:

- `hold(name: str, article: str, count: int) -> None` sets `count` (at least 1) of what can be taken aside, under a name.
- `ship(name: str) -> None` takes out what is held under a name. `release(name: str) -> None` lets it be taken again. Both end the hold.

A name can be used again once its hold has ended. `level` is still what can be taken: without what is held.
""",
    methods={
        "__init__": CORE["__init__"] + "        self._holds: dict[str, tuple[str, int]] = {}\n",
        "hold": '''
    @change
    def hold(self, name: str, article: str, count: int) -> None:
        """Set goods aside under a name."""
        if name in self._holds:
            raise ValueError("the name is in use")
        self.take(article, count)
        self._holds[name] = (article, count)
''',
        "ship": '''
    @change
    def ship(self, name: str) -> None:
        """Take out what is held."""
        self._ended(name)
''',
        "release": '''
    @change
    def release(self, name: str) -> None:
        """Let what is held be taken again."""
        self.add(*self._ended(name))
''',
        "_ended": '''
    def _ended(self, name: str) -> tuple[str, int]:
        if name not in self._holds:
            raise ValueError("nothing is held under this name")
        return self._holds.pop(name)
''',
    },
    steps=(("hold", "name article count"), ("ship", "name"), ("release", "name")),
    prefix=[["add", ["a", 9]], ["hold", ["x", "a", 4]], ["take", ["a", 6]], ["level", ["a"]], ["release", ["x"]], ["level", ["a"]]],
    flaws={"held_goods_can_be_taken": {"hold": '''
    @change
    def hold(self, name: str, article: str, count: int) -> None:
        """Set goods aside under a name."""
        if name in self._holds or not 1 <= count <= self.level(article):
            raise ValueError("it cannot be held")
        self._holds[name] = (article, count)
'''}},
)

LEAST = Change(
    brief="""
Some goods must never run out:

- `keep(article: str, least: int) -> None` says how many (0 or more) must stay. It may be more than there are.
- `short() -> list[str]` returns the articles of which fewer are there than must stay, sorted.

`level` is still what can be taken: what is there without what must stay, and never below 0. `take` refuses more than that.
""",
    methods={
        "__init__": CORE["__init__"] + "        self._least: dict[str, int] = {}\n",
        "keep": '''
    @change
    def keep(self, article: str, least: int) -> None:
        """Say how many must stay."""
        if least < 0:
            raise ValueError("least must be 0 or more")
        self._least[article] = least
''',
        "short": '''
    def short(self) -> list[str]:
        """Return the articles of which fewer are there than must stay."""
        return sorted(article for article, least in self._least.items() if self._counts.get(article, 0) < least)
''',
        "level": '''
    def level(self, article: str) -> int:
        """Return how many can be taken."""
        return max(0, self._counts.get(article, 0) - self._least.get(article, 0))
''',
    },
    steps=(("keep", "article small"), ("short", "")),
    prefix=[["add", ["a", 5]], ["keep", ["a", 3]], ["take", ["a", 3]], ["take", ["a", 2]], ["level", ["a"]], ["keep", ["b", 1]], ["short", []]],
    flaws={"the_least_is_only_told": {"level": CORE["level"]}},
)

LOTS = Change(
    brief="""
Goods go bad, and the oldest go first:

- `add(article: str, count: int, best_before: int = 0) -> None` notes a day. `take` takes from the earliest day first.
- `discard(day: int) -> int` throws away everything whose day is before `day`, of all articles, and returns how many that were.
- `next_day(article: str) -> int | None` returns the day of what `take` would take next; None if there is nothing.
""",
    methods={
        "__init__": '''
    def __init__(self) -> None:
        self._lots: dict[str, list[tuple[int, int]]] = {}
''',
        "add": '''
    @change
    def add(self, article: str, count: int, best_before: int = 0) -> None:
        """Put goods in."""
        if count < 1:
            raise ValueError("count must be at least 1")
        self._lots[article] = sorted([*self._lots.get(article, []), (best_before, count)])
''',
        "take": '''
    @change
    def take(self, article: str, count: int) -> None:
        """Take goods out, from the earliest day first."""
        if not 1 <= count <= self.level(article):
            raise ValueError("there are not that many")
        left = []
        for day, there in self._lots[article]:
            taken = min(there, count)
            count -= taken
            if there > taken:
                left.append((day, there - taken))
        self._lots[article] = left
''',
        "level": '''
    def level(self, article: str) -> int:
        """Return how many can be taken."""
        return sum(count for _, count in self._lots.get(article, []))
''',
        "discard": '''
    @change
    def discard(self, day: int) -> int:
        """Throw away what is too old."""
        before = sum(map(self.level, self._lots))
        for article, lots in self._lots.items():
            self._lots[article] = [lot for lot in lots if lot[0] >= day]
        return before - sum(map(self.level, self._lots))
''',
        "next_day": '''
    def next_day(self, article: str) -> int | None:
        """Return the day of what goes next."""
        lots = self._lots.get(article, [])
        return lots[0][0] if lots else None
''',
    },
    steps=(("add", "article count day"), ("discard", "day"), ("next_day", "article")),
    prefix=[["add", ["a", 2, 7]], ["add", ["a", 2, 3]], ["take", ["a", 3]], ["next_day", ["a"]], ["discard", [8]], ["level", ["a"]], ["take", ["a", 1]]],
    flaws={"the_newest_go_first": {"add": '''
    @change
    def add(self, article: str, count: int, best_before: int = 0) -> None:
        """Put goods in."""
        if count < 1:
            raise ValueError("count must be at least 1")
        self._lots[article] = sorted([*self._lots.get(article, []), (best_before, count)], reverse=True)
'''}},
    core_flaws={"one_too_many": {"take": '''
    @change
    def take(self, article: str, count: int) -> None:
        """Take goods out, from the earliest day first."""
        if not 1 <= count <= self.level(article) + 1:
            raise ValueError("there are not that many")
        left = []
        for day, there in self._lots.get(article, []):
            taken = min(there, count)
            count -= taken
            if there > taken:
                left.append((day, there - taken))
        self._lots[article] = left
'''}},
)

PROBLEM = Problem(
    kind="Stock",
    title="A stock of goods",
    brief="""
`Stock()` begins empty. Articles are named by text, counts are integers.

- `add(article: str, count: int) -> None` puts `count` (at least 1) in.
- `take(article: str, count: int) -> None` takes `count` (at least 1) out, no more than can be taken.
- `level(article: str) -> int` returns how many can be taken: 0 for an article that was never there.
""",
    methods=CORE,
    steps=(("add", "article count"), ("take", "article count"), ("level", "article")),
    prefix=[["add", ["a", 3]], ["take", ["a", 4]], ["take", ["a", 3]], ["level", ["a"]], ["add", ["b", 0]], ["level", ["b"]]],
    changes={"holds": HOLDS, "least": LEAST, "lots": LOTS},
    flaws={"one_too_many": {"take": CORE["take"].replace("<= self.level(article)", "<= self.level(article) + 1")}},
)
