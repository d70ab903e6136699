"""Brings a store, a clock and ears of its own, runs drawn programs, and returns how each step ended and what it left.

    lend(how, books, day, plans, program)   use cases over a store of ours, or over one of theirs
    keep(file, kinds, program)              units of work, in their stores and by SQL of ours
    rules(books, steps)                     the methods of books
    serve(answers, plans, requests)         requests to a `Web` over use cases of ours
    build(file, books, day, requests)       requests to what `build` returns
    callers(file, books, day, ...)          which layer of theirs calls which, or SQLite, or JSON
    forbidden()                             what domain and application import or do that they must not

A book is `[number, title, borrower, due, queue]`, a day an ordinal. Where `library/adapters` does not exist, `sqlite3`,
`json`, `http`, `wsgiref` and `urllib` cannot be imported either.
"""

from __future__ import annotations

import sys
from ast import Import, ImportFrom, parse, walk
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import date
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from io import BytesIO
from itertools import count
from os import O_RDWR, O_WRONLY
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from probe_kit import plain
from probe_kit.meeting import meet
from probe_kit.nameless import drawn_name, nameless, nameless_kind

DETAILS = ("sqlite3", "_sqlite3", "json", "_json", "http", "wsgiref", "urllib")
ABOVE = ("library.adapters", "library.main", "library.application")
SPEC = find_spec("library")
HOME = Path(next(iter((SPEC and SPEC.submodule_search_locations) or ["library"])))
IS_BARE = not (HOME / "adapters").is_dir()
IS_ALONE = not (HOME / "application.py").is_file()
PORT = ("get", "save", "lent_to")
FIELDS = ("number", "title", "borrower", "due", "queue")
RULES = ("lend", "give_back", "reserve")
TRIED: list[str] = []
"""What was looked for that does not exist here, in whatever way."""
WRITERS: list[str] = []
"""The files of theirs that have written something into a folder."""
CHANGES = frozenset({"os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.utime", "os.chmod"})
"""Events of what else keeps something in a folder."""
WATCHING: list[Calls] = []
"""Who is told of statements, also of those that no call shows."""


class Missing(MetaPathFinder):
    """Finds none of the details, and notes that they were looked for."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        is_above = any(fullname == name or fullname.startswith(f"{name}.") for name in ABOVE[: 2 + IS_ALONE])
        if is_above or fullname.partition(".")[0] in DETAILS:
            TRIED.append(fullname)
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def _who(frame: FrameType | None) -> str:
    """The innermost file of theirs that is running; empty if it is ours."""
    while frame is not None and frame.f_code.co_filename != __file__:
        if frame.f_code.co_filename.startswith(f"{HOME}/"):
            return frame.f_code.co_filename
        frame = frame.f_back
    return ""


def _notice(event: str, arguments: tuple[Any, ...]) -> None:
    is_open = event == "open" and isinstance(arguments[2], int) and arguments[2] & (O_WRONLY | O_RDWR)
    if is_open or event in CHANGES:
        WRITERS.append(_who(sys._getframe(1)))
    for calls in WATCHING if event == "sqlite3.connect/handle" else ():
        calls.connections.append(arguments[0])


sys.addaudithook(_notice)
if IS_BARE:
    for name in list(sys.modules):
        if name.partition(".")[0] in DETAILS:
            del sys.modules[name]
    sys.meta_path.insert(0, Missing())
else:
    from json import dumps, loads
    from sqlite3 import Connection, IntegrityError, OperationalError, ProgrammingError, connect

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


KINDS = [Scripted, Halt, ValueError, KeyError, OSError, RuntimeError]
if not IS_BARE:
    KINDS += [IntegrityError, OperationalError]
NAMES = ["Scripted", "Halt", *(kind.__name__ for kind in KINDS[2:])]
RAISED: dict[str, type[BaseException]] = dict(zip(NAMES, KINDS, strict=True))

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


def ended(call: Callable[..., Any], *arguments: Any, own: dict[int, Any] | None = None) -> list[Any]:
    """How a call ended; an exception of `own` by its number."""
    try:
        return ["gave", told(call(*arguments))]
    except BaseException as error:
        if own and id(error) in own:
            return ["raised", own[id(error)]]
        kind = next((kind for kind in (domain.Unknown, domain.Refused) if isinstance(error, kind)), type(error))
        return ["raised", kind.__name__]


class Plan:
    """A diary, the day, and what shall happen in the n-th call of a part, `[step, role, n, kind, value]`: an exception
    with a number, or a meeting at an address.
    """

    def __init__(self, day: int, plans: Sequence[list[Any]] = ()) -> None:
        self.diary: list[Any] = []
        self.day, self.step = day, -1
        self._counts: dict[tuple[int, str], Any] = {}
        self._meets = {(step, role, nth): value for step, role, nth, kind, value in plans if kind == "meet"}
        self._fails = {
            (step, role, nth): RAISED[kind](value) for step, role, nth, kind, value in plans if kind != "meet"
        }
        self.own = {id(error): error.args[0] for error in self._fails.values()}

    def begin(self, step: int) -> None:
        self.step, self.diary = step, []

    def note(self, role: str, *what: Any) -> None:
        """Write a call of a part down; meet or fail if this one shall."""
        self.diary.append([role, *map(told, what)])
        call = self.step, role, next(self._counts.setdefault((self.step, role), count()))
        if call in self._meets:
            meet(self._meets[call], role)
        if call in self._fails:
            raise self._fails[call]

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

    def ears(self) -> list[Callable[..., Any]]:
        """The clock and the ears, as functions that show nothing of the plan."""
        return [nameless(lambda: self.today()), nameless(lambda *told: self.notify(*told))]


# ---- a store of ours: nothing but the members that the brief names -----------------------------------------------


class Shelf:
    """The books, and the order in which `lent_to` gives them."""

    def __init__(self, plan: Plan, books: list[list[Any]], salt: int) -> None:
        self.plan, self.salt = plan, salt
        self.books = {book[0]: made(book) for book in books}


class Work:
    """What is seen within one unit."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf, self.books, self.is_over = shelf, dict(shelf.books), False

    def note(self, role: str, *what: Any) -> None:
        self.shelf.plan.note("outside" if self.is_over else role, *what)


def _open(shelf: Shelf) -> Any:
    shelf.plan.note("unit")
    return UNIT((shelf, []))


def _enter(state: tuple[Shelf, list[Work]]) -> Any:
    shelf, works = state
    shelf.plan.note("enter")
    works.append(Work(shelf))
    return _books(works[-1])


def _exit(state: tuple[Shelf, list[Work]], kind: Any, error: Any, trace: Any) -> None:
    shelf, works = state
    works[-1].is_over = True
    shelf.plan.note("kept" if error is None else "undone")
    if error is None:
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
OPENER = nameless_kind(call=_open, __getattr__=lambda shelf, name: shelf.plan.missing(name))

# ---- use cases --------------------------------------------------------------------------------------------------


def _watched(plan: Plan, kind: Any, *arguments: str) -> tuple[Any, Any]:
    """A store of theirs and its `unit`, bound as in their program; units are noted, and entered and left by us."""
    if not callable(getattr(kind, "unit", None)):  # an attribute of the store
        store = kind(*arguments)
        return store, nameless(lambda: (plan.note("unit"), _entered(store.unit()))[1])

    def unit(self: Any) -> Any:
        plan.note("unit")
        return _entered(kind.unit(self))

    watched = type(kind.__name__, (kind,), {"__module__": kind.__module__, "unit": nameless(unit)})
    store = watched(*arguments)
    return store, store.unit


@contextmanager
@nameless
def _entered(unit: Any) -> Iterator[Any]:
    with unit as books:
        yield books


def lend(
    how: list[Any], books: list[list[Any]], day: int, plans: list[list[Any]], program: list[list[Any]]
) -> list[Any]:
    """Run use cases; `how` is `["brought", salt]`, `["memory"]` or `["sqlite", file]`.

    Further steps: `["day", ordinal]`, and `["put", book]` behind everybody's back. Returns for each use case how it
    ended, what parts of ours noted, and all books afterwards.
    """
    plan, numbers = Plan(day, plans), {book[0] for book in books}
    if is_ours := how[0] == "brought":
        shelf = Shelf(plan, books, how[1])
        unit = OPENER(shelf)
    else:
        kind = memory.MemoryStore if how[0] == "memory" else sqlite.SqliteStore
        store, unit = _watched(plan, kind, *how[1:])
        _fill(store, books)
    lending = application.Lending(unit, *plan.ears())
    outcomes = []
    for number, (verb, *arguments) in enumerate(program):
        plan.begin(number)
        if verb == "day":
            plan.day = arguments[0]
        elif verb == "put":
            numbers.add(arguments[0][0])
            if is_ours:
                shelf.books[arguments[0][0]] = made(arguments[0])
            else:
                _fill(store, arguments)
        else:
            ending = ended(getattr(lending, verb), *arguments, own=plan.own)
            diary = [*plan.diary]
            state = shelf.books if is_ours else _all(store, numbers)
            outcomes.append([ending, diary, told([state[number] for number in sorted(numbers)])])
    return outcomes


def _fill(store: Any, books: list[Any]) -> None:
    with store.unit() as kept:
        for book in books:
            kept.save(made(book))


def _all(store: Any, numbers: set[int]) -> dict[int, Any]:
    with store.unit() as kept:
        return {number: kept.get(number) for number in numbers}


def rules(books: list[list[Any]], steps: list[list[Any]]) -> list[Any]:
    """Call methods of books, `[place, method, *arguments]`: a book that comes back takes the other's place.

    Returns how each call ended, and the former book afterwards.
    """
    own = [made(book) for book in books]
    outcomes = []
    for place, method, *arguments in steps:
        former, gave = own[place], list[Any]()
        given = [date.fromordinal(item) if isinstance(item, int) else item for item in arguments]
        ending = ended(lambda: gave.append(getattr(former, method)(*given)) or gave[0])
        own[place] = gave[0] if gave else former
        outcomes.append([ending, told(former)])
    return outcomes


# ---- directions -------------------------------------------------------------------------------------------------


def forbidden() -> list[list[str]]:
    """Imports of details in imported files, attempts to import what does not exist here, files that were written, and
    what was added to the given classes.
    """
    files = [str(getattr(module, "__file__", None)) for module in list(sys.modules.values())]
    written = [
        [file.name, imported]
        for file in sorted(_reached(*(file for file in map(Path, files) if file.is_relative_to(HOME))))
        for imported in _imports(file)
        if imported.partition(".")[0] in (*DETAILS, "importlib", "sys")
    ]
    given = [] if IS_ALONE else [domain.Unknown, domain.Refused]
    more = [[kind.__name__, name] for kind in given for name in vars(kind) if not name.startswith("__")]
    more += [
        ["Book", name] for name in getattr(domain.Book, "__dataclass_fields__", ()) if given and name not in FIELDS
    ]
    return written + more + [["", imported] for imported in TRIED] + [[Path(file).name, "a file"] for file in WRITERS]


def _reached(*files: Path) -> set[Path]:
    """The files, and those of theirs that import statements reach from there, late ones, too."""
    reached, rest = set[Path](), list(files)
    while rest:
        if (file := rest.pop()).is_file() and file.suffix == ".py" and file not in reached:
            reached.add(file)
            places = [HOME.parent.joinpath(*name.split(".")) for name in _imports(file)]
            ours = [place for place in places if place.is_relative_to(HOME)]
            rest += [file for place in ours for file in (place.with_name(f"{place.name}.py"), place / "__init__.py")]
    return reached


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


class Calls:
    """Notes which file of theirs calls which other, SQLite or JSON, directly or through the standard library; and what
    is called, to the function.
    """

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.direct: set[tuple[str, CodeType]] = set()
        self.connections: list[Connection] = []  # they cannot be told to trace before they are made

    def statement(self, _: str) -> None:
        self.seen.add((_who(sys._getframe(1)), "sqlite3"))

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        while self.connections:
            with suppress(ProgrammingError):  # it is closed
                self.connections.pop().set_trace_callback(self.statement)
        code = frame.f_code
        if event == "c_call":
            kinds = getattr(argument, "__module__", None), type(getattr(argument, "__self__", None)).__module__
            if "sqlite3" in kinds or "_sqlite3" in kinds:
                self.seen.add((code.co_filename, "sqlite3"))
        elif event == "call" and str(frame.f_globals.get("__name__")).partition(".")[0] == "json":
            self.seen.add((_who(frame.f_back), "json"))
        elif event == "call" and code.co_filename.startswith(f"{HOME}/"):
            self.direct.add((_who(frame.f_back), code))
            if code.co_name != "<genexpr>":  # whoever takes from it does not call it
                self.seen.add((_who(frame.f_back), code.co_filename))


def callers(
    file: str, books: list[list[Any]], day: int, program: list[list[Any]], requests: list[list[Any]]
) -> list[Any]:
    """Run use cases and requests over a SqliteStore. Returns `[layer, layer or technology]` for who calls whom, and
    all books afterwards.
    """
    plan, calls = Plan(day), Calls()
    sys.setprofile(calls)
    try:
        WATCHING.append(calls)
        store, unit = _watched(plan, sqlite.SqliteStore, file)
        _fill(store, books)
        lending = application.Lending(unit, *plan.ears())
        for verb, *arguments in program:
            ended(getattr(lending, verb), *arguments)
        direct = set(calls.direct)  # over what main builds, units are entered without us
        for app in (web.Web(lending), main.build(file, *plan.ears())):
            for request in requests:
                ended(_request, app, *request)
    finally:
        WATCHING.clear()
        sys.setprofile(None)
    layers, port = _layers(), _port(store)
    named = {(layers[caller], layers.get(called, called)) for caller, called in calls.seen if caller in layers}
    named |= {(layers[writer], "files") for writer in WRITERS if writer in layers}
    called = {code for _, code in direct}
    named |= {("use cases", rule) for rule in RULES if not (codes := _codes(domain.Book, rule)) or codes & called}
    for caller, code in direct:
        if layers.get(caller) == "application" and layers.get(code.co_filename) == "store" and code not in port:
            named.add(("application", f"{code.co_name} of the store"))
    return [sorted(map(list, named)), told([*_all(store, {book[0] for book in books}).values()])]


def _port(store: Any) -> set[CodeType]:
    """The functions of a store's books that the brief names."""
    with store.unit() as books:
        return _codes(books, *PORT)


def _codes(part: Any, *names: str) -> set[CodeType]:
    """The functions that are these members, and those that they wrap."""
    codes, members = set[CodeType](), [getattr(part, name, None) for name in names]
    while members:
        member = members.pop()
        codes |= {code for code in [getattr(member, "__code__", None)] if isinstance(code, CodeType)}
        members += [getattr(member, "__wrapped__", None)] if hasattr(member, "__wrapped__") else []
    return codes


def _layers() -> dict[str, str]:
    """The lowest layer that needs a file, by the file."""
    stores = [HOME / "adapters/memory.py", HOME / "adapters/sqlite.py"]
    layers = dict.fromkeys(_reached(HOME / "main.py"), "main")
    layers |= dict.fromkeys(_reached(*stores), "store") | dict.fromkeys(_reached(HOME / "adapters/web.py"), "web")
    for layer in ("application", "domain"):
        below = {file for file in _reached(HOME / f"{layer}.py") if not file.is_relative_to(HOME / "adapters")}
        layers |= dict.fromkeys(below - {HOME / "main.py"}, layer)
    layers |= dict.fromkeys(stores, "store")
    return {str(file): layer for file, layer in layers.items()}


# ---- stores -----------------------------------------------------------------------------------------------------

SCHEMA = """
CREATE TABLE IF NOT EXISTS books (number INTEGER PRIMARY KEY, title TEXT NOT NULL, borrower TEXT, due TEXT);
CREATE TABLE IF NOT EXISTS queue (number INTEGER, place INTEGER, member TEXT NOT NULL, PRIMARY KEY (number, place));
"""


class Tables:
    """The tables in a file, as other programs read and change them."""

    def __init__(self, file: str) -> None:
        self.file = file

    @contextmanager
    def unit(self) -> Iterator[Rows]:
        with closing(connect(self.file, timeout=0.5)) as connection, connection:
            connection.executescript(SCHEMA)
            yield Rows(connection)


class Rows:
    def __init__(self, connection: Connection) -> None:
        self.execute = connection.execute

    def get(self, number: int) -> Any:
        row = self.execute("SELECT * FROM books WHERE number = ?", (number,)).fetchone()
        if row is None:
            return None
        queue = [
            member for (member,) in self.execute("SELECT member FROM queue WHERE number = ? ORDER BY place", row[:1])
        ]
        return made([*row[:3], row[3] and date.fromisoformat(row[3]).toordinal(), queue])

    def save(self, book: Any) -> None:
        due = book.due and book.due.isoformat()
        self.execute("INSERT OR REPLACE INTO books VALUES (?, ?, ?, ?)", (book.number, book.title, book.borrower, due))
        self.execute("DELETE FROM queue WHERE number = ?", (book.number,))
        for place, member in [*enumerate(book.queue, book.number % 2)][::-1]:
            self.execute("INSERT INTO queue VALUES (?, ?, ?)", (book.number, place, member))

    def lent_to(self, member: str) -> list[Any]:
        return [
            self.get(*row) for row in self.execute("SELECT number FROM books WHERE borrower = ?", (member,)).fetchall()
        ]


def keep(file: str, kinds: list[str], program: list[list[Any]]) -> list[Any]:
    """Run units of work, `[place, steps, leaving]`, in stores that are made when they are needed first: "memory", over
    this file "sqlite", "again" (made anew for each unit) and "tables" (by SQL of ours). `leaving` is None or
    `[exception, number]`; a step may be `["meet", [address, n]]`: meet there, or
    before the n-th call of SQLite from there on.

    Returns for each unit how its steps ended, and how it ended.
    """
    stores: dict[int, Any] = {}
    outcomes: list[Any] = []
    for place, steps, leaving in program:
        kind = kinds[place]
        if place not in stores or kind == "again":
            over_file = Tables if kind == "tables" else sqlite.SqliteStore
            stores[place] = memory.MemoryStore() if kind == "memory" else over_file(file)
        error = leaving and RAISED[leaving[0]](leaving[1])
        seen: list[Any] = []
        ending = ended(_worked, stores[place], steps, error, seen, own=leaving and {id(error): leaving[1]})
        sys.setprofile(None)
        outcomes.append([seen, ending])
    return outcomes


def _worked(store: Any, steps: list[list[Any]], error: BaseException | None, seen: list[Any]) -> None:
    with store.unit() as books:
        for verb, argument in steps:
            if verb != "meet":
                seen.append(ended(getattr(books, verb), made(argument) if verb == "save" else argument))
            elif argument[1]:
                sys.setprofile(_meeting(*argument))
            else:
                meet(argument[0], "within")
        if error is not None:
            raise error


def _meeting(address: str, nth: int) -> Callable[[FrameType, str, Any], None]:
    """A profile that meets before the n-th call of a function of SQLite."""
    calls = count(1)

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        is_sqlite = event == "c_call" and type(getattr(argument, "__self__", None)).__module__ == "sqlite3"
        if is_sqlite and next(calls) == nth:
            meet(address, "storing")

    return profile


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


def _use_case(what: str) -> Callable[..., Any]:
    def answer(state: tuple[Plan, Any], *arguments: Any, **named: Any) -> Any:
        plan, answers = state
        plan.note(what, *arguments, *named.values())
        kind, value = answers[plan.step]
        if kind in ("Unknown", "Refused"):
            raise getattr(domain, kind)(value)
        if kind == "day":
            return date.fromordinal(value)
        return [made(book) for book in value] if kind == "books" else value

    return answer


LENDING = nameless_kind(
    **{what: _use_case(what) for what in ("borrow", "give_back", "reserve", "loans")},
    __getattr__=lambda state, name: state[0].missing(name),
)


def serve(answers: list[list[Any]], plans: list[list[Any]], requests: list[list[Any]]) -> list[Any]:
    """Send requests, `[method, path, body]`, to a `Web` over use cases of ours, which give these answers."""
    plan = Plan(0, plans)
    app = web.Web(LENDING((plan, answers)))
    outcomes = []
    for number, request in enumerate(requests):
        plan.begin(number)
        outcomes.append([ended(_request, app, *request, own=plan.own), plan.diary])
    return outcomes


def build(file: str, books: list[list[Any]], day: int, requests: list[list[Any]]) -> list[Any]:
    """Send requests, `["send", method, path, body]`, to what `main.build` gives, which is built anew by `["again"]`;
    `["day", ordinal]`.
    """
    plan = Plan(day)
    app = main.build(file, *plan.ears())
    _fill(sqlite.SqliteStore(file), books)
    outcomes = []
    for number, (verb, *arguments) in enumerate(requests):
        plan.begin(number)
        if verb == "day":
            plan.day = arguments[0]
        elif verb == "again":
            app = main.build(file, *plan.ears())
        else:
            outcomes.append([ended(_request, app, *arguments), plan.diary])
    return outcomes
