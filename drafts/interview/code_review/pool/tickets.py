"""Tickets of a help desk: who needs what, and who takes care of it. All of it is in memory."""

from pool.messages import mail
from pool.place import Bad, Decoy, Ruled, Service, Slot, Unit

WORDS = {
    "Desk": ("HelpDesk", "Hotline", "SupportQueue", "Tracker", "FrontOffice"),
    "Refused": ("Refused", "NotPossible", "Rejected", "Declined"),
    "Missing": ("Missing", "Unknown", "NotThere", "NoSuchNumber"),
    "Card": ("Card", "Sheet", "Dossier", "Record"),
    "ticket": ("ticket", "case", "request", "complaint", "fault"),
    "author": ("reporter", "asker", "sender", "patient"),
    "agent": ("expert", "clerk", "doctor", "engineer"),
    "title": ("title", "subject", "topic", "headline"),
    "urgency": ("urgency", "rank", "weight", "level"),
    "open": ("open", "submit", "file_new", "register"),
    "show": ("show", "view", "details", "peek"),
    "waiting": ("waiting", "pending", "todo", "backlog"),
    "say": ("say", "comment", "reply", "add_words"),
    "take": ("take", "claim", "pick", "accept"),
    "merge": ("merge", "join", "fold", "unite"),
    "find": ("find", "look_up", "with_text", "grep"),
    "render": ("render", "as_html", "web_page", "published"),
    "save": ("save", "snapshot", "freeze", "keep_copy"),
    "feed": ("feed", "absorb", "gather", "intake"),
    "nag": ("nag", "poke", "chase", "urge"),
    "sweep": ("sweep", "discard", "clear_out", "thin_out"),
    "mine": ("mine", "asked_by", "owned_by", "from_one"),
    "busiest": ("busiest", "ranking", "most_loaded", "leaders"),
    "all": ("_open_files", "_cabinet", "_by_number", "_archive"),
    "own": ("_numbers", "_per_person", "_index", "_asked"),
    "guard": ("_lock", "_guard", "_mutex", "_turn"),
    "clock": ("now", "clock", "minute", "time_of_day"),
    "send": ("send", "mail", "notify", "post"),
    "item": ("item", "found", "entry", "current"),
    "number": ("number", "key", "ident", "ref"),
}

RULES = {
    "threads": {
        "many": "One $Desk is used by several threads at once.",
        "one": "Only one thread uses a $Desk.",
    },
    "size": {
        "large": "There are hundreds of thousands of $tickets and thousands of $agents.",
        "small": "There are never more than a hundred $tickets and ten $agents.",
    },
    "callers": {
        "unknown": "Programs that we don't know call the methods that were there before, with their arguments by position or by name, and "
        "rely on what these return and raise.",
        "known": "All callers of the methods that were there before were adapted to the change: they hand over every argument, and by name.",
    },
    "unknown": {
        "raises": "`$show` raises $Missing for a number that was never given out.",
        "none": "`$show` returns None for a number that was never given out.",
    },
    "scale": {
        "five": "A $urgency is from 1 to 5, and 5 is the most urgent.",
        "one": "A $urgency is from 1 to 5, and 1 is the most urgent.",
    },
    "inner": {
        "all": "What is said internally is shown to every $agent and to nobody else.",
        "own": "What is said internally is shown to the $agent who took the $ticket and to nobody else.",
    },
    "reopen": {
        "opens": "`$say` opens a closed $ticket again.",
        "closed": "`$say` is $Refused for a closed $ticket.",
    },
    "load": {
        "upto": "An $agent may `$take` a $ticket while at most 3 open ones are theirs.",
        "below": "An $agent may `$take` a $ticket while fewer than 3 open ones are theirs.",
    },
    "case": {
        "ignores": "`$find` looks for any text as it is, but ignores capitals.",
        "minds": "`$find` looks for any text as it is, and tells capitals from small letters.",
    },
    "keep": {
        "whole": "If `$save` fails in the middle, the old file is there as it was.",
        "plain": "If `$save` fails in the middle, nobody minds that the old file is gone.",
    },
    "feed": {
        "all": "`$feed` takes all lines or none: with a bad line, it is $Refused.",
        "each": "`$feed` takes each line on its own: bad lines are skipped.",
    },
    "absent": {
        "caller": "`$feed` of a file that is not there raises FileNotFoundError.",
        "empty": "`$feed` of a file that is not there takes nothing in.",
    },
    "stale": {
        "more": "`$nag(minutes)` tells the $agent of each open $ticket that somebody took and that was opened more than `minutes` minutes ago.",
        "least": "`$nag(minutes)` tells the $agent of each open $ticket that somebody took and that was opened `minutes` minutes ago or earlier.",
    },
    "old": {
        "more": "`$sweep(days)` forgets what was closed more than `days` days ago.",
        "least": "`$sweep(days)` forgets what was closed `days` days ago or earlier.",
    },
    "start": {
        "at": "`$mine` begins with the number `start`.",
        "after": "`$mine` begins after the number `start`.",
    },
    "ties": {
        "name": "`$busiest` begins with who has most of these; of equals, the first in the alphabet comes first.",
        "last": "`$busiest` begins with who has most of these; of equals, the last in the alphabet comes first.",
    },
    "counted": {
        "open": "`$busiest` counts the $tickets of each $agent that are open.",
        "all": "`$busiest` counts the $tickets of each $agent, open or closed.",
    },
    "age": {
        "oldest": "`$find` returns the oldest ones first.",
        "newest": "`$find` returns the newest ones first.",
    },
    "theirs": {
        "taken": "`$waiting` for one $agent lists what that one took.",
        "free": "`$waiting` for one $agent lists what that one took, and what nobody took.",
    },
    "mail": {
        "best": "A message that cannot be sent is logged, and changes nothing else: the call goes on.",
        "must": "The exception of a message that cannot be sent reaches the caller, and what was done stays.",
    },
}

ALWAYS = [
    "A $title has more than spaces. A number is never given out twice; a number that is not there is $Refused, except by `$show`.",
    "Only its $author and the $agents may `$say` something about a $ticket; its $author is told, unless it is internal.",
    "Only an $agent may `$take` a $ticket, and only one that nobody took.",
    "`$merge` moves what was said and the tags to another $ticket, and forgets the first.",
    "`$render` is read by everybody. `$save` writes numbers and $titles only.",
    "A line for `$feed` is $author;$urgency;$title, and a $title may have semicolons.",
]

HEAD = '''"""A help desk: who needs what, and who takes care of it. Times are whole minutes."""

from __future__ import annotations

import html
import json
import logging
import os
import re
import threading
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)
DAY = 24 * 60


class $Refused(ValueError):
    """What was asked for is not possible; nothing has changed."""


class $Missing(LookupError):
    """There is no such $ticket."""


@dataclass
class Words:
    """What somebody said about a $ticket."""

    writer: str
    text: str
    internal: bool


@dataclass
class $Card:
    """All that is known about a $ticket."""

    $number: int
    $author: str
    $title: str
    $urgency: int
    opened: int
    tags: set[str]
    closed: int | None = None
    $agent: str | None = None
    words: list[Words] = field(default_factory=list)


class $Desk:
    """All $tickets that have not been forgotten."""

    def __init__(self, $clock: Callable[[], int], $send: Callable[[str, str], None]) -> None:
        self.$all: dict[int, $Card] = {}
        self.$own: dict[str, list[int]] = {}  # the numbers of each $author, in order
        self._$agents: list[str] = []
        self._last = 0
        self.$guard = threading.RLock()
        self._$clock, self._$send = $clock, $send

    def add_$agent(self, name: str) -> None:
        """Let somebody take care of $tickets."""
        with self.$guard:
            self._$agents.append(name)

    def close(self, $number: int) -> None:
        """Close a $ticket."""
        with self.$guard:
            self._got($number).closed = self._$clock()

    def _got(self, $number: int) -> $Card:
        with self.$guard:
            if $number not in self.$all:
                raise $Refused(f"there is no {$number}")
            return self.$all[$number]

    def _cards(self) -> list[$Card]:
        """Return all as they are now, the oldest first."""
        with self.$guard:
            return [self.$all[$number] for $number in sorted(self.$all)]
'''

BEFORE_OPEN = '''
    def $open(self, $author: str, $title: str, $urgency: int = 3) -> int:
        """Take a $ticket in and return its number."""
        if not self._fits($title, $urgency):
            raise $Refused("it needs a $title and a $urgency")
        return self._put($author, $title, $urgency)
'''
BEFORE_FITS = '''
    def _fits(self, $title: str, $urgency: int) -> bool:
        return bool($title.strip()) and 1 <= $urgency <= 5
'''
BEFORE_PUT = '''
    def _put(self, $author: str, $title: str, $urgency: int) -> int:
        with self.$guard:
            self._last += 1
            self.$all[self._last] = $Card(self._last, $author, $title, $urgency, self._$clock(), set())
            return self._last
'''
BEFORE_SHOW = '''
    def $show(self, $number: int) -> dict[str, Any] | None:
        """Return $title and $urgency of a $ticket, and whether it is closed."""
        $item = self.$all.get($number)
        if $item is None:
            <<before_missing>>
        return {"$title": $item.$title, "$urgency": $item.$urgency, "closed": $item.closed is not None}
'''
BEFORE_WAITING = '''
    def $waiting(self) -> list[int]:
        """Return the numbers of what is open, the most urgent first and then the oldest."""
        cards = [$item for $item in self._cards() if $item.closed is None]
        <<before_scale>>
'''

UNITS = [
    Unit("open", '''
    def $open(
        <<open_signature>>
    ) -> int:
        """Take a $ticket in, tell its $author, and return its number."""
        if not self._fits($title, $urgency):
            raise $Refused("it needs a $title and a $urgency")
        $number = self._put($author, $title, $urgency, tags)
        <<open_tell>>
        return $number
''', BEFORE_OPEN),
    Unit("fits", '''
    def _fits(self, $title: str, $urgency: int) -> bool:
        <<fits_all>>
''', BEFORE_FITS),
    Unit("put", '''
    def _put(self, $author: str, $title: str, $urgency: int, tags: Iterable[str]) -> int:
        <<put_core>>
        return $number
''', BEFORE_PUT),
    Unit("show", '''
    def $show(self, $number: int, reader: str = "") -> dict[str, Any] | None:
        """Return $title and $urgency, whether it is closed, and what was said as far as the reader may know it."""
        $item = self.$all.get($number)
        if $item is None:
            <<show_missing>>
        <<show_words>>
        <<show_shown>>
''', BEFORE_SHOW),
    Unit("waiting", '''
    def $waiting(self, $agent: str | None = None) -> list[int]:
        """Return the numbers of what is open, for one $agent or all, the most urgent first and then the oldest."""
        <<waiting_some>>
        <<waiting_sort>>
''', BEFORE_WAITING),
    Unit("say", '''
    def $say(self, $number: int, writer: str, text: str, internal: bool = False) -> None:
        """Add what somebody says about a $ticket."""
        <<say_core>>
        <<say_whom>>
            <<say_tell>>
'''),
    Unit("take", '''
    def $take(self, $number: int, $agent: str) -> None:
        """Let an $agent take care of a $ticket."""
        <<take_core>>
'''),
    Unit("merge", '''
    def $merge(self, $number: int, into: int) -> None:
        """Make one $ticket of two."""
        <<merge_core>>
'''),
    Unit("find", '''
    def $find(self, text: str, most: int = 50) -> list[int]:
        """Return the numbers of $tickets with a text in their $title, so many at most."""
        <<find_hits>>
        <<find_most>>
'''),
    Unit("render", '''
    def $render(self, $number: int) -> str:
        """Return the $title and what was said as a list in HTML."""
        $item = self._got($number)
        <<render_words>>
        <<render_page>>
'''),
    Unit("save", '''
    def $save(self, path: Path) -> int:
        """Write all $tickets to a JSON file, and return how many there are."""
        <<save_cards>>
        <<save_write>>
        return len(cards)
'''),
    Unit("line", '''
    def _line(self, line: str) -> tuple[str, str, int]:
        """Return $author, $title and $urgency from a line of a file, or refuse it."""
        try:
            <<line_parts>>
        except ValueError as error:
            raise $Refused(f"bad line: {line}") from error
        if not self._fits($title, $urgency):
            raise $Refused(f"bad line: {line}")
        return $author, $title, $urgency
'''),
    Unit("feed", '''
    def $feed(self, path: Path) -> list[int]:
        """Take in what a file says, and return the numbers."""
        <<feed_read>>
        <<feed_core>>
'''),
    Unit("nag", '''
    def $nag(self, minutes: int) -> int:
        """Remind $agents of what has been open for long, and return how much that is."""
        <<nag_late>>
        for $item in late:
            <<nag_tell>>
        return len(late)
'''),
    Unit("sweep", '''
    def $sweep(self, days: int) -> int:
        """Forget what was closed long ago, and return how much that was."""
        <<sweep_before>>
        with self.$guard:
            <<sweep_gone>>
            <<sweep_forget>>
        return len(gone)
'''),
    Unit("mine", '''
    def $mine(self, $author: str, start: int = 0, most: int = 20) -> list[int]:
        """Return the numbers of somebody's $tickets in order, so many at most."""
        <<mine_some>>
        <<mine_most>>
'''),
    Unit("busiest", '''
    def $busiest(self, most: int) -> list[str]:
        """Return the $agents who took $tickets, so many at most."""
        <<busiest_count>>
        <<busiest_sort>>
'''),
    Unit("agent", '''
    def _is_$agent(self, name: str) -> bool:
        <<agent_check>>
'''),
]


def joined(*lines):
    """Return lines as one text."""
    return "\n".join(lines)


def locked(*lines, before=()):
    """Return lines that hold the lock, and others before them."""
    return joined(*before, "with self.$guard:", *(f"    {line}" for line in joined(*lines).splitlines()))


CARD = "self.$all[$number] = $Card($number, $author, $title, $urgency, self._$clock(), set(tags))"
LISTED = "self.$own.setdefault($author, []).append($number)"
GOT = "$item = self._got($number)"
STRANGER = ('if writer != $item.$author and not self._is_$agent(writer):', '    raise $Refused("it is not theirs")')
ALLOWED = ("theirs = writer == $item.$author or self._is_$agent(writer)", "if not theirs:", '    raise $Refused("it is not theirs")')
SAID = "$item.words.append(Words(writer, text, internal))"
TAKEN = ('if $item.$agent is not None or not self._is_$agent($agent):', '    raise $Refused("it cannot be taken")')
TAKEN_2 = ('if not self._is_$agent($agent):', '    raise $Refused("only for an $agent")', 'if $item.$agent:', '    raise $Refused("it was taken")')
SAME = ("if $number == into:", '    raise $Refused("it is the same one")')
MOVED = ("other.words += $item.words", "other.tags |= $item.tags")
MOVED_2 = ("target.words.extend($item.words)", "target.tags.update($item.tags)")
GONE = ("del self.$all[$number]", "self.$own[$item.$author].remove($number)")
WORDS_IF = "words = [said.text for said in $item.words if {}]"


def late(test, minutes="minutes", open_="$item.$agent and $item.closed is None and "):
    """Return the forms of what is open for long, by a comparison of minutes."""
    return (
        f"late = [$item for $item in self._cards() if {open_}self._$clock() - $item.opened {test} {minutes}]",
        f"waited = {{$item.$number: self._$clock() - $item.opened for $item in self._cards()}}\n"
        f"late = [$item for $item in self._cards() if {open_}waited[$item.$number] {test} {minutes}]",
    )


def gone(test):
    """Return the forms of what was closed long ago, by a comparison of minutes."""
    other = {"<": ">", "<=": ">="}[test]
    return (
        f"gone = [$item for $item in self.$all.values() if $item.closed is not None and $item.closed {test} before]",
        f"closed = [$item for $item in self._cards() if $item.closed is not None]\ngone = [$item for $item in closed if before {other} $item.closed]",
    )


def load(test, open_=" and one.closed is None"):
    """Return the forms of a limit of what an expert has taken."""
    refused = '    raise $Refused("they have enough to do")'
    return (
        joined(f"theirs = [one for one in self._cards() if one.$agent == $agent{open_}]", f"if len(theirs) {test} 3:", refused),
        joined(f"count = sum(one.$agent == $agent{open_} for one in self._cards())", f"if count {test} 3:", refused),
    )


COUNT = "counts = Counter($item.$agent for $item in {} if {}$item.$agent is not None)"
COUNT_2 = (
    "counts: dict[str, int] = {{}}\nfor $item in {}:\n    if {}$item.$agent is not None:\n        counts[$item.$agent] = counts.get($item.$agent, 0) + 1"
)
IS_OPEN = "$item.closed is None and "
CARDS = ('cards = [{{"number": $item.$number, "$title": $item.$title}} for $item in {}]',
         'cards = []\nfor $item in {}:\n    cards.append(dict(zip(("number", "$title"), ($item.$number, $item.$title))))')
WHOLE = ('fresh = path.with_suffix(".new")\nfresh.write_text(json.dumps(cards), encoding="utf-8")\nfresh.replace(path)',
         'text, beside = json.dumps(cards), path.parent / (path.name + ".part")\nbeside.write_bytes(text.encode())\nos.replace(beside, path)')
PLAIN = ('path.write_text(json.dumps(cards), encoding="utf-8")', 'with path.open("w", encoding="utf-8") as file:\n    json.dump(cards, file)')
TITLE, LINES = "<h1>{html.escape($item.$title)}</h1>", '"".join(f"<li>{html.escape(text)}</li>" for text in words)'

SLOTS = {
    "open_signature": Slot(
        ("self, $author: str, $title: str, $urgency: int = 3, tags: Iterable[str] = ()",
         "self, $author: str, $title: str, $urgency: int = 3, *, tags: Iterable[str] = ()"),
        [Bad("breaking-change", "major",
             ("self, $author: str, $title: str, $urgency: int, tags: Iterable[str] = ()",
              "self, $author: str, $title: str, $urgency: int = 3, *, tags: Iterable[str]"),
             "calls with fewer arguments, which programs make, fail", "give every argument that may be left out a default", "test_old_calls",
             only="callers=unknown"),
         Bad("breaking-change", "blocker",
             ("self, $title: str, $author: str, $urgency: int = 3, tags: Iterable[str] = ()",
              "self, $author: str, $title: str, tags: Iterable[str] = (), $urgency: int = 3"),
             "parameters changed places, so calls by position mean something else", "keep the order", "test_old_calls", only="callers=unknown")],
    ),
    "open_tell": mail('self._$send($author, f"{$number}: we take care of it")', "nobody was told of a $ticket"),
    "fits_all": Slot(
        ("return bool($title.strip()) and 1 <= $urgency <= 5",
         "return $urgency in range(1, 6) and $title != \"\" and not $title.isspace()",
         "if $urgency < 1 or $urgency > 5:\n    return False\nreturn len($title.strip()) > 0"),
        [Bad("boundary", "major",
             ("return bool($title.strip()) and 1 <= $urgency < 5", "return $urgency in range(1, 5) and $title.strip() != \"\"",
              "if $urgency < 0 or $urgency > 5:\n    return False\nreturn len($title.strip()) > 0"),
             "a $urgency at one end is refused, or 0 accepted", "take 1 to 5", "test_open"),
         Bad("boundary wrong-result", "minor",
             ("return bool($title) and 1 <= $urgency <= 5", "return $urgency in range(1, 6) and len($title) > 0"),
             "a $title of nothing but spaces is accepted", "strip it", "test_open"),
         Bad("wrong-result", "major",
             ("return bool($title.strip()) or 1 <= $urgency <= 5", "return $urgency in range(1, 6) or $title.strip() != \"\"",
              "if $urgency < 1 and $urgency > 5:\n    return False\nreturn len($title.strip()) > 0"),
             "one of the two is enough, or any $urgency is taken", "ask for both", "test_open")],
        [Decoy("return $urgency in {1, 2, 3, 4, 5} and any(not letter.isspace() for letter in $title)", "it asks for the same")],
    ),
    "put_core": Slot(
        (locked("self._last += 1", "$number = self._last", CARD, LISTED),
         locked("$number = self._last = self._last + 1", LISTED, CARD)),
        [Bad("race", "blocker",
             (locked(CARD, LISTED, before=("self._last += 1", "$number = self._last")),
              locked("$number = self._last + 1") + "\n" + locked("self._last = $number", LISTED, CARD),
              joined("$number = self._last = self._last + 1", CARD, LISTED)),
             "two threads can get the same number, and one $ticket is lost", "take the number within the block", only="threads=many"),
         Bad("wrong-result", "blocker",
             (locked("$number = len(self.$all) + 1", CARD, LISTED), locked("$number = max(self.$all, default=0) + 1", LISTED, CARD)),
             "a number is given out again once $tickets have been forgotten", "count on, whatever was forgotten", "test_numbers")],
    ),
    "before_missing": Ruled("unknown", {"raises": ("raise $Missing($number)",), "none": ("return None",)}, "", "", "", ""),
    "show_missing": Ruled(
        "unknown",
        {"raises": ("raise $Missing($number)", 'raise $Missing(f"there is no {$number}")'),
         "none": ("return None", "log.info(\"there is no %s\", $number)\nreturn None")},
        "breaking-change error-handling wrong-result", "major",
        "an unknown number ends otherwise than before and than the rules say", "keep what callers rely on", "test_unknown"),
    "show_words": Slot(
        (),
        [Bad("access", "blocker",
             (WORDS_IF.format("not said.internal or self._is_$agent(reader)"),
              "inside = self._is_$agent(reader)\n" + WORDS_IF.format("inside or not said.internal")),
             "$agents who did not take it read what is internal", "show it only to whoever took it", "test_inner", only="inner=own"),
         Bad("wrong-result access", "major",
             (WORDS_IF.format("not said.internal or reader == $item.$agent"),
              "inside = $item.$agent == reader\n" + WORDS_IF.format("inside or not said.internal")),
             "other $agents miss what was said internally", "show it to every $agent", "test_inner", only="inner=all"),
         Bad("access", "blocker",
             (WORDS_IF.format("reader or not said.internal"), WORDS_IF.format("not said.internal or reader not in (\"\", $item.$author)"),
              "inside = bool(reader)\n" + WORDS_IF.format("inside or not said.internal")),
             "anybody who gives some name reads what is internal", "show it only to whom the rules name", "test_inner")],
    ),
    "show_shown": Slot(
        ('return {"$title": $item.$title, "$urgency": $item.$urgency, "closed": $item.closed is not None, "words": words}',
         'shown: dict[str, Any] = {"words": words, "closed": $item.closed is not None}\n'
         'return shown | {"$title": $item.$title, "$urgency": $item.$urgency}'),
        [Bad("breaking-change wrong-result", "major",
             ('return {"$title": $item.$title, "$urgency": $item.$urgency, "closed": $item.closed, "words": words}',
              'shown: dict[str, Any] = {"words": words, "since": $item.opened, "open": $item.closed is None}\n'
              'return shown | {"$title": $item.$title, "$urgency": $item.$urgency}'),
             "`closed` is no longer there as callers know it, true or false", "keep it as it was", "test_old_calls", given="callers=unknown")],
    ),
    "waiting_some": Slot(
        (),
        [Bad("wrong-result", "major",
             ("cards = [$item for $item in self._cards() if $item.closed is None and ($agent is None or $item.$agent in ($agent, None))]",
              "cards = [$item for $item in self._cards() if $item.closed is None]\nif $agent is not None:\n"
              "    cards = [$item for $item in cards if not $item.$agent or $item.$agent == $agent]"),
             "what nobody took is listed as one $agent's, too", "list what is theirs", "test_waiting", only="theirs=taken"),
         Bad("race error-handling", "major",
             ("cards = [$item for $item in self.$all.values() if $item.closed is None and $agent in (None, $item.$agent)]",
              "cards = []\nfor $item in self.$all.values():\n    if $item.closed is None and $agent in (None, $item.$agent):\n        cards.append($item)"),
             "the call ends with an error if another thread opens a $ticket meanwhile", "go through a copy", only="threads=many", given="theirs=taken"),
         Bad("boundary wrong-result", "minor",
             ('cards = [$item for $item in self._cards() if $item.closed is None and (not $agent or $item.$agent == $agent)]',
              'cards = [$item for $item in self._cards() if $item.closed is None]\nif $agent:\n    cards = [$item for $item in cards if $item.$agent == $agent]'),
             "for an empty name, everybody's are returned", 'compare with None', "test_waiting", given="theirs=taken"),
         Bad("wrong-result", "major", ("cards = [$item for $item in self._cards() if $item.closed is None and $agent in (None, $item.$agent)]",
         "cards = [$item for $item in self._cards() if $item.closed is None]\nif $agent is not None:\n"
         "    cards = [$item for $item in cards if $item.$agent == $agent]"),
             "what nobody took is missing", "list it, too", "test_waiting", only="theirs=free"),
         Bad("race error-handling", "major",
             ("cards = [$item for $item in self.$all.values() if $item.closed is None and ($agent is None or $item.$agent in ($agent, None))]",
              "cards = []\nfor $item in self.$all.values():\n    if $item.closed is None and ($agent is None or $item.$agent is None or $agent == $item.$agent):\n        cards.append($item)"),
             "the call ends with an error if another thread opens a $ticket meanwhile", "go through a copy", only="threads=many", given="theirs=free")],
        [Decoy("cards = [$item for $item in [*self.$all.values()] if $item.closed is None and ($agent is None or $item.$agent == $agent)]", "it goes through a copy", given="theirs=taken")],
    ),
    "before_scale": Ruled("scale", {
        "five": ("return [$item.$number for $item in sorted(cards, key=lambda $item: (-$item.$urgency, $item.$number))]",),
        "one": ("return [$item.$number for $item in sorted(cards, key=lambda $item: ($item.$urgency, $item.$number))]",)}, "", "", "", ""),
    "waiting_sort": Ruled("scale", {
        "five": ("return [$item.$number for $item in sorted(cards, key=lambda $item: (-$item.$urgency, $item.$number))]",
                 "cards.sort(key=lambda $item: $item.$number)\ncards.sort(key=lambda $item: $item.$urgency, reverse=True)\n"
                 "return [$item.$number for $item in cards]"),
        "one": ("return [$item.$number for $item in sorted(cards, key=lambda $item: ($item.$urgency, $item.$number))]",
                "cards.sort(key=lambda $item: $item.$number)\ncards.sort(key=lambda $item: $item.$urgency)\n"
                "return [$item.$number for $item in cards]")},
        "wrong-result breaking-change", "major", "what is least urgent comes first", "sort as the rule says", "test_waiting",
        [Bad("wrong-result breaking-change", "minor",
             ("return [$item.$number for $item in sorted(cards, key=lambda $item: ($item.$urgency, $item.$number), reverse=True)]",
              "cards.sort(key=lambda $item: (-$item.$urgency, -$item.$number))\nreturn [$item.$number for $item in cards]"),
             "of what is equally urgent the newest comes first", "let the oldest come first", "test_waiting", given="scale=five"),
         Bad("wrong-result breaking-change", "minor",
             ("return [$item.$number for $item in sorted(cards, key=lambda $item: ($item.$urgency, -$item.$number))]",
              "cards.sort(key=lambda $item: $item.$number, reverse=True)\ncards.sort(key=lambda $item: $item.$urgency)\n"
              "return [$item.$number for $item in cards]"),
             "of what is equally urgent the newest comes first", "let the oldest come first", "test_waiting", given="scale=one"),
         Bad("slow", "major",
             ('order: list[int] = []\nwhile cards:\n    first = min(cards, key=lambda $item: (-$item.$urgency, $item.$number))\n    cards.remove(first)\n    order.append(first.$number)\nreturn order',
              'keys = sorted((-$item.$urgency, $item.$number) for $item in cards)\nreturn [next($item.$number for $item in cards if (-$item.$urgency, $item.$number) == key) for key in keys]'),
             'what is open is gone through for each $ticket', 'sort it', only='size=large', given='scale=five'),
         Bad("slow", "major",
             ('order: list[int] = []\nwhile cards:\n    first = min(cards, key=lambda $item: ($item.$urgency, $item.$number))\n    cards.remove(first)\n    order.append(first.$number)\nreturn order',
              'keys = sorted(($item.$urgency, $item.$number) for $item in cards)\nreturn [next($item.$number for $item in cards if ($item.$urgency, $item.$number) == key) for key in keys]'),
             'what is open is gone through for each $ticket', 'sort it', only='size=large', given='scale=one')]),
    "say_core": Slot(
        (locked(GOT, *STRANGER, "<<say_closed>>", SAID), locked(GOT, *ALLOWED, "<<say_closed>>", SAID)),
        [Bad("half-done access wrong-result", "major",
             (locked(GOT, "<<say_closed>>", *STRANGER, SAID), locked(GOT, "<<say_closed>>", *ALLOWED, SAID)),
             "a call that is refused has opened the $ticket", "check first", "test_say", only="reopen=opens"),
         Bad("half-done wrong-result", "major",
             (locked(GOT, *STRANGER, SAID, "<<say_closed>>"), locked(GOT, *ALLOWED, SAID, "<<say_closed>>")),
             "a call that is refused has added its words", "check first", "test_say", only="reopen=closed"),
         Bad("access", "blocker",
             (locked(GOT, "if not writer:", '    raise $Refused("who is it?")', "<<say_closed>>", SAID),
              locked(GOT, "if internal and not self._is_$agent(writer):", '    raise $Refused("it is not theirs")', "<<say_closed>>", SAID),
              locked(GOT, "<<say_closed>>", SAID)),
             "anybody can say something about anybody's $ticket", "ask whether it is its $author or an $agent", "test_say"),
         Bad("error-handling wrong-result", "major",
             (locked(GOT, STRANGER[0], "    return", "<<say_closed>>", SAID),
              locked(GOT, ALLOWED[0], "if theirs:", *("    " + line for line in ("<<say_closed>>", SAID)))),
             "somebody whose words are not kept is not told so", "refuse it", "test_say")],
    ),
    "say_closed": Ruled("reopen", {
        "opens": ("$item.closed = None", "if $item.closed is not None:\n    $item.closed = None"),
        "closed": ('if $item.closed is not None:\n    raise $Refused("it is closed")', 'if isinstance($item.closed, int):\n    raise $Refused("it is closed")')},
        "wrong-result", "major", "a closed $ticket is treated against the rule", "treat it as the rule says", "test_say"),
    "say_whom": Slot(
        ("if not internal:", "if internal is False:"),
        [Bad("access", "blocker", ("if text:", "if $item.$author:", "if not internal or self._is_$agent(writer):"),
             "what is internal is sent to the $author", "send it only if it is not internal", "test_say")],
    ),
    "say_tell": mail("self._$send($item.$author, text)", "somebody was not told an answer"),
    "take_core": Slot(
        (locked(GOT, *TAKEN, "<<take_load>>", "$item.$agent = $agent"), locked("<<take_load>>", GOT, *TAKEN_2, "$item.$agent = $agent")),
        [Bad("race", "blocker",
             (joined(GOT, *TAKEN, "<<take_load>>", locked("$item.$agent = $agent")),
              joined(locked(GOT, *TAKEN_2), "<<take_load>>", "$item.$agent = $agent"),
              joined(locked(GOT, "free = $item.$agent is None and self._is_$agent($agent)"), "if not free:", '    raise $Refused("it cannot be taken")',
                     locked("<<take_load>>", "$item.$agent = $agent"))),
             "two $agents at once can both take it", "check within the block that changes", only="threads=many"),
         Bad("access wrong-result", "blocker",
             (locked(GOT, TAKEN[0].replace(" or not self._is_$agent($agent)", ""), TAKEN[1], "<<take_load>>", "$item.$agent = $agent"),
              locked("<<take_load>>", GOT, *TAKEN_2[2:], "$item.$agent = $agent")),
             "anybody can take a $ticket, and reads what is internal then", "ask whether it is an $agent", "test_agents"),
         Bad("wrong-result access", "major",
             (locked(GOT, "if not self._is_$agent($agent):", '    raise $Refused("it cannot be taken")', "<<take_load>>", "$item.$agent = $agent"),
              locked("<<take_load>>", GOT, *TAKEN_2[:2], "if $item.$agent != $agent:", "    $item.$agent = $agent")),
             "a $ticket is taken away from whoever took it", "refuse what was taken", "test_take"),
         Bad("error-handling wrong-result", "major",
             (locked(GOT, *TAKEN_2[:2], "if $item.$agent is not None:", "    return", "<<take_load>>", "$item.$agent = $agent"),
              locked("<<take_load>>", GOT, *TAKEN_2[:2], "if not $item.$agent:", "    $item.$agent = $agent")),
             "somebody who could not take it is not told so", "refuse it", "test_take")],
        [Decoy(joined(GOT, *TAKEN, locked(*TAKEN, "<<take_load>>", "$item.$agent = $agent")), "what is looked at without the lock is looked at again with it"),
         Decoy(joined(locked(GOT, "if not self._is_$agent($agent):", '    raise $Refused("only for an $agent")', "with self.$guard:",
                             *("    " + line for line in (*TAKEN, "<<take_load>>", "$item.$agent = $agent")))),
               "the lock may be taken twice by one thread")],
    ),
    "take_load": Ruled("load", {"upto": load(">"), "below": load(">=")},
        "boundary", "minor", "the last $ticket that somebody may take is treated against the rule", "compare as the rule says", "test_load",
        [Bad("wrong-result", "minor", load(">", ""), "what is closed counts as work, too", "count what is open", "test_load", given="load=upto"),
         Bad("wrong-result", "minor", load(">=", ""), "what is closed counts as work, too", "count what is open", "test_load", given="load=below")]),
    "merge_core": Slot(
        (locked(*SAME, "$item, other = self._got($number), self._got(into)", *MOVED, *GONE),
         locked("target = self._got(into)", GOT, "if target is $item:", '    raise $Refused("it is the same one")', *MOVED_2, *GONE[::-1])),
        [Bad("boundary wrong-result", "major",
             (locked("$item, other = self._got($number), self._got(into)", *MOVED, *GONE), locked("target = self._got(into)", GOT, *MOVED_2, *GONE[::-1])),
             "a $ticket that is merged with itself is lost", "refuse it", "test_merge"),
         Bad("half-done", "blocker",
             (locked(*SAME, GOT, *GONE, "other = self._got(into)", *MOVED),
              locked(*SAME, GOT, *GONE[::-1], "target = self._got(into)", *MOVED_2)),
             "if the other one is not there, the first is lost", "look for both first", "test_merge"),
         Bad("race half-done", "blocker",
             (joined(*SAME, "$item, other = self._got($number), self._got(into)", *MOVED, locked(*GONE)),
              joined(locked("target = self._got(into)", GOT), "if target is $item:", '    raise $Refused("it is the same one")',
                     *MOVED_2, locked(*GONE[::-1]))),
             "what is said, or merged, in the meantime is lost", "do all of it in one block", only="threads=many"),
         Bad("leak wrong-result", "minor",
             (locked(*SAME, "$item, other = self._got($number), self._got(into)", *MOVED, GONE[0]),
              locked("target = self._got(into)", GOT, "if target is $item:", '    raise $Refused("it is the same one")', *MOVED_2, GONE[0])),
             "its number stays among those of its $author", "take it out there, too", "test_merge"),
         Bad("wrong-result", "blocker",
             (locked(*SAME, "$item, other = self._got($number), self._got(into)", "other.words = $item.words", MOVED[1], *GONE),
              locked("target = self._got(into)", GOT, "if target is $item:", '    raise $Refused("it is the same one")', "target.words[:] = $item.words", MOVED_2[1], *GONE[::-1])),
             "what was said about the other one is lost", "add to its words", "test_merge"),
         Bad("error-handling wrong-result boundary", "minor",
             (locked("if $number != into:", "    $item, other = self._got($number), self._got(into)", *("    " + line for line in (*MOVED, *GONE))),
              locked(SAME[0], "    return", "target = self._got(into)", GOT, *MOVED_2, *GONE[::-1])),
             "merging one with itself is not refused", "refuse it", "test_merge")],
    ),
    "find_hits": Ruled("case", {
        "ignores": ("wanted = text.casefold()\nhits = [$item.$number for $item in self._cards() if wanted in $item.$title.casefold()]",
                    "hits = []\nfor $item in self._cards():\n    if $item.$title.lower().find(text.lower()) >= 0:\n        hits.append($item.$number)"),
        "minds": ("hits = [$item.$number for $item in self._cards() if text in $item.$title]",
                  "hits = []\nfor $item in self._cards():\n    if $item.$title.find(text) >= 0:\n        hits.append($item.$number)")},
        "wrong-result", "minor", "capitals are treated against the rule", "compare as the rule says", "test_find",
        [Bad("injection wrong-result error-handling", "major",
             ("hits = [$item.$number for $item in self._cards() if re.search(text, $item.$title, re.IGNORECASE)]",
              'pattern = re.compile(f".*{text}", re.IGNORECASE | re.DOTALL)\nhits = [$item.$number for $item in self._cards() if pattern.match($item.$title)]'),
             "the text becomes a regular expression", "escape it, or look for it with `in`", "test_find", given="case=ignores"),
         Bad("injection wrong-result error-handling", "major",
             ("hits = [$item.$number for $item in self._cards() if re.search(text, $item.$title)]",
              'pattern = re.compile("(" + text + ")")\nhits = [$item.$number for $item in self._cards() if pattern.findall($item.$title)]'),
             "the text becomes a regular expression", "escape it, or look for it with `in`", "test_find", given="case=minds"),
         Bad("slow", "major",
             ('hits = []\nfor $number in range(1, self._last + 1):\n    hits += [$item.$number for $item in self._cards() if $item.$number == $number and text.casefold() in $item.$title.casefold()]',
              'hits = [$item.$number for $item in self._cards() if any(text.casefold() in other.$title.casefold() for other in self._cards() if other is $item)]'),
             'all $tickets are gone through for each of them', 'go through them once', only='size=large', given='case=ignores'),
         Bad("slow", "major",
             ('hits = []\nfor $number in range(1, self._last + 1):\n    hits += [$item.$number for $item in self._cards() if $item.$number == $number and text in $item.$title]',
              'hits = [$item.$number for $item in self._cards() if any(text in other.$title for other in self._cards() if other is $item)]'),
             'all $tickets are gone through for each of them', 'go through them once', only='size=large', given='case=minds')],
        [Decoy("pattern = re.compile(re.escape(text), re.IGNORECASE)\nhits = [$item.$number for $item in self._cards() if pattern.search($item.$title)]",
               "the text is escaped", given="case=ignores"),
         Decoy("pattern = re.compile(re.escape(text))\nhits = [$item.$number for $item in self._cards() if pattern.search($item.$title)]",
               "the text is escaped", given="case=minds")]),
    "find_most": Slot(
        (),
        [Bad("boundary wrong-result", "minor", ("return hits[: most + 1]", "return [hit for place, hit in enumerate(hits) if place <= most]", "return hits[: most - 1]"),
             "one number too many or too few", "return at most `most`", "test_find", given="age=oldest"),
         Bad("boundary wrong-result", "minor", ("return hits[::-1][: most + 1]", "return sorted(hits, reverse=True)[: most - 1]"),
             "one number too many or too few", "return at most `most`", "test_find", given="age=newest"),
         Bad("wrong-result", "minor", ("return [*reversed(hits)][:most]", "return sorted(hits, reverse=True)[:most]"),
             "the newest ones come first", "let the oldest come first", "test_find", only="age=oldest"),
         Bad("wrong-result", "minor", ("return hits[:most]", "return [*islice(hits, most)]"),
             "the oldest ones come first", "let the newest come first", "test_find", only="age=newest")],
    ),
    "render_words": Slot(
        ("words = [said.text for said in $item.words if not said.internal]",
         "words = []\nfor said in $item.words:\n    if not said.internal:\n        words.append(said.text)"),
        [Bad("access", "blocker",
             ("words = [said.text for said in $item.words]", "words = [said.text for said in $item.words if said.text]",
              "words = []\nfor said in $item.words:\n    if not said.internal or self._is_$agent(said.writer):\n        words.append(said.text)"),
             "everybody reads what is internal", "leave out what is internal", "test_render")],
    ),
    "render_page": Slot(
        (f'lines = {LINES}\nreturn f"{TITLE}<ul>{{lines}}</ul>"',
         'first, *others = [html.escape(text) for text in ($item.$title, *words)]\n'
         'return "<h1>" + first + "</h1><ul>" + "".join(f"<li>{line}</li>" for line in others) + "</ul>"'),
        [Bad("injection", "blocker",
             (f'lines = {LINES}\nreturn f"<h1>{{$item.$title}}</h1><ul>{{lines}}</ul>"',
              f'lines = "".join(f"<li>{{text}}</li>" for text in words)\nreturn f"{TITLE}<ul>{{lines}}</ul>"',
              'first, *others = [text.replace("<script", "") for text in ($item.$title, *words)]\n'
              'return "<h1>" + first + "</h1><ul>" + "".join(f"<li>{line}</li>" for line in others) + "</ul>"'),
             "a text from outside becomes HTML that browsers carry out", "escape all of them", "test_render"),
         Bad("wrong-result", "minor",
             (f'lines = "".join(f"<li>{{html.escape(html.escape(text))}}</li>" for text in words)\nreturn f"{TITLE}<ul>{{lines}}</ul>"',
              'first, *others = [html.escape(text) for text in ($item.$title, *words)]\n'
              'return "<h1>" + first + "</h1><ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in others) + "</ul>"'),
             "texts are escaped twice, so readers see `&lt;`", "escape once", "test_render"),
         Bad("boundary wrong-result", "major",
             (f'lines = {LINES}\nreturn f"{TITLE}<ul>{{lines}}</ul>"'.replace("in words", "in words[1:]"),
              'first, *others = [html.escape(text) for text in ($item.$title, *words[:-1])]\n'
              'return "<h1>" + first + "</h1><ul>" + "".join(f"<li>{line}</li>" for line in others) + "</ul>"'),
             "the first or the last words are missing", "take all of them", "test_render")],
        [Decoy('body = "".join(f"<li>{html.escape(text, quote=False)}</li>" for text in words)\n'
               'return f"<h1>{html.escape($item.$title, quote=False)}</h1><ul>{body}</ul>"', "quotation marks do no harm outside of attributes")],
    ),
    "save_cards": Slot(
        tuple(form.format("self._cards()") for form in CARDS),
        [Bad("race error-handling", "major", tuple(form.format("self.$all.values()") for form in CARDS),
             "the call ends with an error if another thread opens a $ticket meanwhile", "go through a copy", only="threads=many"),
         Bad("access wrong-result", "blocker",
             ('cards = [{"number": $item.$number, "$title": $item.$title, "words": [said.text for said in $item.words]} for $item in self._cards()]',
              'cards = []\nfor $item in self._cards():\n    cards.append(vars($item) | {"tags": [*$item.tags], "words": [*map(vars, $item.words)]})'),
             "what was said is written to a file that has numbers and $titles only", "write number and $title", "test_save")],
    ),
    "save_write": Slot(
        WHOLE,
        [Bad("half-done", "blocker", PLAIN, "a failure in the middle leaves neither the old file nor the new one", "write beside it, and replace it then",
             only="keep=whole"),
         Bad("leak half-done", "major",
             ('fresh = path.with_suffix(".new")\nfile = fresh.open("w", encoding="utf-8")\njson.dump(cards, file)\nfresh.replace(path)',
              'text, beside = json.dumps(cards), path.parent / (path.name + ".part")\nfile = open(beside, "wb")\nfile.write(text.encode())\nfile.flush()\n'
              "os.replace(beside, path)"),
             "the file is not closed, and its end may be missing", "open it in a with block"),
         Bad("error-handling", "major",
             ('fresh = path.with_suffix(".new")\ntry:\n    fresh.write_text(json.dumps(cards), encoding="utf-8")\n    fresh.replace(path)\n'
              'except OSError as error:\n    log.debug("not saved: %s", error)',
              'beside = path.parent / (path.name + ".part")\nwith suppress(OSError):\n    beside.write_bytes(json.dumps(cards).encode())\n    os.replace(beside, path)'),
             "nobody learns that nothing was written", "let the error reach the caller", "test_unsaved")],
        [Decoy('fresh = path.with_suffix(".new")\nfile = fresh.open("w", encoding="utf-8")\ntry:\n    json.dump(cards, file)\nfinally:\n    file.close()\n'
               "fresh.replace(path)", "it is closed, whatever happens, before it takes the old one's place")],
    ),
    "line_parts": Slot(
        ('$author, middle, $title = line.split(";", 2)\n$urgency = int(middle)',
         '$author, _, rest = line.partition(";")\nmiddle, _, $title = rest.partition(";")\n$urgency = int(middle)'),
        [Bad("wrong-result boundary error-handling", "minor",
             ('$author, middle, $title = line.split(";")\n$urgency = int(middle)', '$author, middle, $title = line.rsplit(";", 2)\n$urgency = int(middle)'),
             "a $title with a semicolon makes a line bad", "split at the first two", "test_feed"),
         Bad("misleading-name", "nit",
             ('$author, tags, $title = line.split(";", 2)\n$urgency = int(tags)',
              '$author, _, words = line.partition(";")\nminutes, _, $title = words.partition(";")\n$urgency = int(minutes)'),
             "the name says something else than it holds: the $urgency", "name it after what it holds"),
         Bad("error-handling wrong-result", "minor",
             ('$author, middle, $title = line.split(";", 2)\n$urgency = int(middle) if middle.isdigit() else 3',
              '$author, _, rest = line.partition(";")\nmiddle, _, $title = rest.partition(";")\n$urgency = 3\nwith suppress(ValueError):\n    $urgency = int(middle)'),
             'a line without a right $urgency is taken in', 'refuse it', "test_feed")],
    ),
    "feed_read": Ruled("absent", {
        "caller": ('lines = path.read_text(encoding="utf-8").splitlines()',
                   'with path.open(encoding="utf-8") as file:\n    lines = [line.rstrip("\\n") for line in file]'),
        "empty": ('lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []',
                  'text = ""\nwith suppress(FileNotFoundError):\n    text = path.read_text(encoding="utf-8")\nlines = text.splitlines()')},
        "error-handling wrong-result", "major", "a file that is not there is treated against the rule", "treat it as the rule says", "test_feed_nothing",
        [Bad("leak", "minor",
             ('lines = path.open(encoding="utf-8").read().splitlines()', 'file = path.open(encoding="utf-8")\nlines = [line.rstrip("\\n") for line in file]'),
             "the file stays open", "open it in a with block", given="absent=caller"),
         Bad("leak", "minor",
             ('lines = path.open(encoding="utf-8").read().splitlines() if path.exists() else []',
              'text = ""\nwith suppress(FileNotFoundError):\n    file = path.open(encoding="utf-8")\n    text = file.read()\nlines = text.splitlines()'),
             "the file stays open", "open it in a with block", given="absent=empty"),
         Bad("wrong-result boundary", "major",
             ('lines = path.read_text(encoding="utf-8").splitlines()[1:]',
              'with path.open(encoding="utf-8") as file:\n    next(file)\n    lines = [line.rstrip("\\n") for line in file]'),
             'the first line is left out', 'take all lines', "test_feed", given='absent=caller'),
         Bad("wrong-result boundary", "major",
             ('lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []',
              'text = ""\nwith suppress(FileNotFoundError):\n    text = path.read_text(encoding="utf-8")\nlines = text.split("\\n")[1:-1]'),
             'the first line is left out', 'take all lines', "test_feed", given='absent=empty')],
        [Decoy('file = path.open(encoding="utf-8")\ntry:\n    lines = file.read().splitlines()\nfinally:\n    file.close()', "it is closed, whatever happens",
               given="absent=caller")]),
    "feed_core": Ruled("feed", {
        "all": ("parsed = [self._line(line) for line in lines]\nreturn [self._put(*parts, ()) for parts in parsed]",
                "good = tuple(map(self._line, lines))\nmade: list[int] = []\nfor $author, $title, $urgency in good:\n"
                "    made.append(self._put($author, $title, $urgency, ()))\nreturn made"),
        "each": ("made: list[int] = []\nfor line in lines:\n    try:\n        made.append(self._put(*self._line(line), ()))\n"
                 '    except $Refused as error:\n        log.warning("skipped: %s", error)\nreturn made',
                 "made: list[int] = []\nfor line in lines:\n    with suppress($Refused):\n        $author, $title, $urgency = self._line(line)\n"
                 "        made.append(self._put($author, $title, $urgency, ()))\nreturn made")},
        "error-handling half-done wrong-result", "major", "a file with a bad line is treated against the rule", "treat it as the rule says", "test_feed",
        [Bad("half-done", "major",
             ("return [self._put(*self._line(line), ()) for line in lines]",
              "made: list[int] = []\nfor line in lines:\n    $author, $title, $urgency = self._line(line)\n    made.append(self._put($author, $title, $urgency, ()))\nreturn made"),
             "the lines before a bad one have been taken in", "look at all lines first", "test_feed", given="feed=all"),
         Bad("error-handling half-done", "major",
             ("return [self._put(*self._line(line), ()) for line in lines]",
              "made: list[int] = []\ntry:\n    for line in lines:\n        made.append(self._put(*self._line(line), ()))\nexcept $Refused as error:\n"
              '    log.warning("skipped: %s", error)\nreturn made'),
             "what comes after a bad line is not taken in", "skip the bad line alone", "test_feed", given="feed=each")]),
    "nag_late": Ruled("stale", {"more": late(">"), "least": late(">=")},
        "boundary", "minor", "what is exactly so old is treated against the rule", "compare as the rule says", "test_nag",
        [bad
         for way, test in (("more", ">"), ("least", ">="))
         for bad in (
             Bad("wrong-result", "major", late(test, "minutes * 60"), "minutes are taken for hours", "compare with the minutes", "test_nag", given=f"stale={way}"),
             Bad("wrong-result", "major", late(test, open_="$item.$agent and "), "what is closed is reminded of, too", "leave out what is closed", "test_nag",
                 given=f"stale={way}"),
             Bad("misleading-name", "nit",
                 tuple(late(test)[1].replace("waited", name) for name in ("closed", "days", "fresh")),
                 "the name says something else than it holds: for how many minutes each has waited", "name it after what it holds", given=f"stale={way}"),
             Bad("race error-handling", "major", tuple(form.replace("self._cards()", "self.$all.values()") for form in late(test)),
                 "the call ends with an error if another thread opens a $ticket meanwhile", "go through a copy", only="threads=many", given=f"stale={way}"),
         )]),
    "nag_tell": mail('self._$send(str($item.$agent), f"{$item.$number} is still open")', "somebody was not reminded"),
    "sweep_before": Slot(
        ("before = self._$clock() - days * DAY", "minutes = days * DAY\nbefore = self._$clock() - minutes", "before = self._$clock() - 24 * 60 * days"),
        [Bad("wrong-result", "blocker",
             ("before = self._$clock() - days * 60", "minutes = days * 24\nbefore = self._$clock() - minutes", "before = self._$clock() - days"),
             "days become hours or minutes: $tickets are forgotten far too early", "a day has 24 * 60 minutes", "test_sweep"),
         Bad("misleading-name", "nit", ("hours = days * DAY\nbefore = self._$clock() - hours", "deadline = days * DAY\nbefore = self._$clock() - deadline"),
             "the name says something else than it holds: minutes", "name it after what it holds")],
    ),
    "sweep_gone": Ruled("old", {"more": gone("<"), "least": gone("<=")},
        "boundary", "minor", "what was closed exactly so many days ago is treated against the rule", "compare as the rule says", "test_sweep",
        [bad
         for way, test, after in (("more", "<", ">="), ("least", "<=", ">"))
         for bad in (
             Bad("wrong-result", "major",
                 (f"gone = [$item for $item in self.$all.values() if $item.closed is not None and $item.opened {test} before]",
                  f"closed = [$item for $item in self._cards() if $item.closed is not None]\ngone = [$item for $item in closed if not $item.opened {after} before]"),
                 "what was opened long ago and closed just now is forgotten", "compare when it was closed", "test_sweep", given=f"old={way}"),
             Bad("wrong-result", "blocker",
                 (f"gone = [$item for $item in self.$all.values() if ($item.closed or $item.opened) {test} before]",
                  f"last = {{$item.$number: $item.opened if $item.closed is None else $item.closed for $item in self._cards()}}\n"
                  f"gone = [$item for $item in self._cards() if last[$item.$number] {test} before]"),
                 "what is still open is forgotten", "forget only what is closed", "test_sweep", given=f"old={way}"),
         )]),
    "sweep_forget": Slot(
        ("for $item in gone:\n    del self.$all[$item.$number]\n    self.$own[$item.$author].remove($item.$number)",
         "for $item in gone:\n    self.$own[$item.$author].remove(self.$all.pop($item.$number).$number)"),
        [Bad("leak wrong-result", "minor",
             ("for $item in gone:\n    del self.$all[$item.$number]", "for $number in [$item.$number for $item in gone]:\n    self.$all.pop($number)"),
             "the numbers stay among those of their $authors for ever", "take them out there, too", "test_forgotten"),
         Bad("wrong-result", "major",
             ("for $item in gone:\n    del self.$all[$item.$number]\n    self.$own.pop($item.$author, None)",
              "for $item in gone:\n    self.$own[self.$all.pop($item.$number).$author].clear()"),
             "all numbers of an $author are forgotten, not only these", "take out these numbers only", "test_forgotten")],
    ),
    "mine_some": Ruled("start", {
        "at": ("numbers = [$number for $number in tuple(self.$own.get($author, ())) if $number >= start]",
               "known = [*self.$own.get($author, ())]\nnumbers = known[bisect_left(known, start) :]"),
        "after": ("numbers = [$number for $number in tuple(self.$own.get($author, ())) if $number > start]",
                  "known = [*self.$own.get($author, ())]\nnumbers = known[bisect_right(known, start) :]")},
        "boundary", "minor", "the number `start` itself is treated against the rule", "compare as the rule says", "test_mine",
        [Bad("slow", "major",
             ("numbers = [$item.$number for $item in self._cards() if $item.$author == $author and $item.$number >= start]",
              "numbers = []\nfor $item in self._cards():\n    if $item.$author == $author and not $item.$number < start:\n        numbers.append($item.$number)"),
             "all $tickets are looked at for one $author's", "use the numbers of the $author", given="start=at size=large"),
         Bad("slow", "major",
             ("numbers = [$item.$number for $item in self._cards() if $item.$author == $author and $item.$number > start]",
              "numbers = []\nfor $item in self._cards():\n    if $item.$author == $author and not $item.$number <= start:\n        numbers.append($item.$number)"),
             "all $tickets are looked at for one $author's", "use the numbers of the $author", given="start=after size=large")]),
    "mine_most": Slot(
        ("return numbers[:most]", "return [*islice(numbers, most)]"),
        [Bad("boundary wrong-result", "major", ("return numbers[: most - 1]", "return [*islice(numbers, most + 1)]"),
             "one number too many or too few", "return at most `most`", "test_mine"),
         Bad("wrong-result", "major", ("return numbers[-most:]", "return [*islice(reversed(numbers), most)]"),
             "the last numbers are returned, not the first", "return the first ones", "test_mine")],
    ),
    "busiest_count": Slot(
        (),
        [Bad("wrong-result", "major", (COUNT.format("self._cards()", ""), COUNT_2.format("self._cards()", "")), "what is closed counts, too", "count what is open", "test_busiest",
             only="counted=open"),
         Bad("wrong-result", "major", (COUNT.format("self._cards()", IS_OPEN), COUNT_2.format("self._cards()", IS_OPEN)), "what is closed does not count", "count all", "test_busiest",
             only="counted=all"),
         Bad("race error-handling", "major", (COUNT.format("self.$all.values()", IS_OPEN), COUNT_2.format("self.$all.values()", IS_OPEN)),
             "the call ends with an error if another thread opens a $ticket meanwhile", "go through a copy", only="threads=many", given="counted=open"),
         Bad("race error-handling", "major", (COUNT.format("self.$all.values()", ""), COUNT_2.format("self.$all.values()", "")),
             "the call ends with an error if another thread opens a $ticket meanwhile", "go through a copy", only="threads=many", given="counted=all"),
         Bad("slow", "major",
             ("sums = {name: sum($item.closed is None and $item.$agent == name for $item in self._cards()) for name in self._$agents}\n"
              "counts = {name: count for name, count in sums.items() if count}",
              "counts = {}\nfor name in self._$agents:\n    theirs = [$item for $item in self._cards() if $item.$agent == name and $item.closed is None]\n"
              "    if theirs:\n        counts[name] = len(theirs)"),
             "all $tickets are gone through for each $agent", "count in one go", only="size=large", given="counted=open"),
         Bad("slow", "major",
             ("taken = [$item.$agent for $item in self._cards() if $item.$agent is not None]\ncounts = {name: taken.count(name) for name in taken}",
              "counts = {}\nfor name in self._$agents:\n    theirs = [$item for $item in self._cards() if $item.$agent == name]\n"
              "    if theirs:\n        counts[name] = len(theirs)"),
             "all $tickets are gone through for each $agent", "count in one go", only="size=large", given="counted=all")],
        [Decoy(COUNT.format("tuple(self.$all.values())", IS_OPEN), "it goes through a copy", given="counted=open"),
         Decoy(COUNT.format("[*self.$all.values()]", ""), "it goes through a copy", given="counted=all")],
    ),
    "busiest_sort": Ruled("ties", {
        "name": ("return sorted(counts, key=lambda name: (-counts[name], name))[:most]",
                 "names = sorted(counts)\nnames.sort(key=lambda name: counts[name], reverse=True)\nreturn names[:most]"),
        "last": ("return sorted(counts, key=lambda name: (counts[name], name), reverse=True)[:most]",
                 "names = sorted(counts, reverse=True)\nnames.sort(key=lambda name: -counts[name])\nreturn names[:most]")},
        "wrong-result", "minor", "who has equally many is listed in the wrong order", "sort as the rule says", "test_busiest",
        [Bad("boundary wrong-result", "minor", ("return sorted(counts, key=lambda name: (-counts[name], name))[: most + 1]",
              "names = sorted(counts)\nnames.sort(key=lambda name: counts[name], reverse=True)\nreturn names[: most - 1]"),
             "one name too many or too few", "return at most `most`", "test_busiest", given="ties=name"),
         Bad("boundary wrong-result", "minor", ("return sorted(counts, key=lambda name: (counts[name], name), reverse=True)[: most + 1]",
              "names = sorted(counts, reverse=True)\nnames.sort(key=lambda name: -counts[name])\nreturn names[: most - 1]"),
             "one name too many or too few", "return at most `most`", "test_busiest", given="ties=last")]),
    "agent_check": Slot(
        ("return name in self._$agents", "return any(name == known for known in self._$agents)"),
        [Bad("access", "blocker",
             ("return any(name in known for known in self._$agents)", "return any(known.startswith(name) for known in self._$agents)",
              "return name.lower() in [known.lower() for known in self._$agents]", 'return name in ",".join(self._$agents)'),
             "somebody with a part of an $agent's name, or with other capitals, counts as one", "compare whole names", "test_agents")],
    ),
    "t_open": Slot(
        ('with pytest.raises($Refused):\n    desk.$open($author="ann", $title="", $urgency=3, tags=())',
         'with pytest.raises($Refused, match="needs"):\n    desk.$open($author="ann", $title="x", $urgency=9, tags=())'),
        [Bad("missing-test", "minor",
             ('try:\n    desk.$open($author="ann", $title="", $urgency=3, tags=())\nexcept $Refused:\n    pass',
              'with pytest.raises((TypeError, $Refused)):\n    desk.$open("ann")',
              'refused = False\ntry:\n    desk.$open($author="ann", $title="x", $urgency=9, tags=())\nexcept $Refused:\n    refused = True\nassert refused in (True, False)'),
             "the test passes whether or not it is refused", "use pytest.raises around a call that has all it needs but that"),
         Bad("misleading-name", "nit", ('accepted = pytest.raises($Refused)\nwith accepted:\n    desk.$open($author="ann", $title="", $urgency=3, tags=())', 'usual = 9\nwith pytest.raises($Refused):\n    desk.$open($author="ann", $title="x", $urgency=usual, tags=())'),
             "the name says the opposite of what it holds", "name it after what it holds")],
    ),
    "t_take": Slot(
        ('desk.$take($number, "eve")\nwith pytest.raises($Refused):\n    desk.$take($number, "eve")', 'assert desk.$busiest(2) == []\ndesk.$take($number, "eve")\nassert desk.$busiest(2) == ["eve"]'),
        [Bad("missing-test", "minor",
             ('desk.$take($number, "eve")\nassert $number in desk.$waiting($agent=None)', 'desk.$take($number, "eve")\nassert len(desk.$busiest(1)) <= 1'),
             "the test passes if nobody took it", "look at what is the $agent's"),
         Bad("misleading-name", "nit", ('desk.$take($number, "eve")\nnumbers = desk.$busiest(2)\nassert numbers == ["eve"]', 'desk.$take($number, "eve")\nclosed = desk.$busiest(3)\nassert closed[0] == "eve"'),
             "the name says something else than it holds: what was taken", "name it after what it holds")],
        [Decoy('desk.$take($number, "eve")\nassert desk.$nag(-1) == 1', "nobody would be reminded if it had not been taken")],
    ),
    "t_say": Slot(
        ('desk.$say($number, "ann", "still?")\nassert (desk.$show($number=$number, reader="ann") or {})["words"] == ["still?"]',
         'desk.$say($number, "ann", "still?")\nassert "still?" in desk.$render($number)'),
        [Bad("missing-test", "minor",
             ('desk.$say($number, "ann", "still?")\nassert "words" in (desk.$show($number=$number, reader="ann") or {})',
              'desk.$say($number, "ann", "")\nassert "" in desk.$render($number)',
              'desk.$say($number, "ann", "still?")\nshown = desk.$show($number=$number, reader="ann") or {}\nassert len(shown["words"]) >= 0'),
             "the test passes whatever was kept", "look for the words"),
         Bad("misleading-name", "nit", ('desk.$say($number, "ann", "still?")\ntitle = desk.$render($number)\nassert "still?" in title', 'answer = "still?"\ndesk.$say($number, "ann", answer)\nassert (desk.$show($number=$number, reader="ann") or {})["words"] == [answer]'),
             "the name says something else than it holds", "name it after what it holds")],
    ),
    "t_merge": Slot(
        ('other = desk.$open($author="bob", $title="again", $urgency=3, tags=())\ndesk.$merge($number, other)\nassert desk.$waiting($agent=None) == [other]',
         'other = desk.$open($author="bob", $title="again", $urgency=3, tags=())\ndesk.$merge($number, other)\nassert desk.$mine("ann") == []'),
        [Bad("missing-test", "minor",
             ('other = desk.$open($author="bob", $title="again", $urgency=3, tags=())\ndesk.$merge($number, other)\nassert other in desk.$waiting($agent=None)',
              'other = desk.$open($author="bob", $title="again", $urgency=3, tags=())\ndesk.$merge($number, other)\nassert desk.$mine("bob") != []'),
             "the test passes if nothing was merged", "look for the one that must be gone"),
         Bad("misleading-name", "nit", ('first = desk.$open($author="bob", $title="again", $urgency=3, tags=())\ndesk.$merge($number, first)\nassert desk.$waiting($agent=None) == [first]', 'gone = desk.$open($author="bob", $title="again", $urgency=3, tags=())\ndesk.$merge($number, gone)\nassert desk.$waiting($agent=None) == [gone]'),
             "the name says something else than it holds: the one that stays", "name it after what it holds")],
    ),
    "t_find": Slot(
        ('assert desk.$find("lamp") == [$number]', 'assert desk.$find("lamp")[0] == $number'),
        [Bad("missing-test", "minor",
             ('assert [hit for hit in desk.$find("zebra") if hit != $number] == []', 'for hit in desk.$find("zebra"):\n    assert hit == $number',
              'assert desk.$find("lamp") == desk.$find("lamp")'),
             "the test passes if nothing is found", "look for a text that is there"),
         Bad("misleading-name", "nit", ('misses = desk.$find("lamp")\nassert misses == [$number]', 'texts = desk.$find("lamp")\nassert texts[0] == $number'),
             "the name says something else than it holds: the numbers that were found", "name it after what it holds")],
    ),
    "t_sweep": Slot(
        ('desk.close($number)\nassert desk.$sweep(-1) == 1', 'desk.close($number)\ndesk.$sweep(-1)\nassert desk.$mine("ann") == []'),
        [Bad("missing-test", "minor",
             ('desk.close($number)\nassert desk.$sweep(1) == 0', 'desk.$sweep(-1)\nassert desk.$mine("ann") == [$number]'),
             "nothing is ever forgotten in the test", "close it, and let it be old enough"),
         Bad("misleading-name", "nit", ('desk.close($number)\nleft = desk.$sweep(-1)\nassert left == 1', 'minutes = -1\ndesk.close($number)\nassert desk.$sweep(minutes) == 1'),
             "the name says something else than it holds", "name it after what it holds")],
    ),
    "t_save": Slot(
        ('assert desk.$save(path) == 1',
         'desk.$save(path)\nassert "no lamp" in path.read_text(encoding="utf-8")'),
        [Bad("missing-test", "minor",
             ('path.write_text("", encoding="utf-8")\ndesk.$save(path)\nassert path.exists()',
              'assert desk.$save(path) >= 0'),
             'the test passes if nothing is written', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('letters = desk.$save(path)\nassert letters == 1',
              'desk.$save(path)\nold = path.read_text(encoding="utf-8")\nassert "no lamp" in old'),
             'the name says something else than it holds', "name it after what it holds")],
    ),
    "t_nag": Slot(
        ('desk.$take($number, "eve")\nassert desk.$nag(-1) == 1',
         'before = desk.$nag(-1)\ndesk.$take($number, "eve")\nassert (before, desk.$nag(-1)) == (0, 1)'),
        [Bad("missing-test", "minor",
             ('desk.$take($number, "eve")\nassert desk.$nag(99) == 0',
              'assert desk.$nag(-1) == 0\ndesk.$take($number, "eve")'),
             'nobody has to be reminded for the test to pass', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('desk.$take($number, "eve")\nclosed = desk.$nag(-1)\nassert closed == 1',
              'title = "eve"\ndesk.$take($number, title)\nassert desk.$nag(-1) == 1'),
             'the name says something else than it holds', "name it after what it holds")],
    ),
    "t_mine": Slot(
        ('assert desk.$mine("ann") == [$number]',
         'assert $number in desk.$mine("ann")'),
        [Bad("missing-test", "minor",
             ('assert desk.$mine("zoe") == []',
              'assert desk.$mine("ann") == desk.$mine("ann", 0)'),
             'the test passes if nothing is listed', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('titles = desk.$mine("ann")\nassert titles == [$number]',
              'free = desk.$mine("ann")[0]\nassert free == $number'),
             'the name says something else than it holds', "name it after what it holds")],
    ),
    "t_feed": Slot(
        ('path.write_text("bob;3;no heat\\n", encoding="utf-8")\nassert len(desk.$feed(path)) == 1',
         'path.write_text("bob;3;no heat\\n", encoding="utf-8")\ndesk.$feed(path)\nassert desk.$find("heat") != []'),
        [Bad("missing-test", "minor",
             ('path.write_text("", encoding="utf-8")\nassert desk.$feed(path) == []',
              'path.write_text("bob;3;no heat\\n", encoding="utf-8")\ndesk.$feed(path)\nassert desk.$find("") != []'),
             'no line of a file has to be taken in for the test to pass', "look at what only working code gives"),
         Bad("misleading-name", "nit",
             ('path.write_text("bob;3;no heat\\n", encoding="utf-8")\nskipped = desk.$feed(path)\nassert len(skipped) == 1',
              'path.write_text("bob;3;no heat\\n", encoding="utf-8")\ndesk.$feed(path)\nwords = desk.$find("heat")\nassert words != []'),
             'the name says something else than it holds', "name it after what it holds")],
    ),
}

TEST_HEAD = '''"""Tests of the help desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from service import $Desk, $Refused


def one() -> tuple[$Desk, int]:
    """Return a desk with one $agent, and the number of one $ticket."""
    desk = $Desk(lambda: 1000, lambda who, text: None)
    desk.add_$agent("eve")
    return desk, desk.$open($author="ann", $title="no lamp", $urgency=3, tags=())


def test_only_what_is_there_can_be_closed() -> None:
    desk, $number = one()
    with pytest.raises($Refused):
        desk.close($number + 1)
'''


def test(name, text):
    """Return a test of the change."""
    return Unit(name, text, None, "test_service.py")


TESTS = [
    test("t_open", '''
def test_what_needs_more_is_refused() -> None:
    desk, _ = one()
    <<t_open>>
'''),
    test("t_take", '''
def test_it_can_be_taken() -> None:
    desk, $number = one()
    <<t_take>>
'''),
    test("t_say", '''
def test_words_are_kept() -> None:
    desk, $number = one()
    <<t_say>>
'''),
    test("t_merge", '''
def test_two_become_one() -> None:
    desk, $number = one()
    <<t_merge>>
'''),
    test("t_find", '''
def test_it_is_found_by_its_text() -> None:
    desk, $number = one()
    <<t_find>>
'''),
    test("t_sweep", '''
def test_what_is_closed_is_forgotten() -> None:
    desk, $number = one()
    <<t_sweep>>
'''),
    test("t_save", '''
def test_all_is_written(tmp_path: Path) -> None:
    desk, $number = one()
    path = tmp_path / "all.json"
    <<t_save>>
'''),
    test("t_nag", '''
def test_who_took_it_is_reminded() -> None:
    desk, $number = one()
    <<t_nag>>
'''),
    test("t_mine", '''
def test_what_somebody_asked_is_listed() -> None:
    desk, $number = one()
    <<t_mine>>
'''),
    test("t_feed", '''
def test_a_file_is_taken_in(tmp_path: Path) -> None:
    desk, $number = one()
    path = tmp_path / "more.txt"
    <<t_feed>>
'''),
]

SERVICE = Service(
    title="Tickets",
    about="`service.py` keeps the $tickets of a help desk in memory: who needs what, and which $agent takes care of it.",
    change="Tags and messages; what is said, internally or not; take, merge, find; pages, files, reminders, rankings.",
    words=WORDS,
    rules=RULES,
    always=ALWAYS,
    head=HEAD,
    test_head=TEST_HEAD,
    test_new=", tags=()",
    units=(*UNITS, *TESTS),
    slots=SLOTS,
    suite="tickets_suite.txt",
    example="""desk = $Desk($clock, $send)
assert desk.$show($number=desk.$open($author="ann", $title="no lamp", $urgency=3, tags=()), reader="") == {
    "$title": "no lamp", "$urgency": 3, "closed": False, "words": []
}
""",
)
