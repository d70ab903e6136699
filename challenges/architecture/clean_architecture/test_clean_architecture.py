"""Hidden suite of architecture/clean_architecture: drawn histories with stores of ours and theirs, and on a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.suite import Killed, Meeting, SubmissionHandle, Unkept, criterion

T = TypeVar("T")
Book = list[Any]
"""`[number, title, borrower, due, queue]`; a day is an ordinal."""
Step = list[Any]
Steps = list[Step]
LOAN, LIMIT, FINE = 28, 5, 20
ANY = ["Scripted", "Halt", "ValueError", "KeyError", "OSError", "RuntimeError"]
"""What parts raise."""
OF_SQLITE = ["IntegrityError", "OperationalError"]
"""What they may raise, too."""
MAY_CALL = {
    "domain": ["domain"],
    "application": ["domain", "application", "store", "main"],
    "web": ["domain", "application", "web", "json"],
}
"""The application calls the store that it was given, and what main made of it."""

# ---- the model --------------------------------------------------------------------------------------------------


class Ended(Exception):
    def __init__(self, what: object) -> None:
        self.what = what


@dataclass
class Model:
    """The library as the brief describes it, but for what fails."""

    books: dict[int, Book]
    day: int
    told: list[list[Any]] = field(default_factory=list)

    def step(self, what: str, *arguments: Any) -> list[Any]:
        """Return how the use case ends, who is told, and all books afterwards."""
        before, self.told = dict(self.books), []
        try:
            ending = ["gave", getattr(self, what)(*arguments)]
        except Ended as error:
            ending, self.books, self.told = ["raised", error.what], before, []
        return [ending, self.told, self.state()]

    def state(self) -> list[Book]:
        return [shown(self.books[number]) for number in sorted(self.books)]

    def get(self, number: int) -> Book:
        if number not in self.books:
            raise Ended("Unknown")
        return self.books[number]

    def lent_to(self, member: str) -> list[Book]:
        return [book for book in self.books.values() if book[2] == member]

    def borrow(self, member: str, numbers: list[int]) -> int:
        loans = self.lent_to(member)
        if len(loans) + len(numbers) > LIMIT or any(book[3] < self.day for book in loans):
            raise Ended("Refused")
        for number in numbers:
            self.books[number] = lend(self.get(number), member, self.day)
        return self.day + LOAN

    def give_back(self, numbers: list[int]) -> int:
        fine = 0
        for number in numbers:
            book = self.get(number)
            self.books[number] = give_back(book)
            fine += FINE * max(0, self.day - book[3])
            self.told += [["notify", member, number] for member in book[4][:1]]
        return fine

    def reserve(self, member: str, number: int) -> int:
        self.books[number] = reserve(self.get(number), member)
        return len(self.books[number][4])

    def loans(self, member: str) -> list[Book]:
        return [shown(book) for book in sorted(self.lent_to(member), key=lambda book: (book[3], book[0]))]


def lend(book: Book, member: str, day: int) -> Book:
    number, title, borrower, _, queue = book
    if borrower is not None or (queue and queue[0] != member):
        raise Ended("Refused")
    return [number, title, member, day + LOAN, queue[1:]]


def give_back(book: Book) -> Book:
    if book[2] is None:
        raise Ended("Refused")
    return [*book[:2], None, None, book[4]]


def reserve(book: Book, member: str) -> Book:
    if member in (book[2], *book[4]) or (book[2] is None and not book[4]):
        raise Ended("Refused")
    return [*book[:4], [*book[4], member]]


METHODS: dict[str, Callable[..., Book]] = {"lend": lend, "give_back": give_back, "reserve": reserve}


def shown(book: Book) -> Book:
    """A book as the probe tells it."""
    return [*book[:4], tuple(book[4])]


# ---- what is drawn ----------------------------------------------------------------------------------------------


class Author:
    """Draws books, members, days and histories."""

    def __init__(self, seed: object) -> None:
        self._seed = seed
        self._chance = chance = Random(repr(seed))
        self.integer = chance.randint
        self._numbers = count(chance.randint(10**5, 10**8), chance.randint(101, 9_999))
        self.day = chance.randint(date(2001, 1, 1).toordinal(), date(2090, 1, 1).toordinal())
        self.salt = chance.randint(1_000, 900_000)
        self.file = f"{self.word(9)}.db"
        self.members = chance.sample([f"{self.word(5)}{place}" for place in range(8)], 8)

    def __repr__(self) -> str:
        return f"Author({self._seed})"

    def word(self, length: int) -> str:
        return "".join(self._chance.choices("abcdefghijklmnopqrstuvwxyz", k=length))

    def one(self, choices: Sequence[T]) -> T:
        return self._chance.choice(choices)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return self._chance.sample(items, len(items))

    def quaint(self) -> list[str]:
        """Names of members that mean something in SQL, the first of which a pattern would take for the second, too."""
        name = f"{self.word(2)}'{self.word(3)} \"{self.word(2)}?"
        pattern = self.one([f"{name[:4]}%", f"{name[:-2]}_?", name.upper()])
        return [pattern, name, f"%{self.word(2)}';--", f":{self.word(3)} \\_"]

    def number(self) -> int:
        return next(self._numbers)

    def free(self, *queue: str) -> Book:
        return [self.number(), f"{self.word(3)} '{self.word(2)}\" é", None, None, list(queue)]

    def lent(self, member: str, *queue: str, due: int | None = None) -> Book:
        """A book that is lent until this day, or until some day to come."""
        book = self.free(*queue)
        return [*book[:2], member, self.day + self.integer(1, 27) if due is None else due, book[4]]

    def thrown(self, kinds: Sequence[str] = ANY) -> list[Any]:
        """What a part raises."""
        return [self.one(kinds), self.integer(10**6, 10**9)]


authors = st.tuples(*[st.integers(0, 2**24 - 1)] * 3).map(Author)
"""Hypothesis draws integers below 2**24 evenly."""


def asked(program: Steps) -> Steps:
    return [step for step in program if step[0] not in ("day", "put")]


def foretold(books: list[Book], author: Author, program: Steps) -> list[Any]:
    """How each use case ends, who is told, and all books afterwards."""
    model, outcomes = Model({book[0]: book for book in books}, author.day), []
    for verb, *arguments in program:
        match verb:
            case "day":
                model.day = arguments[0]
            case "put":
                model.books[arguments[0][0]] = arguments[0]
            case _:
                outcomes.append(model.step(verb, *arguments))
    return outcomes


def shaped(answer: Any, steps: Sequence[Any], width: int) -> list[list[Any]]:
    """The probe's answer, if it has an outcome of this width for each of the steps."""
    assert isinstance(answer, list)
    assert len(answer) == len(steps)
    for outcome in answer:
        assert isinstance(outcome, list)
        assert len(outcome) == width
        assert all(isinstance(part, list) for part in outcome)
    return answer


def lent(
    submission: SubmissionHandle,
    author: Author,
    books: list[Book],
    program: Steps,
    plans: Steps | None = None,
    how: list[Any] | None = None,
) -> list[list[Any]]:
    """Let the probe run a history. Returns for each use case its ending, the calls of parts, and all books."""
    how = how or ["brought", author.salt]
    seen = submission.call("lend", how, books, author.day, plans or [], program)
    return shaped(seen.value, asked(program), 3)


def agree(submission: SubmissionHandle, author: Author, books: list[Book], program: Steps) -> None:
    """Compare how use cases end, and what is stored then."""
    seen = lent(submission, author, books, program)
    for step, (ending, _, state), right in zip(asked(program), seen, foretold(books, author, program), strict=True):
        assert ending == right[0], step
        assert state == right[2], step


def notices(calls: Any) -> list[Any]:
    return [call for call in calls if call[0] == "notify"]


# ---- lending ----------------------------------------------------------------------------------------------------


@criterion("lending", weight=3, hint="Due 28 days after today; `borrow` returns that day.")
@given(author=authors)
def test_free_books_are_lent(submission: SubmissionHandle, author: Author) -> None:
    """Free books are lent to the member for 28 days from today, and the due day is returned."""
    ann, bob, cid = author.members[:3]
    books = [author.free() for _ in range(6)]
    n = [book[0] for book in books]
    program: Steps = [["borrow", ann, [n[0]]], ["day", author.day + author.integer(1, 9)], ["borrow", bob, [n[1]]]]
    program += [["borrow", ann, [n[2], n[3]]], ["day", author.day + author.integer(10, 20)], ["borrow", cid, n[4:]]]
    agree(submission, author, author.shuffled(books), program)


@criterion("lending", weight=3, hint="Whether a book can be lent or taken back is for the book to say.")
@given(author=authors)
def test_lent_books_are_not_free(submission: SubmissionHandle, author: Author) -> None:
    """A book that is lent is lent to nobody again, and one that is not lent cannot be given back."""
    ann, bob = author.members[:2]
    books = [author.lent(ann), author.free(), author.free(ann, bob)]
    n = [book[0] for book in books]
    seen = lent(submission, author, books, [["borrow", bob, [n[1], n[1]]], ["give_back", [n[0], n[0]]]])
    assert [ending for ending, *_ in seen] == [["raised", "Refused"]] * 2, "one book twice"
    program: Steps = [["give_back", [n[1]]], ["borrow", bob, [n[1]]], ["borrow", ann, [n[1]]]]
    program += author.shuffled([["borrow", bob, [n[0]]], ["borrow", ann, [n[0]]], ["give_back", [n[2]]]])
    program += [["give_back", [n[1]]], ["give_back", [n[1]]], ["borrow", ann, [n[1]]], ["borrow", ann, [n[1]]]]
    agree(submission, author, books, program)


@criterion("lending", weight=1, hint="`get` gives None for a book that does not exist: raise Unknown.")
@given(author=authors)
def test_books_that_do_not_exist_are_unknown(submission: SubmissionHandle, author: Author) -> None:
    """Every use case with a book that does not exist raises Unknown."""
    ann, bob = author.members[:2]
    books = [author.lent(ann), author.free()]
    n = [book[0] for book in books]
    strange = [author.number() for _ in range(3)]
    wrong: Steps = [["borrow", bob, [strange[0]]], ["give_back", [strange[1]]], ["reserve", bob, strange[2]]]
    wrong += [["reserve", bob, n[0]], ["borrow", ann, [n[1]]]]
    agree(submission, author, books, author.shuffled(wrong))


@criterion("lending", weight=3, hint="Only the first in the queue may borrow, and leaves the queue then.")
@given(author=authors)
def test_the_first_in_the_queue_borrows(submission: SubmissionHandle, author: Author) -> None:
    """A free book with a queue is lent to the first in it and to nobody else, who then no longer waits."""
    ann, bob, cid, dan = author.members[:4]
    books = [author.lent(ann, bob, cid), author.free(cid, bob, dan)]
    n = [book[0] for book in books]
    program: Steps = [["give_back", [n[0]]]]
    program += author.shuffled([["borrow", member, [n[0]]] for member in (ann, cid, dan)])
    program += [["borrow", bob, [n[0]]], *author.shuffled([["borrow", member, [n[1]]] for member in (ann, bob, dan)])]
    program += [["borrow", cid, [n[1]]], ["give_back", n], ["borrow", author.one([ann, bob, dan]), [n[0]]]]
    program += [["borrow", cid, [n[0]]], ["borrow", bob, [n[1]]]]
    agree(submission, author, books, program)


@criterion("lending", weight=2, hint="Append to the queue; the place is its length then.")
@given(author=authors)
def test_reservations_get_places(submission: SubmissionHandle, author: Author) -> None:
    """A member who reserves gets the last place of the queue, lent or waiting on the shelf, and is told which."""
    ann, bob, cid, dan, eve = author.members[:5]
    books = [author.lent(ann), author.free(ann, eve), author.lent(bob, cid)]
    n = [book[0] for book in books]
    program = [["reserve", bob, n[0]], ["reserve", cid, n[0]], ["reserve", dan, n[0]], ["reserve", dan, n[1]]]
    agree(submission, author, books, [*author.shuffled([*program, ["reserve", bob, n[1]]]), ["reserve", eve, n[2]]])


@criterion("lending", weight=2, hint="Look at the borrower, at the queue, and whether the book is free.")
@given(author=authors)
def test_needless_reservations_are_refused(submission: SubmissionHandle, author: Author) -> None:
    """Whoever has a book or waits for it cannot reserve it, nor can anybody reserve a book that is simply free."""
    ann, bob, cid, dan = author.members[:4]
    books = [author.lent(ann, bob, cid), author.free(), author.free(cid, ann)]
    n = [book[0] for book in books]
    wrong: Steps = [["reserve", member, n[0]] for member in (ann, bob, cid)]
    wrong += [["reserve", ann, n[1]], ["reserve", dan, n[1]], ["reserve", ann, n[2]], ["reserve", cid, n[2]]]
    agree(submission, author, books, [*author.shuffled(wrong), ["reserve", dan, n[0]], ["reserve", dan, n[0]]])


@criterion("lending", weight=2, hint="Count what the member has and what is asked for.")
@given(author=authors)
def test_five_books_are_the_limit(submission: SubmissionHandle, author: Author) -> None:
    """Nobody gets more than five books, counting those that the member has; five are fine."""
    ann, bob, cid = author.members[:3]
    has = author.integer(1, 3)
    books = [*(author.lent(ann) for _ in range(has)), *(author.lent(cid) for _ in range(5))]
    rest = [author.free() for _ in range(14)]
    n = [book[0] for book in rest]
    more = LIMIT - has
    program: Steps = [["borrow", ann, n[: more + 1]], ["borrow", ann, n[:more]], ["borrow", ann, [n[6]]]]
    program += [["borrow", bob, n[7:13]], ["borrow", bob, n[7:12]], ["borrow", bob, [n[13]]]]
    program += [["borrow", cid, [n[13]]], ["give_back", [books[-1][0]]], ["borrow", cid, [n[13]]]]
    agree(submission, author, author.shuffled([*books, *rest]), program)


@criterion("lending", weight=2, hint="Late is a book that was due before today; look at all of the member's books.")
@given(author=authors)
def test_late_books_stop_lending(submission: SubmissionHandle, author: Author) -> None:
    """Who has a book that was due before today borrows nothing until it is back; one that is due today is not late."""
    ann, bob = author.members[:2]
    late = author.lent(ann, due=author.day - author.integer(1, 40))
    today = [author.lent(bob, due=author.day), author.lent(ann, due=author.day)]
    books = [late, *today, author.lent(ann), author.free(), author.free(), author.lent(bob, due=author.day + 1)]
    n = [book[0] for book in books]
    program: Steps = [["borrow", ann, [n[4]]], ["borrow", bob, [n[4]]], ["give_back", [n[0]]], ["borrow", ann, [n[5]]]]
    program += [["day", author.day + 1], ["give_back", [n[4]]], ["borrow", bob, [n[0]]], ["borrow", ann, [n[4]]]]
    program += [["give_back", [n[1], n[2]]], ["borrow", bob, [n[4]]], ["borrow", ann, [n[0]]]]
    agree(submission, author, author.shuffled(books), program)


@criterion("lending", weight=2, hint="20 cents for each book and each day after the due day, never below 0.")
@given(author=authors)
def test_late_books_cost_a_fine(submission: SubmissionHandle, author: Author) -> None:
    """Books that come back are free again; the fine is 20 cents for each of them and each day after its due day."""
    ann, bob = author.members[:2]
    days = [author.integer(2, 90), author.integer(2, 90), 0, 1, -author.integer(1, 20)]
    books = [author.lent(author.one([ann, bob]), due=author.day - late) for late in days]
    n = [book[0] for book in books]
    program: Steps = [["give_back", [n[2]]], ["give_back", [n[3]]], ["give_back", author.shuffled([n[0], n[1], n[4]])]]
    more = [author.lent(ann, due=author.day - 1), author.lent(bob, due=author.day + 9), author.free()]
    program += [["give_back", [more[1][0]]], ["day", author.day + author.integer(1, 9)], ["give_back", [more[0][0]]]]
    agree(submission, author, [*books, *more], program)


@criterion("lending", weight=2, hint="Sort by due day, then number: a store may give books in any order.")
@given(author=authors)
def test_loans_are_listed_by_due_day(submission: SubmissionHandle, author: Author) -> None:
    """`loans` gives the member's books by due day and then number, late ones included, and nobody else's."""
    ann, bob, cid = author.members[:3]
    first, second = author.day - author.integer(1, 40), author.day + author.integer(1, 20)
    dues = [second, first, second, first, author.day]
    books = [author.lent(ann, *author.one([[], [cid]]), due=due) for due in dues]
    books += [author.lent(bob, due=second), author.lent(bob, due=first), author.free(ann)]
    program: Steps = [["loans", ann], ["loans", bob], ["loans", cid], ["give_back", [books[2][0]]], ["loans", ann]]
    agree(submission, author, author.shuffled(books), program)


@criterion("lending", weight=2, hint="For each returned book that has a queue: its first member, and its number.")
@given(author=authors)
def test_whoever_waits_first_is_told(submission: SubmissionHandle, author: Author) -> None:
    """For each book that comes back, the first in its queue is told, once, in the order of the books."""
    ann, bob, cid, dan = author.members[:4]
    books = [author.lent(ann, bob, cid), author.lent(dan), author.lent(cid, bob), author.lent(bob, dan, ann, cid)]
    books += [author.lent(ann, bob), author.free(), author.lent(cid)]
    n = [book[0] for book in books]
    program: Steps = [["give_back", author.shuffled(n[:4])], ["borrow", dan, [n[5]]], ["give_back", [n[4]]]]
    program += [["give_back", [n[6]]], ["reserve", ann, n[5]], ["give_back", [n[5]]]]
    seen = lent(submission, author, books, program)
    for step, (_, calls, _), right in zip(program, seen, foretold(books, author, program), strict=True):
        assert notices(calls) == right[1], step


@criterion("lending", weight=2, hint="The rules of one book are methods of `Book`, which return another book.")
@given(author=authors)
def test_books_have_the_rules(submission: SubmissionHandle, author: Author) -> None:
    """`lend`, `give_back` and `reserve` of a book return a new book or raise Refused; the book stays as it was."""
    ann, bob, cid, dan = author.members[:4]
    books: list[Book] = [author.free(), author.free(bob, ann), author.lent(ann, bob)]
    day = author.day + author.integer(1, 99)
    calls: Steps = []
    for place, (first, second) in enumerate([(ann, cid), (bob, cid), (ann, bob)]):
        calls += [[place, "lend", second, day], [place, "lend", first, day], [place, "lend", second, day]]
        calls += [[place, "reserve", dan], [place, "reserve", dan], [place, "reserve", first], [place, "give_back"]]
        calls += [[place, "give_back"], *([place, "lend", member, day + 1] for member in (ann, bob))]
        calls += [[place, "reserve", cid]]
    seen = shaped(submission.call("rules", books, calls).value, calls, 2)
    for call, outcome in zip(calls, seen, strict=True):
        place, method, *arguments = call
        former = books[place]
        try:
            books[place] = METHODS[method](former, *arguments)
            right: list[Any] = ["gave", shown(books[place])]
        except Ended as error:
            right = ["raised", error.what]
        assert outcome == [right, shown(former)], call


# ---- histories in which no rule is at its edge, so that one mistake costs points once ----------------------------


@dataclass(frozen=True)
class History:
    """Books, and steps of which none is refused and none concerns another's book.

    `told`: who is told in a step.
    """

    books: list[Book]
    steps: Steps
    told: dict[int, list[list[Any]]]


def plain_history(author: Author) -> History:
    """Every use case, some with several books, in any order."""
    ann, bob, cid, dan, eve, fay = author.members[:6]
    free = [author.free() for _ in range(4)]
    out = [author.lent(ann), author.lent(ann), author.lent(bob, cid), author.lent(cid), author.lent(dan, eve)]
    f, o = ([book[0] for book in books] for books in (free, out))
    steps = author.shuffled(
        [
            ["borrow", bob, author.shuffled(f[:2])],
            ["borrow", fay, author.shuffled(f[2:])],
            ["reserve", dan, o[0]],
            ["give_back", author.shuffled([o[1], o[2]])],
            ["give_back", author.shuffled([o[3], o[4]])],
            ["loans", author.one([ann, cid])],
        ]
    )
    waiting = {o[2]: cid, o[4]: eve}
    told = {
        place: [["notify", waiting[number], number] for number in step[1] if number in waiting]
        for place, step in enumerate(steps)
        if step[0] == "give_back"
    }
    return History(author.shuffled([*free, *out]), steps, told)


def with_unknown_books(author: Author, history: History) -> Steps:
    """The steps, and before each that takes several books the same twice with a book that does not exist."""
    program: Steps = []
    for step in history.steps:
        if step[0] in ("borrow", "give_back"):
            for numbers in ([*step[-1], author.number()], [step[-1][0], author.number(), *step[-1][1:]]):
                program.append([*step[:-1], numbers])
        program.append(step)
    return program


def rough(books: Any) -> list[Any]:
    """Books, but for due days, the order of queues, and who waits for a free book; what is no book as it is."""
    return [
        [*book[:3], book[3] is None, sorted(book[4], key=repr) if book[2] else []] if is_book(book) else book
        for book in (books if isinstance(books, list) else [books])
    ]


def is_book(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 5 and isinstance(value[4], list | tuple)


def holders(books: Any) -> list[Any]:
    """Who has which book."""
    return sorted(([book[0], book[2]] for book in books if is_book(book)), key=repr) if isinstance(books, list) else []


def agree_roughly(
    seen: list[list[Any]], author: Author, books: list[Book], program: Steps, view: Callable[[Any], list[Any]] = rough
) -> None:
    """Compare which use cases end well, which loans they list, and what is stored then."""
    for step, (ending, _, state), right in zip(asked(program), seen, foretold(books, author, program), strict=True):
        assert ending[:1] == right[0][:1], step
        if step[0] == "loans":
            assert sorted(view(ending[1]), key=repr) == sorted(view(right[0][1]), key=repr), step
        assert view(state) == view(right[2]), step


# ---- independence -----------------------------------------------------------------------------------------------


@criterion("independence", weight=5, hint="Domain and application import no adapter and no technology, not even late.")
@given(author=authors)
def test_the_rules_run_without_adapters(submission: SubmissionHandle, author: Author) -> None:
    """Domain and application work where adapters, main and databases do not exist, never try to import them, and
    write no file.
    """
    history = plain_history(author)
    bare = submission.without("library/adapters", "library/main.py")
    agree_roughly(lent(bare, author, history.books, history.steps), author, history.books, history.steps)
    assert bare.call("forbidden") == []


@criterion("independence", weight=3, hint="domain.py imports nothing of the library.")
@given(author=authors)
def test_the_domain_stands_alone(submission: SubmissionHandle, author: Author) -> None:
    """Books work where nothing else of the library exists."""
    ann, bob = author.members[:2]
    books = [author.free(), author.free(), author.lent(bob)]
    steps: Steps = author.shuffled([[0, "lend", ann, author.day], [1, "lend", bob, author.day], [2, "give_back"]])
    steps += author.shuffled([[0, "give_back"], [2, "lend", ann, author.day]])
    alone = submission.without("library/adapters", "library/main.py", "library/application.py")
    seen = shaped(alone.call("rules", books, steps).value, steps, 2)
    for step, (ending, _) in zip(steps, seen, strict=True):
        place, method, *arguments = step
        books[place] = METHODS[method](books[place], *arguments)
        assert ending[:1] == ["gave"], step
        assert rough([ending[1]]) == rough([books[place]]), step
    assert alone.call("forbidden") == []


@criterion("independence", weight=3, hint="Ask `books` in each unit; keep no book, and look for no other members.")
@given(author=authors)
def test_the_store_is_what_counts(submission: SubmissionHandle, author: Author) -> None:
    """Whatever the store gives is used, even if it has changed since the last use case; yours, too."""
    ann, bob, cid, dan = author.members[:4]
    books = [author.free(), author.lent(ann), author.lent(ann), author.lent(bob)]
    n, new = [book[0] for book in books], author.free()
    program: Steps = [["loans", ann], ["borrow", cid, [n[0]]], ["put", [*books[0][:4], []]], ["borrow", dan, [n[0]]]]
    program += [["loans", ann], ["put", [*books[1][:2], None, None, []]], ["loans", ann], ["borrow", bob, [n[1]]]]
    program += [["give_back", [n[3]]], ["put", [books[2][0], author.word(6), dan, author.day + 9, [cid]]]]
    program += [["reserve", ann, n[2]], ["put", new], ["borrow", ann, [new[0]]], ["loans", ann], ["put", books[3]]]
    program += [["give_back", [n[3]]]]
    seen = lent(submission, author, books, program)
    agree_roughly(seen, author, books, program)
    for step, (_, calls, _) in zip(asked(program), seen, strict=True):
        assert [call for call in calls if call[0] == "looked for"] == [], step
    for how in author.shuffled([["memory"], ["sqlite", author.file]]):
        seen = lent(submission, author, books, program, how=how)
        agree_roughly(seen, author, books, program, view=holders)


@criterion("independence", weight=3, hint="Hand books and plain values down, never a connection or a body.")
@settings(max_examples=2)
@given(author=authors)
def test_each_layer_calls_downwards(submission: SubmissionHandle, author: Author) -> None:
    """The domain calls nothing of the layers above, the web no store, and neither domain nor application SQLite, JSON
    or files, whatever they were handed.
    """
    history = plain_history(author)
    sent = [step[:3] for step in requests(author)] + [["GET", f"/loans/{member}", None] for member in author.members]
    seen = submission.call("callers", author.file, history.books, author.day, history.steps, sent).value
    [[pairs, state]] = shaped([seen], [history], 2)
    assert holders(state) == holders(foretold(history.books, author, history.steps)[-1][2])
    assert all(isinstance(pair, list) and [type(part) for part in pair] == [str, str] for pair in pairs)
    wrong = [pair for pair in pairs if pair[0] in MAY_CALL and pair[1] not in MAY_CALL[pair[0]]]
    assert wrong == [], "who calls what"
    assert ["store", "sqlite3"] in pairs, "no SQLite was at work at all"
    assert [rule for rule in METHODS if ["use cases", rule] not in pairs] == [], "rules not left to books"


# ---- units ------------------------------------------------------------------------------------------------------


@criterion("units", weight=5, hint="One `with unit()` around all of the books; let exceptions leave the block.")
@given(author=authors)
def test_all_of_the_books_or_none(submission: SubmissionHandle, author: Author) -> None:
    """If one of several books does not exist, none of them is lent or taken back, and nobody is told."""
    history = plain_history(author)
    program = with_unknown_books(author, history)
    seen = lent(submission, author, history.books, program)
    agree_roughly(seen, author, history.books, program)
    for step, (ending, calls, _) in zip(program, seen, strict=True):
        if ending[0] == "raised":
            assert notices(calls) == [], step
            assert not is_saved_back(calls), step


def is_saved_back(calls: Any) -> bool:
    """Whether a use case that failed has saved something, and ended its block well all the same."""
    roles = [call[0] for call in calls]
    return "save" in roles and "kept" in roles[roles.index("save") :]


ROLES = {
    "borrow": ["unit", "enter", "today", "lent_to", "get", "save", "save", "kept"],
    "give_back": ["unit", "enter", "today", "get", "save", "save", "kept"],
    "reserve": ["unit", "enter", "get", "save", "kept"],
    "loans": ["unit", "enter", "lent_to", "kept"],
}
"""The calls that a use case cannot do without. "kept" is the end of a block that ended well."""


@criterion("units", weight=5, hint="Catch nothing, and try nothing again.")
@given(author=authors)
def test_failures_leave_nothing_behind(submission: SubmissionHandle, author: Author) -> None:
    """Whatever a part raises reaches the caller unchanged; nothing is stored then, nobody is told, and the next use
    case works.
    """
    history = plain_history(author)
    program: Steps = []
    fails: list[list[Any]] = []
    for step in history.steps:
        kinds = author.shuffled([ANY[:1], ANY[1:2], ANY[2:], OF_SQLITE])
        changing = "lent_to" if step[0] == "loans" else "save"
        roles = [author.one(ROLES[step[0]]), changing, "kept", author.one([changing, "kept"])]
        for role, kind in zip(roles, kinds, strict=True):
            nth = author.integer(0, 1) if role in ("get", "save") and step[0] != "reserve" else 0
            fails.append([len(program), role, nth, *author.thrown(kind)])
            program.append(step)
        program.append(step)
    seen = lent(submission, author, history.books, program, fails)
    model = Model({book[0]: book for book in history.books}, author.day)
    failing = {number: raised for number, _, _, _, raised in fails}
    at_the_end = {number for number, role, *_ in fails if role == "kept"}
    for place, (step, (ending, calls, state)) in enumerate(zip(program, seen, strict=True)):
        if place in failing:
            assert ending == ["raised", failing[place]], step
            assert notices(calls) == [], step
            assert place in at_the_end or not is_saved_back(calls), step
        else:
            assert ending[:1] == ["gave"], step
            model.step(*step)
        assert rough(state) == rough(model.state()), step


@criterion("units", weight=4, hint="Open the unit once, in the use case, and do all of its work in there.")
@given(author=authors)
def test_each_use_case_is_one_unit(submission: SubmissionHandle, author: Author) -> None:
    """Each use case opens one unit, of your stores, too, and uses its books within the block only."""
    history = plain_history(author)
    seen = lent(submission, author, history.books, history.steps)
    for step, (ending, calls, _) in zip(history.steps, seen, strict=True):
        roles = [call[0] for call in calls]
        assert ending[:1] == ["gave"], step
        assert "outside" not in roles, step
        assert [roles.count(role) for role in ("unit", "enter", "kept", "undone")] == [1, 1, 1, 0], step
    fails = [[0, "unit", 0, *author.thrown(["OSError"])]]
    for how in author.shuffled([["memory"], ["sqlite", author.file]]):
        seen = lent(submission, author, history.books, [max(history.steps), *history.steps], fails, how)
        assert [calls.count(["unit"]) for _, calls, _ in seen] == [1] * len(seen), "units of a store of yours"
        assert seen[0][0] == ["raised", fails[0][-1]], "the end if no unit of a store of yours can be had"


@criterion("units", weight=4, hint="Collect in the block who is to be told; tell them after it.")
@given(author=authors)
def test_members_are_told_afterwards(submission: SubmissionHandle, author: Author) -> None:
    """Members are told after the block has ended; if that fails, the failure passes through, and the books are back."""
    history = plain_history(author)
    failing = author.one(list(history.told))
    fails = [[failing, "notify", 0, *author.thrown(ANY[:1])]]
    seen = lent(submission, author, history.books, history.steps, fails)
    model = Model({book[0]: book for book in history.books}, author.day)
    for place, (step, (ending, calls, state)) in enumerate(zip(history.steps, seen, strict=True)):
        model.step(*step)
        roles = [call[0] for call in calls]
        if place in history.told:
            assert "notify" in roles, step
            assert "kept" in roles[: roles.index("notify")], step
        assert ending == ["raised", fails[0][-1]] if place == failing else ending[:1] == ["gave"], step
        assert rough(state) == rough(model.state()), step


# ---- stores -----------------------------------------------------------------------------------------------------


def kept(kinds: list[str], program: Steps) -> list[Any]:
    """What units give, and how they end: a store in memory has books of its own, all others are over one file."""
    stores: dict[object, dict[int, Book]] = {}
    outcomes: list[Any] = []
    for place, steps, leaving in program:
        store = place if kinds[place] == "memory" else "file"
        books = dict(stores.get(store, {}))
        seen: list[Any] = []
        for verb, argument in steps:
            match verb:
                case "save":
                    books[argument[0]] = argument
                    seen.append(None)
                case "get":
                    seen.append(shown(books[argument]) if argument in books else None)
                case _:
                    seen.append(sorted(shown(book) for book in books.values() if book[2] == argument))
        if leaving is None:
            stores[store] = books
        outcomes.append([seen, ["gave", None] if leaving is None else ["raised", leaving[1]]])
    return outcomes


def gave(seen: Any, steps: Steps) -> list[Any]:
    """What steps gave, if none of them failed."""
    assert isinstance(seen, list)
    assert len(seen) == len(steps)
    for step, ending in zip(steps, seen, strict=True):
        assert isinstance(ending, list)
        assert len(ending) == 2
        assert ending[0] == "gave", step
    return [ending[1] for ending in seen]


def agree_on_units(
    submission: SubmissionHandle, file: str, kinds: list[str], program: Steps, view: Callable[[Any], Any] = rough
) -> None:
    """Compare what units give, and how they end."""
    outcomes = shaped(submission.call("keep", file, kinds, program).value, program, 2)
    for (place, steps, leaving), outcome, (right, end) in zip(program, outcomes, kept(kinds, program), strict=True):
        for step, value, expected in zip(steps, gave(outcome[0], steps), right, strict=True):
            if step[0] == "lent_to" and isinstance(value, list):
                value, expected = sorted(value, key=repr), sorted(expected, key=repr)
            assert view(value) == view(expected), [kinds[place], *step]
        assert outcome[1] == end, f"the end of a unit that {'ended well' if leaving is None else 'an exception left'}"


def exactly(value: Any) -> Any:
    return value


def unit_program(author: Author, places: int) -> Steps:
    """Units that save books, some of them again and changed, and look at them within and afterwards."""
    ann, bob, cid, dan = author.quaint()
    books = [author.lent(ann, bob, cid, dan), author.free(cid, ann), author.free(), author.lent(bob), author.lent(ann)]
    n = [book[0] for book in books]
    looks = [
        *(["get", number] for number in (*n, author.number())),
        *(["lent_to", member] for member in (ann, bob, dan)),
    ]
    program: Steps = []
    for place in range(places):
        own = author.shuffled(books)
        program.append([place, [*(["save", book] for book in own[:4]), *author.shuffled(looks)], None])
        program.append([place, author.shuffled(looks), None])
        again = [
            [n[0], author.word(5), author.one([bob, dan]), author.day + 40, [dan, cid]],
            [*books[1][:2], ann, author.day + author.integer(1, 9), []],
            [n[2], books[2][1], None, None, author.shuffled([ann, bob, dan])],
            [*books[3][:2], None, None, [ann]],
        ]
        saves = author.shuffled([["save", book] for book in [*again, own[4]]])
        program.append([place, [*saves, *author.shuffled(looks)], None])
        program.append([place, author.shuffled(looks), None])
    return program


@criterion("stores", weight=2, hint="Each MemoryStore has a dictionary of its own.")
@given(author=authors)
def test_memory_stores_keep_books(submission: SubmissionHandle, author: Author) -> None:
    """A MemoryStore gives back what was saved, within the unit and afterwards; two of them share nothing."""
    agree_on_units(submission, author.file, ["memory", "memory"], unit_program(author, 2), view=exactly)


@criterion("stores", weight=4, hint="Replace the whole queue, keep its order, and turn text into days and None again.")
@given(author=authors)
def test_sqlite_stores_keep_books(submission: SubmissionHandle, author: Author) -> None:
    """A SqliteStore gives back every book exactly as it was saved, within the unit and afterwards."""
    agree_on_units(submission, author.file, ["sqlite"], unit_program(author, 1), view=exactly)


@criterion("stores", weight=4, hint="Put it all in place at the end of a block that ended well, and nothing otherwise.")
@given(author=authors)
def test_stores_undo(submission: SubmissionHandle, author: Author) -> None:
    """If an exception leaves the block, a store has nothing of what was saved there, and the exception passes."""
    ann, bob = author.members[:2]
    books = [author.free(), author.lent(ann), author.lent(bob)]
    later = author.free()
    changed = [[*books[0][:2], ann, author.day + 3, []], [*books[1][:2], None, None, []], later]
    looks = [["get", book[0]] for book in [*books, later]]
    program: Steps = [[0, [["save", book] for book in books], None]]
    kinds = author.shuffled([ANY[:1], ANY[1:2], ANY[2:]])
    for many, kind in zip(author.shuffled([1, 3, 3]), kinds, strict=True):
        saves = [["save", book] for book in author.shuffled(changed)[:many]]
        program += [[0, saves, author.thrown(kind)], [0, author.shuffled(looks), None]]
    program += [[0, [["save", book] for book in changed], None], [0, author.shuffled(looks), None]]
    for store in author.shuffled(["memory", "sqlite"]):
        agree_on_units(submission, author.file, [store], program)


@criterion("stores", weight=2, hint="Pass `store.unit` to `Lending` as it is: a store is like any other.")
@given(author=authors)
def test_use_cases_work_with_either_store(submission: SubmissionHandle, author: Author) -> None:
    """The same history, with books that do not exist, comes out alike with either store, and by `build`."""
    history = plain_history(author)
    books, program = history.books, with_unknown_books(author, history)
    for how in author.shuffled([["memory"], ["sqlite", author.file]]):
        agree_roughly(lent(submission, author, books, program, how=how), author, books, program)
    ann, sent = author.members[6], [*(book[0] for book in books if book[2] is None), author.number()]
    wrong: Steps = [["send", "POST", "/loans", {"member": ann, "books": sent}], ["send", "GET", f"/loans/{ann}", None]]
    seen = submission.call("build", author.file, books, author.day, wrong).value
    assert shaped(seen, wrong, 2)[1][0] == ["gave", [200, {"loans": []}, True]], "books of a loan that failed"


# ---- persistence ------------------------------------------------------------------------------------------------


def shelf(author: Author) -> list[Book]:
    ann, bob, cid = author.members[:3]
    return author.shuffled([author.lent(ann), author.free(), author.lent(bob, cid), author.lent(cid), author.free()])


def work(*books: Book, place: int = 0) -> Step:
    """A unit that saves these books."""
    return [place, [["save", book] for book in books], None]


def agree_on_file(submission: SubmissionHandle, author: Author, numbers: list[int], *books: list[Book]) -> None:
    """Compare who has which of these books in the file, as another process finds it, with what may be there."""
    lacking = submission.fresh(keep=[f"{author.file}{ending}" for ending in ("", "-journal", "-wal", "-shm")])
    assert author.file not in lacking, "there is no file at the path that was given"
    steps: Steps = [["get", number] for number in numbers]
    [[seen, end]] = shaped(submission.call("keep", author.file, ["sqlite"], [[0, steps, None]]).value, [steps], 2)
    assert end == ["gave", None]
    assert holders(gave(seen, steps)) in [*map(holders, books)], "who has which book, in another process"


@criterion("persistence", weight=2, hint="Make the tables only if they do not exist, and commit at the end of a block.")
@settings(max_examples=2)
@given(author=authors)
def test_books_outlive_the_process(submission: SubmissionHandle, author: Author) -> None:
    """What one process has stored, another one finds, and goes on with it."""
    books = shelf(author)
    numbers = [book[0] for book in books]
    changed = [*books[0][:2], author.members[5], author.day, []]
    submission.fresh()
    submission.call("keep", author.file, ["again"], [work(book) for book in books[:3]])
    agree_on_file(submission, author, numbers, books[:3])
    submission.call("keep", author.file, ["again"], [work(*books[3:], changed)])
    agree_on_file(submission, author, numbers, [changed, *books[1:]])


@criterion("persistence", weight=3, hint="One transaction for each unit; commit when the block has ended.")
@settings(max_examples=2)
@given(author=authors)
def test_a_unit_that_is_killed_leaves_nothing(submission: SubmissionHandle, author: Author) -> None:
    """If the process is killed within a block, nothing of the block is there; if while it is stored, nothing or all."""
    books, fay = shelf(author), author.members[5]
    after = [books[0], *([*book[:2], fay, author.day, []] for book in books[1:3]), *books[3:]]
    cases = [(author.integer(1, 4), 0, [books[:3]]), (4, author.integer(4, 9), [books[:3], after])]
    for place, nth, allowed in author.shuffled(cases):
        within = work(*author.shuffled(after[1:]))
        submission.fresh()
        with Meeting(submission, size=1, kill_at=1) as meeting, suppress(Killed):
            within[1].insert(place, ["meet", [meeting.address, nth]])
            submission.call("keep", author.file, ["sqlite"], [*(work(book) for book in books[:3]), within])
        agree_on_file(submission, author, [book[0] for book in books], *allowed)


@criterion("persistence", weight=3, hint="Store before you tell, and keep nothing back for later.")
@settings(max_examples=2)
@given(author=authors)
def test_use_cases_that_are_killed_are_whole(submission: SubmissionHandle, author: Author) -> None:
    """If the process is killed while a member is told, all that was answered is stored, and the books are back."""
    history = plain_history(author)
    last = author.one(list(history.told))
    steps = [*(step for place, step in enumerate(history.steps) if place != last), history.steps[last]]
    submission.fresh()
    with Meeting(submission, size=1, kill_at=1) as meeting:
        meets: Steps = [[len(steps) - 1, "notify", 0, "meet", meeting.address]]
        with pytest.raises(Killed):
            submission.call("lend", ["sqlite", author.file], history.books, author.day, meets, steps)
    right = foretold(history.books, author, steps)[-1][2]
    agree_on_file(submission, author, [book[0] for book in right], right)


@criterion("persistence", weight=4, hint="Read and write the starter's tables, in each unit, and remember no rows.")
@given(author=authors)
def test_the_tables_hold_the_books(submission: SubmissionHandle, author: Author) -> None:
    """What others put into the tables of the file is in the next unit, and what a unit stored is in the tables."""
    ann, bob, cid, dan = author.members[:4]
    given = [author.lent(ann, dan, bob, cid), author.free(cid, ann), author.free(), author.lent(bob)]
    saved = [author.lent(dan, bob, ann, cid), author.free(dan, cid), author.lent(ann), author.free()]
    later = [author.lent(cid, bob, ann), author.free(bob)]
    changed = [[*given[2][:2], cid, author.day, []], [*given[3][:2], None, None, []]]
    behind = [[*saved[2][:2], bob, author.day + 9, []], [*saved[3][:2], dan, author.day + 1, []], *later]

    def looks(place: int, *books: Book) -> Step:
        return [place, author.shuffled([["get", book[0]] for book in books]), None]

    program = [work(*given, place=1), looks(0, *given), looks(1, *given)]
    program += [work(*author.shuffled([*saved, *changed])), looks(1, *given, *saved), work(*behind, place=1)]
    program += [looks(0, *changed, *saved, *later), looks(1, *given, *saved, *later)]
    submission.fresh()
    agree_on_units(submission, author.file, ["sqlite", "tables"], program)


# ---- web --------------------------------------------------------------------------------------------------------


def requests(author: Author) -> list[list[Any]]:
    """Each request once: `[method, path, body, call, answer of the use case, status, body of the answer]`."""
    ann, bob = author.members[:2]
    numbers = [author.number() for _ in range(author.integer(1, 3))]
    fine, place, due = author.integer(0, 9_999), author.integer(1, 99), author.day
    books = [author.lent(ann), author.lent(ann, bob)]
    listed = [{"book": book[0], "title": book[1], "due": iso(book[3])} for book in books]
    borrowed = {"member": ann, "books": numbers}
    reserved = {"member": bob, "book": numbers[0]}
    return [
        ["POST", "/loans", borrowed, ["borrow", ann, numbers], ["day", due], 201, {"due": iso(due)}],
        ["POST", "/returns", {"books": numbers}, ["give_back", numbers], ["is", fine], 200, {"fine": fine}],
        ["POST", "/reservations", reserved, ["reserve", bob, numbers[0]], ["is", place], 201, {"place": place}],
        ["GET", f"/loans/{ann}", None, ["loans", ann], ["books", books], 200, {"loans": listed}],
        ["GET", f"/loans/{bob}", None, ["loans", bob], ["books", []], 200, {"loans": []}],
    ]


def iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def day_of(text: Any) -> int:
    try:
        return date.fromisoformat(text).toordinal()
    except (TypeError, ValueError):
        raise Unkept(f"The due day is {text!r}, which is no day.") from None


@criterion("web", weight=3, hint="Call the use case with what is in the body; turn what it gives into JSON.")
@given(author=authors)
def test_requests_are_answered(submission: SubmissionHandle, author: Author) -> None:
    """Each request is one call of its use case, and the answer is what the use case gave, as JSON."""
    program = author.shuffled([*requests(author), *requests(author)])
    answer = submission.call("serve", [step[4] for step in program], [], [step[:3] for step in program])
    seen = shaped(answer.value, program, 2)
    for (method, path, _, call, _, status, body), (ending, calls) in zip(program, seen, strict=True):
        assert calls == [call], f"{method} {path}"
        assert ending == ["gave", [status, body, True]], f"{method} {path}"


@criterion("web", weight=2, hint="Unknown is a 404, Refused a 409; catch nothing else.")
@given(author=authors)
def test_refusals_have_their_status(submission: SubmissionHandle, author: Author) -> None:
    """Unknown is a 404 and Refused a 409, so is any other request a 404, each with an error text; other exceptions
    pass.
    """
    first, second, third = requests(author)[:4], requests(author)[:3], requests(author)[3]
    program: Steps = []
    fails: list[list[Any]] = []
    expected: list[Any] = []
    for step, kind in [*((step, "Unknown") for step in first), *((step, "Refused") for step in second)]:
        program.append([*step[:3], [kind, author.word(6)]])
        expected.append(404 if kind == "Unknown" else 409)
    strange = [(verb, f"/{what}") for verb in ("GET", "PUT", "DELETE") for what in ("loans", "returns", "reservations")]
    for method, path in [*strange, ("GET", "/"), ("POST", f"/{author.word(6)}"), ("PUT", f"/loans/{author.word(6)}")]:
        program.append([method, path, None, ["is", None]])
        expected.append(404)
    for step in author.shuffled([*second, third])[:2]:
        fails.append([len(program), step[3][0], 0, *author.thrown()])
        program.append([*step[:3], ["is", None]])
        expected.append(["raised", fails[-1][-1]])
    good = requests(author)
    program += [[*step[:3], step[4]] for step in good]
    expected += [step[5] for step in good]
    answer = submission.call("serve", [step[3] for step in program], fails, [step[:3] for step in program])
    seen = shaped(answer.value, program, 2)
    for (method, path, *_), (ending, _), right in zip(program, seen, expected, strict=True):
        request = f"{method} {path}"
        if isinstance(right, list):
            assert ending == right, request
            continue
        assert ending[:1] == ["gave"], request
        assert isinstance(ending[1], list)
        assert ending[1][:1] == [right], request
        if right >= 400:
            assert isinstance(ending[1][1], dict), request
            assert isinstance(ending[1][1].get("error"), str), request


@criterion("web", weight=1, hint="`build` puts Web, Lending and SqliteStore together, with what it was given.")
@given(author=authors)
def test_build_puts_the_parts_together(submission: SubmissionHandle, author: Author) -> None:
    """What `build` gives serves the file at the path, asks the clock, and tells members by `notify`."""
    ann, bob, cid = author.members[:3]
    books = [author.free(), author.free(), author.lent(cid, bob), author.lent(cid)]
    n, later = [book[0] for book in books], author.day + author.integer(1, 9)
    program: Steps = [
        ["send", "POST", "/loans", {"member": ann, "books": [n[0]]}],
        ["day", later],
        ["send", "POST", "/loans", {"member": bob, "books": [n[1]]}],
        ["again"],
        ["send", "GET", f"/loans/{bob}", None],
        ["send", "POST", "/returns", {"books": [n[2], n[1]]}],
        ["send", "GET", f"/loans/{bob}", None],
    ]
    sent = [step for step in program if step[0] == "send"]
    seen = shaped(submission.call("build", author.file, books, author.day, program).value, sent, 2)
    answers = []
    for step, (ending, _) in zip(sent, seen, strict=True):
        assert ending[:1] == ["gave"], step
        assert isinstance(ending[1], list)
        assert ending[1][:1] == [201 if step[2] == "/loans" else 200], step
        assert isinstance(ending[1][1], dict), step
        answers.append(ending[1][1])
    first, second = (day_of(answer.get("due")) for answer in answers[:2])
    assert second - first == later - author.day, "due days follow the clock"
    loans = answers[2].get("loans")
    assert isinstance(loans, list)
    assert [loan.get("book") for loan in loans if isinstance(loan, dict)] == [n[1]]
    assert notices(seen[3][1]) == [["notify", bob, n[2]]]
    assert answers[4] == {"loans": []}
