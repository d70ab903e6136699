"""Brings a store, a clock and ears of its own, runs drawn programs, and returns how each step ended and what it left.

    lend(how, books, day, fails, program)       use cases, over a store of ours, or one of theirs, watched or not
    keep(kinds, program, file)                  units of work, in several stores
    at_work(books, day, program, requests)      which files of theirs call SQLite and JSON
    share(program)                              units of work and SQL of ours, in turns, over one file
    rules(book, steps)                          the methods of a book
    serve(fails, requests), build(...)          requests
    interrupted(...), lent_until_killed(...)    what meets the suite, to be killed there

A book is `[number, title, borrower, due, queue]`, a day an ordinal. Where `library/adapters` does not exist, `sqlite3`,
`json`, `http`, `wsgiref` and `urllib` cannot be imported either.
"""

from __future__ import annotations

import sys
from ast import Import, ImportFrom, parse, walk
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import date
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from io import BytesIO
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from probe_kit import plain
from probe_kit.meeting import MeetingPlace
from probe_kit.nameless import drawn_name, nameless, nameless_kind

DETAILS = ("sqlite3", "_sqlite3", "json", "_json", "http", "wsgiref", "urllib")
ABOVE = ("library.adapters", "library.main", "library.application")
SPEC = find_spec("library")
HOME = Path(next(iter((SPEC and SPEC.submodule_search_locations) or ["library"])))
TRIED: list[str] = []
"""What was looked for that does not exist here, in whatever way."""


def _exists(module: str) -> bool:
    return (HOME / f"{module}.py").is_file() or (HOME / module).is_dir()


IS_BARE = not _exists("adapters")
IS_ALONE = not _exists("application")


class Missing(MetaPathFinder):
    """Finds none of the details, and notes that they were looked for."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        is_above = any(fullname == name or fullname.startswith(f"{name}.") for name in ABOVE[: 2 + IS_ALONE])
        if is_above or fullname.partition(".")[0] in DETAILS:
            TRIED.append(fullname)
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


if IS_BARE:
    for name in list(sys.modules):
        if name.partition(".")[0] in DETAILS:
            del sys.modules[name]
    sys.meta_path.insert(0, Missing())
else:
    from json import dumps, loads
    from sqlite3 import IntegrityError, OperationalError, connect

from library import domain  # noqa: E402 - what cannot be imported is decided before

if not IS_ALONE:
    from library import application

if not IS_BARE:
    from library import main
    from library.adapters import memory, sqlite, web


@nameless
class Scripted(Exception):
    """What parts raise that are told to fail."""


@nameless
class Halt(BaseException):
    """No Exception."""


RAISED: dict[str, type[BaseException]] = {
    "Scripted": Scripted,
    "Halt": Halt,
    "ValueError": ValueError,
    "KeyError": KeyError,
    "OSError": OSError,
    "RuntimeError": RuntimeError,
}
if not IS_BARE:
    RAISED |= {kind.__name__: kind for kind in (IntegrityError, OperationalError)}
PROMISED = (domain.Unknown, domain.Refused)

# ---- plain data and back ----------------------------------------------------------------------------------------


def made(book: list[Any]) -> Any:
    number, title, borrower, due, queue = book
    return domain.Book(number, title, borrower, None if due is None else date.fromordinal(due), tuple(queue))


def told(value: Any) -> Any:
    """A book, a day or a list of these as it came, and anything else as plain data."""
    if isinstance(value, domain.Book):
        return plain([value.number, value.title, value.borrower, told(value.due), value.queue])
    if isinstance(value, date):
        return value.toordinal()
    return [told(item) for item in value] if isinstance(value, list) else plain(value)


def ended(call: Callable[[], Any], own: dict[int, Any] | None = None) -> list[Any]:
    """How a call ended; an exception of `own` by its number."""
    try:
        return ["gave", told(call())]
    except BaseException as error:
        if own and id(error) in own:
            return ["raised", own[id(error)]]
        kind = next((kind for kind in PROMISED if isinstance(error, kind)), type(error))
        return ["raised", kind.__name__]


class Plan:
    """A diary, the day, and what is planned to fail: `[step, role, n, class, number]` in the n-th call of that step."""

    def __init__(self, day: int, fails: list[list[Any]]) -> None:
        self.diary: list[Any] = []
        self.day, self.step = day, 0
        self._fails = {(step, role, nth): (RAISED[kind](number), number) for step, role, nth, kind, number in fails}
        self._counts: dict[tuple[int, str], Any] = {}
        self.own = {id(error): number for error, number in self._fails.values()}

    def note(self, role: str, *what: Any) -> None:
        """Write a call of a part down; fail if this one shall."""
        self.diary.append([role, *map(told, what)])
        nth = next(self._counts.setdefault((self.step, role), count()))
        if (planned := self._fails.get((self.step, role, nth))) is not None:
            raise planned[0]

    def missing(self, name: str) -> Any:
        """Write down that somebody looks for a member that the brief does not name; Python's own are not told."""
        if not (name.startswith("__") and name.endswith("__")):
            self.diary.append(["looked for", name])
        raise AttributeError(name)

    def today(self) -> date:
        self.note("today")
        return date.fromordinal(self.day)

    def notify(self, member: Any, number: Any) -> None:
        self.note("notify", member, number)


# ---- a store of ours: nothing but the members that the brief names -----------------------------------------------


class Shelf:
    """The books, and the order in which `lent_to` gives them."""

    def __init__(self, plan: Plan, books: list[list[Any]], salt: int) -> None:
        self.plan, self.salt = plan, salt
        self.books = {book[0]: made(book) for book in books}

    def unit(self) -> Any:
        self.plan.note("unit")
        return UNIT((self, []))

    def state(self) -> list[Any]:
        return [told(self.books[number]) for number in sorted(self.books)]


class Work:
    """What is seen within one unit."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf, self.books, self.is_over = shelf, dict(shelf.books), False

    def note(self, role: str, *what: Any) -> None:
        self.shelf.plan.note("outside" if self.is_over else role, *what)


def _enter(state: tuple[Shelf, list[Work]]) -> Any:
    shelf, works = state
    shelf.plan.note("enter")
    works.append(Work(shelf))
    return _books(works[-1])


def _exit(state: tuple[Shelf, list[Work]], kind: Any, error: Any, trace: Any) -> None:
    shelf, works = state
    works[-1].is_over = True
    if error is not None:
        shelf.plan.note("undone")
        return
    shelf.plan.note("kept")
    shelf.books = works[-1].books


def _get(work: Work, number: Any) -> Any:
    work.note("get", number)
    return work.books.get(number)


def _save(work: Work, book: Any) -> None:
    work.note("save", book)
    work.books[book.number] = book


def _lent_to(work: Work, member: Any) -> list[Any]:
    work.note("lent_to", member)
    lent = [book for book in work.books.values() if book.borrower == member]
    return sorted(lent, key=lambda book: book.number * work.shelf.salt % 1_000_003)


def _books(work: Work) -> Any:
    """An object with the three members; `nameless_kind` would take `get` for a descriptor's."""
    members = {
        "get": nameless(lambda _, number: _get(work, number)),
        "save": nameless(lambda _, book: _save(work, book)),
        "lent_to": nameless(lambda _, member: _lent_to(work, member)),
        "__getattr__": nameless(lambda _, name: work.shelf.plan.missing(name)),
    }
    return type(drawn_name(), (), {"__slots__": (), **members})()


UNIT = nameless_kind(enter=_enter, exit=_exit, __getattr__=lambda state, name: state[0].plan.missing(name))
OPENER = nameless_kind(call=lambda shelf: shelf.unit(), __getattr__=lambda shelf, name: shelf.plan.missing(name))

# ---- use cases --------------------------------------------------------------------------------------------------


def _file() -> str:
    """A name like those that the suite draws."""
    return f"{drawn_name()}.db"


def _store(kind: str) -> Any:
    return memory.MemoryStore() if kind == "memory" else sqlite.SqliteStore(_file())


def _fill(unit: Any, books: list[Any]) -> None:
    with unit() as kept:
        for book in books:
            kept.save(book)


def _all(unit: Any, numbers: list[int]) -> list[Any]:
    with unit() as kept:
        return [kept.get(number) for number in sorted(numbers)]


class Watch:
    """A unit of theirs, of which we note how it ends, and undo what was saved if it fails."""

    def __init__(self, plan: Plan, unit: Any, numbers: list[int]) -> None:
        self.plan, self.unit, self.numbers = plan, unit, numbers
        self.block: Any = None
        self.former: list[Any] = []

    def undo(self, error: BaseException) -> None:
        with suppress(BaseException):
            self.block.__exit__(type(error), error, error.__traceback__)
        _fill(self.unit, [book for book in self.former if book is not None])


def _begin(watch: Watch) -> Any:
    watch.plan.note("enter")
    watch.former = _all(watch.unit, watch.numbers)
    watch.block = watch.unit()
    return watch.block.__enter__()


def _end(watch: Watch, kind: Any, error: Any, trace: Any) -> None:
    try:
        watch.plan.note("kept" if error is None else "undone")
    except BaseException as failure:
        watch.undo(failure)
        raise
    if error is None:
        watch.block.__exit__(None, None, None)
    else:
        watch.undo(error)


WATCHED = nameless_kind(enter=_begin, exit=_end)


def _watched(kind: str, plan: Plan, numbers: list[int]) -> Any:
    """A store of theirs that looks like any other, gives their books, and notes its units."""
    theirs: Any = memory.MemoryStore if kind == "memory" else sqlite.SqliteStore

    def unit(self: Any) -> Any:
        plan.note("unit")
        return WATCHED(Watch(plan, lambda: theirs.unit(self), numbers))

    names = {name: getattr(theirs, name) for name in ("__module__", "__qualname__", "__doc__")}
    ours = type(theirs.__name__, (theirs,), {"__slots__": (), "unit": unit, **names})
    return ours() if kind == "memory" else ours(_file())


def lend(how: list[Any], books: list[Any], day: int, fails: list[list[Any]], program: list[list[Any]]) -> list[Any]:
    """Run use cases; `how` is `["brought", salt]`, or "memory" or "sqlite" with "watched" or without.

    Further steps: `["day", ordinal]`, and `["put", book]` behind everybody's back. Returns for each use case how it
    ended, what parts of ours noted, and all books afterwards.
    """
    plan, numbers = Plan(day, fails), [book[0] for book in books]
    if is_ours := how[0] == "brought":
        store: Any = Shelf(plan, books, how[1])
    else:
        store = _watched(how[0], plan, numbers) if "watched" in how else _store(how[0])
    kind = None if is_ours else memory.MemoryStore if how[0] == "memory" else sqlite.SqliteStore

    def silent() -> Any:
        return kind.unit(store)

    if not is_ours:
        _fill(silent, [made(book) for book in books])
    unit = OPENER(store) if is_ours else store.unit
    lending = application.Lending(unit, nameless(lambda: plan.today()), nameless(lambda *told: plan.notify(*told)))
    outcomes = []
    for number, (what, *arguments) in enumerate(program):
        plan.step, plan.diary = number, []
        if what == "day":
            plan.day = arguments[0]
        elif what == "put" and is_ours:
            store.books[arguments[0][0]] = made(arguments[0])
        elif what == "put":
            _fill(silent, [made(arguments[0])])
        else:
            ending = ended(lambda: getattr(lending, what)(*arguments), plan.own)  # noqa: B023 - called at once
            state = store.state() if is_ours else told(_all(silent, numbers))
            outcomes.append([ending, plan.diary, state])
    return outcomes


def rules(books: list[list[Any]], steps: list[list[Any]]) -> list[Any]:
    """Call methods of books, `[place, method, *arguments]`: a book that comes back takes the other's place.

    Returns how each call ended, and the former book afterwards.
    """
    own = [made(book) for book in books]
    outcomes = []
    for place, method, *arguments in steps:
        given = [date.fromordinal(item) if isinstance(item, int) else item for item in arguments]
        former = own[place]

        def call(place: int = place, former: Any = former, method: str = method, given: Any = given) -> Any:
            own[place] = getattr(former, method)(*given)
            return own[place]

        outcomes.append([ended(call), told(former)])
    return outcomes


def forbidden() -> list[list[str]]:
    """Imports of what is above or outside: `[file, imported]` for those in imported files, `["", imported]` for
    attempts.
    """
    files = [str(getattr(module, "__file__", None)) for module in list(sys.modules.values())]
    ours = {Path(file) for file in files if file.endswith(".py") and Path(file).is_relative_to(HOME)}
    written = [
        [file.name, imported]
        for file in sorted(_reached(ours))
        for imported in _imports(file)
        if imported.partition(".")[0] in (*DETAILS, "importlib")
    ]
    return written + [["", imported] for imported in TRIED]


def _reached(files: set[Path]) -> set[Path]:
    """The files, and those of ours that import statements reach from there, late ones, too."""
    reached, rest = set[Path](), list(files)
    while rest:
        if (file := rest.pop()).is_file() and file not in reached:
            reached.add(file)
            places = [HOME.parent.joinpath(*name.split(".")) for name in _imports(file)]
            rest += [file for place in places if place.is_relative_to(HOME) for file in _sources(place)]
    return reached


def _sources(place: Path) -> list[Path]:
    return [place.with_name(f"{place.name}.py"), place / "__init__.py"]


def _imports(file: Path) -> list[str]:
    """The full names of what a file imports, and of what it imports from there."""
    names: list[str] = []
    for node in walk(parse(file.read_text("utf-8"))):
        if isinstance(node, Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ImportFrom):
            package = file.relative_to(HOME.parent).parent.parts
            parts = [*package[: len(package) + 1 - node.level]] if node.level else []
            module = ".".join([*parts, *([node.module] if node.module else [])])
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return names


class Profile:
    """Notes which files of theirs call SQLite or JSON."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call":
            kinds = getattr(argument, "__module__", None), type(getattr(argument, "__self__", None)).__module__
            if "sqlite3" in kinds or "_sqlite3" in kinds:
                self.seen.add((frame.f_code.co_filename, "sqlite3"))
        elif event == "call" and frame.f_back and frame.f_globals.get("__name__") == "json":
            self.seen.add((frame.f_back.f_code.co_filename, "json"))


def at_work(
    books: list[list[Any]], day: int, program: list[list[Any]], requests: list[list[Any]]
) -> list[list[list[str]]]:
    """Run use cases and requests over a SqliteStore. Returns `[file, technology]` for those of ours that called it:
    first those that domain and application are or reach, then the others.
    """
    plan, profile = Plan(day, []), Profile()
    sys.setprofile(profile)
    try:
        store = sqlite.SqliteStore(_file())
        _fill(store.unit, [made(book) for book in books])
        lending = application.Lending(store.unit, plan.today, plan.notify)
        app = web.Web(lending)
        for what, *arguments in program:
            ended(lambda: getattr(lending, what)(*arguments))  # noqa: B023 - called at once
        for request in requests:
            ended(lambda: _request(app, *request))  # noqa: B023 - called at once
    finally:
        sys.setprofile(None)
    reached = _reached({HOME / "domain.py", HOME / "application.py"})
    below = {file for file in reached if not file.is_relative_to(HOME / "adapters")}
    ours = [(Path(file), technology) for file, technology in sorted(profile.seen) if Path(file).is_relative_to(HOME)]
    named = [[file.relative_to(HOME).as_posix(), technology, file in below] for file, technology in ours]
    return [[item[:2] for item in named if item[2] is is_below] for is_below in (True, False)]


# ---- stores -----------------------------------------------------------------------------------------------------


def keep(kinds: list[str], program: list[list[Any]], file: str = "") -> list[Any]:
    """Run units of work, `[store, steps, leaving]`, in stores: "memory", "sqlite" in a file of its own, "again" (in
    this file, opened anew for each unit). `leaving` is None or `[exception, number]`.

    Returns for each unit how its steps ended, and how it ended.
    """
    stores = [None if kind == "again" else _store(kind) for kind in kinds]
    outcomes = []
    for place, steps, leaving in program:
        store = stores[place]
        outcomes.append(_worked(sqlite.SqliteStore(file) if store is None else store, steps, leaving))
    return outcomes


SCHEMA = """
CREATE TABLE IF NOT EXISTS books (number INTEGER PRIMARY KEY, title TEXT NOT NULL, borrower TEXT, due TEXT);
CREATE TABLE IF NOT EXISTS queue (number INTEGER, place INTEGER, member TEXT NOT NULL, PRIMARY KEY (number, place));
"""


def share(program: list[list[Any]]) -> list[Any]:
    """Let a store work on a new file, `["work", steps]`, and others by SQL: `["fill", first place, books]`, `["rows"]`.

    The store is made when it is needed first. Returns how each turn ended; rows come as books, but for days as text.
    """
    file, store = _file(), None
    outcomes: list[Any] = []
    for what, *arguments in program:
        if what == "work":
            store = store or sqlite.SqliteStore(file)
            outcomes.append(_worked(store, *arguments, None))
        else:
            outcomes.append([[], ended(lambda: _by_sql(file, what, *arguments))])  # noqa: B023 - called at once
    return outcomes


def _by_sql(file: str, what: str, first: int = 0, books: Any = ()) -> list[Any] | None:
    with closing(connect(file, timeout=0.5)) as connection, connection:
        if what == "rows":
            queue = "SELECT member FROM queue WHERE number = ? ORDER BY place"
            rows = connection.execute("SELECT number, title, borrower, due FROM books ORDER BY number").fetchall()
            return [[*row, [member for (member,) in connection.execute(queue, row[:1])]] for row in rows]
        connection.executescript(SCHEMA)
        for number, title, borrower, due, members in books:
            day = None if due is None else date.fromordinal(due).isoformat()
            connection.execute("INSERT OR REPLACE INTO books VALUES (?, ?, ?, ?)", (number, title, borrower, day))
            connection.execute("DELETE FROM queue WHERE number = ?", (number,))
            places = [(number, place, member) for place, member in enumerate(members, first)]
            connection.executemany("INSERT INTO queue VALUES (?, ?, ?)", places[::-1])
    return None


def _worked(store: Any, steps: list[list[Any]], leaving: list[Any] | None) -> list[Any]:
    error = None if leaving is None else RAISED[leaving[0]](leaving[1])
    own = {} if leaving is None else {id(error): leaving[1]}
    seen: list[Any] = []

    def work() -> None:
        with store.unit() as books:
            for step in steps:
                seen.append(ended(lambda: _asked(books, *step)))  # noqa: B023 - called at once
            if error is not None:
                raise error

    return [seen, ended(work, own)]


def _asked(books: Any, what: str, argument: Any) -> Any:
    return getattr(books, what)(made(argument) if what == "save" else argument)


# ---- requests ---------------------------------------------------------------------------------------------------


def _request(app: Any, method: str, path: str, body: Any) -> list[Any]:
    """The status, the body as data, and whether type and length, if it is named, are right."""
    data = b"" if body is None else dumps(body).encode()
    answered: list[Any] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.input": BytesIO(data),
    }
    parts = app(environ, lambda status, headers, *_: answered.append([str(status), dict(headers)]))
    content = b"".join(parts)
    status, headers = answered[-1]
    named = {name.lower(): value for name, value in headers.items()}
    is_right = named.get("content-length", str(len(content))) == str(len(content))
    is_json = named.get("content-type", "").startswith("application/json")
    return [int(status.partition(" ")[0]), plain(loads(content)), is_right and is_json]


def _answer(state: tuple[Plan, Any], what: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    plan, answers = state
    plan.note(what, *arguments, *named.values())
    kind, value = answers[plan.step]
    match kind:
        case "Unknown" | "Refused":
            raise getattr(domain, kind)(value)
        case "day":
            return date.fromordinal(value)
        case "books":
            return [made(book) for book in value]
    return value


def _use_case(what: str) -> Callable[..., Any]:
    return lambda state, *arguments, **named: _answer(state, what, arguments, named)


LENDING = nameless_kind(
    **{what: _use_case(what) for what in ("borrow", "give_back", "reserve", "loans")},
    __getattr__=lambda state, name: state[0].missing(name),
)


def serve(answers: list[list[Any]], fails: list[list[Any]], requests: list[list[Any]]) -> list[Any]:
    """Send requests, `[method, path, body]`, to a `Web` over a lending of ours, which gives these answers."""
    plan = Plan(0, fails)
    app = web.Web(LENDING((plan, answers)))
    outcomes = []
    for number, request in enumerate(requests):
        plan.step, plan.diary = number, []
        outcomes.append([ended(lambda: _request(app, *request), plan.own), plan.diary])  # noqa: B023 - called at once
    return outcomes


def build(books: list[list[Any]], day: int, requests: list[list[Any]]) -> list[Any]:
    """Send requests, `["send", method, path, body]`, to what `main.build` gives, which is built anew by `["again"]`;
    `["day", ordinal]`.
    """
    plan, path = Plan(day, []), _file()
    app = main.build(path, plan.today, plan.notify)
    _fill(sqlite.SqliteStore(path).unit, [made(book) for book in books])
    outcomes = []
    for what, *arguments in requests:
        plan.diary = []
        match what:
            case "day":
                plan.day = arguments[0]
            case "again":
                app = main.build(path, plan.today, plan.notify)
            case _:
                ending = ended(lambda: _request(app, *arguments))  # noqa: B023 - called at once
                outcomes.append([ending, [note for note in plan.diary if note[0] == "notify"]])
    return outcomes


# ---- what is killed ---------------------------------------------------------------------------------------------


def interrupted(address: str, file: str, before: list[list[Any]], within: list[list[Any]], meets: int) -> str:
    """Store books, then meet when so many are saved within a further unit."""
    store = sqlite.SqliteStore(file)
    for book in before:
        _fill(store.unit, [made(book)])
    with MeetingPlace(address) as place, store.unit() as books:
        for number, book in enumerate(within):
            if number == meets:
                place.arrive("within")
            books.save(made(book))
        place.arrive("at the end")
    return "over"


def lent_until_killed(
    address: str, file: str, books: list[list[Any]], day: int, program: list[list[Any]], meets: str
) -> str:
    """Run use cases over this file, and meet in the last one: in "today" or in "notify"."""
    store, plan = sqlite.SqliteStore(file), Plan(day, [])
    _fill(store.unit, [made(book) for book in books])
    with MeetingPlace(address) as place:

        def meet(role: str) -> None:
            if role == meets and plan.step == len(program) - 1:
                place.arrive(role)

        def today() -> date:
            meet("today")
            return plan.today()

        lending = application.Lending(store.unit, nameless(today), nameless(lambda *_: meet("notify")))
        for number, (what, *arguments) in enumerate(program):
            plan.step = number
            getattr(lending, what)(*arguments)
    return "over"
