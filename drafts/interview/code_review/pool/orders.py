"""Orders of a shop: who bought what, with which voucher, and what is left."""

from pool.messages import mail
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
    "database": {
        "caller": "If the database fails, the caller gets its exception.",
        "calm": "If the database fails in `$history`, nobody minds what the call returns.",
    },
    "addresses": {
        "own": "`$state` shows an order's address to its $person and to nobody else.",
        "named": "`$state` shows an order's address to whoever names a $person.",
    },
    "handed": {
        "without": "`$gift` hands an order over without its address.",
        "with": "`$gift` hands an order over with its address.",
    },
    "absent": {
        "caller": "`$restock` of a file that is not there raises FileNotFoundError.",
        "empty": "`$restock` of a file that is not there takes nothing in.",
    },
    "level": {
        "below": "`$warn(level)` tells the buyers of everything of which fewer than `level` pieces are in stock.",
        "upto": "`$warn(level)` tells the buyers of everything of which at most `level` pieces are in stock.",
    },
    "threads": {
        "many": "One $Desk is used by several threads at once.",
        "one": "Only one thread uses a $Desk.",
    },
    "size": {
        "large": "There are hundreds of thousands of $orders and thousands of $articles.",
        "small": "There are never more than a hundred $orders and ten $articles.",
    },
    "callers": {
        "unknown": "Programs that we don't know call the methods that were there before, with their arguments by position or by name, and "
        "rely on what these return and raise.",
        "known": "All callers of the methods that were there before were adapted to the change: they hand over every argument, and by name.",
    },
    "rest": {
        "all": "An order takes at most what is in stock.",
        "keep": "An order leaves at least one piece in stock.",
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
        "down": "A voucher takes its per cent off the whole price; a fraction of a cent in what remains is dropped.",
        "up": "A voucher takes its per cent off the whole price; a fraction of a cent in what remains counts as a whole one.",
    },
    "mail": {
        "best": "A message that cannot be sent is logged, and changes nothing else: the call goes on.",
        "must": "The exception of a message that cannot be sent reaches the caller, and what was done stays.",
    },
    "file": {
        "all": "`$restock` takes all lines or none: with a bad line, it is $Refused.",
        "each": "`$restock` takes each line on its own: bad lines are skipped, and the call returns the names taken in.",
    },
    "period": {
        "with": "`$earned($first, $last)` counts the orders from day `$first` to day `$last`, that one included.",
        "before": "`$earned($first, $last)` counts the orders from day `$first` on, and before day `$last`.",
    },
    "late": {
        "still": "`$back` is possible until 14 days after the order, that day included.",
        "over": "`$back` is possible for less than 14 days after the order.",
    },
    "old": {
        "more": "`$archive(days)` removes orders that are more than `days` days old.",
        "least": "`$archive(days)` removes orders that are `days` days old or older.",
    },
    "ties": {
        "name": "`$top` lists what sold most pieces first, and of equals the first in the alphabet first.",
        "last": "`$top` lists what sold most pieces first, and of equals the last in the alphabet first.",
    },
}

ALWAYS = [
    "Money is whole cents. An order is of at least one piece of something that is offered.",
    "Only the $person of an order may `$back`, `$change`, `$gift` or `$invoice` it.",
    "A number that was never given out is $Refused, except by `$state`.",
    "`$back` takes an order away, puts its pieces back in stock and notes its price in `returns`: all or nothing. `$change` takes more or "
    "fewer pieces at the price that was paid for each, rounded down, if there are as many.",
    "`$history` takes any name as it is. It sorts by `number`, `cents` or `day`; anything else is $Refused.",
    "Each order with a voucher takes one of its `uses`.",
    "`$invoice` writes one file into the folder, whatever a $person is called.",
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

    def _buyer(self, $number: int) -> str:
        $row = self.$db.execute("SELECT $person FROM $orders WHERE number = ?", ($number,)).fetchone()
        return str($row["$person"]) if $row else ""

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
BEFORE_INSERT = '''
    def _insert(self, $person: str, $article: str, $count: int, cents: int) -> int:
        self.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", ($count, $article))
        query = "INSERT INTO $orders ($person, $article, $count, cents, day, address) VALUES (?, ?, ?, ?, ?, '')"
        values = ($person, $article, $count, cents, self._$clock())
        return int(self.$db.execute(query, values).lastrowid or 0)
'''

UNITS = [
    Unit("order", '''
    def $order(
        <<order_signature>>
    ) -> int:
        """Order something, with a voucher if there is one, tell the $person, and return the order's number."""
        <<order_valid>>
        <<order_core>>
        <<order_tell>>
        return $number
''', BEFORE_ORDER),
    Unit("state", '''
    def $state(self, $number: int, $person: str | None = None) -> dict[str, Any] | None:
        """Return $article, $count and cents of an order, and its address if its own $person asks."""
        $row = self.$db.execute("SELECT * FROM $orders WHERE number = ?", ($number,)).fetchone()
        if $row is None:
            <<state_missing>>
        shown = {name: $row[name] for name in ("$article", "$count", "cents")}
        <<state_address>>
        return shown
''', BEFORE_STATE),
    Unit("fitting", '''
    def _fitting(self, $article: str, $count: int) -> int:
        """Return the price of a piece, if so many more can be ordered."""
        query = "SELECT stock, cents FROM $article WHERE name = ?"
        $row = self.$db.execute(query, ($article,)).fetchone()
        <<fitting_rest>>
            raise $Refused("there are not that many")
        return int($row["cents"])
''', BEFORE_FITTING),
    Unit("insert", '''
    def _insert(self, $person: str, $article: str, $count: int, cents: int, address: str) -> int:
        <<insert_run>>
''', BEFORE_INSERT),
    Unit("discount", '''
    def _discount(self, code: str) -> int:
        """Use a voucher once, and return its per cent."""
        voucher = self.$db.execute("SELECT * FROM vouchers WHERE code = ?", (code,)).fetchone()
        <<discount_uses>>
            raise $Refused("the voucher is used up")
        <<discount_last>>
            raise $Refused("the voucher has expired")
        <<discount_used>>
'''),
    Unit("reduced", '''
    def _reduced(self, cents: int, percent: int) -> int:
        """Return what is left of a price."""
        <<reduced_cents>>
'''),
    Unit("back", '''
    def $back(self, $number: int, $person: str) -> int:
        """Take an order away, put its pieces back, note what is paid back, and return that."""
        <<back_core>>
        return int($row["cents"])
'''),
    Unit("change", '''
    def $change(self, $number: int, $person: str, $count: int) -> None:
        """Let an order be of another number of pieces, at the price that was paid for each."""
        if $count < 1:
            raise $Refused("an order has at least one piece")
        <<change_core>>
'''),
    Unit("history", '''
    def $history(self, $person: str, order: str = "number") -> list[dict[str, Any]]:
        """Return number, $article and cents of what somebody ordered."""
        <<history_order>>
        <<history_run>>
        return [dict($row) for $row in $rows]
'''),
    Unit("top", '''
    def $top(self, most: int) -> list[str]:
        """Return what sold most pieces, at most so many names."""
        <<top_order>>
        <<top_query>>
        return [$row["$article"] for $row in $rows]
'''),
    Unit("counted", '''
    def _counted(self, line: list[str]) -> tuple[str, int]:
        """Return name and pieces of a line of a file, or refuse it."""
        try:
            <<counted_parts>>
        except (IndexError, ValueError) as error:
            raise $Refused(f"bad line: {line}") from error
        <<counted_valid>>
            raise $Refused(f"bad line: {line}")
        return name, pieces
'''),
    Unit("added", '''
    def _added(self, name: str, pieces: int) -> str:
        """Put pieces in stock, within a block, and return the name."""
        <<added_run>>
        return name
'''),
    Unit("restock", '''
    def $restock(self, path: Path) -> list[str]:
        """Take in what a CSV file says, a name and pieces in each line, and return the names."""
        made: list[str] = []
        <<restock_open>>
        <<restock_core>>
        return made
'''),
    Unit("invoice", '''
    def $invoice(self, $number: int, $person: str, folder: Path) -> Path:
        """Write what an order costs to a file in a folder, and return its path."""
        $row = self._owned($number, $person)
        <<invoice_path>>
        <<invoice_write>>
        return path
'''),
    Unit("warn", '''
    def $warn(self, level: int) -> int:
        """Tell the buyers what is nearly out of stock, and return how much that is."""
        told = 0
        <<warn_query>>
        for $row in $rows:
            <<warn_text>>
            <<warn_tell>>
            told += 1
        return told
'''),
    Unit("archive", '''
    def $archive(self, days: int) -> int:
        """Remove old orders, and return how many are left."""
        <<archive_day>>
        with self.$whole():
            <<archive_delete>>
            <<archive_left>>
'''),
    Unit("earned", '''
    def $earned(self, $first: int, $last: int) -> dict[str, int]:
        """Return the cents that each $article brought in a period."""
        <<earned_period>>
        <<earned_query>>
        <<earned_sum>>
'''),
    Unit("gift", '''
    def $gift(self, $number: int, $person: str, other: str) -> None:
        """Hand an order over to somebody else, and tell the other one."""
        <<gift_core>>
        <<gift_tell>>
'''),
    Unit("owned", '''
    def _owned(self, $number: int, $person: str) -> sqlite3.Row:
        """Return an order, if it is that person's."""
        $row: sqlite3.Row | None = self.$db.execute("SELECT * FROM $orders WHERE number = ?", ($number,)).fetchone()
        <<owned_check>>
        return $row
'''),
]


PUT_BACK = 'self.$db.execute("UPDATE $article SET stock = stock + ? WHERE name = ?", ($row["$count"], $row["$article"]))'
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
        ('self, $person: str, $article: str, $count: int, address: str = "", code: str = ""',
         'self, $person: str, $article: str, $count: int, *, address: str = "", code: str = ""'),
        [Bad("breaking-change", "major",
             ('self, $person: str, $article: str, $count: int, address: str, code: str = ""',
              'self, $person: str, $article: str, $count: int, *, code: str = "", address: str'),
             "calls without an address, which programs make, fail", 'give the address a default of ""', "test_old_calls", only="callers=unknown"),
         Bad("breaking-change", "blocker",
             ('self, $article: str, $person: str, $count: int, address: str = "", code: str = ""',
              'self, $article: str, $person: str, $count: int, *, address: str = "", code: str = ""'),
             "two parameters changed places, so calls by position mean something else", "keep the order", "test_old_calls", only="callers=unknown")],
    ),
    "order_valid": Slot(
        ('if $count < 1:\n    raise $Refused("an order has at least one piece")',
         'if $count <= 0:\n    raise $Refused("an order has at least one piece")'),
        [Bad("boundary", "minor",
             ('if $count < 0:\n    raise $Refused("an order has at least one piece")',
              'if $count <= -1:\n    raise $Refused("an order has at least one piece")'),
             "an order of no pieces is accepted", "refuse 0", "test_order")],
    ),
    "order_core": Slot(
        (block(inside=("cents = self._fitting($article, $count) * $count", "if code:",
                       "    cents = self._reduced(cents, self._discount(code))",
                       "$number = self._insert($person, $article, $count, cents, address)")),
         block(inside=("cents = $count * self._fitting($article, $count)", "percent = self._discount(code) if code else 0",
                       "cents = self._reduced(cents, percent) if percent else cents",
                       "$number = self._insert($person, $article, $count, cents, address)"))),
        [Bad("race", "blocker",
             (block("cents = self._fitting($article, $count) * $count", inside=("if code:",
                    "    cents = self._reduced(cents, self._discount(code))",
                    "$number = self._insert($person, $article, $count, cents, address)")),
              block("with self.$guard:", "    cents = $count * self._fitting($article, $count)",
                    inside=("percent = self._discount(code) if code else 0",
                            "cents = self._reduced(cents, percent) if percent else cents",
                            "$number = self._insert($person, $article, $count, cents, address)"))),
             "between check and order another thread can take the last pieces", "check within the block that orders", only="threads=many"),
         Bad("half-done race", "major",
             (block(inside=("percent = self._discount(code) if code else 0",)) + "\n" +
              block(inside=("cents = self._fitting($article, $count) * $count", "cents = self._reduced(cents, percent) if percent else cents",
                            "$number = self._insert($person, $article, $count, cents, address)")),
              "percent = 0\nif code:\n    with self.$whole():\n        percent = self._discount(code)\n" +
              block(inside=("cents = $count * self._fitting($article, $count)", "cents = self._reduced(cents, percent) if percent else cents",
                            "$number = self._insert($person, $article, $count, cents, address)"))),
             "the voucher is used even if the order is refused", "do both in one block", "test_vouchers"),
         Bad("wrong-result", "major",
             (block(inside=("cents = self._fitting($article, $count)", "if code:", "    cents = self._reduced(cents, self._discount(code))",
                            "$number = self._insert($person, $article, $count, cents * $count, address)")),
              block(inside=("cents = self._fitting($article, $count)", "percent = self._discount(code) if code else 0",
                            "cents = $count * (self._reduced(cents, percent) if percent else cents)",
                            "$number = self._insert($person, $article, $count, cents, address)"))),
             "each piece is rounded, where the whole price has to be", "take the per cent off the whole price", "test_whole_price")],
    ),
    "order_tell": mail('self._$send($person, f"ordered: {$count} {$article}")', "an order was not confirmed"),
    "before_missing": Ruled("unknown", {"raises": ("raise $Missing($number)",), "none": ("return None",)}, "", "", "", ""),
    "before_rest": Ruled("rest", {
        "all": ('if $row is None or $row["stock"] < $count:',),
        "keep": ('if $row is None or $row["stock"] <= $count:',)}, "", "", "", ""),
    "state_missing": Ruled(
        "unknown",
        {"raises": ("raise $Missing($number)", 'raise $Missing(f"there is no order {$number}")'),
         "none": ("return None", "return None  # it was never given out")},
        "breaking-change error-handling wrong-result", "major",
        "an unknown number ends otherwise than before and than the rules say", "keep what callers rely on", "test_unknown"),
    "state_address": Slot(
        (),
        [Bad("access", "blocker",
             ('if $person is not None:\n    shown["address"] = $row["address"]', 'named = $person is not None\nif named:\n    shown["address"] = $row["address"]'),
             "others see the address", "show it only if the order is the asker's own", "test_addresses", only="addresses=own"),
         Bad("wrong-result access", "major",
             ('if $row["$person"] == $person:\n    shown["address"] = $row["address"]', 'own = $person == $row["$person"]\nif own:\n    shown["address"] = $row["address"]'),
             "others miss the address", "show it to whoever names a $person", "test_addresses", only="addresses=named"),
         Bad("access", "blocker",
             ('if $row["address"]:\n    shown["address"] = $row["address"]',
              'shown["address"] = $row["address"]',
              'shown |= {name: $row[name] for name in ("address",)}'),
             "whoever names nobody sees the address, too", "show it only to whom the rules name", "test_addresses"),
         Bad("breaking-change wrong-result", "major",
             ('shown["price"] = shown.pop("cents")\nif $row["$person"] == $person:\n    shown["address"] = $row["address"]',
              'shown["what"] = shown.pop("$article")\nif $person == $row["$person"]:\n    shown["address"] = $row["address"]'),
             "a key that callers read has another name now", "keep the keys", "test_old_calls", given="callers=unknown addresses=own")],
    ),
    "insert_run": Slot(
        ('self.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", ($count, $article))\nquery = "INSERT INTO $orders ($person, $article, $count, cents, day, address) VALUES (?, ?, ?, ?, ?, ?)"\nreturn int(self.$db.execute(query, ($person, $article, $count, cents, self._$clock(), address)).lastrowid or 0)',
         'marks = ", ".join("?" * 6)\nfresh = self.$db.execute("INSERT INTO $orders ($person, $article, $count, cents, day, address) VALUES (" + marks + ")", ($person, $article, $count, cents, self._$clock(), address))\nself.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", ($count, $article))\nreturn int(fresh.lastrowid or 0)'),
        [Bad("injection", "blocker",
             ('self.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", ($count, $article))\nquery = f"INSERT INTO $orders ($person, $article, $count, cents, day, address) VALUES (?, ?, ?, ?, ?, \'{address}\')"\nreturn int(self.$db.execute(query, ($person, $article, $count, cents, self._$clock())).lastrowid or 0)',
              'query = "INSERT INTO $orders ($person, $article, $count, cents, day, address) VALUES (?, ?, ?, ?, ?, \'" + address + "\')"\nfresh = self.$db.execute(query, ($person, $article, $count, cents, self._$clock()))\nself.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", ($count, $article))\n'
              "return int(fresh.lastrowid or 0)"),
             "a text from outside becomes part of the SQL", "hand it over as a parameter", "test_names"),
         Bad("error-handling", "major",
             ('try:\n    self.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", ($count, $article))\n    query = "INSERT INTO $orders ($person, $article, $count, cents, day, address) VALUES (?, ?, ?, ?, ?, ?)"\n    return int(self.$db.execute(query, ($person, $article, $count, cents, self._$clock(), address)).lastrowid or 0)\nexcept sqlite3.Error:\n    log.exception("not ordered")\n    return 0',
              'fresh = 0\nwith suppress(sqlite3.Error):\n    fresh = int(self.$db.execute("INSERT INTO $orders ($person, $article, $count, cents, day, address) VALUES (?, ?, ?, ?, ?, ?)", ($person, $article, $count, cents, self._$clock(), address)).lastrowid or 0)\n    self.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", ($count, $article))\nreturn fresh'),
             'an order that the database did not take looks like order 0', 'let the error reach the caller')],
        [Decoy('query = f"INSERT INTO $orders ($person, $article, $count, cents, day, address) VALUES ({\', \'.join(6 * [\'?\'])})"\nself.$db.execute("UPDATE $article SET stock = stock - ? WHERE name = ?", ($count, $article))\nreturn int(self.$db.execute(query, ($person, $article, $count, cents, self._$clock(), address)).lastrowid or 0)', "only question marks are joined")],
    ),
    "fitting_rest": Ruled("rest", {
        "all": ('if $row is None or $row["stock"] < $count:', 'if $row is None or $count > $row["stock"]:'),
        "keep": ('if $row is None or $row["stock"] <= $count:', 'if $row is None or $count >= $row["stock"]:')},
        "boundary breaking-change", "major", "the last piece is treated against the rule", "compare as the rule says", "test_rest",
        [
         Bad("error-handling boundary", "minor", ('if $row["stock"] < $count:', 'if $count > $row["stock"]:'),
             "an order of what is not offered ends with a TypeError", "refuse what is not there", "test_offered", given="rest=all"),
         Bad("error-handling boundary", "minor", ('if $row["stock"] <= $count:', 'if $count >= $row["stock"]:'),
             "an order of what is not offered ends with a TypeError", "refuse what is not there", "test_offered", given="rest=keep")]),
    "discount_uses": Slot(
        ('if voucher is None or voucher["uses"] < 1:', 'if voucher is None or not voucher["uses"] >= 1:'),
        [Bad("boundary", "major",
             ('if voucher is None or voucher["uses"] < 0:', 'if voucher is None or not voucher["uses"] >= 0:'),
             "a voucher can be used once more than allowed", "refuse 0 uses", "test_vouchers"),
         Bad("error-handling boundary", "minor", ('if voucher["uses"] < 1:', 'if not voucher["uses"] >= 1:'),
             "a voucher that does not exist ends the call with a TypeError", "refuse what is not there", "test_no_voucher")],
    ),
    "discount_used": Slot(
        ('self.$db.execute("UPDATE vouchers SET uses = uses - 1 WHERE code = ?", (code,))\nreturn int(voucher["percent"])',
         'percent = int(voucher["percent"])\nself.$db.execute("UPDATE vouchers SET uses = ? WHERE code = ?", (voucher["uses"] - 1, code))\nreturn percent'),
        [
         Bad("wrong-result", "major",
             ('log.info("used %s", code)\nreturn int(voucher["percent"])',
              'percent = int(voucher["percent"])\nself.$db.execute("UPDATE vouchers SET uses = ? WHERE code = ?", (voucher["uses"], code))\nreturn percent'),
             'a voucher is never used up', 'take one of its uses', "test_vouchers"),
         Bad("error-handling", "major",
             ('with suppress(sqlite3.Error):\n    self.$db.execute("UPDATE vouchers SET uses = uses - 1 WHERE code = ?", (code,))\nreturn int(voucher["percent"])',
              'percent = int(voucher["percent"])\ntry:\n    self.$db.execute("UPDATE vouchers SET uses = uses - 1 WHERE code = ?", (code,))\nexcept sqlite3.Error:\n    log.exception("not used up")\nreturn percent'),
             'if the database fails, a voucher is not used up, and the order goes on', 'let the error reach the caller')],
    ),
    "discount_last": Ruled("expire", {
        "on": ('if voucher["last"] < self._$clock():', 'if self._$clock() > voucher["last"]:'),
        "before": ('if voucher["last"] <= self._$clock():', 'if self._$clock() >= voucher["last"]:')},
        "boundary", "minor", "the last day of a voucher is treated against the rule", "compare as the rule says", "test_expiry"),
    "reduced_cents": Ruled("round", {
        "down": ("return cents * (100 - percent) // 100", "rest = 100 - percent\nreturn cents * rest // 100"),
        "up": ("return -(cents * (percent - 100) // 100)", "rest = 100 - percent\nreturn (cents * rest + 99) // 100")},
        "wrong-result boundary", "major", "fractions of a cent are treated against the rule", "round as the rule says", "test_rounding",
        [Bad("wrong-result boundary", "major",
             ("return round(cents * (100 - percent) / 100)", "return cents - round(cents * percent / 100)"),
             "fractions of a cent are rounded to the nearest one, against the rule", "round as the rule says", "test_rounding"),
         Bad("misleading-name", "nit",
             ("reduction = 100 - percent\nreturn cents * reduction // 100", "euros = cents * (100 - percent)\nreturn euros // 100"),
             "the name says something else than it holds", "name it after what it holds", given="round=down"),
         Bad("misleading-name", "nit",
             ("reduction = 100 - percent\nreturn (cents * reduction + 99) // 100", "euros = cents * (100 - percent)\nreturn -(-euros // 100)"),
             "the name says something else than it holds", "name it after what it holds", given="round=up")]),
    "back_core": Slot(
        (block(inside=(OWNED, "<<back_limit>>", REMOVE, PUT_BACK, NOTE)), block(inside=(OWNED, "<<back_limit>>", NOTE, PUT_BACK, REMOVE))),
        [Bad("half-done race", "blocker",
             (block(inside=(OWNED, "<<back_limit>>", REMOVE, PUT_BACK)) + "\n" + NOTE,
              block(inside=(OWNED, "<<back_limit>>", NOTE, REMOVE)) + "\n" + block(inside=(PUT_BACK,))),
             "a failure between the statements leaves some of them done", "do all of them in one block"),
         Bad("race", "blocker",
             (block(OWNED, "<<back_limit>>", inside=(REMOVE, PUT_BACK, NOTE)),
              block("with self.$guard:", "    " + OWNED, "<<back_limit>>", inside=(NOTE, PUT_BACK, REMOVE))),
             "two calls at once both find the order, and pay back twice", "read it within the block", only="threads=many"),
         Bad("wrong-result", "major",
             (block(inside=(OWNED, "<<back_limit>>", REMOVE, PUT_BACK.replace('$row["$count"], ', "1, "), NOTE)),
              block(inside=(OWNED, "<<back_limit>>", NOTE, PUT_BACK.replace('stock + ?', "stock - ?"), REMOVE))),
             "not the pieces of the order are put back in stock", "put back as many as were ordered", "test_back"),
         Bad("access", "blocker",
             (block(inside=(OWNED.replace("$person)", "self._buyer($number))"), "<<back_limit>>", REMOVE, PUT_BACK, NOTE)),
              block(inside=(OWNED.replace("$person)", "self._buyer($number) or $person)"), "<<back_limit>>", NOTE, PUT_BACK, REMOVE))),
             "anybody can send anybody's order back", "ask whether it is the caller's", "test_owner"),
         Bad("error-handling half-done", "major",
             (block(inside=(OWNED, "<<back_limit>>", REMOVE, PUT_BACK, "with suppress(sqlite3.Error):", "    " + NOTE)),
              block(inside=(OWNED, "<<back_limit>>", "try:", "    " + NOTE, "except sqlite3.Error:", '    log.exception("not noted")', PUT_BACK, REMOVE))),
             "if the return cannot be noted, the order is taken away all the same", "let the error take back the block")],
    ),
    "back_limit": Ruled("late", {
        "still": ('if self._$clock() - $row["day"] > 14:\n    raise $Refused("it is too late")',
                  'if $row["day"] + 14 < self._$clock():\n    raise $Refused("it is too late")'),
        "over": ('if self._$clock() - $row["day"] >= 14:\n    raise $Refused("it is too late")',
                 'if $row["day"] + 14 <= self._$clock():\n    raise $Refused("it is too late")')},
        "boundary", "minor", "exactly 14 days after is treated against the rule", "compare as the rule says", "test_back"),
    "change_core": Slot(
        (joined("with self.$whole():", "    " + OWNED, *CHANGE), joined("with self.$whole():", "    " + OWNED, *CHANGE_2)),
        [Bad("race", "blocker",
             (joined(OWNED, "with self.$whole():", *CHANGE),
              joined("with self.$guard:", "    " + OWNED, "with self.$whole():", *CHANGE_2)),
             "between reading and changing another thread can change the order, too", "read it within the block", only="threads=many"),
         Bad("wrong-result", "major",
             (joined("with self.$whole():", "    " + OWNED, '    self._fitting($row["$article"], $count)', *CHANGE[1:]),
              joined("with self.$whole():", "    " + OWNED, CHANGE_2[0], CHANGE_2[1].replace("more)", "$count)"), *CHANGE_2[2:])),
             "the pieces that were ordered already are asked for a second time", "ask for the difference only", "test_change"),
         Bad("half-done race", "blocker",
             (joined("with self.$whole():", "    " + OWNED, *CHANGE[:3], "with self.$whole():", *CHANGE[3:]),
              joined("with self.$whole():", "    " + OWNED, *CHANGE_2[:4], CHANGE_2[4].strip())),
             "a failure between order and stock leaves one of them changed", "change both in one block"),
         Bad("access", "blocker",
             (joined("with self.$whole():", '    $row = self.$db.execute("SELECT * FROM $orders WHERE number = ?", ($number,)).fetchone()', "    if $row is None:", '        raise $Refused("there is none")', *CHANGE),
              joined("with self.$whole():", '    $row = self.$db.execute("SELECT * FROM $orders WHERE number = ?", ($number,)).fetchone()', "    if not $row:", '        raise $Refused(f"there is no {$number} of {$person}")', *CHANGE_2)),
             "anybody can change anybody's order", "ask whose it is", "test_owner"),
         Bad("wrong-result", "blocker",
             (joined("with self.$whole():", "    " + OWNED, *CHANGE[:4], CHANGE[4].replace("WHERE number", "WHERE $person").replace("$number)", "$person)")),
              joined("with self.$whole():", "    " + OWNED, *CHANGE_2[:3], CHANGE_2[3].replace("WHERE number", "WHERE $person").replace("$number)", "$person)"), CHANGE_2[4])),
             "all orders of the $person are changed", "change this one", "test_change")],
    ),
    "history_order": Slot(
        ('if order not in ("number", "cents", "day"):\n    raise $Refused("it cannot be sorted by that")',
         'if not {"number", "cents", "day"}.issuperset([order]):\n    raise $Refused("it cannot be sorted by that")'),
        [Bad("injection", "blocker",
             ('if not order:\n    raise $Refused("it cannot be sorted by that")',
              'order = order.strip() or "number"',
              'if order.split(" ")[0] not in ("number", "cents", "day"):\n    raise $Refused("it cannot be sorted by that")'),
             "what callers name becomes part of the SQL", "allow the three columns only", "test_history")],
    ),
    "history_run": Slot(
        ('query = "SELECT number, $article, cents FROM $orders WHERE $person = ? ORDER BY " + order + ", number"\n'
         "$rows = self.$db.execute(query, ($person,)).fetchall()",
         'columns = order + ", number"\nquery = "SELECT number, $article, cents FROM $orders WHERE $person = ? ORDER BY " + columns\n'
         "$rows = [*self.$db.execute(query, ($person,))]"),
        [Bad("injection", "blocker",
             ("query = f\"SELECT number, $article, cents FROM $orders WHERE $person = '{$person}' ORDER BY {order}, number\"\n"
              "$rows = self.$db.execute(query).fetchall()",
              "columns = order + \", number\"\n"
              "query = \"SELECT number, $article, cents FROM $orders WHERE $person = '\" + $person + \"' ORDER BY \" + columns\n"
              "$rows = [*self.$db.execute(query)]"),
             "a name becomes part of the SQL", "hand it over as a parameter", "test_history"),
         Bad("wrong-result access injection", "major",
             ('query = "SELECT number, $article, cents FROM $orders WHERE $person LIKE ? ORDER BY " + order + ", number"\n'
              "$rows = self.$db.execute(query, ($person,)).fetchall()",
              'columns = order + ", number"\nquery = "SELECT number, $article, cents FROM $orders WHERE lower($person) = lower(?) ORDER BY " + columns\n'
              "$rows = [*self.$db.execute(query, ($person,))]"),
             "the orders of others with a similar name are listed, too", "compare names as they are", "test_history"),
         Bad("slow", "major",
             ('$rows = [$row for $row in self.$db.execute("SELECT * FROM $orders ORDER BY " + order + ", number") if $row["$person"] == $person]\n$rows = [{name: $row[name] for name in ("number", "$article", "cents")} for $row in $rows]',
              'numbers = self.$db.execute("SELECT number FROM $orders WHERE $person = ? ORDER BY " + order + ", number", ($person,)).fetchall()\nquery = "SELECT number, $article, cents FROM $orders WHERE number = ?"\n$rows = [self.$db.execute(query, tuple(found)).fetchone() for found in numbers]'),
             'all orders are read, or a query made for each', 'let the database choose and sort in one query', only='size=large'),
         Bad("error-handling", "major",
             ('try:\n    query = "SELECT number, $article, cents FROM $orders WHERE $person = ? ORDER BY " + order + ", number"\n    $rows = self.$db.execute(query, ($person,)).fetchall()\nexcept sqlite3.Error:\n    $rows = []',
              '$rows = []\nwith suppress(sqlite3.Error):\n    columns = order + ", number"\n    $rows += self.$db.execute("SELECT number, $article, cents FROM $orders WHERE $person = ? ORDER BY " + columns, ($person,))'),
             'if the database fails, it looks as if nothing had been ordered', 'let the error reach the caller', only="database=caller")],
        [Decoy('query = f"SELECT number, $article, cents FROM $orders WHERE $person = ? ORDER BY {order}, number"\n'
               "$rows = self.$db.execute(query, ($person,)).fetchall()", "order is one of three words")],
    ),
    "top_order": Ruled("ties", {
        "name": ('order = "sum($count) DESC, $article"', 'order = "sum($count) DESC, $article ASC"'),
        "last": ('order = "sum($count) DESC, $article DESC"', 'order = "-sum($count), $article DESC"')},
        "wrong-result", "minor", "what sold equally often is listed in the wrong order", "sort as the rule says", "test_top"),
    "top_query": Slot(
        ('query = f"SELECT $article FROM $orders GROUP BY $article ORDER BY {order} LIMIT ?"\n'
         "$rows = self.$db.execute(query, (max(0, most),)).fetchall()",
         'query = "SELECT $article FROM $orders GROUP BY $article ORDER BY " + order + " LIMIT ?"\n'
         "$rows = [*self.$db.execute(query, (max(0, most),))]"),
        [Bad("boundary wrong-result", "major",
             ('query = f"SELECT $article FROM $orders GROUP BY $article ORDER BY {order} LIMIT ?"\n'
              "$rows = self.$db.execute(query, (max(0, most) + 1,)).fetchall()",
              'query = "SELECT $article FROM $orders GROUP BY $article ORDER BY " + order + " LIMIT ?"\n'
              "$rows = [*self.$db.execute(query, (max(0, most - 1),))]"),
             "one name too many or too few", "return at most `most`", "test_top"),
         Bad("slow", "major",
             ('query = f"SELECT $article FROM $orders GROUP BY $article ORDER BY {order}"\n'
              "$rows = self.$db.execute(query).fetchall()[: max(0, most)]",
              'query = "SELECT $article FROM $orders GROUP BY $article ORDER BY " + order + " LIMIT 1 OFFSET ?"\n'
              "every = [self.$db.execute(query, (place,)).fetchone() for place in range(max(0, most))]\n"
              "$rows = [$row for $row in every if $row is not None]"),
             "everything is read, or a query made for each place, where one query with a limit does", "let the database take the first ones", only="size=large")],
        [Decoy('query = f"SELECT $article FROM $orders GROUP BY $article ORDER BY {order} LIMIT {max(0, int(most))}"\n'
               "$rows = self.$db.execute(query).fetchall()", "order is a constant of the line above, and most is a number")],
    ),
    "counted_parts": Slot(
        ("name, pieces = line[0], int(line[1])", "name, pieces = line[0], int(line[1], base=10)"),
        [
         Bad("wrong-result error-handling", "minor",
             ('name, pieces = line[0], int(float(line[1]))',
              'name, pieces = line[0], int(line[1].partition(".")[0])'),
             'a part of a piece is dropped, and the line taken', 'refuse it', "test_restock"),
         Bad("misleading-name", "nit",
             ('name, cents = line[0], int(line[1])\npieces = cents',
              'row = int(line[1])\nname, pieces = line[0], row'),
             'the name says something else than it holds: pieces', 'name it after what it holds')],
    ),
    "added_run": Slot(
        ('if self.$db.execute("UPDATE $article SET stock = stock + ? WHERE name = ?", (pieces, name)).rowcount == 0:\n    raise $Refused(f"there is no {name}")',
         'changed = self.$db.execute("UPDATE $article SET stock = stock + ? WHERE name = ?", (pieces, name))\nif not changed.rowcount:\n    raise $Refused(f"there is no {name}")'),
        [
         Bad("injection", "blocker",
             ('query = f"UPDATE $article SET stock = stock + ? WHERE name = \'{name}\'"\nif self.$db.execute(query, (pieces,)).rowcount == 0:\n    raise $Refused(f"there is no {name}")',
              'changed = self.$db.execute("UPDATE $article SET stock = stock + ? WHERE name = \'%s\'" % name, (pieces,))\nif not changed.rowcount:\n    raise $Refused(f"there is no {name}")'),
             'a name in a file becomes part of the SQL', 'hand it over as a parameter', "test_restock_names"),
         Bad("error-handling wrong-result", "major",
             ('self.$db.execute("UPDATE $article SET stock = stock + ? WHERE name = ?", (pieces, name))',
              'self.$db.execute("UPDATE $article SET stock = stock + ? WHERE name = ?", (pieces, name))\nlog.info("%s more of %s", pieces, name)'),
             'a name that is not offered is taken in silently', 'refuse it', "test_restock_unknown"),
         Bad("wrong-result", "major",
             ('if self.$db.execute("UPDATE $article SET stock = ? WHERE name = ?", (pieces, name)).rowcount == 0:\n    raise $Refused(f"there is no {name}")',
              'changed = self.$db.execute("UPDATE $article SET stock = max(stock, ?) WHERE name = ?", (pieces, name))\nif not changed.rowcount:\n    raise $Refused(f"there is no {name}")'),
             'what was in stock is forgotten', 'add the pieces', "test_restock")],
        [Decoy('query = f"UPDATE $article SET stock = stock + {pieces:d} WHERE name = ?"\nif self.$db.execute(query, (name,)).rowcount == 0:\n    raise $Refused(f"there is no {name}")', "it is a number")],
    ),
    "counted_valid": Slot(
        ("if pieces < 1:", "if pieces <= 0:"),
        [Bad("boundary wrong-result", "minor", ("if pieces < -1:", "if not pieces:"), "less than nothing can be taken in", "refuse what is below 1", "test_restock")],
    ),
    "restock_open": Ruled("absent", {
        "caller": ('with path.open(encoding="utf-8", newline="") as file:\n    lines = list(csv.reader(file))',
                   'lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))'),
        "empty": ('try:\n    lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))\nexcept FileNotFoundError:\n    lines = []',
                  'lines: list[list[str]] = []\nwith suppress(FileNotFoundError), path.open(encoding="utf-8", newline="") as file:\n'
                  "    lines = list(csv.reader(file))")},
        "error-handling wrong-result", "major", "a file that is not there is treated against the rule", "treat it as the rule says", "test_restock_nothing",
        [Bad("leak", "minor",
             ('lines = list(csv.reader(path.open(encoding="utf-8", newline="")))', 'file = path.open(encoding="utf-8", newline="")\nlines = list(csv.reader(file))'),
             "the file stays open", "open it in a with block", given="absent=caller"),
         Bad("leak", "minor",
             ('try:\n    lines = list(csv.reader(path.open(encoding="utf-8", newline="")))\nexcept FileNotFoundError:\n    lines = []',
              'lines: list[list[str]] = []\nif path.exists():\n    file = path.open(encoding="utf-8", newline="")\n    lines += csv.reader(file)'),
             "the file stays open", "open it in a with block", given="absent=empty"),
         Bad("wrong-result boundary", "major",
             ('with path.open(encoding="utf-8", newline="") as file:\n    lines = list(csv.reader(file))[1:]',
              'lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()[1:]))'),
             'the first line is left out', 'take all lines', "test_restock", given='absent=caller'),
         Bad("wrong-result boundary", "major",
             ('try:\n    lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()[1:]))\nexcept FileNotFoundError:\n    lines = []',
              'lines: list[list[str]] = []\nwith suppress(FileNotFoundError), path.open(encoding="utf-8", newline="") as file:\n    next(file, None)\n    lines = list(csv.reader(file))'),
             'the first line is left out', 'take all lines', "test_restock", given='absent=empty')],
        [Decoy('file = path.open(encoding="utf-8", newline="")\ntry:\n    lines = list(csv.reader(file))\nfinally:\n    file.close()',
               "it is closed, whatever happens", given="absent=caller")]),
    "restock_core": Ruled("file", {
        "all": ("with self.$whole():\n    for line in lines:\n        made.append(self._added(*self._counted(line)))",
                "parsed = [self._counted(line) for line in lines]\nwith self.$whole():\n    made += [self._added(*values) for values in parsed]"),
        "each": ('for line in lines:\n    try:\n        with self.$whole():\n            made.append(self._added(*self._counted(line)))\n'
                 '    except $Refused:\n        log.warning("skipped: %s", line)',
                 "for line in lines:\n    with suppress($Refused), self.$whole():\n        made.append(self._added(*self._counted(line)))")},
        "half-done error-handling wrong-result", "major", "a file with a bad line is treated against the rule",
        "take all lines or each on its own, as the rule says", "test_restock",
        [
         Bad("race", "blocker",
             ('for line in lines:\n    try:\n        made.append(self._added(*self._counted(line)))\n    except $Refused:\n        log.warning("skipped: %s", line)',
              'for line in lines:\n    with suppress($Refused):\n        name, pieces = self._counted(line)\n        made.append(self._added(name, pieces))'),
             'what another thread takes back, or keeps, decides over these pieces, too', 'add each line within a block', only='threads=many', given='file=each')]),
    "invoice_path": Slot(
        ('path = folder / f"{$number}.txt"', 'name = str($number) + ".txt"\npath = folder / name'),
        [Bad("injection", "blocker",
             ('path = folder / f"{$person}-{$number}.txt"', 'name = $person + str($number) + ".txt"\npath = folder / name'),
             "a name with slashes and dots leads out of the folder", "use the number alone", "test_invoice"),
         Bad("wrong-result", "blocker",
             ('name = "".join(letter for letter in $person if letter.isalnum())\npath = folder / f"{name}.txt"',
              'path = folder / f"{$row[\'day\']}.txt"'),
             'a later invoice takes the place of another one', 'name it after the order', "test_invoices")],
        [Decoy('name = "".join(letter for letter in $person if letter.isalnum())\npath = folder / f"{name}-{$number}.txt"',
               "letters and digits lead nowhere")],
    ),
    "invoice_write": Slot(
        ('with path.open("w", encoding="utf-8") as file:\n    file.write(f"{$row[\'$count\']} {$row[\'$article\']}: {$row[\'cents\']}\\n")',
         'path.write_text(f"{$row[\'$count\']} {$row[\'$article\']}: {$row[\'cents\']}\\n", encoding="utf-8")'),
        [Bad("leak half-done", "major",
             ('path.open("w", encoding="utf-8").write(f"{$row[\'$count\']} {$row[\'$article\']}: {$row[\'cents\']}\\n")',
              'file = path.open("w", encoding="utf-8")\nfile.write(f"{$row[\'$count\']} {$row[\'$article\']}: {$row[\'cents\']}\\n")\nfile.flush()'),
             "the file is not closed", "open it in a with block"),
         Bad("error-handling", "major",
             ('try:\n    path.write_text(f"{$row[\'$count\']} {$row[\'$article\']}: {$row[\'cents\']}\\n", encoding="utf-8")\nexcept OSError:\n    pass',
              'with suppress(OSError), path.open("w", encoding="utf-8") as file:\n'
              '    file.write(f"{$row[\'$count\']} {$row[\'$article\']}: {$row[\'cents\']}\\n")'),
             "the path of a file that could not be written is returned as if it were there", "let the error reach the caller", "test_unwritable")],
        [Decoy('file = path.open("w", encoding="utf-8")\ntry:\n    file.write(f"{$row[\'$count\']} {$row[\'$article\']}: {$row[\'cents\']}\\n")\n'
               "finally:\n    file.close()", "it is closed, whatever happens")],
    ),
    "warn_query": Ruled("level", {
        "below": ('query = "SELECT name, stock FROM $article WHERE stock < ? ORDER BY name"\n$rows = self.$db.execute(query, (level,)).fetchall()',
                  'query = "SELECT * FROM $article WHERE NOT stock >= ? ORDER BY name"\n$rows = [*self.$db.execute(query, (level,))]'),
        "upto": ('query = "SELECT name, stock FROM $article WHERE stock <= ? ORDER BY name"\n$rows = self.$db.execute(query, (level,)).fetchall()',
                 'query = "SELECT * FROM $article WHERE NOT stock > ? ORDER BY name"\n$rows = [*self.$db.execute(query, (level,))]')},
        "boundary", "minor", "what has exactly as many pieces is treated against the rule", "compare as the rule says", "test_warn",
        [bad
         for way, test in (("below", "<"), ("upto", "<="))
         for bad in (
             Bad("slow", "major",
                 ('names = self.$db.execute("SELECT name FROM $article ORDER BY name").fetchall()\n'
                  'every = [self.$db.execute("SELECT * FROM $article WHERE name = ?", tuple(found)).fetchone() for found in names]\n'
                  f'$rows = [$row for $row in every if $row["stock"] {test} level]',
                  '$rows = []\nfor found in self.$db.execute("SELECT name FROM $article ORDER BY name").fetchall():\n'
                  f'    query = "SELECT name, stock FROM $article WHERE name = ? AND stock {test} ?"\n'
                  '    $rows += self.$db.execute(query, (found["name"], level)).fetchall()'),
                 "a query for each name", "ask once for all", only="size=large", given=f"level={way}"),
             Bad("wrong-result", "major",
                 (f'query = "SELECT $article AS name, stock FROM $orders JOIN $article ON name = $article WHERE stock {test} ? ORDER BY name"\n$rows = self.$db.execute(query, (level,)).fetchall()',
                  f'query = "SELECT * FROM $article JOIN $orders ON name = $article WHERE stock {test} ?"\n$rows = [*self.$db.execute(query, (level,))]'),
                 "what was ordered several times is warned of several times", "ask for each name once", "test_warn", given=f"level={way}"),
         )]),
    "warn_text": Slot(
        ('left = $row["stock"]\ntext = f"{$row[\'name\']}: {left} left"', 'pieces = $row["stock"]\ntext = f"{$row[\'name\']}: {pieces} left"'),
        [Bad("misleading-name", "nit",
             ('sold = $row["stock"]\ntext = f"{$row[\'name\']}: {sold} left"', 'missing = $row["stock"]\ntext = f"{$row[\'name\']}: {missing} left"'),
             "the name says something else than it holds: the pieces in stock", "name it after what it holds")],
    ),
    "warn_tell": mail('self._$send("buyers", text)', "the buyers were not warned"),
    "archive_day": Slot(
        ("before = self._$clock() - days", "today = self._$clock()\nbefore = today - days"),
        [Bad("wrong-result", "blocker",
             ("before = self._$clock() - days // 7", "weeks = days // 7\nbefore = self._$clock() - weeks"),
             "days become weeks: orders are removed far too early", "subtract the days", "test_archive"),
         Bad("misleading-name", "nit",
             ("tomorrow = self._$clock()\nbefore = tomorrow - days", "oldest = self._$clock()\nbefore = oldest - days"),
             "the name says another day than it holds: today", "name it after what it holds")],
    ),
    "archive_delete": Ruled("old", {
        "more": ('self.$db.execute("DELETE FROM $orders WHERE day < ?", (before,))', 'self.$db.execute("DELETE FROM $orders WHERE ? > day", (before,))'),
        "least": ('self.$db.execute("DELETE FROM $orders WHERE day <= ?", (before,))', 'self.$db.execute("DELETE FROM $orders WHERE ? >= day", (before,))')},
        "boundary", "minor", "what is exactly so many days old is treated against the rule", "compare as the rule says", "test_archive",
        [
         Bad("slow", "major",
             ('for found in self.$db.execute("SELECT number FROM $orders WHERE day < ?", (before,)).fetchall():\n    self.$db.execute("DELETE FROM $orders WHERE number = ?", (found["number"],))',
              'every = self.$db.execute("SELECT * FROM $orders").fetchall()\nself.$db.executemany("DELETE FROM $orders WHERE number = ?", [($row["number"],) for $row in every if $row["day"] < before])'),
             'a statement for each order', 'delete them in one statement', only='size=large', given='old=more'),
         Bad("slow", "major",
             ('for found in self.$db.execute("SELECT number FROM $orders WHERE day <= ?", (before,)).fetchall():\n    self.$db.execute("DELETE FROM $orders WHERE number = ?", (found["number"],))',
              'every = self.$db.execute("SELECT * FROM $orders").fetchall()\nself.$db.executemany("DELETE FROM $orders WHERE number = ?", [($row["number"],) for $row in every if $row["day"] <= before])'),
             'a statement for each order', 'delete them in one statement', only='size=large', given='old=least')]),
    "archive_left": Slot(
        ('left = self.$db.execute("SELECT count(*) FROM $orders").fetchone()\nreturn int(left[0])',
         'kept = self.$db.execute("SELECT count(*) FROM $orders").fetchone()\nreturn int(kept[0])'),
        [Bad("misleading-name", "nit",
             ('removed = self.$db.execute("SELECT count(*) FROM $orders").fetchone()\nreturn int(removed[0])',
              'cents = self.$db.execute("SELECT count(*) FROM $orders").fetchone()\nreturn int(cents[0])'),
             "the name says something else than it holds: how many are left", "name it after what it holds")],
    ),
    "earned_period": Ruled("period", {
        "with": ('when = "day BETWEEN ? AND ?"', 'when = "day >= ? AND day <= ?"'),
        "before": ('when = "day >= ? AND day < ?"', 'when = "? <= day AND NOT day >= ?"')},
        "boundary", "major", "the last day of the period is treated against the rule", "compare as the rule says", "test_earned"),
    "earned_query": Slot(
        ('query = "SELECT $article, cents FROM $orders WHERE " + when\n$rows = self.$db.execute(query, ($first, $last)).fetchall()',
         'query = "SELECT * FROM $orders WHERE " + when\n$rows = [*self.$db.execute(query, ($first, $last))]'),
        [Bad("slow", "major",
             ('$rows = []\nfor offer in self.$db.execute("SELECT name FROM $article").fetchall():\n'
              '    query = "SELECT $article, cents FROM $orders WHERE $article = ? AND " + when\n'
              '    $rows += self.$db.execute(query, (offer["name"], $first, $last)).fetchall()',
              'numbers = self.$db.execute("SELECT number FROM $orders WHERE " + when, ($first, $last)).fetchall()\n'
              'query = "SELECT * FROM $orders WHERE number = ?"\n'
              '$rows = [self.$db.execute(query, (found["number"],)).fetchone() for found in numbers]'),
             "a query for each $article or order", "ask once for the whole period", only="size=large")],
        [Decoy('query = f"SELECT $article, cents FROM $orders WHERE {when}"\n$rows = self.$db.execute(query, ($first, $last)).fetchall()',
               "`when` is a constant of the line above")],
    ),
    "earned_sum": Slot(
        ('totals: dict[str, int] = {}\nfor $row in $rows:\n    totals[$row["$article"]] = totals.get($row["$article"], 0) + $row["cents"]\nreturn totals',
         'totals: dict[str, int] = dict.fromkeys(($row["$article"] for $row in $rows), 0)\nfor $row in $rows:\n'
         '    totals[$row["$article"]] += $row["cents"]\nreturn totals'),
        [Bad("wrong-result", "major",
             ('totals: dict[str, int] = {}\nfor $row in $rows:\n    totals[$row["$article"]] = $row["cents"]\nreturn totals',
              'return {$row["$article"]: $row["cents"] for $row in $rows}'),
             "only the last order of each counts", "add them up", "test_earned")],
    ),
    "gift_core": Slot(
        (),
        [Bad("access wrong-result", "blocker",
             ('query = "UPDATE $orders SET $person = ? WHERE number = ?"\nwith self.$whole():\n    self._owned($number, $person)\n'
              "    self.$db.execute(query, (other, $number))",
              "with self.$whole():\n    $row = self._owned($number, $person)\n"
              '    self.$db.execute("UPDATE $orders SET $person = ?, address = ? WHERE number = ?", (other, $row["address"], $number))'),
             "the other one can read the address", "empty the address", "test_gift", only="handed=without"),
         Bad("wrong-result", "major",
             ('query = "UPDATE $orders SET $person = ?, address = \'\' WHERE number = ?"\nwith self.$whole():\n    self._owned($number, $person)\n'
              "    self.$db.execute(query, (other, $number))",
              'with self.$whole():\n    self._owned($number, $person)\n    self.$db.execute("UPDATE $orders SET address = \'\' WHERE number = ?", ($number,))\n'
              '    self.$db.execute("UPDATE $orders SET $person = ? WHERE number = ?", (other, $number))'),
             "the address is lost", "keep the address", "test_gift", only="handed=with"),
         Bad("race", "blocker",
             ('query = "UPDATE $orders SET $person = ?, address = \'\' WHERE number = ?"\nself._owned($number, $person)\nwith self.$whole():\n'
              "    self.$db.execute(query, (other, $number))",
              'with self.$guard:\n    self._owned($number, $person)\nwith self.$whole():\n'
              '    self.$db.execute("UPDATE $orders SET $person = ?, address = \'\' WHERE number = ?", (other, $number))'),
             "between check and change the order can become somebody else's", "check within the block that changes", only="threads=many", given="handed=without"),
         Bad("race", "blocker",
             ('query = "UPDATE $orders SET $person = ? WHERE number = ?"\n$row = self._owned($number, $person)\nwith self.$whole():\n'
              '    self.$db.execute(query, (other, $row["number"]))',
              'with self.$guard:\n    self._owned($number, $person)\nself.$db.execute("UPDATE $orders SET $person = ? WHERE number = ?", (other, $number))'),
             "between check and change the order can become somebody else's", "check within the block that changes", only="threads=many", given="handed=with"),
         Bad("half-done race", "major",
             ('with self.$whole():\n    self._owned($number, $person)\n    self.$db.execute("UPDATE $orders SET $person = ? WHERE number = ?", (other, $number))\n'
              'self.$db.execute("UPDATE $orders SET address = \'\' WHERE number = ?", ($number,))',
              'with self.$whole():\n    self._owned($number, $person)\n    self.$db.execute("UPDATE $orders SET address = \'\' WHERE number = ?", ($number,))\n'
              'with self.$whole():\n    self.$db.execute("UPDATE $orders SET $person = ? WHERE number = ?", (other, $number))'),
             "a failure between the two statements leaves one of them done", "do both in one block", given="handed=without"),
         Bad("access", "blocker",
             ('with self.$whole():\n    query = "UPDATE $orders SET $person = ?, address = \'\' WHERE number = ?"\n'
              '    if self.$db.execute(query, (other, $number)).rowcount == 0:\n        raise $Refused("there is none")',
              'with self.$whole():\n    if not self._buyer($number) or other == $person:\n        raise $Refused("it stays where it is")\n'
              '    self.$db.execute("UPDATE $orders SET $person = ?, address = \'\' WHERE number = ?", (other, $number))'),
             "anybody can hand anybody's order over", "ask whose it is", "test_owner", given="handed=without"),
         Bad("access", "blocker",
             ('with self.$whole():\n    query = "UPDATE $orders SET $person = ? WHERE number = ?"\n'
              '    if self.$db.execute(query, (other, $number)).rowcount == 0:\n        raise $Refused("there is none")',
              'with self.$whole():\n    if not self._buyer($number) or other == $person:\n        raise $Refused("it stays where it is")\n'
              '    self.$db.execute("UPDATE $orders SET $person = ? WHERE number = ?", (other, $number))'),
             "anybody can hand anybody's order over", "ask whose it is", "test_owner", given="handed=with")],
    ),
    "gift_tell": mail('self._$send(other, f"order {$number} is yours now")', "nobody was told of an order"),
    "owned_check": Slot(
        ('if $row is None or $row["$person"] != $person:\n    raise $Refused("it is not yours")',
         'if $row is None:\n    raise $Refused("it is not yours")\nif $row["$person"] != $person:\n    raise $Refused("it is not yours")'),
        [Bad("access", "blocker",
             ('if $row is None:\n    raise $Refused("it is not yours")',
              'if $row is None or not $person:\n    raise $Refused("it is not yours")',
              'if $row is None or not $row["$person"].startswith($person):\n    raise $Refused("it is not yours")'),
             "somebody can change what is another's", "compare the whole name with the order's", "test_owner"),
         Bad("error-handling boundary", "minor",
             ('if $row["$person"] != $person:\n    raise $Refused("it is not yours")',
              'if $person != $row["$person"]:\n    raise $Refused(f"it is not {$person}\'s")'),
             'a number that was never given out ends with a TypeError', 'refuse what is not there', "test_owner")],
    ),
    "t_stock": Slot(
        ('with pytest.raises($Refused):\n    shop.$order($person="bob", $article="A", $count=99, address="", code="")',
         'with pytest.raises($Refused, match="many"):\n    shop.$order($person="bob", $article="A", $count=50, address="", code="")'),
        [Bad("missing-test", "minor",
             ('try:\n    shop.$order($person="bob", $article="A", $count=99, address="", code="")\nexcept $Refused:\n    pass',
              'try:\n    shop.$order($person="bob", $article="A", $count=50, address="", code="")\nexcept $Refused as error:\n    assert isinstance(error, ValueError)'),
             "the test passes whether or not the order is refused", "use pytest.raises"),
         Bad("misleading-name", "nit", ('accepted = pytest.raises($Refused)\nwith accepted:\n    shop.$order($person="bob", $article="A", $count=99, address="", code="")', 'few = 50\nwith pytest.raises($Refused):\n    shop.$order($person="bob", $article="A", $count=few, address="", code="")'),
             "the name says the opposite of what it holds", "name it after what it holds")],
    ),
    "t_back": Slot(
        ('assert shop.$back($number, "ann") == 600', 'cents = shop.$back($number, "ann")\nassert cents == 600'),
        [Bad("missing-test", "minor",
             ('assert shop.$back($number, "ann") or True', 'cents = shop.$back($number, "ann")\nassert cents == cents'),
             "the test passes whatever is paid back", "compare with 600"),
         Bad("misleading-name", "nit", ('pieces = shop.$back($number, "ann")\nassert pieces == 600', 'fee = shop.$back($number, "ann")\nassert fee == 600'),
             "the name says something else than it holds: what is paid back", "name it after what it holds")],
    ),
    "t_change": Slot(
        ('shop.$change($number, "ann", 5)\nassert shop.$earned(0, 2000) == {"A": 1000}',
         'shop.$change($number, "ann", 5)\nassert shop.$history("ann")[0]["cents"] == 1000'),
        [Bad("missing-test", "minor",
             ('shop.$change($number, "ann", 3)\nassert shop.$earned(0, 2000) == {"A": 600}',
              'shop.$change($number, "ann", 5)\nassert shop.$history("ann")[0]["cents"] > 0'),
             "the test passes if nothing changes", "change the pieces, and compare with the new price"),
         Bad("misleading-name", "nit", ('price = 5\nshop.$change($number, "ann", price)\nassert shop.$earned(0, 2000) == {"A": 1000}', 'shop.$change($number, "ann", 5)\nday = shop.$history("ann")[0]["cents"]\nassert day == 1000'),
             "the name says something else than it holds", "name it after what it holds")],
        [Decoy('shop.$change($number, "ann", 18)\nwith pytest.raises($Refused):\n    shop.$order($person="bob", $article="A", $count=16, address="", code="")',
               "it fails if the order did not change: 16 of 17 pieces could be ordered otherwise")],
    ),
    "t_history": Slot(
        ('assert [entry["number"] for entry in shop.$history("ann")] == [$number]', 'assert shop.$history("ann")[0]["number"] == $number'),
        [Bad("missing-test", "minor",
             ('assert all(entry["number"] == $number for entry in shop.$history("zoe"))',
              'for entry in shop.$history("zoe"):\n    assert entry["number"] == $number'),
             "the test looks at no result, so it cannot fail", "look at somebody who ordered something"),
         Bad("misleading-name", "nit", ('people = shop.$history("ann")\nassert people[0]["number"] == $number', 'cents = [entry["number"] for entry in shop.$history("ann")]\nassert cents == [$number]'),
             "the name says something else than it holds", "name it after what it holds")],
    ),
    "t_restock": Slot(
        ('path.write_text("A,5\\n", encoding="utf-8")\nassert shop.$restock(path) == ["A"]',
         'path.write_text("A,90\\n", encoding="utf-8")\nshop.$restock(path)\nassert shop.$order($person="bob", $article="A", $count=100, address="", code="") == 2'),
        [Bad("missing-test", "minor",
             ('path.write_text("A,5\\n", encoding="utf-8")\nassert len(path.read_text(encoding="utf-8").splitlines()) == 1',
              'path.write_text("", encoding="utf-8")\nassert shop.$restock(path) == []'),
             "no line of a file is ever taken in by the test", "take in a line and look at the stock"),
         Bad("misleading-name", "nit", ('path.write_text("A,5\\n", encoding="utf-8")\nsold_out = shop.$restock(path)\nassert sold_out == ["A"]', 'path.write_text("A,5\\n", encoding="utf-8")\nskipped = shop.$restock(path)\nassert skipped[0] == "A"'),
             "the name says the opposite of what it holds", "name it after what it holds")],
    ),
    "t_top": Slot(
        ('assert shop.$top(3) == ["A"]', 'assert shop.$top(3)[0] == "A"'),
        [Bad("missing-test", "minor", ('assert shop.$top(3) == shop.$top(3)', 'assert "B" not in shop.$top(3)'),
             "the test passes whatever sold most", 'compare with ["A"]'),
         Bad("misleading-name", "nit", ('counts = shop.$top(3)\nassert counts == ["A"]', 'worst = shop.$top(3)[0]\nassert worst == "A"'),
             "the name says something else than it holds", "name it after what it holds")],
    ),
    "t_gift": Slot(
        ('shop.$gift($number, "ann", "bob")\nassert shop.$back($number, "bob") == 600',
         'shop.$gift($number, "ann", "bob")\nwith pytest.raises($Refused):\n    shop.$back($number, "ann")'),
        [Bad("missing-test", "minor",
             ('shop.$gift($number, "ann", "bob")\nassert shop.$earned(0, 2000) == {"A": 600}',
              'shop.$gift($number, "ann", "bob")\nassert shop.$top(1) == ["A"]'),
             'the test passes if nobody was handed anything', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('shop.$gift($number, "ann", "bob")\nday = shop.$back($number, "bob")\nassert day == 600',
              'seller = "bob"\nshop.$gift($number, "ann", seller)\nassert shop.$back($number, seller) == 600'),
             'the name says something else than it holds', "name it after what it holds")],
    ),
    "t_invoice": Slot(
        ('assert shop.$invoice($number, "ann", tmp_path).read_text(encoding="utf-8") == "3 A: 600\\n"',
         'path = shop.$invoice($number, "ann", tmp_path)\nassert "600" in path.read_text(encoding="utf-8")'),
        [Bad("missing-test", "minor",
             ('path = shop.$invoice($number, "ann", tmp_path)\nassert path.parent == tmp_path',
              'assert isinstance(shop.$invoice($number, "ann", tmp_path), Path)'),
             'the test passes whatever is in the file', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('text = shop.$invoice($number, "ann", tmp_path)\nassert "600" in text.read_text(encoding="utf-8")',
              'pieces = shop.$invoice($number, "ann", tmp_path).read_text(encoding="utf-8")\nassert pieces == "3 A: 600\\n"'),
             'the name says something else than it holds', "name it after what it holds")],
    ),
    "t_archive": Slot(
        ('assert shop.$archive(-1) == 0',
         'shop.$archive(-1)\nassert shop.$history("ann") == []'),
        [Bad("missing-test", "minor",
             ('assert shop.$archive(9) == 1',
              'assert shop.$archive(-1) in (0, 1)'),
             'nothing has to be removed for the test to pass', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('removed = shop.$archive(-1)\nassert removed == 0',
              'shop.$archive(-1)\nbuyers = shop.$history("ann")\nassert buyers == []'),
             'the name says something else than it holds', "name it after what it holds")],
    ),
    "t_address": Slot(
        ('other = shop.$order($person="bob", $article="A", $count=1, address="here", code="")\nassert (shop.$state($number=other, $person="bob") or {})["address"] == "here"',
         'other = shop.$order($person="bob", $article="A", $count=1, address="here", code="")\nshown = (shop.$state($number=other, $person="bob") or {})\nassert "here" in shown.values()'),
        [Bad("missing-test", "minor",
             ('other = shop.$order($person="bob", $article="A", $count=1, address="here", code="")\nassert (shop.$state($number=other, $person="bob") or {})["$article"] == "A"',
              'other = shop.$order($person="bob", $article="A", $count=1, address="here", code="")\nshown = (shop.$state($number=other, $person="bob") or {})\nassert "there" not in shown.values()'),
             'the test passes whatever becomes of the address', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('other = shop.$order($person="bob", $article="A", $count=1, address="here", code="")\ncents = (shop.$state($number=other, $person="bob") or {})["address"]\nassert cents == "here"',
              'cents = shop.$order($person="bob", $article="A", $count=1, address="here", code="")\nassert (shop.$state($number=cents, $person="bob") or {})["address"] == "here"'),
             'the name says something else than it holds', "name it after what it holds")],
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
    return shop, shop.$order($person="ann", $article="A", $count=3, address="", code="")


def test_only_what_is_offered_can_be_ordered() -> None:
    shop, _ = one()
    with pytest.raises($Refused):
        shop.$order($person="ann", $article="Z", $count=1, address="", code="")
'''


def test(name, text):
    """Return a test of the change."""
    return Unit(name, text, None, "test_service.py")


TESTS = [
    test("t_stock", '''
def test_more_than_there_is_cannot_be_ordered() -> None:
    shop, _ = one()
    <<t_stock>>
'''),
    test("t_back", '''
def test_sending_back_pays_back() -> None:
    shop, $number = one()
    <<t_back>>
'''),
    test("t_change", '''
def test_an_order_can_change() -> None:
    shop, $number = one()
    <<t_change>>
'''),
    test("t_history", '''
def test_what_somebody_ordered_is_listed() -> None:
    shop, $number = one()
    <<t_history>>
'''),
    test("t_restock", '''
def test_a_file_is_taken_in(tmp_path: Path) -> None:
    shop, _ = one()
    path = tmp_path / "more.csv"
    <<t_restock>>
'''),
    test("t_top", '''
def test_what_sold_most_comes_first() -> None:
    shop, _ = one()
    <<t_top>>
'''),
    test("t_gift", '''
def test_an_order_can_be_handed_over() -> None:
    shop, $number = one()
    <<t_gift>>
'''),
    test("t_invoice", '''
def test_an_invoice_says_what_it_costs(tmp_path: Path) -> None:
    shop, $number = one()
    <<t_invoice>>
'''),
    test("t_archive", '''
def test_old_orders_are_removed() -> None:
    shop, $number = one()
    <<t_archive>>
'''),
    test("t_address", '''
def test_an_address_is_kept() -> None:
    shop, $number = one()
    <<t_address>>
'''),
]

SERVICE = Service(
    title="Orders",
    about="`service.py` keeps the orders of a shop: who bought which $article, and how many pieces are left. Its database is in autocommit mode.",
    change="Addresses, vouchers and messages for orders; send back, change and hand over; lists, files, invoices, takings.",
    words=WORDS,
    rules=RULES,
    always=ALWAYS,
    head=HEAD,
    test_head=TEST_HEAD,
    test_new=', address="", code=""',
    units=(*UNITS, *TESTS),
    slots=SLOTS,
    suite="orders_suite.txt",
    example="""shop = $Desk(sqlite3.connect("orders.db", isolation_level=None), $clock, $send)
shop.add_$article("A", 20, 200)
assert shop.$state(shop.$order($person="ann", $article="A", $count=3, address="", code="")) == {"$article": "A", "$count": 3, "cents": 600}
""",
    keep=", and the tables",
)
