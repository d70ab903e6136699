"""A hall whose seats are booked."""

from pool.problem import Change, Problem

CORE = {
    "__init__": '''
    def __init__(self) -> None:
        self._rows: dict[str, list[str | None]] = {}
''',
    "row": '''
    @change
    def row(self, name: str, seats: int) -> None:
        """Add a row."""
        if name in self._rows or seats < 1:
            raise ValueError("there is such a row, or it has no seats")
        self._rows[name] = [None] * seats
''',
    "book": '''
    @change
    def book(self, row: str, seat: int, guest: str) -> None:
        """Book a free seat for a guest."""
        if seat not in self.free(row):
            raise ValueError("the seat is not free")
        self._rows[row][seat] = guest
''',
    "cancel": '''
    @change
    def cancel(self, row: str, seat: int) -> str:
        """Free a booked seat, and return whose it was."""
        seats = self._rows.get(row, [])
        guest = seats[seat] if 0 <= seat < len(seats) else None
        if guest is None:
            raise ValueError("the seat is not booked")
        seats[seat] = None
        return guest
''',
    "free": '''
    def free(self, row: str) -> list[int]:
        """Return the free seats of a row."""
        return [seat for seat, guest in enumerate(self._rows.get(row, [])) if guest is None]
''',
}

GROUPS = Change(
    brief="""
Groups want to sit together:

- `book_group(guest: str, size: int) -> tuple[str, int]` books `size` (at least 1) free seats side by side in one row for a guest: in the row that was
  added first of those that have room, from the lowest seat that fits. It returns the row and the first seat.
- `seats_of(guest: str) -> list[tuple[str, int]]` returns the seats of a guest, in the order of the rows and then of the seats.
""",
    methods={
        "book_group": '''
    @change
    def book_group(self, guest: str, size: int) -> tuple[str, int]:
        """Book seats side by side."""
        for row in self._rows if size >= 1 else ():
            free = set(self.free(row))
            for first in sorted(free):
                if free.issuperset(range(first, first + size)):
                    self._rows[row][first : first + size] = [guest] * size
                    return row, first
        raise ValueError("no row has room")
''',
        "seats_of": '''
    def seats_of(self, guest: str) -> list[tuple[str, int]]:
        """Return the seats of a guest."""
        return [(row, seat) for row, seats in self._rows.items() for seat, name in enumerate(seats) if name == guest]
''',
    },
    steps=(("book_group", "guest few"), ("seats_of", "guest")),
    prefix=[["row", ["p", 4]], ["row", ["q", 4]], ["book", ["p", 1, "x"]], ["book_group", ["y", 3]], ["book_group", ["y", 2]], ["seats_of", ["y"]]],
    flaws={"not_side_by_side": {"book_group": '''
    @change
    def book_group(self, guest: str, size: int) -> tuple[str, int]:
        """Book seats."""
        for row in self._rows if size >= 1 else ():
            free = self.free(row)
            if len(free) >= size:
                for seat in free[:size]:
                    self._rows[row][seat] = guest
                return row, free[0]
        raise ValueError("no row has room")
'''}},
)

WAITING = Change(
    brief="""
A row that is full has a queue:

- `wait(row: str, guest: str) -> int` puts a guest at the end of the queue of a row that exists and has no free seat, and returns how many wait there then. A
  guest waits once in a row: a second time is refused.
- `waiting(row: str) -> list[str]` returns who waits, first come first.

When a seat is cancelled while somebody waits for its row, it is booked for the first who waits, and is not free at any time.
""",
    methods={
        "__init__": CORE["__init__"] + "        self._queues: dict[str, list[str]] = {}\n",
        "cancel": '''
    @change
    def cancel(self, row: str, seat: int) -> str:
        """Free a booked seat or give it to the first who waits, and return whose it was."""
        seats = self._rows.get(row, [])
        guest = seats[seat] if 0 <= seat < len(seats) else None
        if guest is None:
            raise ValueError("the seat is not booked")
        queue = self._queues.get(row, [])
        seats[seat] = queue.pop(0) if queue else None
        return guest
''',
        "wait": '''
    @change
    def wait(self, row: str, guest: str) -> int:
        """Put a guest at the end of a queue."""
        queue = self._queues.setdefault(row, [])
        if row not in self._rows or self.free(row) or guest in queue:
            raise ValueError("there is nothing to wait for")
        queue.append(guest)
        return len(queue)
''',
        "waiting": '''
    def waiting(self, row: str) -> list[str]:
        """Return who waits."""
        return [*self._queues.get(row, [])]
''',
    },
    steps=(("wait", "row guest"), ("waiting", "row")),
    prefix=[["row", ["p", 1]], ["book", ["p", 0, "x"]], ["wait", ["p", "y"]], ["wait", ["p", "z"]], ["wait", ["p", "y"]], ["cancel", ["p", 0]],
            ["free", ["p"]], ["waiting", ["p"]], ["cancel", ["p", 0]]],
    flaws={"the_last_comes_first": {"cancel": '''
    @change
    def cancel(self, row: str, seat: int) -> str:
        """Free a booked seat or give it to one who waits, and return whose it was."""
        seats = self._rows.get(row, [])
        guest = seats[seat] if 0 <= seat < len(seats) else None
        if guest is None:
            raise ValueError("the seat is not booked")
        queue = self._queues.get(row, [])
        seats[seat] = queue.pop() if queue else None
        return guest
'''}},
)

MOVES = Change(
    brief="""
Guests change their minds:

- `guest_at(row: str, seat: int) -> str | None` returns who has a seat; None if nobody has it, or if there is no such seat.
- `move(row: str, seat: int, new_row: str, new_seat: int) -> None` gives whoever has a seat a free one in its place.
- `swap(row: str, seat: int, new_row: str, new_seat: int) -> None` exchanges the guests of two different seats, both of which are booked.
""",
    methods={
        "guest_at": '''
    def guest_at(self, row: str, seat: int) -> str | None:
        """Return who has a seat."""
        seats = self._rows.get(row, [])
        return seats[seat] if 0 <= seat < len(seats) else None
''',
        "move": '''
    @change
    def move(self, row: str, seat: int, new_row: str, new_seat: int) -> None:
        """Give whoever has a seat a free one in its place."""
        guest = self.guest_at(row, seat)
        if guest is None or new_seat not in self.free(new_row):
            raise ValueError("nobody has the seat, or the new one is not free")
        self._rows[row][seat] = None
        self._rows[new_row][new_seat] = guest
''',
        "swap": '''
    @change
    def swap(self, row: str, seat: int, new_row: str, new_seat: int) -> None:
        """Exchange the guests of two seats."""
        one, two = self.guest_at(row, seat), self.guest_at(new_row, new_seat)
        if one is None or two is None or (row, seat) == (new_row, new_seat):
            raise ValueError("both seats must be booked")
        self._rows[row][seat], self._rows[new_row][new_seat] = two, one
''',
    },
    steps=(("move", "row seat row seat"), ("swap", "row seat row seat"), ("guest_at", "row seat")),
    prefix=[["row", ["p", 3]], ["row", ["q", 3]], ["book", ["p", 0, "x"]], ["book", ["q", 1, "y"]], ["move", ["p", 0, "q", 1]], ["move", ["p", 0, "q", 2]],
            ["free", ["p"]], ["guest_at", ["q", 2]], ["swap", ["q", 2, "q", 1]], ["cancel", ["q", 1]], ["swap", ["q", 2, "q", 2]], ["guest_at", ["q", -1]]],
    flaws={"the_old_seat_stays": {"move": '''
    @change
    def move(self, row: str, seat: int, new_row: str, new_seat: int) -> None:
        """Give whoever has a seat a free one in its place."""
        guest = self.guest_at(row, seat)
        if guest is None or new_seat not in self.free(new_row):
            raise ValueError("nobody has the seat, or the new one is not free")
        self._rows[new_row][new_seat] = guest
'''}},
)

PROBLEM = Problem(
    kind="Hall",
    title="A hall with seats",
    brief="""
`Hall()` begins without rows. Rows and guests are named by text; the seats of a row are numbered from 0.

- `row(name: str, seats: int) -> None` adds a row with at least one seat. A name is used once.
- `book(row: str, seat: int, guest: str) -> None` books a free seat.
- `cancel(row: str, seat: int) -> str` frees a booked seat, and returns whose it was.
- `free(row: str) -> list[int]` returns the free seats of a row, in order; none if there is no such row.
""",
    methods=CORE,
    steps=(("row", "row few"), ("book", "row seat guest"), ("cancel", "row seat"), ("free", "row")),
    prefix=[["row", ["p", 2]], ["row", ["p", 3]], ["book", ["p", 1, "x"]], ["book", ["p", 1, "y"]], ["free", ["p"]], ["cancel", ["p", 0]], ["cancel", ["p", 1]],
            ["book", ["p", 2, "x"]], ["cancel", ["p", -1]]],
    changes={"groups": GROUPS, "waiting": WAITING, "moves": MOVES},
    flaws={"rows_are_replaced": {"row": CORE["row"].replace("name in self._rows or ", "")}},
)
