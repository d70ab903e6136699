"""Writes the files of a variant: brief, starter, reference, known mistakes, hidden suite, and the key of the review."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from pool.place import Planted, defects, named, under
from pool.variant import CODE, SEVERE, Variant

POOL = Path(__file__).parent
KINDS = {
    "race": "two threads at once end in what neither alone could",
    "half-done": "a failure in the middle, or bad data, leaves something done and something not",
    "injection": "a text from outside becomes part of a query, a pattern, a page or a path",
    "access": "somebody sees or changes what the rules keep from them",
    "error-handling": "an error is swallowed that somebody has to know of, or ends a call that should go on",
    "boundary": "the first, the last, the empty or the exactly equal case goes wrong",
    "wrong-result": "other cases than those of a boundary go wrong",
    "breaking-change": "callers that worked before no longer do",
    "slow": "work grows with large data where it need not",
    "leak": "what was opened or kept is not given back",
    "misleading-name": "a name says something else than it stands for",
    "missing-test": "a test passes whether or not the code does what the test's name says",
}

IMPORTS = {"json.": "import json\n", "HTMLParser": "from html.parser import HTMLParser\n"}
"""What hidden tests need, by what they name."""


def files(variant: Variant, random: Random) -> dict[str, str]:
    """Return the files of the variant's only stage."""
    starter = {name: file.text for name, file in variant.files.items()}
    right = {name: file.text for name, file in variant.right.items()}
    blank = {"review.toml": _blank(variant), "change.diff": variant.diff}
    made = {
        "README.md": brief(variant),
        "review_key.json": json.dumps(key(variant), indent=1) + "\n",
        "test_code_review.py": suite(variant),
        **_below("starter", starter | blank),
        **_below("solution", right | {"review.toml": review(variant, variant.planted)}),
    }
    other = variant.other[CODE].text
    made |= _below("solution_alt", {**right, CODE: other, "review.toml": review(variant, variant.planted[::-1])})
    made |= _below("without_skill", right | {"review.toml": review(variant, variant.planted[-2:])})
    for name, wrong in slips(variant).items():
        made |= _below(f"slips/{name}", right | {"review.toml": wrong})
    for name, wrong in mistakes(variant, random).items():
        made |= _below(f"flawed/{name}", right | {"review.toml": review(variant, variant.planted)} | wrong)
    return made


def _below(folder: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in texts.items()}


def brief(variant: Variant) -> str:
    """Return the brief."""
    service, words = variant.service, variant.words
    rules = [service.rules[name][way] for name, way in variant.rules.items()] + list(service.always)
    Random(variant.change).shuffle(rules)
    text = (POOL / "brief.md").read_text(encoding="utf-8")
    parts = {
        "TITLE": service.title,
        "ABOUT": service.about,
        "CHANGE": service.change,
        "NUMBER": variant.change,
        "EXAMPLE": service.example.rstrip(),
        "KEEP": service.keep,
        "RULES": "\n".join(f"{place}. {rule}" for place, rule in enumerate(rules, 1)),
        "KINDS": "\n".join(f"| `{name}` | {means} |" for name, means in KINDS.items()),
    }
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part)
    return named(text, words)


def key(variant: Variant) -> dict[str, object]:
    """Return the key by which a review is judged."""
    return {
        "format_version": 1,
        "change": variant.change,
        "verdict": "request-changes",
        "files": {name: file.text.count("\n") for name, file in variant.files.items()},
        "kinds": [*KINDS],
        "planted": [
            {
                "criterion": "severe" if place < SEVERE else "defects",
                "kinds": one.kinds.split(),
                "severity": one.severity,
                **_lines(variant, one),
                "what": named(one.what, variant.words),
            }
            for place, one in enumerate(variant.planted)
        ],
        "decoys": [{**_lines(variant, one), "what": named(one.what, variant.words)} for one in variant.decoys],
    }


def _lines(variant: Variant, one: Planted) -> dict[str, object]:
    name, first, last = variant.lines(one)
    return {"file": name, "first": first, "last": last}


def review(variant: Variant, remarks: Sequence[Planted], verdict: str = "request-changes", kind: str = "") -> str:
    """Return a review with a remark on each of these."""
    head = f'format_version = 1\nchange = "{variant.change}"\nverdict = "{verdict}"\n'
    parts = [head]
    for one in remarks:
        name, first, last = variant.lines(one)
        remedy = named(one.remedy, variant.words) or "write it in another way"
        parts.append(
            f"\n[[remark]]\nfile = {json.dumps(name)}\nlines = [{first}, {min(last, first + 11)}]\n"
            f'kind = "{kind or one.kinds.split()[0]}"\nseverity = "{one.severity}"\n'
            f"what = {json.dumps(named(one.what, variant.words))}\nremedy = {json.dumps(remedy)}\n"
        )
    return "".join(parts)


def _blank(variant: Variant) -> str:
    return (POOL / "blank.toml").read_text(encoding="utf-8").replace("@NUMBER@", variant.change)


def suite(variant: Variant) -> str:
    """Return the hidden suite: the tests of what was planted count as `repaired`, all others as `kept`."""
    head = (POOL / "suite_head.txt").read_text(encoding="utf-8")
    tests = (POOL / variant.service.suite).read_text(encoding="utf-8")
    imports = "".join(line for name, line in IMPORTS.items() if name in tests)
    broken = {one.breaks for one in variant.planted}
    marked = re.sub(r'of\("(\w+)"\)', lambda test: '"repaired"' if test[1] in broken else '"kept"', tests)
    return named(head % {"rules": json.dumps(dict(variant.rules)), "imports": imports} + marked, variant.words)


def slips(variant: Variant) -> dict[str, str]:
    """Return reviews of somebody who can review, and slips once."""
    planted = variant.planted
    return {
        "one_missed": review(variant, planted[:-1]),
        "one_of_another_kind": review(variant, planted[:-1]) + _remarks(variant, planted[-1:], _other_kind(planted[-1])),
        "one_decoy": review(variant, planted) + _remarks(variant, variant.decoys[:1], "injection"),
        "one_too_severe": review(variant, [*planted[:-1], planted[-1]._replace(severity="blocker")]),
    }


def _other_kind(one: Planted) -> str:
    return next(kind for kind in KINDS if kind not in one.kinds.split())


def mistakes(variant: Variant, random: Random) -> dict[str, dict[str, str]]:
    """Return what each known mistake changes in the reference."""
    planted = variant.planted
    broken = {one.breaks for one in planted}
    starter = variant.files[CODE].text
    return {
        "severe/worst_missed": {"review.toml": review(variant, planted[1:])},
        "severe/approved": {"review.toml": review(variant, planted, verdict="approve")},
        "severe/severe_ones_only_noted_as_names": {
            "review.toml": review(variant, planted[SEVERE:]) + _remarks(variant, planted[:SEVERE], "misleading-name")
        },
        "defects/only_the_severe_ones": {"review.toml": review(variant, planted[:SEVERE])},
        "defects/last_missed": {"review.toml": review(variant, planted[:-1])},
        "defects/decoy_reported": {
            "review.toml": review(variant, planted) + _remarks(variant, variant.decoys[:1], "injection"),
            "loses.txt": "severe\n",
        },
        "repaired/nothing_repaired": {CODE: starter},
        "kept/something_else_broken": {CODE: _broken(variant, broken, random)},
    }


def _remarks(variant: Variant, remarks: Sequence[Planted], kind: str) -> str:
    return "\n[[remark]]" + review(variant, [one._replace(severity=one.severity or "major") for one in remarks], kind=kind).partition("\n[[remark]]")[2]


def _broken(variant: Variant, known: set[str], random: Random) -> str:
    """Return the reference with a defect that was not planted, and that a hidden test notices."""
    service = variant.service
    slots = {name: under(slot, variant.rules) for name, slot in service.slots.items()}
    there = [
        one
        for name, slot in slots.items()
        for one in defects(name, slot)
        if one.breaks and one.breaks not in known and name in variant.right[CODE].slots
    ]
    one = random.choice(there)
    text = variant.right[CODE].text.splitlines()
    first, last = variant.right[CODE].slots[one.slot]
    indent = text[first - 1][: len(text[first - 1]) - len(text[first - 1].lstrip())]
    if "<<" in one.form:
        return _broken(variant, known | {one.breaks}, random)
    text[first - 1 : last] = [indent + line for line in named(one.form, variant.words).splitlines()]
    return "\n".join(text) + "\n"


def planted_texts(variant: Variant) -> list[str]:
    """Return texts that no workspace may contain: what tells where something is."""
    own = [*variant.planted, *variant.decoys]
    return sorted({named(one.what, variant.words) for one in own} | {one.slot for one in own if "_" in one.slot})
