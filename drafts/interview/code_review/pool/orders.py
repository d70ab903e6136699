"""Orders of a shop: who bought what, with which voucher, and what is left."""

from pool.messages import told
from pool.place import Bad, Decoy, Ruled, Service, Slot, Unit

WORDS = {
    "Desk": ("Shop", "OrderBook", "Counter", "Warehouse", "Store"),
    "Refused": ("Refused", "NotPossible", "Rejected", "Declined"),
    "Missing": ("Missing", "Unknown", "NotThere", "NoSuchOrder"),
    "article": ("article", "product", "ware", "book", "plant"),
    "orders": ("orders", "purchases", "sales", "baskets"),
    "person": ("customer", "buyer", "patron", "client"),
    "count": ("pieces", "amount", "quantity", "units"),
    "order": ("order", "buy", "purchase", "acquire"),
    "state": ("state", "details", "lookup", "show"),
    "back": ("send_back", "cancel", "undo", "give_back"),
    "change": ("change", "adjust", "resize", "alter"),
    "history": ("history", "bought_by", "past", "earlier"),
    "top": ("top", "best", "favourites", "leading"),
    "restock": ("restock", "refill", "take_in", "receive"),
    "invoice": ("invoice", "bill", "receipt", "slip"),
    "warn": ("warn", "ring", "call_buyers", "report_low"),
    "archive": ("archive", "prune", "forget_old", "tidy"),
    "earned": ("earned", "income", "takings", "turnover"),
    "unsold": ("unsold", "shelf_warmers", "ignored", "not_bought"),
    "gift": ("gift", "pass_on", "give_to", "hand_over"),
    "whole": ("_whole", "_atomic", "_together", "_at_once"),
    "db": ("_db", "_connection", "_sql", "_tables"),
    "guard": ("_lock", "_guard", "_mutex", "_turn"),
    "clock": ("today", "calendar", "day_of_year", "date"),
    "send": ("send", "mail", "notify", "post"),
    "row": ("row", "record", "hit", "item"),
    "rows": ("rows", "hits", "records", "listed"),
    "number": ("number", "key", "ident", "ref"),
    "first": ("first", "start", "begin", "opening"),
    "last": ("final", "stop", "finish", "closing"),
}

RULES = {
    "rest": {
        "all": "An order takes at most what is in stock; the last piece may be ordered.",
        "keep": "An order leaves at least one piece in stock, for the window: the last piece is not for sale.",
    },
    "expire": {
        "on": "A voucher is valid up to and including its `last` day.",
        "before": "A voucher is valid before its `last` day, and no longer on it.",
    },
    "unknown": {
        "raises": "`$state` raises $Missing for a number that was never given out.",
        "none": "`$state` returns None for a number that was never given out.",
    },
    "round": {
        "down": "A voucher takes its per cent off the whole price; a fraction of a cent in what remains to be paid is dropped.",
        "up": "A voucher takes its per cent off the whole price; a fraction of a cent in what remains to be paid counts as a whole one.",
    },
    "mail": {
        "best": "A message that cannot be sent is logged, and changes nothing else: the call goes on as if it had been sent.",
        "must": "A message that cannot be sent is the caller's to know: the exception of `$send` reaches the caller. What was ordered "
        "stays ordered.",
    },
    "file": {
        "all": "`$restock` takes all lines or none: one bad line, and nothing of the file has been taken in when $Refused is raised.",
        "each": "`$restock` takes each line on its own: bad lines are skipped, and the call returns the names taken in.",
    },
    "period": {
        "with": "`$earned($first, $last)` counts the orders from day `$first` on, up to and including day `$last`; `$unsold` does so, too.",
        "before": "`$earned($first, $last)` counts the orders from day `$first` on and before day `$last`; `$unsold` does so, too.",
    },
    "late": {
        "still": "`$back` is possible within 14 days: exactly 14 days after the order, it is still possible.",
        "over": "`$back` is possible for less than 14 days: exactly 14 days after the order, it is too late.",
    },
    "old": {
        "more": "`$archive(days)` removes orders that are more than `days` days old; one of exactly `days` days stays.",
        "least": "`$archive(days)` removes orders that are `days` days old or older; one of exactly `days` days goes.",
    },
    "ties": {
        "name": "`$top` lists what sold most pieces first; of what sold equally often, it lists the name that is first in the alphabet first.",
        "last": "`$top` lists what sold most pieces first; of what sold equally often, it lists the name that is last in the alphabet first.",
    },
}

ALWAYS = [
    "Money is whole cents, days are whole numbers. An order is of at least one piece of something that is offered; anything else is $Refused.",
    "Only the $person of an order may `$back`, `$change`, `$gift` or `$invoice` it: anybody else is $Refused, and so is a number that was "
    "never given out. An order's address is shown to nobody but its $person.",
    "`$back` takes an order away, puts its pieces back in stock and notes its price in `returns`: all or nothing. `$change` orders more or "
    "fewer pieces at the price that was paid for each, rounded down, as far as the stock allows.",
    "`$history` takes any name as it is. It sorts by `number`, `cents` or `day`; anything else is $Refused.",
    "A voucher is used up after `uses` orders: each order with it takes one.",
    "`$invoice` writes one file into the folder, and nothing outside of it, whatever a $person is called. `$warn(level)` tells the buyers of "
    "everything of which fewer than `level` pieces are in stock. `$gift` hands an order over without its address.",
    "One $Desk is used by several threads at once.",
    "Programs that we don't know call the methods that were there before the change, with their arguments by position or by name, and rely "
    "on what these return and raise.",
]

HEAD = '''"""Orders of a shop: who bought what, and what is left. Money is whole cents, days are whole numbers."""

from __future__ import annotations

import csv
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE $article (name TEXT PRIMARY KEY, stock INTEGER, cents INTEGER);
CREATE TABLE $orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    $person TEXT, $article TEXT, $count INTEGER, cents INTEGER, day INTEGER, address TEXT
);
CREATE TABLE vouchers (code TEXT PRIMARY KEY, percent INTEGER, uses INTEGER, last INTEGER);
CREATE TABLE returns (number INTEGER, $person TEXT, cents INTEGER);
"""


class $Refused(ValueError):
    """What was asked for is not possible; nothing has changed."""


class $Missing(LookupError):
    """There is no such order."""


class $Desk:
    """All orders of a shop, in a database in autocommit mode."""

    def __init__(
        self, connection: sqlite3.Connection, $clock: Callable[[], int], $send: Callable[[str, str], None]
    ) -> None:
        self.$db = connection
        self.$db.row_factory = sqlite3.Row
        with suppress(sqlite3.OperationalError):  # the tables are there already
            self.$db.executescript(SCHEMA)
        self.$guard = threading.Lock()
        self._$clock, self._$send = $clock, $send

    @contextmanager
    def $whole(self) -> Iterator[None]:
        """Let nobody else change anything during the block, and keep all of its changes or none."""
        with self.$guard:
            self.$db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.$db.execute("ROLLBACK")
                raise
            self.$db.execute("COMMIT")

    def add_$article(self, name: str, stock: int, cents: int) -> None:
        """Offer something, at a price for each piece."""
        with self.$whole():
            self.$db.execute("INSERT INTO $article VALUES (?, ?, ?)", (name, stock, cents))

    def add_voucher(self, code: str, percent: int, uses: int, last: int) -> None:
        """Let a voucher take so many per cent off, so many times, until a day."""
        with self.$whole():
            self.$db.execute("INSERT INTO vouchers VALUES (?, ?, ?, ?)", (code, percent, uses, last))
'''

BEFORE_ORDER = '''
    def $order(self, $person: str, $article: str, $count: int) -> int:
        """Order something and return the order's number."""
        if $count < 1:
            raise $Refused("an order has at least one piece")
        with self.$whole():
            cents = self._fitting($article, $count) * $count
            return self._insert($person, $article, $count, cents)
'''
BEFORE_STATE = '''
    def $state(self, $number: int) -> dict[str, Any] | None:
        """Return $article, $count and cents of an order."""
        query = "SELECT $article, $count, cents FROM $orders WHERE number = ?"
        $row = self.$db.execute(query, ($number,)).fetchone()
        if $row is None:
            <<before_missing>>
        return dict($row)
'''
BEFORE_FITTING = '''
    def _fitting(self, $article: str, $count: int) -> int:
        """Return the price of a piece, if so many can be ordered."""
        $row = self.$db.execute("SELECT * FROM $article WHERE name = ?", ($article,)).fetchone()
        <<before_rest>>
            raise $Refused("there are not that many")
        return int($row["cents"])
'''
BEFORE_INSERT = """
    def _insert(self, $person: str, $article: str, $count: int, cents: int) -> int:
        self.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", ($count, $article))
        query = "INSERT INTO $orders ($person, $article, $count, cents, day, address) VALUES (?, ?, ?, ?, ?, '')"
        values = ($person, $article, $count, cents, self._$clock())
        return int(self.$db.execute(query, values).lastrowid or 0)
"""

UNITS = [
    Unit(
        "order",
        '''
    def $order(
        <<order_signature>>
    ) -> int:
        """Order something, with a voucher if there is one, tell the $person, and return the order's number."""
        <<order_valid>>
        <<order_core>>
        <<order_tell>>
        return $number
''',
        BEFORE_ORDER,
    ),
    Unit(
        "state",
        '''
    def $state(self, $number: int, $person: str | None = None) -> dict[str, Any] | None:
        """Return $article, $count and cents of an order, and its address if its own $person asks."""
        $row = self.$db.execute("SELECT * FROM $orders WHERE number = ?", ($number,)).fetchone()
        if $row is None:
            <<state_missing>>
        shown = {name: $row[name] for name in ("$article", "$count", "cents")}
        <<state_address>>
        return shown
''',
        BEFORE_STATE,
    ),
    Unit(
        "fitting",
        '''
    def _fitting(self, $article: str, $count: int) -> int:
        """Return the price of a piece, if so many more can be ordered."""
        query = "SELECT stock, cents FROM $article WHERE name = ?"
        $row = self.$db.execute(query, ($article,)).fetchone()
        <<fitting_rest>>
            raise $Refused("there are not that many")
        return int($row["cents"])
''',
        BEFORE_FITTING,
    ),
    Unit(
        "insert",
        """
    def _insert(self, $person: str, $article: str, $count: int, cents: int, address: str) -> int:
        self.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", ($count, $article))
        query = "INSERT INTO $orders ($person, $article, $count, cents, day, address) VALUES (?, ?, ?, ?, ?, ?)"
        values = ($person, $article, $count, cents, self._$clock(), address)
        return int(self.$db.execute(query, values).lastrowid or 0)
""",
        BEFORE_INSERT,
    ),
    Unit(
        "discount",
        '''
    def _discount(self, code: str) -> int:
        """Use a voucher once, and return its per cent."""
        voucher = self.$db.execute("SELECT * FROM vouchers WHERE code = ?", (code,)).fetchone()
        <<discount_uses>>
            raise $Refused("the voucher is used up")
        <<discount_last>>
            raise $Refused("the voucher has expired")
        self.$db.execute("UPDATE vouchers SET uses = uses - 1 WHERE code = ?", (code,))
        return int(voucher["percent"])
''',
    ),
    Unit(
        "reduced",
        '''
    def _reduced(self, cents: int, percent: int) -> int:
        """Return what is left of a price."""
        <<reduced_cents>>
''',
    ),
    Unit(
        "back",
        '''
    def $back(self, $number: int, $person: str) -> int:
        """Take an order away, put its pieces back, note what is paid back, and return that."""
        <<back_core>>
        return int($row["cents"])
''',
    ),
    Unit(
        "change",
        '''
    def $change(self, $number: int, $person: str, $count: int) -> None:
        """Let an order be of another number of pieces, at the price that was paid for each."""
        if $count < 1:
            raise $Refused("an order has at least one piece")
        <<change_core>>
''',
    ),
    Unit(
        "history",
        '''
    def $history(self, $person: str, order: str = "number") -> list[dict[str, Any]]:
        """Return number, $article and cents of what somebody ordered."""
        <<history_order>>
        <<history_run>>
        return [dict($row) for $row in $rows]
''',
    ),
    Unit(
        "top",
        '''
    def $top(self, most: int) -> list[str]:
        """Return what sold most pieces, at most so many names."""
        <<top_order>>
        <<top_query>>
        return [$row["$article"] for $row in $rows]
''',
    ),
    Unit(
        "counted",
        '''
    def _counted(self, line: list[str]) -> tuple[str, int]:
        """Return name and pieces of a line of a file, or refuse it."""
        try:
            name, pieces = line[0], int(line[1])
        except (IndexError, ValueError) as error:
            raise $Refused(f"bad line: {line}") from error
        <<counted_valid>>
            raise $Refused(f"bad line: {line}")
        return name, pieces
''',
    ),
    Unit(
        "added",
        '''
    def _added(self, name: str, pieces: int) -> str:
        """Put pieces in stock, within a block, and return the name."""
        query = "UPDATE $article SET stock = stock + ? WHERE name = ?"
        if self.$db.execute(query, (pieces, name)).rowcount == 0:
            raise $Refused(f"there is no {name}")
        return name
''',
    ),
    Unit(
        "restock",
        '''
    def $restock(self, path: Path) -> list[str]:
        """Take in what a CSV file says, a name and pieces in each line, and return the names."""
        made: list[str] = []
        <<restock_open>>
        <<restock_core>>
        return made
''',
    ),
    Unit(
        "invoice",
        '''
    def $invoice(self, $number: int, $person: str, folder: Path) -> Path:
        """Write what an order costs to a file in a folder, and return its path."""
        $row = self._owned($number, $person)
        <<invoice_path>>
        <<invoice_write>>
        return path
''',
    ),
    Unit(
        "warn",
        '''
    def $warn(self, level: int) -> int:
        """Tell the buyers what is nearly out of stock, and return how much that is."""
        told = 0
        <<warn_query>>
        for $row in $rows:
            <<warn_text>>
            <<warn_tell>>
            told += 1
        return told
''',
    ),
    Unit(
        "archive",
        '''
    def $archive(self, days: int) -> int:
        """Remove old orders, and return how many are left."""
        <<archive_day>>
        with self.$whole():
            <<archive_delete>>
            <<archive_left>>
''',
    ),
    Unit(
        "earned",
        '''
    def $earned(self, $first: int, $last: int) -> dict[str, int]:
        """Return the cents that each $article brought in a period."""
        <<earned_period>>
        <<earned_query>>
        <<earned_sum>>
''',
    ),
    Unit(
        "unsold",
        '''
    def $unsold(self, $first: int, $last: int, least: int = 1) -> list[str]:
        """Return the names of which at least so many pieces are in stock and that nobody ordered in a period, sorted."""
        <<unsold_offers>>
        names = [$row["name"] for $row in self.$db.execute(query, (least,)).fetchall()]
        <<unsold_period>>
        <<unsold_free>>
''',
    ),
    Unit(
        "gift",
        '''
    def $gift(self, $number: int, $person: str, other: str) -> None:
        """Hand an order over to somebody else, and tell the other one."""
        <<gift_core>>
        <<gift_tell>>
''',
    ),
    Unit(
        "owned",
        '''
    def _owned(self, $number: int, $person: str) -> sqlite3.Row:
        """Return an order, if it is that person's."""
        $row: sqlite3.Row | None = self.$db.execute("SELECT * FROM $orders WHERE number = ?", ($number,)).fetchone()
        <<owned_check>>
        return $row
''',
    ),
]


def mail(call, text):
    """Return a slot for a message."""
    return Ruled(
        "mail",
        told(call, text),
        "error-handling",
        "major",
        "a failed message is treated against the rule: it is swallowed, or it ends the call",
        "treat a failing message as the rules say",
        "test_messages",
    )


PUT_BACK = (
    'self.$db.execute("UPDATE $article SET stock = stock + ? WHERE name = ?", ($row["$count"], $row["$article"]))'
)
REMOVE = 'self.$db.execute("DELETE FROM $orders WHERE number = ?", ($number,))'
NOTE = 'self.$db.execute("INSERT INTO returns VALUES (?, ?, ?)", ($number, $person, $row["cents"]))'
OWNED = "$row = self._owned($number, $person)"


def block(*lines, inside=()):
    """Return lines, and a block that holds the lock with those inside."""
    return "\n".join([*lines, "with self.$whole():", *(f"    {line}" for line in inside)])


CHANGE = (
    '    self._fitting($row["$article"], $count - $row["$count"])',
    '    query = "UPDATE $article SET stock = stock - ? WHERE name = ?"',
    '    self.$db.execute(query, ($count - $row["$count"], $row["$article"]))',
    '    cents = $row["cents"] // $row["$count"] * $count',
    '    self.$db.execute("UPDATE $orders SET $count = ?, cents = ? WHERE number = ?", ($count, cents, $number))',
)
CHANGE_2 = (
    '    more = $count - $row["$count"]',
    '    self._fitting($row["$article"], more)',
    '    cents = $count * ($row["cents"] // $row["$count"])',
    '    self.$db.execute("UPDATE $orders SET $count = ?, cents = ? WHERE number = ?", ($count, cents, $number))',
    '    self.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", (more, $row["$article"]))',
)


def joined(*lines):
    """Return lines as one text."""
    return "\n".join(lines)


SLOTS = {
    "order_signature": Slot(
        (
            'self, $person: str, $article: str, $count: int, address: str = "", code: str = ""',
            'self, $person: str, $article: str, $count: int, *, address: str = "", code: str = ""',
        ),
        [
            Bad(
                "breaking-change",
                "major",
                (
                    'self, $person: str, $article: str, $count: int, address: str, code: str = ""',
                    'self, $person: str, $article: str, $count: int, *, code: str = "", address: str',
                ),
                "calls without an address, which programs make, fail",
                'give the address a default of ""',
                "test_old_calls",
            ),
            Bad(
                "breaking-change",
                "blocker",
                (
                    'self, $article: str, $person: str, $count: int, address: str = "", code: str = ""',
                    'self, $article: str, $person: str, $count: int, *, address: str = "", code: str = ""',
                ),
                "two parameters changed places, so calls by position mean something else",
                "keep the order",
                "test_old_calls",
            ),
        ],
    ),
    "order_valid": Slot(
        (
            'if $count < 1:\n    raise $Refused("an order has at least one piece")',
            'if $count <= 0:\n    raise $Refused("an order has at least one piece")',
        ),
        [
            Bad(
                "boundary",
                "minor",
                (
                    'if $count < 0:\n    raise $Refused("an order has at least one piece")',
                    'if $count <= -1:\n    raise $Refused("an order has at least one piece")',
                ),
                "an order of no pieces is accepted",
                "refuse 0",
                "test_order",
            )
        ],
    ),
    "order_core": Slot(
        (
            block(
                inside=(
                    "cents = self._fitting($article, $count) * $count",
                    "if code:",
                    "    cents = self._reduced(cents, self._discount(code))",
                    "$number = self._insert($person, $article, $count, cents, address)",
                )
            ),
            block(
                inside=(
                    "cents = $count * self._fitting($article, $count)",
                    "percent = self._discount(code) if code else 0",
                    "cents = self._reduced(cents, percent) if percent else cents",
                    "$number = self._insert($person, $article, $count, cents, address)",
                )
            ),
        ),
        [
            Bad(
                "race",
                "blocker",
                (
                    block(
                        "cents = self._fitting($article, $count) * $count",
                        inside=(
                            "if code:",
                            "    cents = self._reduced(cents, self._discount(code))",
                            "$number = self._insert($person, $article, $count, cents, address)",
                        ),
                    ),
                    block(
                        "with self.$guard:",
                        "    cents = $count * self._fitting($article, $count)",
                        inside=(
                            "percent = self._discount(code) if code else 0",
                            "cents = self._reduced(cents, percent) if percent else cents",
                            "$number = self._insert($person, $article, $count, cents, address)",
                        ),
                    ),
                ),
                "between check and order another thread can take the last pieces",
                "check within the block that orders",
            ),
            Bad(
                "half-done",
                "major",
                (
                    block(inside=("percent = self._discount(code) if code else 0",))
                    + "\n"
                    + block(
                        inside=(
                            "cents = self._fitting($article, $count) * $count",
                            "cents = self._reduced(cents, percent) if percent else cents",
                            "$number = self._insert($person, $article, $count, cents, address)",
                        )
                    ),
                    "percent = 0\nif code:\n    with self.$whole():\n        percent = self._discount(code)\n"
                    + block(
                        inside=(
                            "cents = $count * self._fitting($article, $count)",
                            "cents = self._reduced(cents, percent) if percent else cents",
                            "$number = self._insert($person, $article, $count, cents, address)",
                        )
                    ),
                ),
                "the voucher is used even if the order is refused",
                "do both in one block",
                "test_vouchers",
            ),
        ],
    ),
    "order_tell": mail('self._$send($person, f"ordered: {$count} {$article}")', "an order was not confirmed"),
    "before_missing": Ruled(
        "unknown", {"raises": ("raise $Missing($number)",), "none": ("return None",)}, "", "", "", ""
    ),
    "before_rest": Ruled(
        "rest",
        {
            "all": ('if $row is None or $row["stock"] < $count:',),
            "keep": ('if $row is None or $row["stock"] <= $count:',),
        },
        "",
        "",
        "",
        "",
    ),
    "state_missing": Ruled(
        "unknown",
        {
            "raises": ("raise $Missing($number)", 'raise $Missing(f"there is no order {$number}")'),
            "none": ("return None", "return None  # it was never given out"),
        },
        "breaking-change error-handling",
        "major",
        "an unknown number ends otherwise than before and than the rules say",
        "keep what callers rely on",
        "test_unknown",
    ),
    "state_address": Slot(
        (
            'if $row["$person"] == $person:\n    shown["address"] = $row["address"]',
            'own = $person == $row["$person"]\nif own:\n    shown["address"] = $row["address"]',
        ),
        [
            Bad(
                "access",
                "blocker",
                (
                    'if $row["address"]:\n    shown["address"] = $row["address"]',
                    'if $person is not None:\n    shown["address"] = $row["address"]',
                    'own = $person in ("", $row["$person"])\nif own:\n    shown["address"] = $row["address"]',
                ),
                "others see the address",
                "show it only if the order is the asker's own",
                "test_addresses",
            ),
            Bad(
                "breaking-change",
                "minor",
                (
                    'shown["price"] = shown.pop("cents")\nif $row["$person"] == $person:\n    shown["address"] = $row["address"]',
                    'shown["what"] = shown.pop("$article")\nif $person == $row["$person"]:\n    shown["address"] = $row["address"]',
                ),
                "a key that callers read has another name now",
                "keep the keys",
                "test_old_calls",
            ),
        ],
    ),
    "fitting_rest": Ruled(
        "rest",
        {
            "all": ('if $row is None or $row["stock"] < $count:', 'if $row is None or $count > $row["stock"]:'),
            "keep": ('if $row is None or $row["stock"] <= $count:', 'if $row is None or $count >= $row["stock"]:'),
        },
        "boundary breaking-change",
        "major",
        "the last piece is treated against the rule",
        "compare as the rule says",
        "test_rest",
    ),
    "discount_uses": Slot(
        ('if voucher is None or voucher["uses"] < 1:', 'if voucher is None or not voucher["uses"] >= 1:'),
        [
            Bad(
                "boundary",
                "major",
                ('if voucher is None or voucher["uses"] < 0:', 'if voucher is None or not voucher["uses"] >= 0:'),
                "a voucher can be used once more than allowed",
                "refuse 0 uses",
                "test_vouchers",
            )
        ],
    ),
    "discount_last": Ruled(
        "expire",
        {
            "on": ('if voucher["last"] < self._$clock():', 'if self._$clock() > voucher["last"]:'),
            "before": ('if voucher["last"] <= self._$clock():', 'if self._$clock() >= voucher["last"]:'),
        },
        "boundary",
        "minor",
        "the last day of a voucher is treated against the rule",
        "compare as the rule says",
        "test_expiry",
    ),
    "reduced_cents": Ruled(
        "round",
        {
            "down": ("return cents * (100 - percent) // 100", "rest = 100 - percent\nreturn cents * rest // 100"),
            "up": (
                "return -(cents * (percent - 100) // 100)",
                "rest = 100 - percent\nreturn (cents * rest + 99) // 100",
            ),
        },
        "wrong-result boundary",
        "major",
        "fractions of a cent are treated against the rule",
        "round as the rule says",
        "test_rounding",
        [
            Bad(
                "wrong-result boundary",
                "major",
                ("return round(cents * (100 - percent) / 100)", "return cents - round(cents * percent / 100)"),
                "fractions of a cent are rounded to the nearest one, against the rule",
                "round as the rule says",
                "test_rounding",
            )
        ],
    ),
    "back_core": Slot(
        (
            block(inside=(OWNED, "<<back_limit>>", REMOVE, PUT_BACK, NOTE)),
            block(inside=(OWNED, "<<back_limit>>", NOTE, PUT_BACK, REMOVE)),
        ),
        [
            Bad(
                "half-done",
                "blocker",
                (
                    block(inside=(OWNED, "<<back_limit>>", REMOVE, PUT_BACK)) + "\n" + NOTE,
                    block(inside=(OWNED, "<<back_limit>>", NOTE, REMOVE)) + "\n" + block(inside=(PUT_BACK,)),
                ),
                "a failure between the statements leaves some of them done",
                "do all of them in one block",
            ),
            Bad(
                "race",
                "blocker",
                (
                    block(OWNED, "<<back_limit>>", inside=(REMOVE, PUT_BACK, NOTE)),
                    block("with self.$guard:", "    " + OWNED, "<<back_limit>>", inside=(NOTE, PUT_BACK, REMOVE)),
                ),
                "two calls at once both find the order, and pay back twice",
                "read it within the block",
            ),
            Bad(
                "wrong-result",
                "major",
                (
                    block(inside=(OWNED, "<<back_limit>>", REMOVE, PUT_BACK.replace('$row["$count"], ', "1, "), NOTE)),
                    block(inside=(OWNED, "<<back_limit>>", NOTE, PUT_BACK.replace("stock + ?", "stock - ?"), REMOVE)),
                ),
                "not the pieces of the order are put back in stock",
                "put back as many as were ordered",
                "test_back",
            ),
        ],
    ),
    "back_limit": Ruled(
        "late",
        {
            "still": (
                'if self._$clock() - $row["day"] > 14:\n    raise $Refused("it is too late")',
                'if $row["day"] + 14 < self._$clock():\n    raise $Refused("it is too late")',
            ),
            "over": (
                'if self._$clock() - $row["day"] >= 14:\n    raise $Refused("it is too late")',
                'if $row["day"] + 14 <= self._$clock():\n    raise $Refused("it is too late")',
            ),
        },
        "boundary",
        "minor",
        "exactly 14 days after is treated against the rule",
        "compare as the rule says",
        "test_back",
    ),
    "change_core": Slot(
        (
            joined("with self.$whole():", "    " + OWNED, *CHANGE),
            joined("with self.$whole():", "    " + OWNED, *CHANGE_2),
        ),
        [
            Bad(
                "race",
                "blocker",
                (
                    joined(OWNED, "with self.$whole():", *CHANGE),
                    joined("with self.$guard:", "    " + OWNED, "with self.$whole():", *CHANGE_2),
                ),
                "between reading and changing another thread can change the order, too",
                "read it within the block",
            ),
            Bad(
                "wrong-result",
                "major",
                (
                    joined(
                        "with self.$whole():",
                        "    " + OWNED,
                        '    self._fitting($row["$article"], $count)',
                        *CHANGE[1:],
                    ),
                    joined(
                        "with self.$whole():",
                        "    " + OWNED,
                        CHANGE_2[0],
                        CHANGE_2[1].replace("more)", "$count)"),
                        *CHANGE_2[2:],
                    ),
                ),
                "the pieces that were ordered already are asked for a second time",
                "ask for the difference only",
                "test_change",
            ),
            Bad(
                "half-done",
                "blocker",
                (
                    joined("with self.$whole():", "    " + OWNED, *CHANGE[:3], "with self.$whole():", *CHANGE[3:]),
                    joined("with self.$whole():", "    " + OWNED, *CHANGE_2[:4], CHANGE_2[4].strip()),
                ),
                "a failure between order and stock leaves one of them changed",
                "change both in one block",
            ),
        ],
    ),
    "history_order": Slot(
        (
            'if order not in ("number", "cents", "day"):\n    raise $Refused("it cannot be sorted by that")',
            'if not {"number", "cents", "day"}.issuperset([order]):\n    raise $Refused("it cannot be sorted by that")',
        ),
        [
            Bad(
                "injection",
                "blocker",
                (
                    'if not order:\n    raise $Refused("it cannot be sorted by that")',
                    'order = order.strip() or "number"',
                    'if order.split(" ")[0] not in ("number", "cents", "day"):\n    raise $Refused("it cannot be sorted by that")',
                ),
                "what callers name becomes part of the SQL",
                "allow the three columns only",
                "test_history",
            )
        ],
    ),
    "history_run": Slot(
        (
            'query = "SELECT number, $article, cents FROM $orders WHERE $person = ? ORDER BY " + order + ", number"\n'
            "$rows = self.$db.execute(query, ($person,)).fetchall()",
            'columns = order + ", number"\nquery = "SELECT number, $article, cents FROM $orders WHERE $person = ? ORDER BY " + columns\n'
            "$rows = [*self.$db.execute(query, ($person,))]",
        ),
        [
            Bad(
                "injection",
                "blocker",
                (
                    "query = f\"SELECT number, $article, cents FROM $orders WHERE $person = '{$person}' ORDER BY {order}, number\"\n"
                    "$rows = self.$db.execute(query).fetchall()",
                    'columns = order + ", number"\n'
                    'query = "SELECT number, $article, cents FROM $orders WHERE $person = \'" + $person + "\' ORDER BY " + columns\n'
                    "$rows = [*self.$db.execute(query)]",
                ),
                "a name becomes part of the SQL",
                "hand it over as a parameter",
                "test_history",
            ),
            Bad(
                "wrong-result access",
                "minor",
                (
                    'query = "SELECT number, $article, cents FROM $orders WHERE $person LIKE ? ORDER BY " + order + ", number"\n'
                    "$rows = self.$db.execute(query, ($person,)).fetchall()",
                    'columns = order + ", number"\nquery = "SELECT number, $article, cents FROM $orders WHERE lower($person) = lower(?) ORDER BY " + columns\n'
                    "$rows = [*self.$db.execute(query, ($person,))]",
                ),
                "the orders of others with a similar name are listed, too",
                "compare names as they are",
                "test_history",
            ),
        ],
        [
            Decoy(
                'query = f"SELECT number, $article, cents FROM $orders WHERE $person = ? ORDER BY {order}, number"\n'
                "$rows = self.$db.execute(query, ($person,)).fetchall()",
                "order is one of three words",
            )
        ],
    ),
    "top_order": Ruled(
        "ties",
        {
            "name": ('order = "sum($count) DESC, $article"', 'order = "sum($count) DESC, $article ASC"'),
            "last": ('order = "sum($count) DESC, $article DESC"', 'order = "-sum($count), $article DESC"'),
        },
        "wrong-result",
        "minor",
        "what sold equally often is listed in the wrong order",
        "sort as the rule says",
        "test_top",
    ),
    "top_query": Slot(
        (
            'query = f"SELECT $article FROM $orders GROUP BY $article ORDER BY {order} LIMIT ?"\n'
            "$rows = self.$db.execute(query, (max(0, most),)).fetchall()",
            'query = "SELECT $article FROM $orders GROUP BY $article ORDER BY " + order + " LIMIT ?"\n'
            "$rows = [*self.$db.execute(query, (max(0, most),))]",
        ),
        [
            Bad(
                "boundary",
                "major",
                (
                    'query = f"SELECT $article FROM $orders GROUP BY $article ORDER BY {order} LIMIT ?"\n'
                    "$rows = self.$db.execute(query, (max(0, most) + 1,)).fetchall()",
                    'query = "SELECT $article FROM $orders GROUP BY $article ORDER BY " + order + " LIMIT ?"\n'
                    "$rows = [*self.$db.execute(query, (max(0, most - 1),))]",
                ),
                "one name too many or too few",
                "return at most `most`",
                "test_top",
            ),
            Bad(
                "slow",
                "major",
                (
                    'query = f"SELECT $article FROM $orders GROUP BY $article ORDER BY {order}"\n'
                    "$rows = self.$db.execute(query).fetchall()[: max(0, most)]",
                    'query = "SELECT $article FROM $orders GROUP BY $article ORDER BY " + order + " LIMIT 1 OFFSET ?"\n'
                    "every = [self.$db.execute(query, (place,)).fetchone() for place in range(max(0, most))]\n"
                    "$rows = [$row for $row in every if $row is not None]",
                ),
                "everything is read, or a query made for each place, where one query with a limit does",
                "let the database take the first ones",
            ),
        ],
        [
            Decoy(
                'query = f"SELECT $article FROM $orders GROUP BY $article ORDER BY {order} LIMIT {max(0, int(most))}"\n'
                "$rows = self.$db.execute(query).fetchall()",
                "order is a constant of the line above, and most is a number",
            )
        ],
    ),
    "counted_valid": Slot(
        ("if pieces < 1:", "if pieces <= 0:"),
        [
            Bad(
                "boundary",
                "minor",
                ("if pieces < -1:", "if not pieces:"),
                "less than nothing can be taken in",
                "refuse what is below 1",
                "test_restock",
            )
        ],
    ),
    "restock_open": Slot(
        (
            'with path.open(encoding="utf-8", newline="") as file:\n    lines = list(csv.reader(file))',
            'lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))',
        ),
        [
            Bad(
                "leak",
                "minor",
                (
                    'lines = list(csv.reader(path.open(encoding="utf-8", newline="")))',
                    'file = path.open(encoding="utf-8", newline="")\nlines = list(csv.reader(file))',
                ),
                "the file stays open",
                "open it in a with block",
            ),
            Bad(
                "error-handling",
                "major",
                (
                    'try:\n    lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))\nexcept OSError:\n    lines = []',
                    'lines: list[list[str]] = []\nwith suppress(OSError), path.open(encoding="utf-8", newline="") as file:\n'
                    "    lines = list(csv.reader(file))",
                ),
                "a file that cannot be read looks like an empty one",
                "let the error reach the caller",
                "test_restock_nothing",
            ),
        ],
        [
            Decoy(
                'file = path.open(encoding="utf-8", newline="")\ntry:\n    lines = list(csv.reader(file))\nfinally:\n    file.close()',
                "it is closed, whatever happens",
            )
        ],
    ),
    "restock_core": Ruled(
        "file",
        {
            "all": (
                "with self.$whole():\n    for line in lines:\n        made.append(self._added(*self._counted(line)))",
                "parsed = [self._counted(line) for line in lines]\nwith self.$whole():\n    made += [self._added(*values) for values in parsed]",
            ),
            "each": (
                "for line in lines:\n    try:\n        with self.$whole():\n            made.append(self._added(*self._counted(line)))\n"
                '    except $Refused:\n        log.warning("skipped: %s", line)',
                "for line in lines:\n    with suppress($Refused), self.$whole():\n        made.append(self._added(*self._counted(line)))",
            ),
        },
        "half-done error-handling wrong-result",
        "major",
        "a file with a bad line is treated against the rule",
        "take all lines or each on its own, as the rule says",
        "test_restock",
    ),
    "invoice_path": Slot(
        ('path = folder / f"{$number}.txt"', 'name = str($number) + ".txt"\npath = folder / name'),
        [
            Bad(
                "injection",
                "blocker",
                (
                    'path = folder / f"{$person}-{$number}.txt"',
                    'name = $person + str($number) + ".txt"\npath = folder / name',
                ),
                "a name with slashes and dots leads out of the folder",
                "use the number alone",
                "test_invoice",
            )
        ],
        [
            Decoy(
                'name = "".join(letter for letter in $person if letter.isalnum())\npath = folder / f"{name}-{$number}.txt"',
                "letters and digits lead nowhere",
            )
        ],
    ),
    "invoice_write": Slot(
        (
            "with path.open(\"w\", encoding=\"utf-8\") as file:\n    file.write(f\"{$row['$count']} {$row['$article']}: {$row['cents']}\\n\")",
            "path.write_text(f\"{$row['$count']} {$row['$article']}: {$row['cents']}\\n\", encoding=\"utf-8\")",
        ),
        [
            Bad(
                "leak",
                "major",
                (
                    "path.open(\"w\", encoding=\"utf-8\").write(f\"{$row['$count']} {$row['$article']}: {$row['cents']}\\n\")",
                    "file = path.open(\"w\", encoding=\"utf-8\")\nfile.write(f\"{$row['$count']} {$row['$article']}: {$row['cents']}\\n\")\nfile.flush()",
                ),
                "the file is not closed",
                "open it in a with block",
            ),
            Bad(
                "error-handling",
                "major",
                (
                    "try:\n    path.write_text(f\"{$row['$count']} {$row['$article']}: {$row['cents']}\\n\", encoding=\"utf-8\")\nexcept OSError:\n    pass",
                    'with suppress(OSError), path.open("w", encoding="utf-8") as file:\n'
                    "    file.write(f\"{$row['$count']} {$row['$article']}: {$row['cents']}\\n\")",
                ),
                "the path of a file that could not be written is returned as if it were there",
                "let the error reach the caller",
                "test_unwritable",
            ),
        ],
        [
            Decoy(
                "file = path.open(\"w\", encoding=\"utf-8\")\ntry:\n    file.write(f\"{$row['$count']} {$row['$article']}: {$row['cents']}\\n\")\n"
                "finally:\n    file.close()",
                "it is closed, whatever happens",
            )
        ],
    ),
    "warn_query": Slot(
        (
            'query = "SELECT name, stock FROM $article WHERE stock < ? ORDER BY name"\n$rows = self.$db.execute(query, (level,)).fetchall()',
            'query = "SELECT * FROM $article WHERE NOT stock >= ? ORDER BY name"\n$rows = [*self.$db.execute(query, (level,))]',
        ),
        [
            Bad(
                "boundary",
                "minor",
                (
                    'query = "SELECT name, stock FROM $article WHERE stock <= ? ORDER BY name"\n$rows = self.$db.execute(query, (level,)).fetchall()',
                    'query = "SELECT * FROM $article WHERE NOT stock > ? ORDER BY name"\n$rows = [*self.$db.execute(query, (level,))]',
                ),
                "what has exactly as many pieces is warned of, too",
                "fewer than `level`",
                "test_warn",
            ),
            Bad(
                "slow",
                "major",
                (
                    'names = self.$db.execute("SELECT name FROM $article ORDER BY name").fetchall()\n'
                    'every = [self.$db.execute("SELECT * FROM $article WHERE name = ?", tuple(found)).fetchone() for found in names]\n'
                    '$rows = [$row for $row in every if $row["stock"] < level]',
                    '$rows = []\nfor found in self.$db.execute("SELECT name FROM $article ORDER BY name").fetchall():\n'
                    '    query = "SELECT name, stock FROM $article WHERE name = ? AND stock < ?"\n'
                    '    $rows += self.$db.execute(query, (found["name"], level)).fetchall()',
                ),
                "a query for each name",
                "ask once for all",
            ),
        ],
    ),
    "warn_text": Slot(
        (
            'left = $row["stock"]\ntext = f"{$row[\'name\']}: {left} left"',
            'pieces = $row["stock"]\ntext = f"{$row[\'name\']}: {pieces} left"',
        ),
        [
            Bad(
                "misleading-name",
                "nit",
                (
                    'sold = $row["stock"]\ntext = f"{$row[\'name\']}: {sold} left"',
                    'missing = $row["stock"]\ntext = f"{$row[\'name\']}: {missing} left"',
                ),
                "the name says something else than it holds: the pieces in stock",
                "name it after what it holds",
            )
        ],
    ),
    "warn_tell": mail('self._$send("buyers", text)', "the buyers were not warned"),
    "archive_day": Slot(
        ("before = self._$clock() - days", "today = self._$clock()\nbefore = today - days"),
        [
            Bad(
                "wrong-result",
                "blocker",
                ("before = self._$clock() - days // 7", "weeks = days // 7\nbefore = self._$clock() - weeks"),
                "days become weeks: orders are removed far too early",
                "subtract the days",
                "test_archive",
            ),
            Bad(
                "misleading-name",
                "nit",
                (
                    "tomorrow = self._$clock()\nbefore = tomorrow - days",
                    "oldest = self._$clock()\nbefore = oldest - days",
                ),
                "the name says another day than it holds: today",
                "name it after what it holds",
            ),
        ],
    ),
    "archive_delete": Ruled(
        "old",
        {
            "more": (
                'self.$db.execute("DELETE FROM $orders WHERE day < ?", (before,))',
                'self.$db.execute("DELETE FROM $orders WHERE ? > day", (before,))',
            ),
            "least": (
                'self.$db.execute("DELETE FROM $orders WHERE day <= ?", (before,))',
                'self.$db.execute("DELETE FROM $orders WHERE ? >= day", (before,))',
            ),
        },
        "boundary",
        "minor",
        "what is exactly so many days old is treated against the rule",
        "compare as the rule says",
        "test_archive",
    ),
    "archive_left": Slot(
        (
            'left = self.$db.execute("SELECT count(*) FROM $orders").fetchone()\nreturn int(left[0])',
            'kept = self.$db.execute("SELECT count(*) FROM $orders").fetchone()\nreturn int(kept[0])',
        ),
        [
            Bad(
                "misleading-name",
                "nit",
                (
                    'removed = self.$db.execute("SELECT count(*) FROM $orders").fetchone()\nreturn int(removed[0])',
                    'cents = self.$db.execute("SELECT count(*) FROM $orders").fetchone()\nreturn int(cents[0])',
                ),
                "the name says something else than it holds: how many are left",
                "name it after what it holds",
            )
        ],
    ),
    "earned_period": Ruled(
        "period",
        {
            "with": ('when = "day BETWEEN ? AND ?"', 'when = "day >= ? AND day <= ?"'),
            "before": ('when = "day >= ? AND day < ?"', 'when = "? <= day AND NOT day >= ?"'),
        },
        "boundary",
        "major",
        "the last day of the period is treated against the rule",
        "compare as the rule says",
        "test_earned",
    ),
    "earned_query": Slot(
        (
            'query = "SELECT $article, cents FROM $orders WHERE " + when\n$rows = self.$db.execute(query, ($first, $last)).fetchall()',
            'query = "SELECT * FROM $orders WHERE " + when\n$rows = [*self.$db.execute(query, ($first, $last))]',
        ),
        [
            Bad(
                "slow",
                "major",
                (
                    '$rows = []\nfor offer in self.$db.execute("SELECT name FROM $article").fetchall():\n'
                    '    query = "SELECT $article, cents FROM $orders WHERE $article = ? AND " + when\n'
                    '    $rows += self.$db.execute(query, (offer["name"], $first, $last)).fetchall()',
                    'numbers = self.$db.execute("SELECT number FROM $orders WHERE " + when, ($first, $last)).fetchall()\n'
                    'query = "SELECT * FROM $orders WHERE number = ?"\n'
                    '$rows = [self.$db.execute(query, (found["number"],)).fetchone() for found in numbers]',
                ),
                "a query for each $article or order",
                "ask once for the whole period",
            )
        ],
        [
            Decoy(
                'query = f"SELECT $article, cents FROM $orders WHERE {when}"\n$rows = self.$db.execute(query, ($first, $last)).fetchall()',
                "`when` is a constant of the line above",
            )
        ],
    ),
    "earned_sum": Slot(
        (
            'totals: dict[str, int] = {}\nfor $row in $rows:\n    totals[$row["$article"]] = totals.get($row["$article"], 0) + $row["cents"]\nreturn totals',
            'totals: dict[str, int] = dict.fromkeys(($row["$article"] for $row in $rows), 0)\nfor $row in $rows:\n'
            '    totals[$row["$article"]] += $row["cents"]\nreturn totals',
        ),
        [
            Bad(
                "wrong-result",
                "major",
                (
                    'totals: dict[str, int] = {}\nfor $row in $rows:\n    totals[$row["$article"]] = $row["cents"]\nreturn totals',
                    'return {$row["$article"]: $row["cents"] for $row in $rows}',
                ),
                "only the last order of each counts",
                "add them up",
                "test_earned",
            )
        ],
    ),
    "unsold_offers": Slot(
        (
            'query = "SELECT name FROM $article WHERE stock >= ? ORDER BY name"',
            'query = "SELECT name FROM $article WHERE NOT stock < ? ORDER BY name"',
        ),
        [
            Bad(
                "boundary",
                "minor",
                (
                    'query = "SELECT name FROM $article WHERE stock > ? ORDER BY name"',
                    'query = "SELECT name FROM $article WHERE NOT stock <= ? ORDER BY name"',
                ),
                "what has exactly enough pieces is left out",
                "at least so many",
                "test_unsold",
            )
        ],
    ),
    "unsold_period": Ruled(
        "period",
        {
            "with": ('during = "day BETWEEN ? AND ?"', 'during = "NOT (day < ? OR day > ?)"'),
            "before": ('during = "day >= ? AND day < ?"', 'during = "NOT (day < ? OR day >= ?)"'),
        },
        "boundary",
        "minor",
        "the last day of the period is treated against the rule",
        "compare as the rule says",
        "test_unsold",
    ),
    "unsold_free": Slot(
        (
            'sold = {$row["$article"] for $row in self.$db.execute("SELECT $article FROM $orders WHERE " + during, ($first, $last))}\n'
            "return [name for name in names if name not in sold]",
            'query = "SELECT DISTINCT $article FROM $orders WHERE " + during\n'
            'wanted = [$row["$article"] for $row in self.$db.execute(query, ($first, $last))]\nreturn [name for name in names if name not in wanted]',
        ),
        [
            Bad(
                "misleading-name",
                "minor",
                (
                    'unwanted = {$row["$article"] for $row in self.$db.execute("SELECT $article FROM $orders WHERE " + during, ($first, $last))}\n'
                    "return [name for name in names if name not in unwanted]",
                    'query = "SELECT DISTINCT $article FROM $orders WHERE " + during\n'
                    'idle = [$row["$article"] for $row in self.$db.execute(query, ($first, $last))]\nreturn [name for name in names if name not in idle]',
                ),
                "the name says the opposite of what it holds",
                "name it after what it holds",
            ),
            Bad(
                "slow",
                "major",
                (
                    'query = "SELECT 1 FROM $orders WHERE $article = ? AND " + during\n'
                    "return [name for name in names if self.$db.execute(query, (name, $first, $last)).fetchone() is None]",
                    'query = "SELECT number FROM $orders WHERE $article = ? AND " + during\nfree = []\nfor name in names:\n'
                    "    if not self.$db.execute(query, (name, $first, $last)).fetchall():\n        free.append(name)\nreturn free",
                ),
                "a query for each name",
                "ask once for all that was sold",
            ),
        ],
    ),
    "gift_core": Slot(
        (
            "query = \"UPDATE $orders SET $person = ?, address = '' WHERE number = ?\"\nwith self.$whole():\n    self._owned($number, $person)\n"
            "    self.$db.execute(query, (other, $number))",
            "with self.$whole():\n    self._owned($number, $person)\n    self.$db.execute(\"UPDATE $orders SET address = '' WHERE number = ?\", ($number,))\n"
            '    self.$db.execute("UPDATE $orders SET $person = ? WHERE number = ?", (other, $number))',
        ),
        [
            Bad(
                "access",
                "major",
                (
                    'query = "UPDATE $orders SET $person = ? WHERE number = ?"\nwith self.$whole():\n    self._owned($number, $person)\n'
                    "    self.$db.execute(query, (other, $number))",
                    "with self.$whole():\n    $row = self._owned($number, $person)\n"
                    '    self.$db.execute("UPDATE $orders SET $person = ?, address = ? WHERE number = ?", (other, $row["address"], $number))',
                ),
                "the other one can read the address",
                "empty the address",
                "test_gift",
            ),
            Bad(
                "race",
                "blocker",
                (
                    "query = \"UPDATE $orders SET $person = ?, address = '' WHERE number = ?\"\nself._owned($number, $person)\nwith self.$whole():\n"
                    "    self.$db.execute(query, (other, $number))",
                    "with self.$guard:\n    self._owned($number, $person)\nwith self.$whole():\n"
                    "    self.$db.execute(\"UPDATE $orders SET $person = ?, address = '' WHERE number = ?\", (other, $number))",
                ),
                "between check and change the order can become somebody else's",
                "check within the block that changes",
            ),
            Bad(
                "half-done",
                "major",
                (
                    'with self.$whole():\n    self._owned($number, $person)\n    self.$db.execute("UPDATE $orders SET $person = ? WHERE number = ?", (other, $number))\n'
                    "self.$db.execute(\"UPDATE $orders SET address = '' WHERE number = ?\", ($number,))",
                    "with self.$whole():\n    self._owned($number, $person)\n    self.$db.execute(\"UPDATE $orders SET address = '' WHERE number = ?\", ($number,))\n"
                    'with self.$whole():\n    self.$db.execute("UPDATE $orders SET $person = ? WHERE number = ?", (other, $number))',
                ),
                "a failure between the two statements leaves one of them done",
                "do both in one block",
            ),
        ],
    ),
    "gift_tell": mail('self._$send(other, f"order {$number} is yours now")', "nobody was told of an order"),
    "owned_check": Slot(
        (
            'if $row is None or $row["$person"] != $person:\n    raise $Refused("it is not yours")',
            'if $row is None:\n    raise $Refused("it is not yours")\nif $row["$person"] != $person:\n    raise $Refused("it is not yours")',
        ),
        [
            Bad(
                "access",
                "blocker",
                (
                    'if $row is None:\n    raise $Refused("it is not yours")',
                    'if $row is None or not $person:\n    raise $Refused("it is not yours")',
                    'if $row is None or not $row["$person"].startswith($person):\n    raise $Refused("it is not yours")',
                ),
                "somebody can change what is another's",
                "compare the whole name with the order's",
                "test_owner",
            )
        ],
    ),
    "t_stock": Slot(
        (
            'with pytest.raises($Refused):\n    shop.$order($person="bob", $article="A", $count=99)',
            'with pytest.raises($Refused, match="many"):\n    shop.$order($person="bob", $article="A", $count=50)',
        ),
        [
            Bad(
                "missing-test",
                "minor",
                (
                    'try:\n    shop.$order($person="bob", $article="A", $count=99)\nexcept $Refused:\n    pass',
                    'try:\n    shop.$order($person="bob", $article="A", $count=50)\nexcept $Refused as error:\n    assert isinstance(error, ValueError)',
                ),
                "the test passes whether or not the order is refused",
                "use pytest.raises",
            )
        ],
    ),
    "t_back": Slot(
        ('assert shop.$back($number, "ann") == 600', 'cents = shop.$back($number, "ann")\nassert cents == 600'),
        [
            Bad(
                "missing-test",
                "minor",
                (
                    'assert shop.$back($number, "ann") or True',
                    'cents = shop.$back($number, "ann")\nassert cents == cents',
                ),
                "the test passes whatever is paid back",
                "compare with 600",
            )
        ],
    ),
    "t_change": Slot(
        (
            'shop.$change($number, "ann", 5)\nassert shop.$earned(0, 2000) == {"A": 1000}',
            'shop.$change($number, "ann", 5)\nassert shop.$history("ann")[0]["cents"] == 1000',
        ),
        [
            Bad(
                "missing-test",
                "minor",
                (
                    'shop.$change($number, "ann", 3)\nassert shop.$earned(0, 2000) == {"A": 600}',
                    'shop.$change($number, "ann", 5)\nassert shop.$history("ann")[0]["cents"] > 0',
                ),
                "the test passes if nothing changes",
                "change the pieces, and compare with the new price",
            )
        ],
        [
            Decoy(
                'shop.$change($number, "ann", 18)\nwith pytest.raises($Refused):\n    shop.$order($person="bob", $article="A", $count=16)',
                "it fails if the order did not change: 16 of 17 pieces could be ordered otherwise",
            )
        ],
    ),
    "t_history": Slot(
        (
            'assert [entry["number"] for entry in shop.$history("ann")] == [$number]',
            'assert shop.$history("ann")[0]["number"] == $number',
        ),
        [
            Bad(
                "missing-test",
                "nit",
                (
                    'assert all(entry["number"] == $number for entry in shop.$history("zoe"))',
                    'for entry in shop.$history("zoe"):\n    assert entry["number"] == $number',
                ),
                "the test looks at no result, so it cannot fail",
                "look at somebody who ordered something",
            )
        ],
    ),
    "t_restock": Slot(
        (
            'path.write_text("A,5\\n", encoding="utf-8")\nassert shop.$restock(path) == ["A"]',
            'path.write_text("A,90\\n", encoding="utf-8")\nshop.$restock(path)\nassert shop.$unsold(0, 1, least=90) == ["A"]',
        ),
        [
            Bad(
                "missing-test",
                "minor",
                (
                    'path.write_text("A,5\\n", encoding="utf-8")\nassert len(path.read_text(encoding="utf-8").splitlines()) == 1',
                    'path.write_text("", encoding="utf-8")\nassert shop.$restock(path) == []',
                ),
                "no line of a file is ever taken in by the test",
                "take in a line and look at the stock",
            )
        ],
    ),
    "t_top": Slot(
        ('assert shop.$top(3) == ["A"]', 'assert shop.$top(3)[0] == "A"'),
        [
            Bad(
                "missing-test",
                "minor",
                ("assert shop.$top(3) == shop.$top(3)", 'assert "B" not in shop.$top(3)'),
                "the test passes whatever sold most",
                'compare with ["A"]',
            )
        ],
    ),
}

TEST_HEAD = '''"""Tests of the orders."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from service import $Refused, $Desk


def one() -> tuple[$Desk, int]:
    """A shop that sells one thing, and an order of three pieces of it."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    shop = $Desk(connection, lambda: 1000, lambda $person, text: None)
    shop.add_$article("A", 20, 200)
    return shop, shop.$order($person="ann", $article="A", $count=3, address="")


def test_only_what_is_offered_can_be_ordered() -> None:
    shop, _ = one()
    with pytest.raises($Refused):
        shop.$order($person="ann", $article="Z", $count=1, address="")
'''


def test(name, text):
    """Return a test of the change."""
    return Unit(name, text, None, "test_service.py")


TESTS = [
    test(
        "t_stock",
        """
def test_more_than_there_is_cannot_be_ordered() -> None:
    shop, _ = one()
    <<t_stock>>
""",
    ),
    test(
        "t_back",
        """
def test_sending_back_pays_back() -> None:
    shop, $number = one()
    <<t_back>>
""",
    ),
    test(
        "t_change",
        """
def test_an_order_can_change() -> None:
    shop, $number = one()
    <<t_change>>
""",
    ),
    test(
        "t_history",
        """
def test_what_somebody_ordered_is_listed() -> None:
    shop, $number = one()
    <<t_history>>
""",
    ),
    test(
        "t_restock",
        """
def test_a_file_is_taken_in(tmp_path: Path) -> None:
    shop, _ = one()
    path = tmp_path / "more.csv"
    <<t_restock>>
""",
    ),
    test(
        "t_top",
        """
def test_what_sold_most_comes_first() -> None:
    shop, _ = one()
    <<t_top>>
""",
    ),
]

SERVICE = Service(
    title="Orders",
    about="`service.py` keeps the orders of a shop: who bought which $article, and how many pieces are left. It has been in use for years.",
    change="Addresses, vouchers and messages for orders; send back, change and hand over; lists, files, invoices, takings.",
    words=WORDS,
    rules=RULES,
    always=ALWAYS,
    head=HEAD,
    test_head=TEST_HEAD,
    units=(*UNITS, *TESTS),
    slots=SLOTS,
    suite="orders_suite.txt",
    example="""shop = $Desk(sqlite3.connect("orders.db", isolation_level=None), $clock, $send)
shop.add_$article("A", 20, 200)
assert shop.$state(shop.$order("ann", "A", 3)) == {"$article": "A", "$count": 3, "cents": 600}
""",
)
