"""`review.toml`: the remarks of a code review, compared with what was planted in the change.

    format_version = 1
    change = "6c4e212b459f"              the change that is reviewed
    verdict = "request-changes"          or "approve"

    [[remark]]
    file = "service.py"
    lines = [41, 44]                     the first and the last one, at most 12
    kind = "race"
    severity = "major"                   blocker, major, minor, nit
    what = "..."                         for a person
    remedy = "..."

A remark is compared with `review_key.json`, which the challenge has:

| its lines meet | kind | severity | it |
| --- | --- | --- | --- |
| a planted defect's | right | at most one step off | counts, once for each defect |
| a planted defect's | right | further off | neither counts nor costs |
| a decoy's | any | any | costs as much as a defect earns |
| anything else, or a planted defect's | wrong | any | goes to a person; each beyond three costs half of that |

Versions of the review and of the key: 1, the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, NamedTuple

import msgspec

from grader import inputs
from grader.challenges.challenge import Challenge, ChallengeError
from grader.model import (
    COST,
    FOUND,
    Detail,
    Evidence,
    Finding,
    Kind,
    Measurement,
    Promise,
    PromiseOutcome,
    Severity,
    Struct,
    Submission,
)

FILE, KEY = "review.toml", "review_key.json"
MOST_REMARKS, MOST_LINES, FREE = 15, 12, 3
LARGEST = 128 * 1024
"""Characters of a review: 15 remarks of the longest texts have 60,000."""
SHOWN = 300
PLACE = re.compile(r"^(?:remark\[(?P<number>\d+)\])?\.?(?P<key>\w*)")

ReviewSeverity = Literal["blocker", "major", "minor", "nit"]
STEPS: tuple[ReviewSeverity, ...] = ("blocker", "major", "minor", "nit")
"""From the severest on."""
Verdict = Literal["approve", "request-changes"]
Line = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Prose = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class ReviewRemark(Struct, frozen=True, kw_only=True):
    """One remark of a review."""

    file: Annotated[str, msgspec.Meta(max_length=200)]
    lines: tuple[Line, Line]
    """The first and the last line, in the file after the change."""
    kind: Annotated[str, msgspec.Meta(max_length=60)]
    severity: ReviewSeverity
    what: Prose
    """What happens, for a person."""
    remedy: Prose


class CodeReview(Struct, frozen=True, kw_only=True):
    """The content of `review.toml`."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    change: Annotated[str, msgspec.Meta(max_length=100)]
    """The number of the change that is reviewed."""
    verdict: Verdict
    remark: Annotated[tuple[ReviewRemark, ...], msgspec.Meta(max_length=MOST_REMARKS)] = ()


class Place(Struct, frozen=True, kw_only=True):
    """Lines of a file, and what is there, for reviewers."""

    file: str
    first: int
    last: int
    what: str

    def meets(self, remark: ReviewRemark) -> bool:
        """Return whether a remark is about at least one of the lines."""
        return self.file == remark.file and self.first <= remark.lines[1] and remark.lines[0] <= self.last


class PlantedDefect(Place, frozen=True, kw_only=True):
    """A defect that a review should name."""

    criterion: str
    kinds: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """The kinds that name it rightly."""
    severity: ReviewSeverity

    def is_near(self, severity: ReviewSeverity) -> bool:
        """Return whether a severity is at most one step off."""
        return abs(STEPS.index(severity) - STEPS.index(self.severity)) <= 1


class ReviewKey(Struct, frozen=True, kw_only=True):
    """The content of a challenge's `review_key.json`."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    change: str
    verdict: Verdict
    files: dict[str, int]
    """The number of lines of each file that remarks may be about."""
    kinds: tuple[str, ...]
    planted: Annotated[tuple[PlantedDefect, ...], msgspec.Meta(min_length=1)]
    """The severest first; the verdict counts towards the first one's criterion."""
    decoys: tuple[Place, ...]


class UnreadableReview(Exception):
    """A review cannot be read: where, what was found, what to do."""

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.where, self.what, self.remedy = where, what, remedy


class RemarkTally(NamedTuple):
    """How the remarks of a review fall on what was planted."""

    found: frozenset[int]
    """The places in the key of the defects that were named."""
    misjudged: tuple[ReviewRemark, ...]
    on_decoys: tuple[ReviewRemark, ...]
    strays: tuple[ReviewRemark, ...]
    """What only a person can judge."""

    @property
    def cost(self) -> float:
        """What remarks on nothing cost, in defects."""
        return len(self.on_decoys) + max(0, len(self.strays) - FREE) / 2

    @property
    def credited(self) -> float:
        """The defects that are left after the cost."""
        return max(0.0, len(self.found) - self.cost)


def collect(submission: Submission, challenge: Challenge, _: int) -> Evidence:
    """Return the evidence of a submission's review. Raises ChallengeError if the key is wrong."""
    key = read_key(challenge)
    text = submission.text(FILE)
    try:
        review = read_review(text, key)
    except UnreadableReview as error:
        line = line_of(text or "", error.where)
        where = f"{FILE}{f', line {line}' if line else ''}{f': {error.where}' if error.where else ''}"
        finding = Finding(
            id="remarks.unreadable",
            severity=Severity.ERROR,
            message=f"{where}: {error.what}.",
            help=f"{error.remedy}.",
            file=FILE if text is not None else None,
            line=line,
        )
        return Evidence(kind=Kind.REMARKS, findings=(finding,))
    counted = tally(review, key)
    return Evidence(
        kind=Kind.REMARKS,
        promises=tuple(_promises(review, key, counted)),
        findings=tuple(_findings(review, counted)),
        measurements=(
            Measurement(name=FOUND, value=float(len(counted.found))),
            Measurement(name=COST, value=counted.cost),
        ),
    )


def read_key(challenge: Challenge) -> ReviewKey:
    """Return a challenge's key. Raises ChallengeError."""
    where = f"{challenge.name}/{KEY}"
    try:
        return inputs.json(inputs.read(challenge.folder / KEY), ReviewKey)
    except OSError as error:
        raise ChallengeError(f"{where}: {error.strerror}. A criterion of the kind `remarks` needs a key.") from None
    except msgspec.DecodeError as error:
        raise ChallengeError(f"{where}: {error}. Correct the key.") from None


def read_review(text: str | None, key: ReviewKey) -> CodeReview:
    """Return a review that fits a change. Raises UnreadableReview, also if there is none."""
    if text is None:
        raise UnreadableReview("", "there is no review", f"Write {FILE} beside your code; the starter has an empty one")
    if len(text) > LARGEST:
        raise UnreadableReview("", f"it has {len(text)} characters", f"Shorten it to {LARGEST}")
    try:
        review = inputs.toml(text.encode(), CodeReview)
    except msgspec.DecodeError as error:
        what, _, where = str(error).partition(" - at `$")
        remedy = "Write it as the brief shows; every key is required, and there are no others"
        raise UnreadableReview(where.rstrip("`").lstrip("."), what, remedy) from None
    if review.change != key.change:
        raise UnreadableReview("change", f"it is a review of {review.change!r}", f"Review change {key.change!r}")
    for number, remark in enumerate(review.remark):
        _require_place(f"remark[{number}]", remark, key)
    return review


def _require_place(where: str, remark: ReviewRemark, key: ReviewKey) -> None:
    """Raise UnreadableReview unless a remark is about a few lines that there are, and has a known kind."""
    if remark.file not in key.files:
        raise UnreadableReview(f"{where}.file", f"{remark.file!r} is not part of the change", f"Use {_any(key.files)}")
    if remark.kind not in key.kinds:
        raise UnreadableReview(f"{where}.kind", f"there is no kind {remark.kind!r}", f"Use {_any(key.kinds)}")
    first, last = remark.lines
    if first > last:
        raise UnreadableReview(f"{where}.lines", f"line {last} is before line {first}", "Name the first line first")
    if last > key.files[remark.file]:
        what = f"{remark.file} has {key.files[remark.file]} lines, so there is no line {last}"
        raise UnreadableReview(f"{where}.lines", what, "Use the line numbers of the file as it was handed to you")
    if last - first >= MOST_LINES:
        what = f"lines {first} to {last} are {last - first + 1} lines"
        raise UnreadableReview(f"{where}.lines", what, f"Name the lines that matter, at most {MOST_LINES}")


def _any(names: Mapping[str, int] | tuple[str, ...]) -> str:
    return f"one of {', '.join(names)}"


def line_of(text: str, where: str) -> int | None:
    """Return the line of a review on which a key stands, such as `remark[2].lines`; None if it is not there.

    Without a key: the line that the parser named. A missing key is reported at its table.
    """
    place = PLACE.match(where)
    if not where or place is None:
        return None
    lines = text.split("\n")
    heads = [number for number, line in enumerate(lines, 1) if re.match(r"\s*\[\[\s*remark\s*\]\]", line)]
    first, last = 0, heads[0] - 1 if heads else len(lines)
    if place["number"] is not None:
        index = int(place["number"])
        if index >= len(heads):
            return None
        first, last = heads[index] - 1, heads[index + 1] - 1 if index + 1 < len(heads) else len(lines)
    key = re.compile(rf"\s*[\"']?{re.escape(place['key'])}[\"']?\s*=")
    found = (number for number in range(first + 1, last + 1) if place["key"] and key.match(lines[number - 1]))
    return next(found, first + 1 if place["number"] is not None else None)


def tally(review: CodeReview, key: ReviewKey) -> RemarkTally:
    """Compare remarks with what was planted."""
    found: set[int] = set()
    misjudged: list[ReviewRemark] = []
    on_decoys: list[ReviewRemark] = []
    strays: list[ReviewRemark] = []
    for remark in review.remark:
        named = [
            number for number, defect in enumerate(key.planted) if defect.meets(remark) and remark.kind in defect.kinds
        ]
        right = [number for number in named if key.planted[number].is_near(remark.severity)]
        if right:
            found.add(next((number for number in right if number not in found), right[0]))
        elif named:
            misjudged.append(remark)
        elif any(decoy.meets(remark) for decoy in key.decoys):
            on_decoys.append(remark)
        else:
            strays.append(remark)
    return RemarkTally(frozenset(found), tuple(misjudged), tuple(on_decoys), tuple(strays))


def _promises(review: CodeReview, key: ReviewKey, counted: RemarkTally) -> Iterator[Promise]:
    """Yield one promise for each defect, and one for the verdict, which counts half as much as a defect."""
    first = key.planted[0].criterion
    for number, defect in enumerate(key.planted):
        severest = " one of the severest," if defect.criterion == first else ""
        yield Promise(
            id=f"planted_{number + 1}",
            text=f"Defect {number + 1} of {len(key.planted)},{severest} is named: its place, its kind, and about how "
            "severe it is.",
            outcome=PromiseOutcome.KEPT if number in counted.found else PromiseOutcome.BROKEN,
            criterion=defect.criterion,
            weight=2,
            detail=Detail(
                reason=f"{defect.file}, lines {defect.first} to {defect.last}, {defect.kinds[0]}: {defect.what}"
            ),
        )
    leading = {number for number, defect in enumerate(key.planted) if defect.criterion == first}
    is_right = review.verdict == key.verdict and bool(leading & counted.found)
    yield Promise(
        id="verdict",
        text="The verdict is right, and one of the severest defects is among its reasons.",
        outcome=PromiseOutcome.KEPT if is_right else PromiseOutcome.BROKEN,
        criterion=first,
        hint="May it be merged as it is?",
    )


def _findings(review: CodeReview, counted: RemarkTally) -> Iterator[Finding]:
    """Yield what a person should know of the other remarks."""
    if counted.on_decoys:
        count = len(counted.on_decoys)
        yield Finding(
            id="remarks.decoys",
            severity=Severity.WARNING,
            message=f"{count} remark{'s are' if count > 1 else ' is'} about code that only looks wrong, which costs as "
            "much as naming as many defects earns.",
            help="Before you report something, say to yourself with which call it goes wrong.",
        )
    if len(counted.strays) > FREE:
        yield Finding(
            id="remarks.many",
            severity=Severity.WARNING,
            message=f"{len(counted.strays)} remarks are about nothing that was planted; {FREE} are free, and each "
            "further one costs half of what naming a defect earns.",
            help="Report what matters most.",
        )
    if counted.misjudged:
        yield Finding(
            id="remarks.severity",
            severity=Severity.NOTE,
            message=f"{len(counted.misjudged)} of the defects that you name is judged two or more steps off."
            if len(counted.misjudged) == 1
            else f"{len(counted.misjudged)} of the defects that you name are judged two or more steps off.",
            help="Ask who is hurt by it, and how often.",
        )
    for remark in counted.strays:
        yield Finding(
            id="remarks.for-a-person",
            severity=Severity.NOTE,
            message=f"A person judges remark {review.remark.index(remark) + 1} ({remark.kind}, {remark.severity}): "
            f"{' '.join(remark.what.split())[:SHOWN]}",
            file=remark.file,
            line=remark.lines[0],
        )
