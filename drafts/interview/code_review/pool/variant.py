"""Draws a variant: a service, names, rules, the form of each slot, and what is planted among them."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from pool.place import AROUND, Bad, Planted, Service, Slot, Unit, Written, decoys, slots_of, under, written

SEVERE, OTHERS, DECOYS = 2, 5, 3
"""How many of the severest defects, of other ones, and of decoys are planted."""
MOST_OF_A_KIND, MOST_WITH_A_KIND, MOST_IN_TESTS, FEWEST_TO_REPAIR = 2, 3, 2, 3
"""A kind names at most two defects best, and at most three rightly, so that the same kind everywhere earns nothing."""
CODE, TESTS = "service.py", "test_service.py"


class Variant(NamedTuple):
    """A variant, written."""

    service: Service
    words: Mapping[str, str]
    rules: Mapping[str, str]
    change: str
    """The change's number, which a review has to name."""
    planted: tuple[Planted, ...]
    """The severest first."""
    decoys: tuple[Planted, ...]
    before: Mapping[str, str]
    files: Mapping[str, Written]
    right: Mapping[str, Written]
    """The files with nothing planted in them."""
    other: Mapping[str, Written]
    """The same in other harmless forms."""

    @property
    def diff(self) -> str:
        """The change as a unified diff."""
        return "".join(
            line
            for name, old in self.before.items()
            for line in difflib.unified_diff(
                old.splitlines(keepends=True),
                self.files[name].text.splitlines(keepends=True),
                f"a/{name}",
                f"b/{name}",
            )
        )

    def lines(self, planted: Planted) -> tuple[str, int, int]:
        """Return file and lines in which a remark on something planted may lie."""
        for name, file in self.files.items():
            if planted.slot in file.slots:
                first, last = file.slots[planted.slot]
                if not planted.severity:
                    return name, first, last
                low, high = file.around[planted.slot]
                return name, max(low, first - AROUND), min(high, last + AROUND)
        raise KeyError(planted.slot)


def drawn(random: Random, services: Sequence[Service]) -> Variant:
    """Draw a variant."""
    service = random.choice(list(services))
    words = {name: random.choice(list(ways)) for name, ways in service.words.items()}
    rules = {name: random.choice(list(ways)) for name, ways in service.rules.items()}
    slots = {name: under(slot, rules) for name, slot in service.slots.items()}
    good = {name: random.choice(list(slot.good)) for name, slot in slots.items()}
    planted, misleading = plant(random, service.units, slots)
    other = {name: next((form for form in slot.good if form != good[name]), good[name]) for name, slot in slots.items()}
    return assembled(random, service, words, rules, good, planted, misleading, other)


def assembled(
    random: Random,
    service: Service,
    words: Mapping[str, str],
    rules: Mapping[str, str],
    good: Mapping[str, str],
    planted: Sequence[Planted],
    misleading: Sequence[Planted],
    other: Mapping[str, str] | None = None,
) -> Variant:
    """Write a variant in which everything is drawn but the order of functions."""
    special = {one.slot: one.form for one in (*planted, *misleading)}
    code = [unit for unit in service.units if unit.file == CODE]
    tests = [unit.text for unit in service.units if unit.file == TESTS]
    old = [unit for unit in code if unit.before is not None]
    new = [unit for unit in code if unit.before is None]
    random.shuffle(new)
    random.shuffle(tests)
    ordered = [unit.text for unit in old]
    for unit in new:
        ordered.insert(random.randint(1, len(ordered)), unit.text)
    texts = {CODE: (service.head, ordered), TESTS: (service.test_head, tests)}

    def files(forms: Mapping[str, str]) -> dict[str, Written]:
        return {name: written(head, units, forms, words) for name, (head, units) in texts.items()}

    return Variant(
        service=service,
        words=words,
        rules=rules,
        change=f"{random.getrandbits(48):012x}",
        planted=tuple(planted),
        decoys=tuple(misleading),
        before={
            CODE: written(service.head, [unit.before for unit in old if unit.before], good, words).text,
            TESTS: written(service.test_head.replace(service.test_new, ""), (), {}, words).text,
        },
        files=files({**good, **special}),
        right=files(good),
        other=files(other or good),
    )


def plant(random: Random, units: Sequence[Unit], slots: Mapping[str, Slot]) -> tuple[list[Planted], list[Planted]]:
    """Draw the defects, severest first, and the decoys: at most one in each function."""
    own = {unit.name: slots_of(unit.text, slots) for unit in units}
    in_tests = {name for unit in units if unit.file == TESTS for name in own[unit.name]}
    while True:
        left = [unit for unit in units if own[unit.name]]
        random.shuffle(left)
        severe = _from(random, left, own, slots, SEVERE, severe=True)
        others = _from(random, left, own, slots, OTHERS, severe=False)
        misleading: list[Planted] = []
        for unit in left:
            there = [decoy for name in own[unit.name] for decoy in decoys(name, slots[name])]
            if there and len(misleading) < DECOYS:
                misleading.append(random.choice(there))
        planted = severe + others
        kinds = [one.kinds.split()[0] for one in planted]
        tests = [one for one in planted if one.slot in in_tests]
        right = Counter(kind for one in planted for kind in one.kinds.split())
        if (
            (len(planted), len(misleading)) == (SEVERE + OTHERS, DECOYS)
            and max(kinds.count(kind) for kind in kinds) <= MOST_OF_A_KIND
            and max(right.values()) <= MOST_WITH_A_KIND
            and len(tests) <= MOST_IN_TESTS
            and kinds[0] != kinds[1]
            and len({one.breaks for one in planted} - {""}) >= FEWEST_TO_REPAIR
        ):
            rank = ["blocker", "major", "minor", "nit"]
            return sorted(planted, key=lambda one: rank.index(one.severity)), misleading


def _from(
    random: Random, left: list[Unit], own: Mapping[str, Sequence[str]], slots: Mapping[str, Slot], count: int, *, severe: bool
) -> list[Planted]:
    """Draw defects from functions of their own, which are taken out of those left.

    Each kind of each function is as likely as any other, so that what a function had elsewhere tells little.
    """
    there: dict[tuple[str, str], list[tuple[Unit, str, Bad]]] = {}
    for unit in sorted(left, key=lambda unit: unit.name):
        for name in own[unit.name]:
            for bad in slots[name].bad:
                if (bad.severity == "blocker") == severe:
                    there.setdefault((unit.name, bad.kinds.split()[0]), []).append((unit, name, bad))
    pool = [random.choice(alike) for alike in there.values()]
    random.shuffle(pool)
    found: list[Planted] = []
    for unit, name, bad in pool:
        if unit in left and len(found) < count:
            form = random.choice(list(bad.forms))
            found.append(Planted(name, form, bad.kinds, bad.severity, bad.what, bad.remedy, bad.breaks))
            left.remove(unit)
    return found
