"""Bookings of rooms: who has which one, from when until when."""

from pool.messages import mail
from pool.place import Bad, Decoy, Ruled, Service, Slot, Unit

WORDS = {
    "Desk": ("RoomDesk", "BookingDesk", "Reservations", "Calendar", "Timetable"),
    "Refused": ("Refused", "NotPossible", "Rejected", "Declined"),
    "Missing": ("Missing", "Unknown", "NotThere", "NoSuchBooking"),
    "room": ("room", "court", "studio", "lab", "boat"),
    "bookings": ("bookings", "reservations", "slots", "rentals"),
    "booking": ("booking", "reserved", "entry", "rental"),
    "person": ("member", "guest", "client", "tenant"),
    "start": ("start", "begins", "opens", "since"),
    "end": ("ends", "closes", "until", "finish"),
    "book": ("book", "reserve", "rent", "take"),
    "get": ("get", "details", "lookup", "show"),
    "cancel": ("cancel", "call_off", "withdraw", "drop"),
    "move": ("move", "shift", "reschedule", "postpone"),
    "search": ("search", "find", "matching", "look_for"),
    "page": ("page", "listing", "portion", "batch"),
    "load": ("load", "read_in", "take_over", "bring_in"),
    "dump": ("dump", "write_out", "save_copy", "hand_out"),
    "remind": ("remind", "nudge", "tell_soon", "give_notice"),
    "purge": ("purge", "clean_up", "forget_old", "prune"),
    "revenue": ("revenue", "income", "takings", "turnover"),
    "vacant": ("vacant", "open_now", "unoccupied", "to_let"),
    "share": ("share", "hand_over", "pass_on", "give_to"),
    "whole": ("_whole", "_atomic", "_together", "_at_once"),
    "db": ("_db", "_connection", "_sql", "_store"),
    "guard": ("_lock", "_guard", "_mutex", "_turn"),
    "clock": ("now", "clock", "minute", "today"),
    "send": ("send", "mail", "notify", "post"),
    "row": ("row", "record", "hit", "item"),
    "rows": ("rows", "hits", "records", "listed"),
    "number": ("number", "key", "ident", "ref"),
}

RULES = {
    "database": {
        "caller": "If the database fails, the caller gets its exception.",
        "calm": "If the database fails nobody minds what the call returns.",
    },
    "notes": {
        "own": "`$get` shows a booking's note to its $person and to nobody else.",
        "named": "`$get` shows a booking's note to whoever names a $person.",
    },
    "handed": {
        "without": "`$share` hands a booking over without its note.",
        "with": "`$share` hands a booking over with its note.",
    },
    "copy": {
        "plain": "`$dump` writes five columns: number, $room, $start, $end, cents.",
        "notes": "`$dump` writes six columns: number, $room, $start, $end, cents, note.",
    },
    "absent": {
        "caller": "`$load` of a file that is not there raises FileNotFoundError.",
        "empty": "`$load` of a file that is not there books nothing.",
    },
    "seats": {
        "least": "`$vacant` wants at least `seats` seats.",
        "more": "`$vacant` wants more than `seats` seats.",
    },
    "soon": {
        "with": "`$remind(minutes)` tells those whose booking begins now, in exactly `minutes` minutes, or in between.",
        "before": "`$remind(minutes)` tells those whose booking begins now or in less than `minutes` minutes.",
    },
    "threads": {
        "many": "One $Desk is used by several threads at once.",
        "one": "Only one thread uses a $Desk.",
    },
    "size": {
        "large": "There are hundreds of thousands of $bookings and thousands of $rooms.",
        "small": "There are never more than a hundred $bookings and ten $rooms.",
    },
    "callers": {
        "unknown": "Programs that we don't know call the methods that were there before, with their arguments by position or by name, and "
        "rely on what these return and raise.",
        "known": "All callers of the methods that were there before were adapted to the change: they hand over every argument, and by name.",
    },
    "touch": {
        "may": "Two bookings of one $room never overlap; one may begin in the very minute in which the other ends.",
        "apart": "Two bookings of one $room never overlap, and there is at least a minute between them: one must not begin in the very "
        "minute in which the other ends.",
    },
    "late": {
        "still": "`$cancel` is possible until 120 minutes before the beginning; exactly 120 minutes before, it is still possible.",
        "over": "`$cancel` is possible while there are more than 120 minutes until the beginning; exactly 120 minutes before, it is too late.",
    },
    "unknown": {
        "raises": "`$get` raises $Missing for a number that was never given out.",
        "none": "`$get` returns None for a number that was never given out.",
    },
    "pages": {
        "one": "`$page` counts pages from 1.",
        "zero": "`$page` counts pages from 0.",
    },
    "mail": {
        "best": "A message that cannot be sent is logged, and changes nothing else: the call goes on.",
        "must": "The exception of a message that cannot be sent reaches the caller, and what was done stays.",
    },
    "load": {
        "all": "`$load` takes all lines or none: with a bad line, it is $Refused.",
        "each": "`$load` takes each line on its own: bad lines are skipped, and the call returns the numbers of the bookings made.",
    },
    "period": {
        "with": "`$revenue($start, $end)` counts the bookings that begin from `$start` on, up to and including `$end`.",
        "before": "`$revenue($start, $end)` counts the bookings that begin from `$start` on and before `$end`.",
    },
    "cents": {
        "down": "A price is minutes times cents an hour, divided by 60; a fraction of a cent is dropped.",
        "up": "A price is minutes times cents an hour, divided by 60; a fraction of a cent counts as a whole one.",
    },
    "old": {
        "more": "`$purge(days)` removes what ended more than `days` days ago; what ended exactly `days` days ago stays.",
        "least": "`$purge(days)` removes what ended `days` days ago or earlier; what ended exactly `days` days ago goes.",
    },
}

ALWAYS = [
    "Times are whole minutes, money is whole cents. A booking has `$start` < `$end`; anything else is $Refused.",
    "Only its $person may `$cancel`, `$move` or `$share` a booking: anybody else is $Refused, and so is a number that was never given out.",
    "`$cancel` takes a booking away and notes its price in `refunds`: both or neither. `$move` keeps number, length and note.",
    "`$search` takes any text as it is: `%` and quotation marks find themselves. It sorts by `name`, `seats` or `price`; anything else is "
    "$Refused.",
]

HEAD = '''"""Bookings: who has which $room, from when until when. Times are whole minutes, money is whole cents."""

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
CREATE TABLE $room (name TEXT PRIMARY KEY, seats INTEGER, price INTEGER);
CREATE TABLE $bookings (
    number INTEGER PRIMARY KEY AUTOINCREMENT, $room TEXT, $person TEXT, $start INTEGER, $end INTEGER, note TEXT
);
CREATE TABLE refunds (number INTEGER, $person TEXT, cents INTEGER);
"""


class $Refused(ValueError):
    """What was asked for is not possible; nothing has changed."""


class $Missing(LookupError):
    """There is no such booking."""


class $Desk:
    """All bookings of a house, in a database in autocommit mode."""

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

    def add_$room(self, name: str, seats: int, price: int) -> None:
        """Offer a $room, at a price in cents an hour."""
        with self.$whole():
            self.$db.execute("INSERT INTO $room VALUES (?, ?, ?)", (name, seats, price))
'''

BEFORE_BOOK = '''
    def $book(self, $room: str, $person: str, $start: int, $end: int) -> int:
        """Book a $room and return the booking's number."""
        if $end <= $start:
            raise $Refused("it ends before it begins")
        with self.$whole():
            if self._taken($room, $start, $end):
                raise $Refused(f"{$room} is taken")
            return self._insert($room, $person, $start, $end)
'''
BEFORE_GET = '''
    def $get(self, $number: int) -> dict[str, Any] | None:
        """Return $room, $start and $end of a booking."""
        query = "SELECT $room, $start, $end FROM $bookings WHERE number = ?"
        $row = self.$db.execute(query, ($number,)).fetchone()
        if $row is None:
            <<before_missing>>
        return dict($row)
'''
BEFORE_TAKEN = '''
    def _taken(self, $room: str, $start: int, $end: int) -> bool:
        """Return whether a $room has a booking at a time."""
        <<before_touch>>
        return self.$db.execute(query, ($room, $start, $end)).fetchone() is not None
'''
BEFORE_INSERT = '''
    def _insert(self, $room: str, $person: str, $start: int, $end: int) -> int:
        query = "INSERT INTO $bookings ($room, $person, $start, $end, note) VALUES (?, ?, ?, ?, '')"
        return int(self.$db.execute(query, ($room, $person, $start, $end)).lastrowid or 0)
'''

UNITS = [
    Unit("book", '''
    def $book(
        <<book_signature>>
    ) -> int:
        """Book a $room, tell the $person, and return the booking's number."""
        <<book_valid>>
        <<book_core>>
        <<book_tell>>
        return $number
''', BEFORE_BOOK),
    Unit("get", '''
    def $get(self, $number: int, $person: str | None = None) -> dict[str, Any] | None:
        """Return $room, $start and $end of a booking, and its note if its own $person asks."""
        $row = self.$db.execute("SELECT * FROM $bookings WHERE number = ?", ($number,)).fetchone()
        if $row is None:
            <<get_missing>>
        shown = {name: $row[name] for name in ("$room", "$start", "$end")}
        <<get_note>>
        return shown
''', BEFORE_GET),
    Unit("taken", '''
    def _taken(self, $room: str, $start: int, $end: int, but: int) -> bool:
        """Return whether a $room has a booking at a time, whatever the booking `but` does."""
        <<taken_touch>>
        return self.$db.execute(query, ($room, but, $start, $end)).fetchone() is not None
''', BEFORE_TAKEN),
    Unit("insert", '''
    def _insert(self, $room: str, $person: str, $start: int, $end: int, note: str) -> int:
        <<insert_run>>
''', BEFORE_INSERT),
    Unit("cancel", '''
    def $cancel(self, $number: int, $person: str) -> int:
        """Take a booking away, note what is paid back, and return that."""
        <<cancel_core>>
        return cents
'''),
    Unit("move", '''
    def $move(self, $number: int, $person: str, $start: int) -> None:
        """Let a booking begin at another time, and last as long as before."""
        <<move_core>>
'''),
    Unit("search", '''
    def $search(self, text: str, order: str = "name", most: int = 50) -> list[dict[str, Any]]:
        """Return what is offered under a name that contains a text."""
        <<search_order>>
        <<search_run>>
        return [dict($row) for $row in $rows]
'''),
    Unit("page", '''
    def $page(self, page: int, size: int = 20) -> list[int]:
        """Return the numbers of a page of bookings, in the order in which they begin."""
        <<page_check>>
        <<page_skip>>
        <<page_query>>
        return [$row["number"] for $row in $rows]
'''),
    Unit("parsed", '''
    def _parsed(self, line: list[str]) -> tuple[str, str, int, int]:
        """Return the values of a line of a file, or refuse it."""
        <<parsed_values>>
'''),
    Unit("placed", '''
    def _placed(self, $room: str, $person: str, $start: int, $end: int) -> int:
        """Book within a block that nobody else can change anything in."""
        <<placed_valid>>
            raise $Refused(f"{$room} cannot be booked then")
        return self._insert($room, $person, $start, $end, "")
'''),
    Unit("load", '''
    def $load(self, path: Path) -> list[int]:
        """Book what a CSV file says, $room, $person, $start and $end in each line, and return the numbers."""
        made: list[int] = []
        <<load_open>>
        <<load_core>>
        return made
'''),
    Unit("dump", '''
    def $dump(self, path: Path) -> int:
        """Write all bookings to a CSV file, and return how many there are."""
        <<dump_query>>
        <<dump_file>>
        return len($rows)
'''),
    Unit("remind", '''
    def $remind(self, minutes: int) -> int:
        """Tell everybody whose booking begins within so many minutes, and return how many were told."""
        told, first = 0, self._$clock()
        <<remind_query>>
        for $row in $rows:
            <<remind_text>>
            <<remind_tell>>
            told += 1
        return told
'''),
    Unit("purge", '''
    def $purge(self, days: int) -> int:
        """Remove old bookings, and return how many are left."""
        <<purge_unit>>
        with self.$whole():
            <<purge_delete>>
            <<purge_left>>
'''),
    Unit("revenue", '''
    def $revenue(self, $start: int, $end: int) -> dict[str, int]:
        """Return the cents that each $room brings in a period."""
        <<revenue_period>>
        <<revenue_query>>
        totals: dict[str, int] = {}
        for $row in $rows:
            <<revenue_price>>
            totals[$row["$room"]] = totals.get($row["$room"], 0) + cents
        return totals
'''),
    Unit("vacant", '''
    def $vacant(self, $start: int, $end: int, seats: int = 0) -> list[str]:
        """Return what is offered with enough seats and no booking at a time, sorted by name."""
        <<vacant_offers>>
        names = [$row["name"] for $row in self.$db.execute(query, (seats,)).fetchall()]
        <<vacant_busy>>
        <<vacant_free>>
'''),
    Unit("share", '''
    def $share(self, $number: int, $person: str, other: str) -> None:
        """Hand a booking over to somebody else, and tell the other one."""
        <<share_core>>
        <<share_tell>>
'''),
    Unit("price", '''
    def _price(self, $row: sqlite3.Row) -> int:
        """Return what a booking costs, from its $start, $end and price an hour."""
        <<price_cents>>
'''),
    Unit("owned", '''
    def _owned(self, $number: int, $person: str) -> sqlite3.Row:
        """Return a booking with its price an hour, if it is that person's."""
        query = "SELECT b.*, r.price FROM $bookings b JOIN $room r ON r.name = b.$room WHERE b.number = ?"
        $row: sqlite3.Row | None = self.$db.execute(query, ($number,)).fetchone()
        <<owned_check>>
        return $row
'''),
]


SLOTS = {
    "book_signature": Slot(
        ('self, $room: str, $person: str, $start: int, $end: int, note: str = ""',
         'self, $room: str, $person: str, $start: int, $end: int, *, note: str = ""'),
        [Bad("breaking-change", "major",
             ("self, $room: str, $person: str, $start: int, $end: int, note: str",
              "self, $room: str, $person: str, $start: int, $end: int, *, note: str"),
             "calls without a note, which programs make, fail", 'give the note a default of ""', "test_old_calls", only="callers=unknown"),
         Bad("breaking-change", "blocker",
             ('self, $room: str, $person: str, $end: int, $start: int, note: str = ""',
              'self, $person: str, $room: str, $start: int, $end: int, note: str = ""'),
             "two parameters changed places, so calls by position mean something else", "keep the order", "test_old_calls", only="callers=unknown")],
    ),
    "book_valid": Slot(
        ('if $end <= $start:\n    raise $Refused("it ends before it begins")',
         'if not $start < $end:\n    raise $Refused("it ends before it begins")'),
        [Bad("boundary", "minor",
             ('if $end < $start:\n    raise $Refused("it ends before it begins")',
              'if $start > $end:\n    raise $Refused("it ends before it begins")'),
             "a booking of no length is accepted", "refuse $end == $start", "test_book")],
    ),
    "book_core": Slot(
        ('with self.$whole():\n    if self._taken($room, $start, $end, 0):\n        raise $Refused(f"{$room} is taken")\n'
         "    $number = self._insert($room, $person, $start, $end, note)",
         "with self.$whole():\n    clash = self._taken($room, $start, $end, 0)\n    if clash:\n"
         '        raise $Refused(f"{$room} is taken")\n    $number = self._insert($room, $person, $start, $end, note)'),
        [Bad("race", "blocker",
             ('if self._taken($room, $start, $end, 0):\n    raise $Refused(f"{$room} is taken")\nwith self.$whole():\n'
              "    $number = self._insert($room, $person, $start, $end, note)",
              "with self.$guard:\n    clash = self._taken($room, $start, $end, 0)\nif clash:\n"
              '    raise $Refused(f"{$room} is taken")\nwith self.$whole():\n'
              "    $number = self._insert($room, $person, $start, $end, note)"),
             "between check and insertion another thread can book the same time", "check within the block that inserts", only="threads=many")],
        [Decoy('with self.$whole():\n    $number = self._insert($room, $person, $start, $end, note)\n'
               '    if self._taken($room, $start, $end, $number):\n        raise $Refused(f"{$room} is taken")',
               "the check comes after the insertion, but an exception takes back the whole block")],
    ),
    "book_tell": mail('self._$send($person, f"booked: {$room}, {$start} to {$end}")', "a booking was not confirmed"),
    "before_missing": Ruled("unknown", {"raises": ("raise $Missing($number)",), "none": ("return None",)}, "", "", "", ""),
    "get_missing": Ruled(
        "unknown",
        {"raises": ("raise $Missing($number)", 'raise $Missing(f"there is no booking {$number}")'),
         "none": ("return None", "return None  # it was never given out")},
        "breaking-change error-handling wrong-result", "major",
        "an unknown number ends otherwise than before and than the rules say", "keep what callers rely on", "test_unknown"),
    "get_note": Slot(
        (),
        [Bad("access", "blocker",
             ('if $person is not None:\n    shown["note"] = $row["note"]', 'named = $person is not None\nif named:\n    shown["note"] = $row["note"]'),
             "others see the note", "show it only if the booking is the asker's own", "test_notes", only="notes=own"),
         Bad("wrong-result access", "major",
             ('if $row["$person"] == $person:\n    shown["note"] = $row["note"]', 'own = $person == $row["$person"]\nif own:\n    shown["note"] = $row["note"]'),
             "others miss the note", "show it to whoever names a $person", "test_notes", only="notes=named"),
         Bad("access", "blocker",
             ('if $row["note"]:\n    shown["note"] = $row["note"]',
              'shown["note"] = $row["note"]',
              'shown |= {name: $row[name] for name in ("note",)}'),
             "whoever names nobody sees the note, too", "show it only to whom the rules name", "test_notes"),
         Bad("breaking-change wrong-result", "major",
             ('shown["from"] = shown.pop("$start")\nif $row["$person"] == $person:\n    shown["note"] = $row["note"]',
              'shown["till"] = shown.pop("$end")\nif $person == $row["$person"]:\n    shown["note"] = $row["note"]'),
             "a key that callers read has another name now", "keep the keys", "test_old_calls", given="callers=unknown notes=own")],
    ),
    "insert_run": Slot(
        ('query = "INSERT INTO $bookings ($room, $person, $start, $end, note) VALUES (?, ?, ?, ?, ?)"\nreturn int(self.$db.execute(query, ($room, $person, $start, $end, note)).lastrowid or 0)',
         'values = {"at": $room, "who": $person, "low": $start, "high": $end, "note": note}\n'
         'query = "INSERT INTO $bookings ($room, $person, $start, $end, note) VALUES (:at, :who, :low, :high, :note)"\nreturn int(self.$db.execute(query, values).lastrowid or 0)'),
        [Bad("injection", "blocker",
             ('query = f"INSERT INTO $bookings ($room, $person, $start, $end, note) VALUES (?, ?, ?, ?, \'{note}\')"\nreturn int(self.$db.execute(query, ($room, $person, $start, $end)).lastrowid or 0)',
              'query = "INSERT INTO $bookings ($room, $person, $start, $end, note) VALUES (?, \'%s\', ?, ?, ?)" % $person\nreturn int(self.$db.execute(query, ($room, $start, $end, note)).lastrowid or 0)',
              'query = "INSERT INTO $bookings ($room, $person, $start, $end, note) VALUES (\'" + $room + "\', ?, ?, ?, ?)"\nreturn int(self.$db.execute(query, ($person, $start, $end, note)).lastrowid or 0)'),
             "a text from outside becomes part of the SQL", "hand it over as a parameter", "test_names"),
         Bad("error-handling", "major",
             ('query = "INSERT INTO $bookings ($room, $person, $start, $end, note) VALUES (?, ?, ?, ?, ?)"\ntry:\n    return int(self.$db.execute(query, ($room, $person, $start, $end, note)).lastrowid or 0)\nexcept sqlite3.Error:\n    log.exception("not booked")\n    return 0',
              'fresh = 0\nwith suppress(sqlite3.Error):\n    query = "INSERT INTO $bookings ($room, $person, $start, $end, note) VALUES (?, ?, ?, ?, ?)"\n    fresh = int(self.$db.execute(query, ($room, $person, $start, $end, note)).lastrowid or 0)\nreturn fresh'),
             'a booking that the database did not take looks like booking 0', 'let the error reach the caller', only="database=caller")],
        [Decoy('query = f"INSERT INTO $bookings ($room, $person, $start, $end, note) VALUES (?, ?, {int($start)}, {int($end)}, ?)"\nreturn int(self.$db.execute(query, ($room, $person, note)).lastrowid or 0)', "both are numbers")],
    ),
    "before_touch": Ruled("touch", {
        "may": ('query = "SELECT 1 FROM $bookings WHERE $room = ? AND $end > ? AND $start < ?"',),
        "apart": ('query = "SELECT 1 FROM $bookings WHERE $room = ? AND $end >= ? AND $start <= ?"',)}, "", "", "", ""),
    "taken_touch": Ruled("touch", {
        "may": ('query = "SELECT 1 FROM $bookings WHERE $room = ? AND number != ? AND $end > ? AND $start < ?"',
                'query = "SELECT 1 FROM $bookings WHERE $room = ? AND number <> ? AND NOT ($end <= ? OR $start >= ?)"'),
        "apart": ('query = "SELECT 1 FROM $bookings WHERE $room = ? AND number != ? AND $end >= ? AND $start <= ?"',
                  'query = "SELECT 1 FROM $bookings WHERE $room = ? AND number <> ? AND NOT ($end < ? OR $start > ?)"')},
        "boundary breaking-change", "major", "bookings that touch are treated against the rule", "compare as the rule says",
        "test_touch",
        [
         Bad("wrong-result injection", "minor",
             ('query = "SELECT 1 FROM $bookings WHERE $room LIKE ? AND number != ? AND $end > ? AND $start < ?"',
              'query = "SELECT 1 FROM $bookings WHERE lower($room) = lower(?) AND number != ? AND $end > ? AND $start < ?"'),
             "a booking of a $room with a similar name is in the way", "compare names as they are", "test_names", given="touch=may"),
         Bad("wrong-result injection", "minor",
             ('query = "SELECT 1 FROM $bookings WHERE $room LIKE ? AND number != ? AND $end >= ? AND $start <= ?"',
              'query = "SELECT 1 FROM $bookings WHERE lower($room) = lower(?) AND number != ? AND $end >= ? AND $start <= ?"'),
             "a booking of a $room with a similar name is in the way", "compare names as they are", "test_names", given="touch=apart"),
         Bad("wrong-result boundary", "blocker",
             ('query = "SELECT 1 FROM $bookings WHERE $room = ? AND number != ? AND $start >= ? AND $end <= ?"',
              'query = "SELECT 1 FROM $bookings WHERE $room = ? AND number <> ? AND NOT ($start < ? OR $end > ?)"'),
             'bookings that overlap in part are accepted', 'compare the beginning with the end, and the end with the beginning', "test_touch", given='touch=may'),
         Bad("wrong-result boundary", "blocker",
             ('query = "SELECT 1 FROM $bookings WHERE $room = ? AND number != ? AND $start >= ? AND $end <= ?"',
              'query = "SELECT 1 FROM $bookings WHERE $room = ? AND number <> ? AND NOT ($start < ? OR $end > ?)"'),
             'bookings that overlap in part are accepted', 'compare the beginning with the end, and the end with the beginning', "test_touch", given='touch=apart')]),
    "cancel_core": Slot(
        ('with self.$whole():\n    $row = self._owned($number, $person)\n    <<cancel_limit>>\n    cents = self._price($row)\n'
         '    self.$db.execute("DELETE FROM $bookings WHERE number = ?", ($number,))\n'
         '    self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))',
         'with self.$whole():\n    $row = self._owned($number, $person)\n    <<cancel_limit>>\n    cents = self._price($row)\n'
         '    self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))\n'
         '    self.$db.execute("DELETE FROM $bookings WHERE number = ?", ($number,))'),
        [Bad("half-done race", "blocker",
             ('with self.$whole():\n    $row = self._owned($number, $person)\n    <<cancel_limit>>\n    cents = self._price($row)\n'
              '    self.$db.execute("DELETE FROM $bookings WHERE number = ?", ($number,))\n'
              'self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))',
              'with self.$whole():\n    $row = self._owned($number, $person)\n    <<cancel_limit>>\n    cents = self._price($row)\n'
              '    self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))\n'
              'with self.$whole():\n    self.$db.execute("DELETE FROM $bookings WHERE number = ?", ($number,))'),
             "a failure between the two statements leaves one of them done", "do both in one block"),
         Bad("race", "blocker",
             ('$row = self._owned($number, $person)\n<<cancel_limit>>\ncents = self._price($row)\nwith self.$whole():\n'
              '    self.$db.execute("DELETE FROM $bookings WHERE number = ?", ($number,))\n'
              '    self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))',
              'with self.$guard:\n    $row = self._owned($number, $person)\n<<cancel_limit>>\ncents = self._price($row)\n'
              'with self.$whole():\n    self.$db.execute("DELETE FROM $bookings WHERE number = ?", ($number,))\n'
              '    self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))'),
             "two calls at once both find the booking, and pay back twice", "read it within the block", only="threads=many"),
         Bad("wrong-result", "blocker",
             ('with self.$whole():\n    $row = self._owned($number, $person)\n    <<cancel_limit>>\n    cents = self._price($row)\n'
              '    self.$db.execute("DELETE FROM $bookings WHERE $person = ?", ($person,))\n'
              '    self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))',
              'with self.$whole():\n    $row = self._owned($number, $person)\n    <<cancel_limit>>\n    cents = self._price($row)\n'
              '    self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))\n'
              '    self.$db.execute("DELETE FROM $bookings WHERE $person = ? OR number = ?", ($person, $number))'),
             "all bookings of the $person are taken away", "take away this one", "test_cancel"),
         Bad("access", "blocker",
             ('with self.$whole():\n    $row = self.$db.execute("SELECT b.*, price FROM $bookings b, $room r WHERE r.name = b.$room AND number = ?", ($number,)).fetchone()\n    if $row is None:\n        raise $Refused("there is none")\n    <<cancel_limit>>\n    cents = self._price($row)\n    self.$db.execute("DELETE FROM $bookings WHERE number = ?", ($number,))\n    self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))',
              'with self.$whole():\n    $row = self.$db.execute("SELECT b.*, price FROM $bookings b, $room r WHERE r.name = b.$room AND number = ?", ($number,)).fetchone()\n    if not $row:\n        raise $Refused(f"there is no {$number} of {$person}")\n    <<cancel_limit>>\n    cents = self._price($row)\n    self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))\n    self.$db.execute("DELETE FROM $bookings WHERE number = ?", ($number,))'),
             "anybody can cancel anybody's booking, and gets its price", 'ask whose it is', "test_owner"),
         Bad("error-handling half-done", "major",
             ('with self.$whole():\n    $row = self._owned($number, $person)\n    <<cancel_limit>>\n    cents = self._price($row)\n    self.$db.execute("DELETE FROM $bookings WHERE number = ?", ($number,))\n    try:\n        self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))\n    except sqlite3.Error:\n        log.exception("a refund was not noted")',
              'with self.$whole():\n    $row = self._owned($number, $person)\n    <<cancel_limit>>\n    cents = self._price($row)\n    with suppress(sqlite3.Error):\n        self.$db.execute("INSERT INTO refunds VALUES (?, ?, ?)", ($number, $person, cents))\n    self.$db.execute("DELETE FROM $bookings WHERE number = ?", ($number,))'),
             'if the refund cannot be noted, the booking is taken away all the same', 'let the error take back the block')],
    ),
    "cancel_limit": Ruled("late", {
        "still": ('if $row["$start"] - self._$clock() < 120:\n    raise $Refused("it is too late")',
                  'if self._$clock() > $row["$start"] - 120:\n    raise $Refused("it is too late")'),
        "over": ('if $row["$start"] - self._$clock() <= 120:\n    raise $Refused("it is too late")',
                 'if self._$clock() >= $row["$start"] - 120:\n    raise $Refused("it is too late")')},
        "boundary", "minor", "exactly 120 minutes before is treated against the rule", "compare as the rule says", "test_cancel"),
    "move_core": Slot(
        ('with self.$whole():\n    $row = self._owned($number, $person)\n    $end = $start + $row["$end"] - $row["$start"]\n'
         '    if self._taken($row["$room"], $start, $end, $number):\n        raise $Refused("it is taken then")\n'
         '    query = "UPDATE $bookings SET $start = ?, $end = ? WHERE number = ?"\n    self.$db.execute(query, ($start, $end, $number))',
         'with self.$whole():\n    $row = self._owned($number, $person)\n    length = $row["$end"] - $row["$start"]\n'
         '    if self._taken($row["$room"], $start, $start + length, $number):\n        raise $Refused("it is taken then")\n'
         '    query = "UPDATE $bookings SET $start = ?, $end = ? WHERE number = ?"\n'
         "    self.$db.execute(query, ($start, $start + length, $number))"),
        [Bad("race", "blocker",
             ('$row = self._owned($number, $person)\n$end = $start + $row["$end"] - $row["$start"]\n'
              'if self._taken($row["$room"], $start, $end, $number):\n    raise $Refused("it is taken then")\nwith self.$whole():\n'
              '    query = "UPDATE $bookings SET $start = ?, $end = ? WHERE number = ?"\n'
              "    self.$db.execute(query, ($start, $end, $number))",
              'with self.$guard:\n    $row = self._owned($number, $person)\n    $end = $start + $row["$end"] - $row["$start"]\n'
              '    clash = self._taken($row["$room"], $start, $end, $number)\nif clash:\n    raise $Refused("it is taken then")\n'
              'with self.$whole():\n    query = "UPDATE $bookings SET $start = ?, $end = ? WHERE number = ?"\n'
              "    self.$db.execute(query, ($start, $end, $number))"),
             "between check and change another thread can take the time", "check within the block that changes", only="threads=many"),
         Bad("wrong-result", "major",
             ('with self.$whole():\n    $row = self._owned($number, $person)\n    $end = $start + $row["$end"] - $row["$start"]\n'
              '    if self._taken($row["$room"], $start, $end, 0):\n        raise $Refused("it is taken then")\n'
              '    query = "UPDATE $bookings SET $start = ?, $end = ? WHERE number = ?"\n'
              "    self.$db.execute(query, ($start, $end, $number))",
              'with self.$whole():\n    $row = self._owned($number, $person)\n    length = $row["$end"] - $row["$start"]\n'
              '    if self._taken($row["$room"], $start, $start + length, -1):\n        raise $Refused("it is taken then")\n'
              '    query = "UPDATE $bookings SET $start = ?, $end = ? WHERE number = ?"\n'
              "    self.$db.execute(query, ($start, $start + length, $number))"),
             "a booking is in its own way when it moves by less than its length", "leave the booking itself out", "test_move"),
         Bad("access", "blocker",
             ('with self.$whole():\n    $row = self.$db.execute("SELECT * FROM $bookings WHERE number = ?", ($number,)).fetchone()\n    if $row is None:\n        raise $Refused("there is none")\n'
              '    $end = $start + $row["$end"] - $row["$start"]\n'
              '    if self._taken($row["$room"], $start, $end, $number):\n        raise $Refused("it is taken then")\n'
              '    query = "UPDATE $bookings SET $start = ?, $end = ? WHERE number = ?"\n    self.$db.execute(query, ($start, $end, $number))',
              'with self.$whole():\n    $row = self.$db.execute("SELECT * FROM $bookings WHERE number = ?", ($number,)).fetchone()\n    if not $row:\n        raise $Refused(f"there is no {$number} of {$person}")\n'
              '    length = $row["$end"] - $row["$start"]\n    if self._taken($row["$room"], $start, $start + length, $number):\n'
              '        raise $Refused("it is taken then")\n    query = "UPDATE $bookings SET $start = ?, $end = ? WHERE number = ?"\n'
              "    self.$db.execute(query, ($start, $start + length, $number))"),
             "anybody can move anybody's booking", "ask whose it is", "test_owner"),
         Bad("half-done race", "blocker",
             ('with self.$whole():\n    $row = self._owned($number, $person)\n    $end = $start + $row["$end"] - $row["$start"]\n'
              '    if self._taken($row["$room"], $start, $end, $number):\n        raise $Refused("it is taken then")\n'
              '    self.$db.execute("UPDATE $bookings SET $start = ? WHERE number = ?", ($start, $number))\n'
              'self.$db.execute("UPDATE $bookings SET $end = ? WHERE number = ?", ($end, $number))',
              'with self.$whole():\n    $row = self._owned($number, $person)\n    length = $row["$end"] - $row["$start"]\n'
              '    if self._taken($row["$room"], $start, $start + length, $number):\n        raise $Refused("it is taken then")\n'
              'for name, value in (("$end", $start + length), ("$start", $start)):\n'
              '    self.$db.execute(f"UPDATE $bookings SET {name} = ? WHERE number = ?", (value, $number))'),
             "a failure between the two changes leaves another length", "change both in the block"),
         Bad("misleading-name", "nit",
             ('with self.$whole():\n    $row = self._owned($number, $person)\n    length = $start + $row["$end"] - $row["$start"]\n    if self._taken($row["$room"], $start, length, $number):\n        raise $Refused("it is taken then")\n    query = "UPDATE $bookings SET $start = ?, $end = ? WHERE number = ?"\n    self.$db.execute(query, ($start, length, $number))',
              'with self.$whole():\n    $row = self._owned($number, $person)\n    old = $start + $row["$end"] - $row["$start"]\n    if self._taken($row["$room"], $start, old, $number):\n        raise $Refused("it is taken then")\n    query = "UPDATE $bookings SET $start = ?, $end = ? WHERE number = ?"\n    self.$db.execute(query, ($start, old, $number))'),
             'the name says something else than it holds: the new end', 'name it after what it holds')],
    ),
    "search_order": Slot(
        ('if order not in ("name", "seats", "price"):\n    raise $Refused("it cannot be sorted by that")',
         'if not {"name", "seats", "price"}.issuperset([order]):\n    raise $Refused("it cannot be sorted by that")'),
        [Bad("injection", "blocker",
             ('if not order:\n    raise $Refused("it cannot be sorted by that")',
              'order = order.strip() or "name"',
              'if order.split(" ")[0] not in ("name", "seats", "price"):\n    raise $Refused("it cannot be sorted by that")'),
             "what callers name becomes part of the SQL", "allow the three columns only", "test_search")],
    ),
    "search_run": Slot(
        ('query = "SELECT * FROM $room WHERE instr(name, ?) > 0 ORDER BY " + order + ", name LIMIT ?"\n'
         "$rows = self.$db.execute(query, (text, most)).fetchall()",
         'columns = order + ", name"\nquery = "SELECT * FROM $room WHERE instr(name, ?) > 0 ORDER BY " + columns + " LIMIT ?"\n'
         "$rows = self.$db.execute(query, (text, most)).fetchall()"),
        [Bad("injection", "blocker",
             ("query = f\"SELECT * FROM $room WHERE instr(name, '{text}') > 0 ORDER BY {order}, name LIMIT ?\"\n"
              "$rows = self.$db.execute(query, (most,)).fetchall()",
              "columns = order + \", name\"\nquery = \"SELECT * FROM $room WHERE instr(name, '%s') > 0 ORDER BY %s LIMIT ?\" % (text, columns)\n"
              "$rows = self.$db.execute(query, (most,)).fetchall()"),
             "the text that is searched for becomes part of the SQL", "hand it over as a parameter", "test_search"),
         Bad("wrong-result injection", "major",
             ('query = "SELECT * FROM $room WHERE name LIKE ? ORDER BY " + order + ", name LIMIT ?"\n'
              '$rows = self.$db.execute(query, (f"%{text}%", most)).fetchall()',
              'columns = order + ", name"\nquery = "SELECT * FROM $room WHERE name LIKE \'%\' || ? || \'%\' ORDER BY " + columns + " LIMIT ?"\n'
              "$rows = self.$db.execute(query, (text, most)).fetchall()"),
             "% and _ in the text match anything", "compare with instr, or escape them", "test_search"),
         Bad("slow", "major",
             ('query = "SELECT * FROM $room ORDER BY " + order + ", name"\n$rows = [$row for $row in self.$db.execute(query) if text in $row["name"]][:most]',
              'names = self.$db.execute("SELECT name FROM $room WHERE instr(name, ?) > 0", (text,)).fetchall()\n$rows = [self.$db.execute("SELECT * FROM $room WHERE name = ?", tuple(found)).fetchone() for found in names]\n$rows = sorted($rows, key=lambda $row: ($row[order], $row["name"]))[:most]'),
             'everything is read, or a query made for each name', 'let the database compare, sort and limit', only='size=large'),
         Bad("boundary wrong-result", "minor",
             ('query = "SELECT * FROM $room WHERE instr(name, ?) > 0 ORDER BY " + order + ", name LIMIT ?"\n$rows = self.$db.execute(query, (text, most + 1)).fetchall()',
              'columns = order + ", name"\nquery = "SELECT * FROM $room WHERE instr(name, ?) > 0 ORDER BY " + columns + " LIMIT ?"\n$rows = self.$db.execute(query, (text, max(0, most - 1))).fetchall()'),
             'one too many or too few is returned', 'take at most `most`', "test_most"),
         Bad("error-handling", "major",
             ('try:\n    query = "SELECT * FROM $room WHERE instr(name, ?) > 0 ORDER BY " + order + ", name LIMIT ?"\n    $rows = self.$db.execute(query, (text, most)).fetchall()\nexcept sqlite3.Error:\n    $rows = []',
              '$rows = []\nwith suppress(sqlite3.Error):\n    columns = order + ", name"\n    query = "SELECT * FROM $room WHERE instr(name, ?) > 0 ORDER BY " + columns + " LIMIT ?"\n    $rows += self.$db.execute(query, (text, most)).fetchall()'),
             'if the database fails, it looks as if there were nothing', 'let the error reach the caller', only="database=caller")],
        [Decoy('query = f"SELECT * FROM $room WHERE instr(name, ?) > 0 ORDER BY {order}, name LIMIT {int(most)}"\n'
               "$rows = self.$db.execute(query, (text,)).fetchall()", "order is one of three words, and most is a number")],
    ),
    "page_check": Ruled("pages", {
        "one": ('if size < 1 or page < 1:\n    raise $Refused("there is no such page")',
                'if min(size, page) <= 0:\n    raise $Refused("there is no such page")'),
        "zero": ('if size < 1 or page < 0:\n    raise $Refused("there is no such page")',
                 'if size <= 0 or page <= -1:\n    raise $Refused("there is no such page")')},
        "boundary", "minor", "the first page, or one before it, is treated against the rule", "check as the rule says", "test_pages"),
    "page_skip": Ruled("pages", {
        "one": ("skip = (page - 1) * size", "skip = page * size - size"),
        "zero": ("skip = page * size", "skip = size * page")},
        "boundary wrong-result", "major", "every page is a page off", "count as the rule says", "test_pages"),
    "page_query": Slot(
        ('query = "SELECT number FROM $bookings ORDER BY $start, number LIMIT ? OFFSET ?"\n'
         "$rows = self.$db.execute(query, (size, skip)).fetchall()",
         'query = "SELECT number FROM $bookings ORDER BY $start, number LIMIT :size OFFSET :skip"\n'
         '$rows = self.$db.execute(query, {"size": size, "skip": skip}).fetchall()'),
        [Bad("slow", "major",
             ('query = "SELECT number FROM $bookings ORDER BY $start, number"\n'
              "$rows = self.$db.execute(query).fetchall()[skip : skip + size]",
              'query = "SELECT * FROM $bookings"\n'
              '$rows = sorted(self.$db.execute(query), key=lambda $row: ($row["$start"], $row["number"]))[skip : skip + size]'),
             "all bookings are read for one page", "let the database take the page", only="size=large"),
         Bad("wrong-result", "major",
             ('query = "SELECT number FROM $bookings ORDER BY number LIMIT ? OFFSET ?"\n$rows = self.$db.execute(query, (size, skip)).fetchall()',
              'query = "SELECT number FROM $bookings ORDER BY $end DESC, number LIMIT :size OFFSET :skip"\n'
              '$rows = [*self.$db.execute(query, {"size": size, "skip": skip})]'),
             "they are not in the order in which they begin", "sort by the beginning", "test_pages")],
        [Decoy('query = f"SELECT number FROM $bookings ORDER BY $start, number LIMIT {int(size)} OFFSET {int(skip)}"\n'
               "$rows = self.$db.execute(query).fetchall()", "both are numbers")],
    ),
    "parsed_values": Slot(
        ('try:\n    $room, $person, $start, $end = line\n    return $room, $person, int($start), int($end)\nexcept ValueError as error:\n    raise $Refused(f"bad line: {line}") from error',
         'if len(line) != 4:\n    raise $Refused(f"bad line: {line}")\ntry:\n    return line[0], line[1], int(line[2]), int(line[3])\nexcept ValueError as error:\n    raise $Refused(f"bad line: {line}") from error'),
        [
         Bad("wrong-result error-handling", "minor",
             ('try:\n    $room, $person, $start, $end, *_ = line\n    return $room, $person, int($start), int($end)\nexcept ValueError as error:\n    raise $Refused(f"bad line: {line}") from error',
              'if len(line) < 4:\n    raise $Refused(f"bad line: {line}")\ntry:\n    return line[0], line[1], int(line[2]), int(line[3])\nexcept ValueError as error:\n    raise $Refused(f"bad line: {line}") from error'),
             'a line with too many values is booked', 'refuse it', "test_load"),
         Bad("error-handling", "minor",
             ('try:\n    $room, $person, $start, $end = line\n    return $room, $person, int($start), int($end)\nexcept TypeError as error:\n    raise $Refused(f"bad line: {line}") from error',
              'if line == []:\n    raise $Refused(f"bad line: {line}")\ntry:\n    return line[0], line[1], int(line[2]), int(line[3])\nexcept ValueError as error:\n    raise $Refused(f"bad line: {line}") from error'),
             'a bad line ends with another exception than the rules say', 'refuse it', "test_load"),
         Bad("misleading-name", "nit",
             ('try:\n    $room, price, $start, $end = line\n    return $room, price, int($start), int($end)\nexcept ValueError as error:\n    raise $Refused(f"bad line: {line}") from error',
              'try:\n    $end, $person, $start, last = line\n    return $end, $person, int($start), int(last)\nexcept ValueError as error:\n    raise $Refused(f"bad line: {line}") from error'),
             'a name says something else than it holds', 'name it after what it holds')],
    ),
    "placed_valid": Slot(
        ("if $end <= $start or self._taken($room, $start, $end, 0):", "if not $start < $end or self._taken($room, $start, $end, 0):"),
        [Bad("boundary", "minor",
             ("if $end < $start or self._taken($room, $start, $end, 0):", "if $start > $end or self._taken($room, $start, $end, 0):"),
             "a booking of no length is accepted", "refuse $end == $start", "test_load"),
         Bad("wrong-result", "major", ("if $end <= $start:", "if not $start < $end or not $room:"),
             "a file can book what is taken", "look whether it is taken", "test_load")],
    ),
    "load_open": Ruled("absent", {
        "caller": ('with path.open(encoding="utf-8", newline="") as file:\n    lines = list(csv.reader(file))',
                   'lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))'),
        "empty": ('try:\n    lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))\nexcept FileNotFoundError:\n    lines = []',
                  'lines: list[list[str]] = []\nwith suppress(FileNotFoundError), path.open(encoding="utf-8", newline="") as file:\n'
                  "    lines = list(csv.reader(file))")},
        "error-handling wrong-result", "major", "a file that is not there is treated against the rule", "treat it as the rule says", "test_load_nothing",
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
             'the first line is left out', 'take all lines', "test_load", given='absent=caller'),
         Bad("wrong-result boundary", "major",
             ('try:\n    lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()[1:]))\nexcept FileNotFoundError:\n    lines = []',
              'lines: list[list[str]] = []\nwith suppress(FileNotFoundError), path.open(encoding="utf-8", newline="") as file:\n    next(file, None)\n    lines = list(csv.reader(file))'),
             'the first line is left out', 'take all lines', "test_load", given='absent=empty')],
        [Decoy('file = path.open(encoding="utf-8", newline="")\ntry:\n    lines = list(csv.reader(file))\nfinally:\n    file.close()',
               "it is closed, whatever happens", given="absent=caller")]),
    "load_core": Ruled("load", {
        "all": ("with self.$whole():\n    for line in lines:\n        made.append(self._placed(*self._parsed(line)))",
                "parsed = [self._parsed(line) for line in lines]\nwith self.$whole():\n    made += [self._placed(*values) for values in parsed]"),
        "each": ('for line in lines:\n    try:\n        with self.$whole():\n            made.append(self._placed(*self._parsed(line)))\n'
                 '    except $Refused:\n        log.warning("skipped: %s", line)',
                 "for line in lines:\n    with suppress($Refused), self.$whole():\n        made.append(self._placed(*self._parsed(line)))")},
        "half-done error-handling wrong-result", "major", "a file with a bad line is treated against the rule",
        "take all lines or each on its own, as the rule says", "test_load",
        [
         Bad("race", "blocker",
             ('for line in lines:\n    try:\n        made.append(self._placed(*self._parsed(line)))\n    except $Refused:\n        log.warning("skipped: %s", line)',
              'for line in lines:\n    with suppress($Refused):\n        values = self._parsed(line)\n        made.append(self._placed(*values))'),
             'between check and insertion another thread can book the same time', 'place each line within a block', only='threads=many', given='load=each')]),
    "dump_query": Slot(
        ('query = "SELECT b.*, r.price FROM $bookings b JOIN $room r ON r.name = b.$room ORDER BY b.number"\n'
         "$rows = self.$db.execute(query).fetchall()",
         'query = "SELECT b.*, price FROM $bookings b, $room r WHERE r.name = b.$room ORDER BY b.number"\n'
         "$rows = [*self.$db.execute(query)]"),
        [Bad("slow", "major",
             ('query = "SELECT b.*, r.price FROM $bookings b JOIN $room r ON r.name = b.$room WHERE b.number = ?"\n'
              'numbers = self.$db.execute("SELECT number FROM $bookings ORDER BY number").fetchall()\n'
              '$rows = [self.$db.execute(query, (found["number"],)).fetchone() for found in numbers]',
              "$rows = []\n"
              'for found in self.$db.execute("SELECT number FROM $bookings ORDER BY number").fetchall():\n'
              '    query = "SELECT b.*, price FROM $bookings b, $room r WHERE r.name = b.$room AND number = ?"\n'
              '    $rows += self.$db.execute(query, (found["number"],)).fetchall()'),
             "a query for each booking", "join in one query", only="size=large")],
    ),
    "dump_file": Slot(
        (),
        [Bad("wrong-result", "major",
             ('with path.open("w", encoding="utf-8", newline="") as file:\n    out = csv.writer(file)\n    for $row in $rows:\n        out.writerow([$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row)])',
              'lines = [[$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row)] for $row in $rows]\nwith path.open("w", encoding="utf-8", newline="") as file:\n    csv.writer(file).writerows(lines)'),
             "the notes are missing", "write the six columns", "test_dump", only="copy=notes"),
         Bad("access wrong-result", "blocker",
             ('with path.open("w", encoding="utf-8", newline="") as file:\n    out = csv.writer(file)\n    for $row in $rows:\n        out.writerow([$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row), $row["note"]])',
              'lines = [[$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row), $row["note"]] for $row in $rows]\nwith path.open("w", encoding="utf-8", newline="") as file:\n    csv.writer(file).writerows(lines)'),
             "notes are written to a file that others read", "write the five columns", "test_dump", only="copy=plain"),
         Bad("access wrong-result", "blocker",
             ('with path.open("w", encoding="utf-8", newline="") as file:\n    csv.writer(file).writerows([*$row, self._price($row)] for $row in $rows)',
              'lines = [[*tuple($row)[:5], self._price($row)] for $row in $rows]\nwith path.open("w", encoding="utf-8", newline="") as file:\n    csv.writer(file).writerows(lines)'),
             "names of $persons are written to a file that others read", "write the columns of the rule only", "test_dump"),
         Bad("leak half-done", "major",
             ('out = csv.writer(path.open("w", encoding="utf-8", newline=""))\nfor $row in $rows:\n    out.writerow([$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row)])',
              'file = path.open("w", encoding="utf-8", newline="")\ncsv.writer(file).writerows([$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row)] for $row in $rows)'),
             "the file is not closed, and its end may be missing", "open it in a with block", given="copy=plain"),
         Bad("leak half-done", "major",
             ('out = csv.writer(path.open("w", encoding="utf-8", newline=""))\nfor $row in $rows:\n    out.writerow([$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row), $row["note"]])',
              'file = path.open("w", encoding="utf-8", newline="")\nfor $row in $rows:\n    csv.writer(file).writerow(($row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row), $row["note"]))'),
             "the file is not closed, and its end may be missing", "open it in a with block", given="copy=notes"),
         Bad("error-handling", "major",
             ('try:\n    with path.open("w", encoding="utf-8", newline="") as file:\n        csv.writer(file).writerows([$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row)] for $row in $rows)\nexcept OSError as error:\n    log.debug("not written: %s", error)',
              'lines = [[$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row)] for $row in $rows]\nwith suppress(OSError), path.open("w", encoding="utf-8", newline="") as file:\n    csv.writer(file).writerows(lines)'),
             'nobody learns that nothing was written', 'let the error reach the caller', "test_undumped", given='copy=plain'),
         Bad("error-handling", "major",
             ('try:\n    with path.open("w", encoding="utf-8", newline="") as file:\n        csv.writer(file).writerows([$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row), $row["note"]] for $row in $rows)\nexcept OSError as error:\n    log.debug("not written: %s", error)',
              'lines = [[$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row), $row["note"]] for $row in $rows]\nwith suppress(OSError), path.open("w", encoding="utf-8", newline="") as file:\n    csv.writer(file).writerows(lines)'),
             'nobody learns that nothing was written', 'let the error reach the caller', "test_undumped", given='copy=notes')],
        [Decoy('file = path.open("w", encoding="utf-8", newline="")\ntry:\n    for $row in $rows:\n'
               '        csv.writer(file).writerow([$row["number"], $row["$room"], $row["$start"], $row["$end"], self._price($row)])\n'
               "finally:\n    file.close()", "it is closed, whatever happens, and a writer has no state", given="copy=plain")],
    ),
    "remind_query": Ruled("soon", {
        "with": ('query = "SELECT * FROM $bookings WHERE $start BETWEEN ? AND ? ORDER BY number"\n$rows = self.$db.execute(query, (first, first + minutes)).fetchall()',
                 'query = "SELECT * FROM $bookings WHERE $start >= ? AND $start <= ? ORDER BY number"\n$rows = self.$db.execute(query, (first, first + minutes)).fetchall()'),
        "before": ('query = "SELECT * FROM $bookings WHERE $start >= ? AND $start < ? ORDER BY number"\n$rows = self.$db.execute(query, (first, first + minutes)).fetchall()',
                   'query = "SELECT * FROM $bookings WHERE $start BETWEEN ? AND ? - 1 ORDER BY number"\n$rows = self.$db.execute(query, (first, first + minutes)).fetchall()')},
        "boundary", "minor", "a booking at the end of the time is treated against the rule", "compare as the rule says", "test_remind",
        [Bad("boundary", "minor",
             ('query = "SELECT * FROM $bookings WHERE $start > ? AND $start <= ? ORDER BY number"\n$rows = self.$db.execute(query, (first, first + minutes)).fetchall()',
              'query = "SELECT * FROM $bookings WHERE $start BETWEEN ? + 1 AND ? ORDER BY number"\n$rows = self.$db.execute(query, (first, first + minutes)).fetchall()'),
             "a booking that begins now is left out", "take it in", "test_remind", given="soon=with"),
         Bad("slow", "major",
             ('numbers = self.$db.execute("SELECT number FROM $bookings ORDER BY number").fetchall()\n'
              'every = [self.$db.execute("SELECT * FROM $bookings WHERE number = ?", tuple(found)).fetchone() for found in numbers]\n'
              '$rows = [$row for $row in every if first <= $row["$start"] <= first + minutes]',
              "$rows = []\nfor minute in range(first, first + minutes + 1):\n"
              '    query = "SELECT * FROM $bookings WHERE $start = ? ORDER BY number"\n'
              "    $rows += self.$db.execute(query, (minute,)).fetchall()"),
             "a query for each booking or minute", "ask once for the whole time", only="size=large", given="soon=with"),
         Bad("slow", "major",
             ('$rows = [$row for $row in self.$db.execute("SELECT * FROM $bookings ORDER BY number") if first <= $row["$start"] < first + minutes]',
              "$rows = []\nfor minute in range(first, first + minutes):\n"
              '    $rows.extend(self.$db.execute("SELECT * FROM $bookings WHERE $start = ? ORDER BY number", (minute,)))'),
             "all bookings are read, or a query made for each minute", "ask once for the whole time", only="size=large", given="soon=before"),
         Bad("wrong-result", "major",
             ('query = "SELECT * FROM $bookings WHERE $end BETWEEN ? AND ? ORDER BY number"\n$rows = self.$db.execute(query, (first, first + minutes)).fetchall()',
              'query = "SELECT * FROM $bookings WHERE $start BETWEEN ? AND ? ORDER BY number"\n$rows = self.$db.execute(query, (first, first + minutes * 60)).fetchall()'),
             'not those are told whose booking begins soon', 'compare the beginning with the minutes', "test_remind", given='soon=with'),
         Bad("wrong-result", "major",
             ('query = "SELECT * FROM $bookings WHERE $end >= ? AND $end < ? ORDER BY number"\n$rows = self.$db.execute(query, (first, first + minutes)).fetchall()',
              'query = "SELECT * FROM $bookings WHERE $start >= ? AND $start < ? ORDER BY number"\n$rows = self.$db.execute(query, (first, first + minutes * 60)).fetchall()'),
             'not those are told whose booking begins soon', 'compare the beginning with the minutes', "test_remind", given='soon=before')]),
    "remind_text": Slot(
        ('minutes_left = $row["$start"] - first\ntext = f"{$row[\'$room\']} begins in {minutes_left} minutes"',
         'wait = $row["$start"] - first\ntext = f"{$row[\'$room\']} begins in {wait} minutes"'),
        [Bad("misleading-name", "nit",
             ('hours_left = $row["$start"] - first\ntext = f"{$row[\'$room\']} begins in {hours_left} minutes"',
              'overdue = $row["$start"] - first\ntext = f"{$row[\'$room\']} begins in {overdue} minutes"'),
             "the name says something else than it holds: minutes until the beginning", "name it after what it holds")],
    ),
    "remind_tell": mail('self._$send($row["$person"], text)', "a reminder was not sent"),
    "purge_unit": Slot(
        ("before = self._$clock() - days * 24 * 60", "day = 24 * 60\nbefore = self._$clock() - days * day"),
        [Bad("wrong-result", "blocker",
             ("before = self._$clock() - days * 24", "day = 24\nbefore = self._$clock() - days * day"),
             "days become hours: bookings are removed far too early", "a day has 24 * 60 minutes", "test_purge"),
         Bad("misleading-name", "nit",
             ("hour = 24 * 60\nbefore = self._$clock() - days * hour", "seconds = days * 24 * 60\nbefore = self._$clock() - seconds"),
             "the name says another unit than it holds", "name it after what it holds")],
    ),
    "purge_delete": Ruled("old", {
        "more": ('self.$db.execute("DELETE FROM $bookings WHERE $end < ?", (before,))',
                 'self.$db.execute("DELETE FROM $bookings WHERE ? > $end", (before,))'),
        "least": ('self.$db.execute("DELETE FROM $bookings WHERE $end <= ?", (before,))',
                  'self.$db.execute("DELETE FROM $bookings WHERE ? >= $end", (before,))')},
        "boundary", "minor", "what ended exactly so many days ago is treated against the rule", "compare as the rule says", "test_purge",
        [
         Bad("slow", "major",
             ('for found in self.$db.execute("SELECT number FROM $bookings WHERE $end < ?", (before,)).fetchall():\n    self.$db.execute("DELETE FROM $bookings WHERE number = ?", (found["number"],))',
              'every = self.$db.execute("SELECT * FROM $bookings").fetchall()\nself.$db.executemany("DELETE FROM $bookings WHERE number = ?", [($row["number"],) for $row in every if $row["$end"] < before])'),
             'a statement for each booking', 'delete them in one statement', only='size=large', given='old=more'),
         Bad("slow", "major",
             ('for found in self.$db.execute("SELECT number FROM $bookings WHERE $end <= ?", (before,)).fetchall():\n    self.$db.execute("DELETE FROM $bookings WHERE number = ?", (found["number"],))',
              'every = self.$db.execute("SELECT * FROM $bookings").fetchall()\nself.$db.executemany("DELETE FROM $bookings WHERE number = ?", [($row["number"],) for $row in every if $row["$end"] <= before])'),
             'a statement for each booking', 'delete them in one statement', only='size=large', given='old=least')]),
    "purge_left": Slot(
        ('left = self.$db.execute("SELECT count(*) FROM $bookings").fetchone()\nreturn int(left[0])',
         'kept = self.$db.execute("SELECT count(*) FROM $bookings").fetchone()\nreturn int(kept[0])'),
        [Bad("misleading-name", "nit",
             ('removed = self.$db.execute("SELECT count(*) FROM $bookings").fetchone()\nreturn int(removed[0])',
              'oldest = self.$db.execute("SELECT count(*) FROM $bookings").fetchone()\nreturn int(oldest[0])'),
             "the name says something else than it holds: how many are left", "name it after what it holds")],
    ),
    "revenue_period": Ruled("period", {
        "with": ('when = "b.$start BETWEEN ? AND ?"', 'when = "b.$start >= ? AND b.$start <= ?"'),
        "before": ('when = "b.$start >= ? AND b.$start < ?"', 'when = "? <= b.$start AND NOT b.$start >= ?"')},
        "boundary", "major", "the last minute of the period is treated against the rule", "compare as the rule says", "test_revenue"),
    "revenue_query": Slot(
        ('query = "SELECT b.*, r.price FROM $bookings b JOIN $room r ON r.name = b.$room WHERE " + when\n'
         "$rows = self.$db.execute(query, ($start, $end)).fetchall()",
         'query = "SELECT b.*, price FROM $bookings b, $room r WHERE r.name = b.$room AND " + when\n'
         "$rows = [*self.$db.execute(query, ($start, $end))]"),
        [Bad("slow", "major",
             ("$rows = []\n"
              'for offer in self.$db.execute("SELECT name FROM $room").fetchall():\n'
              '    query = "SELECT b.*, r.price FROM $bookings b JOIN $room r ON r.name = b.$room WHERE r.name = ? AND " + when\n'
              '    $rows += self.$db.execute(query, (offer["name"], $start, $end)).fetchall()',
              'numbers = self.$db.execute("SELECT number FROM $bookings b WHERE " + when, ($start, $end)).fetchall()\n'
              'query = "SELECT b.*, price FROM $bookings b, $room r WHERE r.name = b.$room AND number = ?"\n'
              '$rows = [self.$db.execute(query, (found["number"],)).fetchone() for found in numbers]'),
             "a query for each $room or booking", "join in one query", only="size=large")],
        [Decoy('query = f"SELECT b.*, r.price FROM $bookings b JOIN $room r ON r.name = b.$room WHERE {when}"\n'
               "$rows = self.$db.execute(query, ($start, $end)).fetchall()", "`when` is a constant of the line above")],
    ),
    "revenue_price": Slot(
        ("cents = self._price($row)", "cents = self._price($row)  # as it would be paid back"),
        [Bad("error-handling", "minor",
             ("try:\n    cents = self._price($row)\nexcept Exception:\n    cents = 0",
              "cents = 0\nwith suppress(Exception):\n    cents = self._price($row)"),
             "a booking whose price cannot be told counts as nothing, and nobody hears of it", "let the error reach the caller"),
         Bad("wrong-result", "major", ('cents = int($row["price"])', 'cents = ($row["$end"] - $row["$start"]) * $row["price"]'),
             "the price of an hour, or sixty times the price, is added up", "add up what each booking costs", "test_revenue")],
    ),
    "vacant_offers": Ruled("seats", {
        "least": ('query = "SELECT name FROM $room WHERE seats >= ? ORDER BY name"', 'query = "SELECT name FROM $room WHERE NOT seats < ? ORDER BY name"'),
        "more": ('query = "SELECT name FROM $room WHERE seats > ? ORDER BY name"', 'query = "SELECT name FROM $room WHERE NOT seats <= ? ORDER BY name"')},
        "boundary", "minor", "what has exactly so many seats is treated against the rule", "compare as the rule says", "test_seats",
        [Bad("wrong-result", "minor",
             ('query = "SELECT name FROM $room WHERE seats >= ? ORDER BY seats, name"', 'query = "SELECT name FROM $room WHERE NOT seats < ? ORDER BY seats, rowid"'),
             "they are not sorted by name", "sort by name", "test_seats", given="seats=least")]),
    "vacant_busy": Ruled("touch", {
        "may": ('during = "$end > ? AND $start < ?"', 'during = "NOT ($end <= ? OR $start >= ?)"'),
        "apart": ('during = "$end >= ? AND $start <= ?"', 'during = "NOT ($end < ? OR $start > ?)"')},
        "boundary wrong-result", "minor", "bookings that touch are treated against the rule", "compare as the rule says", "test_vacant"),
    "vacant_free": Slot(
        ('taken = {$row["$room"] for $row in self.$db.execute("SELECT $room FROM $bookings WHERE " + during, ($start, $end))}\n'
         "return [name for name in names if name not in taken]",
         'query = "SELECT DISTINCT $room FROM $bookings WHERE " + during\n'
         'busy = [$row["$room"] for $row in self.$db.execute(query, ($start, $end))]\nreturn [name for name in names if name not in busy]'),
        [Bad("misleading-name", "minor",
             ('unused = {$row["$room"] for $row in self.$db.execute("SELECT $room FROM $bookings WHERE " + during, ($start, $end))}\n'
              "return [name for name in names if name not in unused]",
              'query = "SELECT DISTINCT $room FROM $bookings WHERE " + during\n'
              'idle = [$row["$room"] for $row in self.$db.execute(query, ($start, $end))]\nreturn [name for name in names if name not in idle]'),
             "the name says the opposite of what it holds", "name it after what it holds"),
         Bad("slow", "major",
             ('query = "SELECT 1 FROM $bookings WHERE $room = ? AND " + during\n'
              "return [name for name in names if self.$db.execute(query, (name, $start, $end)).fetchone() is None]",
              'query = "SELECT number FROM $bookings WHERE $room = ? AND " + during\nfree = []\nfor name in names:\n'
              "    if not self.$db.execute(query, (name, $start, $end)).fetchall():\n        free.append(name)\nreturn free"),
             "a query for each name", "ask once for all that is taken", only="size=large")],
    ),
    "share_core": Slot(
        (),
        [Bad("access wrong-result", "blocker",
             ('query = "UPDATE $bookings SET $person = ? WHERE number = ?"\nwith self.$whole():\n    self._owned($number, $person)\n'
              "    self.$db.execute(query, (other, $number))",
              "with self.$whole():\n    $row = self._owned($number, $person)\n"
              '    self.$db.execute("UPDATE $bookings SET $person = ?, note = ? WHERE number = ?", (other, $row["note"], $number))'),
             "the other one can read the note", "empty the note", "test_share", only="handed=without"),
         Bad("wrong-result", "major",
             ('query = "UPDATE $bookings SET $person = ?, note = \'\' WHERE number = ?"\nwith self.$whole():\n    self._owned($number, $person)\n'
              "    self.$db.execute(query, (other, $number))",
              'with self.$whole():\n    self._owned($number, $person)\n    self.$db.execute("UPDATE $bookings SET note = \'\' WHERE number = ?", ($number,))\n'
              '    self.$db.execute("UPDATE $bookings SET $person = ? WHERE number = ?", (other, $number))'),
             "the note is lost", "keep the note", "test_share", only="handed=with"),
         Bad("race", "blocker",
             ('query = "UPDATE $bookings SET $person = ?, note = \'\' WHERE number = ?"\nself._owned($number, $person)\nwith self.$whole():\n'
              "    self.$db.execute(query, (other, $number))",
              'with self.$guard:\n    self._owned($number, $person)\nwith self.$whole():\n'
              '    self.$db.execute("UPDATE $bookings SET $person = ?, note = \'\' WHERE number = ?", (other, $number))'),
             "between check and change the booking can become somebody else's", "check within the block that changes", only="threads=many", given="handed=without"),
         Bad("race", "blocker",
             ('query = "UPDATE $bookings SET $person = ? WHERE number = ?"\n$row = self._owned($number, $person)\nwith self.$whole():\n'
              '    self.$db.execute(query, (other, $row["number"]))',
              'with self.$guard:\n    self._owned($number, $person)\nself.$db.execute("UPDATE $bookings SET $person = ? WHERE number = ?", (other, $number))'),
             "between check and change the booking can become somebody else's", "check within the block that changes", only="threads=many", given="handed=with"),
         Bad("half-done race", "major",
             ('with self.$whole():\n    self._owned($number, $person)\n    self.$db.execute("UPDATE $bookings SET $person = ? WHERE number = ?", (other, $number))\n'
              'self.$db.execute("UPDATE $bookings SET note = \'\' WHERE number = ?", ($number,))',
              'with self.$whole():\n    self._owned($number, $person)\n    self.$db.execute("UPDATE $bookings SET note = \'\' WHERE number = ?", ($number,))\n'
              'with self.$whole():\n    self.$db.execute("UPDATE $bookings SET $person = ? WHERE number = ?", (other, $number))'),
             "a failure between the two statements leaves one of them done", "do both in one block", given="handed=without"),
         Bad("access", "blocker",
             ('with self.$whole():\n    query = "UPDATE $bookings SET $person = ?, note = \'\' WHERE number = ?"\n'
              '    if self.$db.execute(query, (other, $number)).rowcount == 0:\n        raise $Refused("there is none")',
              'with self.$whole():\n    $row = self.$db.execute("SELECT * FROM $bookings WHERE number = ?", ($number,)).fetchone()\n    if $row is None or other == $person:\n        raise $Refused("it stays where it is")\n'
              '    self.$db.execute("UPDATE $bookings SET $person = ?, note = \'\' WHERE number = ?", (other, $number))'),
             "anybody can hand anybody's booking over", "ask whose it is", "test_owner", given="handed=without"),
         Bad("access", "blocker",
             ('with self.$whole():\n    query = "UPDATE $bookings SET $person = ? WHERE number = ?"\n'
              '    if self.$db.execute(query, (other, $number)).rowcount == 0:\n        raise $Refused("there is none")',
              'with self.$whole():\n    $row = self.$db.execute("SELECT * FROM $bookings WHERE number = ?", ($number,)).fetchone()\n    if $row is None or other == $person:\n        raise $Refused("it stays where it is")\n'
              '    self.$db.execute("UPDATE $bookings SET $person = ? WHERE number = ?", (other, $number))'),
             "anybody can hand anybody's booking over", "ask whose it is", "test_owner", given="handed=with")],
    ),
    "share_tell": mail('self._$send(other, f"booking {$number} is yours now")', "nobody was told of a booking"),
    "price_cents": Ruled("cents", {
        "down": ('minutes = $row["$end"] - $row["$start"]\nreturn int(minutes * $row["price"] // 60)',
                 'return int(($row["$end"] - $row["$start"]) * $row["price"]) // 60'),
        "up": ('minutes = $row["$end"] - $row["$start"]\nreturn int((minutes * $row["price"] + 59) // 60)',
               'return -(-int(($row["$end"] - $row["$start"]) * $row["price"]) // 60)')},
        "wrong-result boundary", "major", "fractions of a cent are treated against the rule", "round as the rule says", "test_price",
        [Bad("wrong-result boundary", "major",
             ('minutes = $row["$end"] - $row["$start"]\nreturn round(minutes * $row["price"] / 60)',
              'return int(($row["$end"] - $row["$start"]) // 60 * $row["price"])'),
             "fractions of a cent or of an hour are treated against the rule", "round as the rule says", "test_price"),
         Bad("misleading-name", "nit",
             ('hours = $row["$end"] - $row["$start"]\nreturn int(hours * $row["price"] // 60)',
              'total = $row["$end"] - $row["$start"]\nreturn total * int($row["price"]) // 60'),
             "the name says something else than it holds: minutes", "name it after what it holds", given="cents=down"),
         Bad("misleading-name", "nit",
             ('hours = $row["$end"] - $row["$start"]\nreturn int((hours * $row["price"] + 59) // 60)',
              'total = $row["$end"] - $row["$start"]\nreturn -(-total * int($row["price"]) // 60)'),
             "the name says something else than it holds: minutes", "name it after what it holds", given="cents=up")]),
    "owned_check": Slot(
        ('if $row is None or $row["$person"] != $person:\n    raise $Refused("it is not yours")',
         'if $row is None:\n    raise $Refused("it is not yours")\nif $row["$person"] != $person:\n    raise $Refused("it is not yours")'),
        [Bad("access", "blocker",
             ('if $row is None:\n    raise $Refused("it is not yours")',
              'if $row is None or not $person:\n    raise $Refused("it is not yours")',
              'if $row is None or not $row["$person"].startswith($person):\n    raise $Refused("it is not yours")'),
             "somebody can change what is another's", "compare the whole name with the booking's", "test_owner"),
         Bad("error-handling boundary", "minor",
             ('if $row["$person"] != $person:\n    raise $Refused("it is not yours")',
              'if $person != $row["$person"]:\n    raise $Refused(f"it is not {$person}\'s")'),
             'a number that was never given out ends with a TypeError', 'refuse what is not there', "test_owner")],
    ),
    "t_overlap": Slot(
        ('with pytest.raises($Refused):\n    desk.$book($room="A", $person="bob", $start=2030, $end=2090, note="")',
         'with pytest.raises($Refused, match="A"):\n    desk.$book($room="A", $person="bob", $start=1990, $end=2010, note="")'),
        [Bad("missing-test", "minor",
             ('try:\n    desk.$book($room="A", $person="bob", $start=2030, $end=2090, note="")\nexcept $Refused:\n    pass',
              'try:\n    desk.$book($room="A", $person="bob", $start=1990, $end=2010, note="")\nexcept $Refused as error:\n    assert isinstance(error, ValueError)'),
             "the test passes whether or not the overlap is refused", "use pytest.raises"),
         Bad("misleading-name", "nit", ('accepted = pytest.raises($Refused)\nwith accepted:\n    desk.$book($room="A", $person="bob", $start=2030, $end=2090, note="")', 'free = (1990, 2010)\nwith pytest.raises($Refused):\n    desk.$book($room="A", $person="bob", $start=free[0], $end=free[1], note="")'),
             "the name says the opposite of what it holds", "name it after what it holds")],
    ),
    "t_cancel": Slot(
        ('assert desk.$cancel($number, "ann") == 600', 'cents = desk.$cancel($number, "ann")\nassert cents == 600'),
        [Bad("missing-test", "minor",
             ('assert desk.$cancel($number, "ann") or True', 'cents = desk.$cancel($number, "ann")\nassert cents == cents'),
             "the test passes whatever is paid back", "compare with 600"),
         Bad("misleading-name", "nit", ('number_of_refunds = desk.$cancel($number, "ann")\nassert number_of_refunds == 600', 'fee = desk.$cancel($number, "ann")\nassert fee == 600'),
             "the name says something else than it holds: what is paid back", "name it after what it holds")],
    ),
    "t_move": Slot(
        ('desk.$move($number, "ann", 3000)\nassert desk.$vacant(2000, 2060) == ["A"]',
         'desk.$move($number, "ann", 3000)\nassert desk.$vacant(3000, 3060) == []'),
        [Bad("missing-test", "minor",
             ('desk.$move($number, "ann", 3000)\nassert desk.$vacant(5000, 5060) == ["A"]',
              'desk.$move($number, "ann", 3000)\nassert desk.$vacant(3000, 3060) is not None'),
             "the test passes if nothing moves", "look at the old or the new time"),
         Bad("misleading-name", "nit", ('end = 3000\ndesk.$move($number, "ann", end)\nassert desk.$vacant(2000, 2060) == ["A"]', 'minutes_later = 3000\ndesk.$move($number, "ann", minutes_later)\nassert desk.$vacant(3000, 3060) == []'),
             "the name says something else than it holds: the new beginning", "name it after what it holds")],
        [Decoy('desk.$move($number, "ann", 3000)\nwith pytest.raises($Refused):\n    desk.$book($room="A", $person="bob", $start=3010, $end=3020, note="")',
               "it fails if the booking did not move: the new time would be free")],
    ),
    "t_search": Slot(
        ('assert [offer["name"] for offer in desk.$search("A")] == ["A"]', 'assert desk.$search("A")[0]["name"] == "A"'),
        [Bad("missing-test", "minor",
             ('assert all(offer["name"] == "A" for offer in desk.$search("Z"))', 'for offer in desk.$search("Z"):\n    assert offer["name"] == "A"'),
             "the test looks at no result, so it cannot fail", "search for what is there"),
         Bad("misleading-name", "nit", ('people = desk.$search("A")\nassert people[0]["name"] == "A"', 'bookings = [offer["name"] for offer in desk.$search("A")]\nassert bookings == ["A"]'),
             "the name says something else than it holds: what is offered", "name it after what it holds")],
    ),
    "t_load": Slot(
        ('path.write_text("A,ann,4000,4060\\n", encoding="utf-8")\nassert len(desk.$load(path)) == 1',
         'path.write_text("A,ann,4000,4060\\n", encoding="utf-8")\ndesk.$load(path)\nassert desk.$vacant(4000, 4060) == []'),
        [Bad("missing-test", "minor",
             ('path.write_text("A,ann,4000,4060\\n", encoding="utf-8")\nassert len(path.read_text(encoding="utf-8").splitlines()) == 1',
              'path.write_text("", encoding="utf-8")\nassert desk.$load(path) == []'),
             "no line of a file is ever booked in the test", "load a line and look for its booking"),
         Bad("misleading-name", "nit", ('path.write_text("A,ann,4000,4060\\n", encoding="utf-8")\nskipped = desk.$load(path)\nassert len(skipped) == 1', 'path.write_text("A,ann,4000,4060\\n", encoding="utf-8")\ndesk.$load(path)\ntaken = desk.$vacant(4000, 4060)\nassert taken == []'),
             "the name says the opposite of what it holds", "name it after what it holds")],
    ),
    "t_revenue": Slot(
        ('assert desk.$revenue(1900, 2100) == {"A": 600}', 'assert desk.$revenue(1900, 2100)["A"] == 600'),
        [Bad("missing-test", "minor",
             ('assert desk.$revenue(1900, 2100) == desk.$revenue(1900, 2100)', 'assert "B" not in desk.$revenue(1900, 2100)'),
             "the test passes whatever is earned", "compare with 600"),
         Bad("misleading-name", "nit", ('hours = desk.$revenue(1900, 2100)\nassert hours == {"A": 600}', 'refund = desk.$revenue(1900, 2100)["A"]\nassert refund == 600'),
             "the name says something else than it holds: the takings", "name it after what it holds")],
    ),
    "t_share": Slot(
        ('desk.$share($number, "ann", "bob")\nassert desk.$cancel($number, "bob") == 600',
         'desk.$share($number, "ann", "bob")\nwith pytest.raises($Refused):\n    desk.$cancel($number, "ann")'),
        [Bad("missing-test", "minor",
             ('desk.$share($number, "ann", "bob")\nassert desk.$revenue(1900, 2100) == {"A": 600}',
              'desk.$share($number, "ann", "bob")\nassert desk.$vacant(2000, 2060) == []'),
             'the test passes if nobody was handed anything', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('desk.$share($number, "ann", "bob")\nstart = desk.$cancel($number, "bob")\nassert start == 600',
              'old = "bob"\ndesk.$share($number, "ann", old)\nassert desk.$cancel($number, old) == 600'),
             'the name says something else than it holds', "name it after what it holds")],
    ),
    "t_dump": Slot(
        ('assert desk.$dump(path) == 1',
         'desk.$dump(path)\nassert path.read_text(encoding="utf-8").startswith("1,A,2000,2060,600")'),
        [Bad("missing-test", "minor",
             ('path.write_text("", encoding="utf-8")\ndesk.$dump(path)\nassert path.exists()',
              'assert desk.$dump(path) >= 0'),
             'the test passes if nothing is written', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('seats = desk.$dump(path)\nassert seats == 1',
              'desk.$dump(path)\npeople = path.read_text(encoding="utf-8")\nassert people.startswith("1,A")'),
             'the name says something else than it holds', "name it after what it holds")],
    ),
    "t_purge": Slot(
        ('assert desk.$purge(-1) == 0',
         'desk.$purge(-1)\nassert desk.$vacant(2000, 2060) == ["A"]'),
        [Bad("missing-test", "minor",
             ('assert desk.$purge(9) == 1',
              'assert desk.$purge(-1) in (0, 1)'),
             'nothing has to be removed for the test to pass', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('removed = desk.$purge(-1)\nassert removed == 0',
              'desk.$purge(-1)\nbusy = desk.$vacant(2000, 2060)\nassert busy == ["A"]'),
             'the name says the opposite of what it holds', "name it after what it holds")],
    ),
    "t_note": Slot(
        ('other = desk.$book($room="A", $person="bob", $start=3000, $end=3060, note="quiet")\nassert (desk.$get($number=other, $person="bob") or {})["note"] == "quiet"',
         'other = desk.$book($room="A", $person="bob", $start=3000, $end=3060, note="quiet")\nshown = (desk.$get($number=other, $person="bob") or {})\nassert "quiet" in shown.values()'),
        [Bad("missing-test", "minor",
             ('other = desk.$book($room="A", $person="bob", $start=3000, $end=3060, note="quiet")\nassert (desk.$get($number=other, $person="bob") or {})["$room"] == "A"',
              'other = desk.$book($room="A", $person="bob", $start=3000, $end=3060, note="quiet")\nshown = (desk.$get($number=other, $person="bob") or {})\nassert "loud" not in shown.values()'),
             'the test passes whatever becomes of the note', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('other = desk.$book($room="A", $person="bob", $start=3000, $end=3060, note="quiet")\nprice = (desk.$get($number=other, $person="bob") or {})["note"]\nassert price == "quiet"',
              '$start = desk.$book($room="A", $person="bob", $start=3000, $end=3060, note="quiet")\nassert (desk.$get($number=$start, $person="bob") or {})["note"] == "quiet"'),
             'the name says something else than it holds', "name it after what it holds")],
    ),
}

TEST_HEAD = '''"""Tests of the bookings."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from service import $Desk, $Refused


def one() -> tuple[$Desk, int]:
    """A desk with one $room, and a booking from 2000 to 2060."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    desk = $Desk(connection, lambda: 1000, lambda $person, text: None)
    desk.add_$room("A", 4, 600)
    return desk, desk.$book($room="A", $person="ann", $start=2000, $end=2060, note="")


def test_a_booking_ends_after_it_begins() -> None:
    desk, _ = one()
    with pytest.raises($Refused):
        desk.$book($room="A", $person="ann", $start=3000, $end=2900, note="")
'''


def test(name, text):
    """Return a test of the change."""
    return Unit(name, text, None, "test_service.py")


TESTS = [
    test("t_overlap", '''
def test_an_overlap_is_refused() -> None:
    desk, _ = one()
    <<t_overlap>>
'''),
    test("t_cancel", '''
def test_cancelling_pays_back() -> None:
    desk, $number = one()
    <<t_cancel>>
'''),
    test("t_move", '''
def test_moving_frees_the_old_time() -> None:
    desk, $number = one()
    <<t_move>>
'''),
    test("t_search", '''
def test_an_offer_is_found_by_its_name() -> None:
    desk, _ = one()
    <<t_search>>
'''),
    test("t_load", '''
def test_a_file_is_booked(tmp_path: Path) -> None:
    desk, _ = one()
    path = tmp_path / "more.csv"
    <<t_load>>
'''),
    test("t_revenue", '''
def test_takings_are_added_up() -> None:
    desk, _ = one()
    <<t_revenue>>
'''),
    test("t_share", '''
def test_a_booking_can_be_handed_over() -> None:
    desk, $number = one()
    <<t_share>>
'''),
    test("t_dump", '''
def test_all_bookings_are_written(tmp_path: Path) -> None:
    desk, $number = one()
    path = tmp_path / "all.csv"
    <<t_dump>>
'''),
    test("t_purge", '''
def test_old_bookings_are_removed() -> None:
    desk, $number = one()
    <<t_purge>>
'''),
    test("t_note", '''
def test_a_note_is_kept() -> None:
    desk, $number = one()
    <<t_note>>
'''),
]

SERVICE = Service(
    title="Bookings",
    about="`service.py` keeps the bookings of a house: who has which $room, from when until when. Its database is in autocommit mode.",
    change="Notes and messages for bookings; cancel, move and hand over; search, pages, files, reminders, takings.",
    words=WORDS,
    rules=RULES,
    always=ALWAYS,
    head=HEAD,
    test_head=TEST_HEAD,
    test_new=', note=""',
    units=(*UNITS, *TESTS),
    slots=SLOTS,
    suite="rooms_suite.txt",
    example="""desk = $Desk(sqlite3.connect("bookings.db", isolation_level=None), $clock, $send)
desk.add_$room("A", 4, 600)
assert desk.$get(desk.$book($room="A", $person="ann", $start=2000, $end=2060, note="")) == {"$room": "A", "$start": 2000, "$end": 2060}
""",
    keep=", and the tables",
)
