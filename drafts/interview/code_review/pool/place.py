"""What a change under review is written from: methods with slots, and for each slot harmless forms, defects and decoys.

    <<name>>            a line of a method that a form of the slot `name` replaces, with the line's indentation
    $word               a name, drawn for each variant

Some slots follow a rule of the brief that is drawn as well: the same text is right under one rule and a defect under the
other, so that no text tells by itself whether something was planted in it. Other defects are defects under one rule only
(`Bad.only`): unlocked code where there is one thread, a query for each row where there are few.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

MARK = re.compile(r"^( *)<<(\w+)>>$")
AROUND = 2
"""Lines above and below a defect's own that a remark on it may name, within the same function."""


class Bad(NamedTuple):
    """A defect that can be planted in a slot."""

    kinds: str
    """The kinds that name it rightly, the best one first."""
    severity: str
    forms: Sequence[str]
    what: str
    remedy: str
    breaks: str = ""
    """The hidden test that notices it; empty if only a reader does."""
    only: str = ""
    """The rule, such as `threads=many`, under which it is a defect; under any other, its forms are harmless."""
    given: str = ""
    """The rules under which it can be planted at all: under others, it would break something else."""


class Decoy(NamedTuple):
    """A form that looks wrong and is right."""

    form: str
    why: str
    given: str = ""


class Slot(NamedTuple):
    """A place of the change."""

    good: Sequence[str]
    bad: Sequence[Bad] = ()
    decoys: Sequence[Decoy] = ()


class Ruled(NamedTuple):
    """A place whose right form depends on a rule of the brief."""

    rule: str
    forms: Mapping[str, Sequence[str]]
    """For each way in which the rule can be drawn, the forms that are right then."""
    kinds: str
    severity: str
    what: str
    remedy: str
    breaks: str = ""
    more: Sequence[Bad] = ()
    decoys: Sequence[Decoy] = ()


class Unit(NamedTuple):
    """A function of the change, in which at most one thing is planted."""

    name: str
    text: str
    before: str | None = None
    """Its text before the change; empty if it did not change, None if there was none."""
    file: str = "service.py"


class Service(NamedTuple):
    """A small service, and a change to it."""

    title: str
    about: str
    change: str
    """What the change is for, as its author describes it."""
    words: Mapping[str, Sequence[str]]
    rules: Mapping[str, Mapping[str, str]]
    """Sentences of the brief by rule, one for each way in which it can be drawn."""
    always: Sequence[str]
    """Sentences of the brief that are the same in all variants."""
    head: str
    test_head: str
    test_new: str
    """What the change added to calls in `test_head`."""
    units: Sequence[Unit]
    slots: Mapping[str, Slot | Ruled]
    suite: str
    """The file of the hidden tests."""
    example: str
    keep: str = ""
    """What a repaired service has to keep besides its methods."""


class Planted(NamedTuple):
    """What stands in a slot that is not harmless: a defect, or a decoy if it has no severity."""

    slot: str
    form: str
    kinds: str
    severity: str
    what: str
    remedy: str
    breaks: str


class Written(NamedTuple):
    """A file, and the lines of each slot and of the function around it."""

    text: str
    slots: dict[str, tuple[int, int]]
    around: dict[str, tuple[int, int]]


def under(slot: Slot | Ruled, rules: Mapping[str, str]) -> Slot:
    """Return a slot as it is under the drawn rules."""

    def holds(condition: str) -> bool:
        pairs = (part.split("=") for part in condition.split())
        return all(rules[rule] == way for rule, way in pairs)

    if isinstance(slot, Slot):
        good, bad = slot.good, [*slot.bad]
    else:
        good = slot.forms[rules[slot.rule]]
        wrong = [form for way, forms in slot.forms.items() if way != rules[slot.rule] for form in forms]
        bad = [Bad(slot.kinds, slot.severity, wrong, slot.what, slot.remedy, slot.breaks), *slot.more]
    bad = [one for one in bad if holds(one.given)]
    harmless = [form for one in bad if not holds(one.only) for form in one.forms]
    return Slot(
        (*good, *harmless), [one for one in bad if holds(one.only)], [decoy for decoy in slot.decoys if holds(decoy.given)]
    )


def defects(name: str, slot: Slot) -> list[Planted]:
    """Return every form of every defect of a slot."""
    return [
        Planted(name, form, bad.kinds, bad.severity, bad.what, bad.remedy, bad.breaks)
        for bad in slot.bad
        for form in bad.forms
    ]


def decoys(name: str, slot: Slot) -> list[Planted]:
    """Return the decoys of a slot."""
    return [Planted(name, decoy.form, "", "", decoy.why, "", "") for decoy in slot.decoys]


def slots_of(text: str, slots: Mapping[str, Slot | Ruled]) -> list[str]:
    """Return the names of the slots in a text, those in their forms included."""
    found: list[str] = []
    for line in text.splitlines():
        if mark := MARK.match(line):
            found.append(mark[2])
            slot = slots[mark[2]]
            forms = slot.good if isinstance(slot, Slot) else [form for ways in slot.forms.values() for form in ways]
            found += [inner for form in forms for inner in slots_of(form, slots) if inner not in found]
    return found


def written(
    head: str, units: Sequence[str], forms: Mapping[str, str], words: Mapping[str, str]
) -> Written:
    """Write a file from its head and its functions, with a form for each slot."""
    lines = head.strip("\n").splitlines()
    around: dict[str, tuple[int, int]] = {}
    places: dict[str, list[int]] = {}
    for text in units:
        body = text.strip("\n")
        lines += [""] if body.startswith(" ") else ["", ""]
        first = len(lines) + 1
        own = _expanded(body, "", forms, ())
        for place, (_, inside) in enumerate(own, first):
            for name in inside:
                places.setdefault(name, []).append(place)
                around[name] = (first, first + len(own) - 1)
        lines += [line for line, _ in own]
    slots = {name: (min(found), max(found)) for name, found in places.items()}
    return Written(named("\n".join(lines), words) + "\n", slots, around)


def named(text: str, words: Mapping[str, str]) -> str:
    """Return a text with the drawn names; `$words` is the plural of `$word`, unless it has a name of its own."""
    return re.sub(r"\$(\w+)", lambda word: words.get(word[1]) or words[word[1].removesuffix("s")] + "s", text)


def _expanded(text: str, indent: str, forms: Mapping[str, str], inside: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    lines: list[tuple[str, tuple[str, ...]]] = []
    for line in text.splitlines():
        if mark := MARK.match(line):
            lines += _expanded(forms[mark[2]].strip("\n"), indent + mark[1], forms, (*inside, mark[2]))
        else:
            lines.append((indent + line if line else "", inside))
    return lines
