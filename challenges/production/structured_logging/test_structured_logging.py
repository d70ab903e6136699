"""Hidden suite of production/structured_logging: drawn records and requests, and what the brief makes of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import JsonObject, Meeting, Observation, SubmissionHandle, Unkept, criterion, json_value

Operations = list[list[Any]]

# ---- what was written -------------------------------------------------------------------------------------------


class Link(JsonObject):
    """One exception of a line."""

    type: str
    message: str


class Line(JsonObject):
    """One line, with exactly the keys of the brief."""

    time: str
    level: str
    logger: str
    message: str
    correlation_id: str | None
    fields: dict[str, Any]
    errors: list[Link]


def bytes_of(written: Observation) -> bytes:
    """Return the bytes that a sink took."""
    assert isinstance(written.value, bytes)
    return written.value


def lines_of(written: Observation) -> list[Line]:
    """Read lines strictly: each ends with a line break, and is what the brief calls a line."""
    *whole, rest = bytes_of(written).split(b"\n")
    if rest:
        raise Unkept(f"the last line has no line break: {rest[-80:]!r}")
    return [json_value(line, Line) for line in whole]


def one_line(outcome: Observation) -> Line:
    """Return the one line that a step wrote to the last sink. Nothing was raised."""
    ending, chunks, _ = outcome
    assert ending == ["gave", None]
    lines = lines_of(chunks[-1])
    if len(lines) != 1:
        raise Unkept(f"one record was logged, and {len(lines)} lines were written")
    return lines[0]


def same_fields(line: Line, right: Any) -> None:
    """Compare a line's fields exactly: True is not 1."""
    seen: Any = line.fields
    assert Observation(seen) == right


# ---- redaction, as the brief has it -----------------------------------------------------------------------------

REDACTED, UNPRINTABLE = "[redacted]", "[unprintable]"
BEARER = re.compile(r"(?i)\bbearer +([A-Za-z0-9._~+/=-]+)")
URL = re.compile(r"""://[^\s/?#:@"']*:([^\s/?#"']+)@""")
CARD = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])")


def passes_luhn(digits: str) -> bool:
    """Return whether the digits pass the check."""
    values = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in values) % 10 == 0


def clean(text: str) -> str:
    """Replace what the patterns name."""
    for pattern in (BEARER, URL):
        text = pattern.sub(_without_group, text)
    return CARD.sub(lambda match: REDACTED if passes_luhn(match[0]) else match[0], text)


def _without_group(found: re.Match[str]) -> str:
    start, end = found.start(1) - found.start(), found.end(1) - found.start()
    return found[0][:start] + REDACTED + found[0][end:]


@dataclass(frozen=True)
class Written:
    """What becomes of a value's spec in `fields`."""

    listed: list[str]

    def names(self, key: str) -> bool:
        return key.casefold() in {name.casefold() for name in self.listed}

    def value(self, spec: Any) -> Any:
        match spec:
            case ("broken",):
                return UNPRINTABLE
            case ("object" | "number", text):
                return clean(text)
            case ("bytes", text):
                return clean(str(text.encode()))
            case ("tuple", items):
                return [self.value(item) for item in items]
            case ("keyed", pairs):
                return self.mapping([(UNPRINTABLE if key == ("broken",) else str(key), item) for key, item in pairs])
            case dict():
                return self.mapping(list(spec.items()))
            case list():
                return [self.value(item) for item in spec]
            case str():
                return clean(spec)
            case int() if not isinstance(spec, bool):
                return spec if clean(str(spec)) == str(spec) else clean(str(spec))
            case _:
                return spec

    def mapping(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {clean(key): REDACTED if self.names(key) else self.value(item) for key, item in pairs}

    def argument(self, spec: Any) -> Any:
        """Return a message's argument as it is formatted."""
        match spec:
            case ("tuple", items):
                return tuple(self.argument(item) for item in items)
            case ("twice", item):
                return [self.argument(item)] * 2
            case ("keyed", pairs):
                return {key: REDACTED if self.names(str(key)) else self.argument(item) for key, item in pairs}
            case dict():
                return self.argument(("keyed", list(spec.items())))
            case list():
                return [self.argument(item) for item in spec]
            case _:
                return spec

    def message(self, text: str, arguments: list[Any]) -> str:
        made = tuple(self.argument(item) for item in arguments)
        if made == (("broken",),):
            return text
        try:
            return clean(text % (made[0] if len(made) == 1 and isinstance(made[0], dict) and made[0] else made))
        except (TypeError, ValueError, KeyError):
            return clean(text)


# ---- what is drawn ----------------------------------------------------------------------------------------------

WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=7)
SECRETS = st.text("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", min_size=10, max_size=16)
TOKENS = st.tuples(SECRETS, st.text("abcXYZ019._~+/=-", max_size=6)).map("".join)
IDS = st.text("ABCXYZabcxyz0189._-", min_size=1, max_size=12)


@st.composite
def card_numbers(draw: st.DrawFn, size: int | None = None) -> str:
    """Digits that pass the Luhn check."""
    size = size or draw(st.integers(13, 19))
    start = draw(st.text("123456789", min_size=size - 1, max_size=size - 1))
    return next(start + digit for digit in "0123456789" if passes_luhn(start + digit))


BEARERS = st.builds(
    "{}{}{}".format, st.sampled_from(["Bearer", "bearer", "BEARER", "bEARer"]), st.sampled_from([" ", "  "]), TOKENS
)
PASSWORDS = st.builds("{}{}".format, SECRETS, st.sampled_from(["", "@", "@", ":", "%40"]))
SCHEMES = st.sampled_from(["http", "postgres", "amqp"])
URLS = st.builds("{}://{}:{}@{}/".format, SCHEMES, WORDS | st.just(""), PASSWORDS, WORDS)
PATTERNS = [BEARERS, URLS, card_numbers()]


@st.composite
def near_misses(draw: st.DrawFn) -> list[str]:
    """All that only looks like a secret, in any order."""
    word, other, card, longest = draw(WORDS), draw(WORDS), draw(card_numbers()), draw(card_numbers(19))
    words = [f"bearers {word}", f"xBearer {word}", f"Bearer\t{word}", f"{word} bearer"]
    urls = [f"http://{word}:8080/{other}@x", f"{word}:{other}@x", f"http://{word}@{other}/", f"http://{word}:@x/"]
    arabic = card.translate({48 + digit: 0x660 + digit for digit in range(10)})
    from_the_left = next(f"{card[:13]}{n}" for n in range(10, 99) if passes_luhn(f"{card[:13]}{n}0"))
    digits = [f"{card[:-1]}{(int(card[-1]) + 1) % 10}", f"{card[:8]} {card[8:]}", arabic, f"{longest}{card[0]}"]
    digits += [draw(card_numbers(12)), f"{card[0]}{longest}", from_the_left]
    return [text for text in draw(st.permutations([*words, *urls, *digits])) if clean(text) == text]


@st.composite
def phrases(draw: st.DrawFn) -> str:
    """A text with one to three secrets, near each other or not, and words around them."""
    secrets = [draw(draw(st.sampled_from(PATTERNS))) for _ in range(draw(st.integers(1, 3)))]
    glue = st.sampled_from([" ", " ", ", ", "\n", "\u2028", "' ", "ü", "("])
    text = "".join(draw(glue) + secret for secret in secrets)
    return draw(WORDS | st.just("")) + text + draw(st.sampled_from(["", " ", ".", ")"]))


def record(text: str, *arguments: Any, **changes: Any) -> list[Any]:
    """Return the step that logs one record."""
    value = {"logger": "app", "level": logging.WARNING, "text": text, "arguments": list(arguments)}
    return ["log", {**value, "extra": {}, "bound": {}, "errors": [], "how": "given", **changes}]


def outcomes_of(submission: SubmissionHandle, settings: dict[str, Any], steps: list[list[Any]]) -> list[Observation]:
    """Log one record after the other, and return how each went."""
    outcomes = submission.call("write", settings, steps)
    assert len(outcomes) == sum(step[0] == "log" for step in steps)
    return list(outcomes)


def written_by(submission: SubmissionHandle, settings: dict[str, Any], steps: list[list[Any]]) -> list[Line]:
    """Log one record after the other, and return their lines."""
    return [one_line(outcome) for outcome in outcomes_of(submission, settings, steps)]


def agree_on_messages(submission: SubmissionHandle, listed: list[str], steps: list[list[Any]]) -> None:
    """Compare each record's message with what the brief makes of its text and arguments."""
    for line, (_, logged) in zip(written_by(submission, {"redact": listed}, steps), steps, strict=True):
        assert line.message == Written(listed).message(logged["text"], logged["arguments"])


# ---- context ----------------------------------------------------------------------------------------------------


class Failed(Exception):
    """The model's code failed as it was told to."""


@dataclass(frozen=True)
class Context:
    """Where something is logged: the request's id and the bound fields."""

    ident: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Model:
    """Plays operations as the probe does: by generators, each of which yields where others go on."""

    logged: dict[str, list[Any]] = field(default_factory=dict)
    carried: dict[str, Context] = field(default_factory=dict)
    endings: list[list[Any]] = field(default_factory=list)

    def log(self, context: Context, text: str, extra: dict[str, Any] | None = None) -> None:
        self.logged[text] = [context.ident, {**context.fields, **(extra or {})}]

    def play(self, operations: Operations, context: Context) -> Iterator[None]:
        for what, *details in operations:
            match what:
                case "pause":
                    yield
                case "bound":
                    fields, inner, fails = details
                    try:
                        yield from self.play(inner, Context(context.ident, {**context.fields, **fields}))
                    except Failed:
                        if not fails:
                            raise
                case "fail":
                    raise Failed(*details)
                case _:
                    self.start(what, details, context)

    def start(self, what: str, details: list[Any], context: Context) -> None:
        match what:
            case "log":
                self.log(context, *details)
            case "carry":
                self.carried[details[0]] = context
            case "call":
                if details[0] in self.carried:
                    self.call(*details)
            case "threads":
                for name, inner in details[0]:
                    self.at_once(inner, self.carried[name] if name else Context())
            case _:
                self.at_once(details[0], context)

    def call(self, name: str, inner: Operations, word: str) -> None:
        try:
            self.at_once(inner, self.carried[name])
            self.endings.append(["gave", word[::-1]])
        except Failed as error:
            self.endings.append(["failed", str(error)])

    def at_once(self, operations: Operations, context: Context) -> None:
        for _ in self.play(operations, context):
            pass


def agree(result: Observation, model: Model) -> None:
    """Compare each record's id and fields, and each answer of `correlation_id()`, with the model's."""
    written, ids, endings = result
    found = lines_of(written)
    lines = {line.message: [line.correlation_id, line.fields] for line in found}
    if len(found) > len(lines):
        raise Unkept(f"{len(found)} lines were written for {len(lines)} records")
    for text, right in model.logged.items():
        if text not in lines:
            raise Unkept(f"the record {text!r} was not written")
        assert lines.pop(text) == right, text
    assert lines == {}
    assert ids == {text: ident for text, (ident, _) in model.logged.items()}
    assert endings == model.endings


def agree_on(submission: SubmissionHandle, operations: Operations, **settings: Any) -> None:
    """Have both play the operations, and compare."""
    model = Model()
    model.at_once(operations, Context())
    agree(submission.call("play", settings, operations), model)


@dataclass
class Author:
    """Draws operations: texts are all different, names of fields are few."""

    draw: st.DrawFn
    count: int = 0

    def __post_init__(self) -> None:
        self.word = self.draw(WORDS)
        self.names = self.draw(st.lists(WORDS, min_size=3, max_size=3, unique=True))

    def text(self) -> str:
        self.count += 1
        return f"{self.word} {self.count}"

    def log(self) -> list[Any]:
        extra = {self.names[0]: self.text()} if self.draw(st.integers(0, 3)) == 0 else None
        return ["log", self.text(), extra]

    def fields(self) -> dict[str, Any]:
        """Fields of one or two names that others bind, too, with values that nobody else has."""
        return {name: self.text() for name in self.draw(st.sampled_from([self.names, self.names[:1], self.names[1:]]))}

    def bound(self, *inner: list[Any], fails: bool | None = None) -> list[Any]:
        fails = self.draw(st.booleans()) if fails is None else fails
        return ["bound", self.fields(), list(inner), fails]

    def ident(self) -> str:
        """A valid id that nobody else has."""
        self.count += 1
        return f"{self.draw(IDS | card_numbers())}-{self.count}"


def drawn_by(make: Callable[[Author], Any]) -> st.SearchStrategy[Any]:
    """What this function draws with an author."""
    return st.composite(lambda draw: make(Author(draw)))()


def blocks(author: Author, depth: int = 3) -> Operations:
    """Blocks in blocks and after each other; some end with an exception."""
    if depth == 0:
        return [author.log()]
    inner = [author.bound(*blocks(author, depth - 1)) for _ in range(author.draw(st.integers(1, 2)))]
    return [author.log(), *(step for block in inner for step in (block, author.log()))]


@criterion("context", hint="Put the old fields back in a `finally`; never change a dict that others still see.")
@given(operations=drawn_by(blocks))
def test_fields_hold_for_their_block(submission: SubmissionHandle, operations: Operations) -> None:
    """Fields hold for their block: inner ones win, `extra` wins over both, and afterwards all is as before."""
    agree_on(submission, operations)


def carrying(author: Author) -> Operations:
    """Functions that are carried out of blocks, then called wherever and within each other."""
    outer, inner = author.draw(st.permutations(["f", "g"]))

    def call(name: str, *operations: list[Any]) -> list[Any]:
        return ["call", name, list(operations), author.draw(WORDS)]

    def visit(name: str) -> list[Any]:
        return call(name, author.log(), author.bound(author.log(), fails=False), author.log())

    within = author.bound(visit(inner), author.log(), visit(outer), fails=False)
    nested = call(outer, author.log(), within, author.log())
    failing = call(inner, author.log(), author.bound(author.log(), ["fail", author.text()], fails=False))
    inside = author.bound(["carry", inner], author.log(), visit(outer), author.log(), fails=False)
    thread: list[Any] = ["threads", [[outer, [author.log()]]]]
    turns = [nested, failing, visit(inner), thread, author.bound(visit(outer), author.log())]
    later = [step for turn in author.draw(st.permutations(turns)) for step in (turn, author.log())]
    return [author.bound(["carry", outer], inside, fails=False), author.log(), *later]


@criterion("context", weight=2, hint="A copy of the context for each call: one context cannot be entered twice.")
@given(operations=drawn_by(carrying))
def test_carried_functions_take_their_context_along(submission: SubmissionHandle, operations: Operations) -> None:
    """A carried function runs as bound when it was carried, also within itself; what it binds ends with the call."""
    agree_on(submission, operations)


def crews(author: Author) -> Operations:
    """Threads that bind, wait for all others, and log; some by the same carried function at once."""

    def work() -> Operations:
        block = author.bound(["pause"], author.log(), ["pause"], author.log(), fails=False)
        return [author.log(), block, ["pause"], author.log()]

    names = ["f", "f", *author.draw(st.permutations(["", "g"]))][: author.draw(st.integers(3, 4))]
    crew: list[Any] = [[name, work()] for name in author.draw(st.permutations(names))]
    inner = author.bound(["carry", "g"], ["threads", crew], author.log(), fails=False)
    return [author.bound(["carry", "f"], inner, author.log(), fails=False), author.log()]


@criterion("context", weight=2, hint="Context variables: a global is shared by all threads.")
@given(operations=drawn_by(crews))
def test_threads_do_not_see_each_other(submission: SubmissionHandle, operations: Operations) -> None:
    """Threads that have all bound before any of them logs see only their own fields, and those that were carried."""
    agree_on(submission, operations)


def tasks(author: Author) -> Operations:
    """Tasks that are made in blocks, outlive these, and make tasks."""

    def work(depth: int) -> list[Any]:
        further = [work(depth - 1)] if depth else []
        inner = author.bound(["pause"], author.log(), *further, ["pause"], author.log())
        return ["task", [*[["pause"]] * author.draw(st.integers(0, 2)), author.log(), inner, ["pause"], author.log()]]

    inner = author.bound(work(1), ["pause"], author.log(), work(0))
    return [author.log(), author.bound(work(0), inner, ["pause"], author.log()), work(0), ["pause"], author.log()]


@criterion("context", weight=2, hint="A context variable's value is copied into each new task, if nobody mutates it.")
@given(operations=drawn_by(tasks))
def test_tasks_keep_the_context_they_were_made_in(submission: SubmissionHandle, operations: Operations) -> None:
    """A task keeps the fields with which it was created, whatever its creator and the other tasks bind and leave."""
    agree_on(submission, operations, loop=True)


OUTER = st.dictionaries(WORDS, WORDS, min_size=1, max_size=2)
"""What is bound outside of all requests, where the server logs."""


def request(author: Author, late: bool, name: str, other: str = "") -> dict[str, Any]:
    """A request with three pauses that carries one name and calls another. A late one works in its response's steps."""
    block = author.bound(["pause"], author.log(), ["pause"], ["carry", name], author.log(), fails=False)
    calls = [["call", other, [author.log()], "x"]] if other else []
    work = [author.log(), block, author.log(), *calls]
    last = [["pause"], author.log(), ["threads", [[name, [author.log()]]]]]
    steps = [*work, *last] if late else [author.log(), *last]
    parts = {"handler": [] if late else work, "steps": steps, "close": [author.log()]}
    return {"header": author.ident(), "late": late, **parts}


@criterion("context", weight=2, hint="Keep the id in a context variable, and set it in the request's own context.")
@given(
    requests=st.booleans().flatmap(
        lambda late: drawn_by(lambda author: [request(author, late, name) for name in "abc"])
    )
)
def test_requests_at_once_do_not_leak(submission: SubmissionHandle, requests: list[Any]) -> None:
    """WSGI requests that have all bound before any of them logs see their own id and fields; later, none is left."""
    model = Model()
    for number, drawn in enumerate(requests):
        for part in ("handler", "steps") if drawn["late"] else ("handler", "steps", "close"):
            model.at_once(drawn[part], Context(drawn["header"]))
        model.log(Context(), f"after {number}")
    agree(submission.call("crowd", {}, requests), model)


def turns(author: Author) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    """Requests whose steps are interleaved, in one thread or many; the server logs in between. One is never read."""
    names = ["ab", "bc", "ca"] if author.draw(st.booleans()) else ["ab", "ba"]
    requests = [*(request(author, author.draw(st.booleans()), *name) for name in names), request(author, False, "d")]
    left = []
    for number in range(len(requests)):
        count = author.draw(st.sampled_from([2, 4, 4])) if number < len(names) else 0
        steps = [["step", number, author.draw(st.booleans())] for _ in range(count)]
        left.append([["open", number], *steps, ["close", number]])
    order = author.draw(st.permutations([number for number, own in enumerate(left) for _ in own]))
    turns = [step for number in order for step in (left[number].pop(0), ["log", author.text()])]
    return requests, turns


def served(requests: list[dict[str, Any]], turns: list[list[Any]], outside: Context) -> Model:
    """Return what the model logs."""
    model = Model()
    steps: dict[int, Iterator[None]] = {}
    for what, subject, *_ in turns:
        if what == "log":
            model.log(outside, subject)
            continue
        drawn = requests[subject]
        context = Context(drawn["header"])
        match what:
            case "open":
                model.at_once(drawn["handler"], context)
                steps[subject] = model.play(drawn["steps"], context)
            case "step":
                next(steps[subject], None)
            case _:
                model.at_once([] if drawn["late"] else drawn["close"], context)
    return model


@criterion("context", weight=3, hint="Run the call, each `next` and `close` in one context: the request's own.")
@given(drawn=drawn_by(turns), outer=OUTER)
def test_responses_log_as_their_request(submission: SubmissionHandle, drawn: Any, outer: dict[str, Any]) -> None:
    """A WSGI response that goes on after its application has returned logs as its request, and the server as itself."""
    agree(submission.call("serve", {"outer": outer}, *drawn), served(drawn[0], drawn[1], Context(None, outer)))


def asgi_clients(author: Author) -> list[list[dict[str, Any]]]:
    """Clients with two requests each; what these start goes on after them."""

    def played() -> Operations:
        background = ["task", [*[["pause"]] * author.draw(st.integers(0, 4)), author.log()]]
        block = author.bound(["pause"], author.log(), background, ["pause"], author.log(), fails=False)
        end = [["fail", author.text()]] if author.draw(st.integers(0, 2)) == 0 else []
        return [author.log(), block, author.log(), *end]

    requests = [{"header": author.ident(), "played": played(), "after": author.text()} for _ in range(6)]
    return [requests[:2], requests[2:4], requests[4:]][: author.draw(st.integers(2, 3))]


@criterion("context", weight=2, hint="Reset the context variables in a `finally`: a task goes on after its request.")
@given(clients=drawn_by(asgi_clients), outer=OUTER)
def test_asgi_requests_do_not_leak(submission: SubmissionHandle, clients: Any, outer: dict[str, Any]) -> None:
    """ASGI requests at once and one after the other see their own id and fields; their tasks keep them, nobody else."""
    model = Model()
    for drawn in (request for client in clients for request in client):
        try:
            model.at_once(drawn["played"], Context(drawn["header"]))
        except Failed as error:
            model.log(Context(None, outer), str(error))
        model.log(Context(None, outer), drawn["after"])
    agree(submission.call("clients", {"outer": outer}, clients), model)


# ---- redaction --------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["token", "Password", "straße", "api key"]) | WORDS
LISTED = st.lists(NAMES, min_size=2, max_size=3, unique=True)


def spelt(key: str) -> list[str]:
    """Return a listed key as somebody may spell it."""
    return [key, key.upper(), key.capitalize(), key.casefold()]


def near(key: str) -> list[str]:
    """Return keys that contain a listed one, or begin like it."""
    return [f"{key}_7", f"0{key}", f" {key}", f"{key} ", f"{key[:-1]}_", f"{key}.{key}"]


@st.composite
def secretive(draw: st.DrawFn, listed: list[str], depth: int = 3) -> dict[str, Any]:
    """A dict with a listed key, one that is near it, and more of that below."""
    secret = draw(SECRETS)
    below: Any = secretive(listed, depth - 1) if depth else WORDS
    value = draw(st.sampled_from([secret, [secret], {"deep": secret}, 7, None, ("tuple", [secret])]))
    inner = draw(below)
    around = draw(st.sampled_from([inner, [inner], ("tuple", [1, inner]), [[True, inner]]]))
    key = draw(st.sampled_from(listed))
    pairs = [(draw(st.sampled_from(spelt(key))), value), (draw(st.sampled_from(near(key))), draw(WORDS))]
    pairs.append(("inner", around))
    return dict(draw(st.permutations(pairs)))


@st.composite
def secretive_records(draw: st.DrawFn) -> tuple[list[str], list[list[Any]]]:
    """Records whose bound and extra fields hold listed keys."""
    number = draw(st.integers(0, 99))
    listed = [*draw(LISTED), str(number)]
    bound, extra = [draw(secretive(listed)) for _ in "ab"], [draw(secretive(listed)) for _ in "ab"]
    bound[1]["keyed"] = ("keyed", [(number, draw(SECRETS)), (number + 1, draw(WORDS))])
    steps = [record("x", bound={"deep": bound[0]}, extra=extra[0]), record("y", bound=bound[1])]
    return listed, [[what, {**step, "how": "kept"}] for what, step in steps]


@criterion("redaction", weight=2, hint="Walk dicts, lists and tuples; compare `key.casefold()` as a whole.")
@given(drawn=secretive_records())
def test_listed_keys_are_redacted_at_any_depth(submission: SubmissionHandle, drawn: Any) -> None:
    """Values of listed keys are redacted in fields at any depth, however spelt; no others, nor in what was logged."""
    listed, steps = drawn
    lines = written_by(submission, {"redact": listed}, steps)
    for line, (_, logged) in zip(lines, steps, strict=True):
        same_fields(line, Written(listed).value({**logged["bound"], **logged["extra"]}))


@st.composite
def telling_fields(draw: st.DrawFn) -> dict[str, Any]:
    """Fields with secrets in texts, keys, numbers and what objects say of themselves, at any depth."""
    number, texts = int(draw(card_numbers())), [draw(phrases()) for _ in range(4)]
    values = [texts[0], number, -number, ("object", texts[1]), ("bytes", draw(BEARERS)), [texts[2]]]
    fields = {f"{draw(WORDS)}{index}": value for index, value in enumerate(values)}
    pairs = [(number, draw(WORDS)), (texts[3], draw(WORDS)), (draw(BEARERS), ("tuple", [draw(URLS)]))]
    return {**fields, draw(URLS): {draw(URLS): draw(phrases())}, "keyed": ("keyed", pairs)}


@criterion("redaction", weight=2, hint="Keys are texts, too, and so are objects, once they are written.")
@given(fields=telling_fields())
def test_patterns_are_redacted_in_fields(submission: SubmissionHandle, fields: dict[str, Any]) -> None:
    """Bearer tokens, URL passwords and card numbers go from values, keys and whole numbers, and nothing else goes."""
    for where in ("extra", "bound"):
        (line,) = written_by(submission, {}, [record("x", **{where: fields})])
        same_fields(line, Written([]).value(fields))


@st.composite
def telling_messages(draw: st.DrawFn) -> tuple[list[str], list[list[Any]]]:
    """Messages with listed keys in their arguments: by name, in a dict alone, and in lists and tuples."""
    listed = [*draw(LISTED), "8"]
    key, secret, word = draw(st.sampled_from(spelt(listed[0]))), draw(SECRETS), draw(WORDS)
    one = {"shown": word, key: secret}
    twice = ("twice", [{key: secret}, word])
    steps = [
        record("%s of %s", ("keyed", [(7, word), (8, secret), (key, secret)]), twice),
        record(f"%(shown)s and %({key})s", one),
        record("%s", one),
        record("%s at %s", word, one),
        record("%r in %s, %d%%", [one, 1], ("tuple", [{"deep": [one]}, word]), draw(st.integers(0, 99))),
        record("%s", draw(secretive(listed, 2))),
        record("%s %s", ("tuple", [word, ("tuple", [])]), [1.5, None, True]),
    ]
    return listed, [[what, {**step, "how": "kept"}] for what, step in draw(st.permutations(steps))]


@criterion("redaction", weight=2, hint="Replace values in `record.args` before `%`: afterwards, they are only text.")
@given(drawn=telling_messages())
def test_listed_keys_are_redacted_in_arguments(submission: SubmissionHandle, drawn: Any) -> None:
    """Listed keys are redacted in a message's arguments, which are not changed; others are formatted as they are."""
    agree_on_messages(submission, *drawn)


@st.composite
def pattern_messages(draw: st.DrawFn) -> list[list[Any]]:
    """Messages with secrets: in the text, in an argument, or only once both are put together."""
    number = draw(card_numbers())
    cut = draw(st.integers(1, len(number) - 1))
    texts: list[Any] = [("card %d", int(number)), ("%s%s", number[:cut], number[cut:]), ("%s", {"x": draw(URLS)})]
    texts.append(("%s %s", draw(st.sampled_from(["Bearer", "bearer"])), draw(TOKENS)))
    texts.append(("http://%s:%s@%s", draw(WORDS), draw(SECRETS), draw(WORDS)))
    return draw(st.permutations([record(draw(phrases())), *(record(*text) for text in texts)]))


@criterion("redaction", weight=2, hint="Apply the patterns to the message once it is formatted.")
@given(steps=pattern_messages(), token=SECRETS)
def test_patterns_are_redacted_in_messages(submission: SubmissionHandle, steps: list[list[Any]], token: str) -> None:
    """Patterns are redacted in the formatted message, also where text and arguments only together make a secret."""
    agree_on_messages(submission, [], steps)
    (unformatted,) = outcomes_of(submission, {}, [record(f"%d Bearer {token}", "x")])
    assert token.encode() not in bytes_of(unformatted[1][0])


def causes(texts: list[str]) -> list[dict[str, Any]]:
    """Return exceptions with these texts, each the cause of the one before it."""
    last = len(texts) - 1
    node = {"type": "Failure", "context": None, "suppressed": True}
    return [{**node, "text": text, "cause": n + 1 if n < last else None} for n, text in enumerate(texts)]


@criterion("redaction", hint="An exception's text comes from anywhere: redact it, and those of its causes.")
@given(texts=st.lists(phrases(), min_size=1, max_size=3), name=card_numbers())
def test_patterns_are_redacted_in_exceptions(submission: SubmissionHandle, texts: list[str], name: str) -> None:
    """Patterns are redacted in the texts of an exception and of all its causes, not in names of loggers and types."""
    errors = [{**node, "type": name} for node in causes(texts)]
    (line,) = written_by(submission, {}, [record("x", logger=name, errors=errors)])
    assert [[link.type, link.message] for link in line.errors] == [[name, clean(text)] for text in texts]
    assert line.logger == name


@criterion("redaction", weight=2, hint="Exactly the three patterns: `re.ASCII` digits, whole runs of them, and Luhn.")
@given(texts=near_misses())
def test_what_only_looks_like_a_secret_stays(submission: SubmissionHandle, texts: list[str]) -> None:
    """Digits that fail Luhn or are too many or too few, URLs without passwords and other words are left alone."""
    together = " | ".join(texts)
    numbers = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 17]
    extra = {together: texts[0], "list": texts, "numbers": numbers}
    step = record("%s", together, extra=extra, errors=causes(texts))
    (line,) = written_by(submission, {"redact": ["password"]}, [step])
    same_fields(line, extra)
    assert [line.message, *(link.message for link in line.errors)] == [together, *texts]


# ---- records ----------------------------------------------------------------------------------------------------


@st.composite
def any_records(draw: st.DrawFn) -> tuple[int | None, list[tuple[int, list[Any]]]]:
    """A root level, and records of any logger and level, each with the time when it is logged."""
    seconds = draw(st.integers(0, 4 * 10**9)) * 10**9
    parts = draw(st.sampled_from([999_999_999, 0, 1_999_999]))
    moments = [draw(st.integers(0, 4 * 10**18)), seconds + parts, seconds + 60_000_000]
    loggers, levels = st.lists(WORDS, max_size=3).map(".".join), [10, 20, draw(st.sampled_from([30, 40, 50, 25]))]
    drawn = zip(moments, draw(st.permutations(levels)), strict=True)
    steps = [(moment, record(draw(WORDS), logger=draw(loggers), level=level)) for moment, level in drawn]
    return draw(st.sampled_from([None, 10, 20, 30])), steps


@criterion("records", weight=2, hint="One handler on the root logger; integer arithmetic for the time.")
@given(drawn=any_records())
def test_records_of_every_logger_are_lines(submission: SubmissionHandle, drawn: Any) -> None:
    """Each record of any logger, from the root's level on, is a line with its time, level, logger and message."""
    level, steps = drawn
    program = [step for moment, logged in steps for step in (["now", moment], logged)]
    outcomes = outcomes_of(submission, {"level": level} if level else {}, program)
    for outcome, (moment, (_, logged)) in zip(outcomes, steps, strict=True):
        if logged["level"] < (level or logging.INFO):
            assert outcome == [["gave", None], [b""], False]
            continue
        line = one_line(outcome)
        time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment // 10**6)
        right = [f"{time:%Y-%m-%dT%H:%M:%S}.{moment // 10**6 % 1000:03}Z", logging.getLevelName(logged["level"])]
        assert [line.time, line.level, line.logger] == [*right, logged["logger"] or "root"]
        assert [line.message, line.fields, line.errors, line.correlation_id] == [logged["text"], {}, [], None]


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(1 - 10**12, 10**12 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8)
    | st.sampled_from([("number", "nan"), ("number", "inf"), ("number", "-inf"), ("broken",), ("bytes", "ab")])
    | WORDS.map(lambda word: ("object", word))
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(lambda items: ("tuple", items))
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS: list[Any] = [7, None, True, 1.5, ("broken",)]


@criterion("records", weight=2, hint="Convert each value yourself: `json.dumps` writes NaN, and `default` sees no key.")
@given(values=st.lists(VALUES, min_size=5, max_size=5), name=WORDS)
def test_any_value_can_be_a_field(submission: SubmissionHandle, values: list[Any], name: str) -> None:
    """JSON's own types stay what they are, at any depth; all else becomes text, and nothing costs the line."""
    further = [("number", "nan"), ("broken",), ['ü\n\u2028"\\\x00', True, 1, 1.0, ("tuple", [])]]
    extra = {f"{name}{index}": value for index, value in enumerate([*values, *further])}
    extra |= {f"{name}s": ("keyed", list(zip(KEYS, values, strict=True))), "time": 7, "level": name, "event": None}
    circle, like = ("circle", values[:2]), dict.fromkeys(["name", "msg", "args", "message"], name)  # as in records
    steps = [record("x", extra={**extra, f"{name}c": circle}, bound=like), record("y %s", circle)]
    line, other = written_by(submission, {"redact": ["password"]}, steps)
    assert f"{name}c" in line.fields
    same_fields(line, {**Written([]).value(extra), **like, f"{name}c": line.fields[f"{name}c"]})
    assert other.message[:2] == "y "


@st.composite
def chains(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Exceptions that name each other as cause and context, in circles, too."""
    size = draw(st.integers(3, 5))
    links = st.none() | st.integers(0, size - 1)
    nodes: list[dict[str, Any]] = [
        {"type": draw(WORDS).title(), "text": f"{draw(WORDS)} {index}", "cause": draw(links), "context": draw(links)}
        | {"suppressed": draw(st.booleans())}
        for index in range(size)
    ]
    first: list[dict[str, Any]] = [{"cause": 1, "context": 2}, {"cause": None, "context": 1, "suppressed": False}]
    nodes[0].update(draw(st.sampled_from([*first, *first, {"cause": 0}, {}])))
    nodes[1].update(cause=None, context=draw(st.sampled_from([0, 2])), suppressed=draw(st.booleans()))
    nodes[draw(st.integers(1, 2))]["text"] = None
    return nodes


def chain_of(nodes: list[dict[str, Any]]) -> list[list[str]]:
    """Return the exceptions that a line lists."""
    index: int | None = 0
    listed: list[int] = []
    while index is not None and index not in listed:
        listed.append(index)
        node = nodes[index]
        context = None if node["suppressed"] else node["context"]
        index = context if node["cause"] is None else node["cause"]
    return [[nodes[number]["type"], nodes[number]["text"] or UNPRINTABLE] for number in listed]


@criterion("records", weight=2, hint="`__cause__`, or `__context__` unless `__suppress_context__`; mind circles.")
@given(errors=chains(), how=st.sampled_from(["given", "caught"]))
def test_errors_are_listed_with_their_causes(submission: SubmissionHandle, errors: list[Any], how: str) -> None:
    """An exception is listed with its causes in order, each once; without an exception the list is empty."""
    steps = [record("x", errors=errors, how=how), record("y"), record("z", how="nothing to catch")]
    lines = written_by(submission, {}, steps)
    assert [[link.type, link.message] for link in lines[0].errors] == chain_of(errors)
    assert [lines[1].errors, lines[2].errors] == [[], []]


@st.composite
def bad_messages(draw: st.DrawFn) -> list[list[Any]]:
    """Messages whose arguments do not fit, beside some that do."""
    word = draw(WORDS)
    bad: list[Any] = [("%d", word), ("%s %s", word), ("%(missing)s", {"there": word}), ("%s", ("broken",))]
    good: list[Any] = [("%5.2f|%-4s|%x", 1.25, word[:2], 255), ("%s", {})]
    steps = [record(f"{word} {text}", *arguments) for text, *arguments in [*bad, *good]]
    return draw(st.permutations([*steps, record(f"100 % of {word}")]))


@criterion("records", hint="`record.getMessage()` raises when the arguments do not fit: fall back on the text.")
@given(steps=bad_messages())
def test_arguments_that_do_not_fit_cost_no_line(submission: SubmissionHandle, steps: list[list[Any]]) -> None:
    """A message that cannot be formatted is written as its text, and the caller hears nothing of it."""
    agree_on_messages(submission, [], steps)


@criterion("records", hint="Remove the handler of the last `configure` before you add the next.")
@given(level=st.sampled_from([10, 30]), names=st.lists(WORDS, min_size=2, max_size=2, unique=True), value=WORDS)
def test_configuring_again_replaces(submission: SubmissionHandle, level: int, names: list[str], value: str) -> None:
    """After a second `configure`, records go to the new sink alone, once, by the new level and listed keys."""
    first, second = names
    logged = record("x", level=20, extra={first: value, second: value})
    change = ["configure", {"redact": [second], "level": level}]
    steps = [logged, change, logged, ["now", 10**9], logged]
    outcomes = outcomes_of(submission, {"redact": [first], "level": 20}, steps)
    same_fields(one_line(outcomes[0]), {first: REDACTED, second: value})
    for outcome, second_of in zip(outcomes[1:], "01", strict=True):
        assert outcome[1][0] == b""
        if level == 30:
            assert outcome[1][1] == b""
            continue
        assert one_line(outcome).time == f"1970-01-01T00:00:0{second_of}.000Z"
        same_fields(one_line(outcome), {first: value, second: REDACTED})


# ---- requests ---------------------------------------------------------------------------------------------------

IN_ANY_CASE = ["X-Correlation-ID", "x-correlation-id", "X-CORRELATION-ID"]
OTHER_HEADERS = st.lists(st.tuples(st.sampled_from(["Content-Type", "X-Request", "Set-Cookie"]), WORDS), max_size=3)


@st.composite
def incoming_ids(draw: st.DrawFn) -> list[tuple[str | None, bool]]:
    """Headers, and whether they are valid."""
    good, place = draw(IDS), draw(st.integers(0, 12))
    valid = [good, (good * 64)[:64], "x" * 64, draw(st.sampled_from(["0", ".", "_", "-", "Z"]))]
    ascii_alone = [" ", "\t", "/", ":", "\x00", ",", "+", "@", "[", "`", "{"]
    strange = [draw(st.sampled_from(ascii_alone)), draw(st.sampled_from(["é", "²", "ß"]))]
    wrong = [None, "", "x" * 65, f"{good}\n", f" {good}", *(good[:place] + letter + good[place:] for letter in strange)]
    return [*((text, True) for text in valid), *((text, False) for text in wrong)]


@st.composite
def exchanges(draw: st.DrawFn) -> dict[str, Any]:
    """A request without a valid id, and what its application answers."""
    headers: list[Any] = [list(pair) for pair in draw(OTHER_HEADERS)]
    for name in draw(st.lists(st.sampled_from(IN_ANY_CASE), max_size=2)):
        headers.insert(draw(st.integers(0, len(headers))), [name, draw(IDS)])
    case: dict[str, Any] = {"header": None, "made": [draw(IDS), "second"], "headers": headers}
    case |= {"exc_info": draw(st.booleans()), "status": draw(st.sampled_from(["200 OK", "404 Not Found"]))}
    case |= {"late": draw(st.booleans()), "fails": draw(st.just("") | WORDS | WORDS)}
    return {**case, "body": [*draw(st.lists(WORDS, min_size=1, max_size=2)), "", draw(WORDS)]}


def split(headers: Observation) -> tuple[list[Any], list[Any]]:
    """Return our header, however often it is there, and all other headers. Names are compared without case."""
    ours, others = list[Any](), list[Any]()
    for name, value in headers:
        assert isinstance(name.value, str | bytes)
        is_ours = name.value.lower() in ("x-correlation-id", b"x-correlation-id")
        (ours if is_ours else others).append([name.value, value.value])
    return ours, others


@criterion("requests", weight=2, hint="`fullmatch`, with the letters spelt out: `$` allows a line break, `\\w` an é.")
@given(case=exchanges(), headers=incoming_ids())
def test_wsgi_requests_have_an_id(submission: SubmissionHandle, case: dict[str, Any], headers: list[Any]) -> None:
    """A WSGI request's id is its valid header or a new one, and is the one `X-Correlation-ID` of its response."""
    for header, valid in headers:
        ident = header if valid else case["made"][0]
        _, started, _, ids, left = submission.call("wsgi", {**case, "header": header})
        assert [ids.value, left.value] == [[ident, None], 2 if valid else 1], header
        assert [value for _, value in split(started[1])[0]] == [ident], header


@criterion("requests", hint="Pass `exc_info`, the writer, the body and all exceptions on.")
@given(case=exchanges())
def test_the_rest_of_wsgi_passes(submission: SubmissionHandle, case: dict[str, Any]) -> None:
    """Status, other headers, `exc_info`, `write`, body and exceptions of a WSGI application pass unchanged."""
    body = [part.encode() for part in case["body"]]
    for late, fails in ((case["late"], case["fails"]), (True, case["body"][0])):
        ending, started, written, _, _ = submission.call("wsgi", {**case, "late": late, "fails": fails})
        assert ending == (["failed", fails] if fails else ["gave", body])
        status, headers, exc_info = started
        assert [status.value, exc_info.value, written.value] == [case["status"], case["exc_info"], [b"written"]]
        assert split(headers)[1] == split(Observation(case["headers"]))[1]


def asgi(case: dict[str, Any], *, with_headers: bool = True) -> dict[str, Any]:
    """Return the case for an ASGI application that answers the same."""
    headers = [(name.lower().encode(), value.encode()) for name, value in case["headers"]]
    start = {"type": "http.response.start", "status": int(case["status"][:3])}
    bodies = [{"type": "http.response.body", "body": part.encode(), "more_body": True} for part in case["body"]]
    messages = [{**start, "headers": headers} if with_headers else start, *bodies, {"type": "http.response.body"}]
    return {**case, "type": "http", "messages": messages}


@criterion("requests", weight=2, hint="Wrap `send`; `headers` may be missing; names and values are bytes.")
@given(drawn=exchanges(), headers=incoming_ids())
def test_asgi_requests_have_an_id(submission: SubmissionHandle, drawn: dict[str, Any], headers: list[Any]) -> None:
    """An ASGI request's id is its valid header or a new one, and is the one `x-correlation-id` of its response."""
    for number, (header, valid) in enumerate(headers):
        ident = header if valid else drawn["made"][0]
        case = asgi({**drawn, "header": header}, with_headers=number > 0)
        _, sent, _, ids, left = submission.call("asgi", case)
        assert [ids.value, left.value] == [[ident, None], 2 if valid else 1], header
        assert split(sent[0].headers)[0] == [[b"x-correlation-id", ident.encode()]], header


@criterion("requests", hint="Only `http.response.start` gets a header; lifespan and websocket get nothing at all.")
@given(drawn=exchanges(), kind=st.sampled_from(["lifespan", "websocket"]))
def test_the_rest_of_asgi_passes(submission: SubmissionHandle, drawn: dict[str, Any], kind: str) -> None:
    """Messages, other headers and exceptions of an ASGI application pass, and other scopes pass as a whole."""
    case = asgi(drawn, with_headers=len(drawn["headers"]) != 1)
    ended = ["failed", case["fails"]] if case["fails"] else ["gave", None]
    got = [case["body"][0].encode(), True]
    other = submission.call("asgi", {**case, "type": kind})
    assert other == [ended, case["messages"], got, [None, None], 2]
    ending, sent, seen, _, _ = submission.call("asgi", case)
    assert [ending.value, seen.value] == [ended, got]
    first, *others = [message.value for message in sent]
    assert others == case["messages"][1:]
    assert isinstance(first, dict)
    assert {**first, "headers": []} == {**case["messages"][0], "headers": []}
    assert split(sent[0].headers)[1] == split(Observation(case["messages"][0].get("headers", [])))[1]


@criterion("requests", hint="For example `uuid.uuid4().hex`.")
@given(case=exchanges())
def test_ids_are_made_if_nobody_says_how(submission: SubmissionHandle, case: dict[str, Any]) -> None:
    """By default a new id is random: of the valid form, and never the same, also in another process."""
    cases = [("wsgi", case), ("asgi", asgi(case)), ("wsgi", case)]
    idents = []
    for _ in "ab":
        idents += [submission.call(name, {**request, "made": []})[3][0].value for name, request in cases]
        submission.fresh()
    assert [ident for ident in idents if not re.fullmatch("[A-Za-z0-9._-]{1,64}", str(ident))] == []
    assert len(set(idents)) == len(idents)


# ---- sinks ------------------------------------------------------------------------------------------------------


@st.composite
def failing_sinks(draw: st.DrawFn) -> tuple[dict[str, Any], list[list[Any]]]:
    """A sink that runs full or is closed in the middle of lines, and records before, while and after it is."""
    error, sizes = draw(st.sampled_from(["full", "closed", "own"])), draw(st.sampled_from([[], [], [7, 50], [1, 30]]))
    settings = {"error": error, "takes": draw(st.booleans()), "sizes": sizes}
    steps = []
    for _ in range(3):
        room = draw(st.sampled_from([0, 0, 1, 1000]) | st.integers(1, 300))
        steps += [["room", room], record(draw(WORDS)), record(draw(WORDS)), ["room", None], record(draw(WORDS))]
    return settings, steps


@criterion("sinks", weight=2, hint="After a failure, start with a line break: part of a line may be there.")
@given(drawn=failing_sinks())
def test_a_failing_sink_costs_only_its_lines(submission: SubmissionHandle, drawn: Any) -> None:
    """Nothing that a sink raises reaches the caller; each record whose writes did not fail is a whole line."""
    settings, steps = drawn
    outcomes = outcomes_of(submission, settings, steps)
    logged = [step[1]["text"] for step in steps if step[0] == "log"]
    failed, rest = False, b""
    for (ending, chunks, fails), text in zip(outcomes, logged, strict=True):
        assert ending == ["gave", None], text
        rest += bytes_of(chunks[0])
        if fails.value:
            failed = True
            continue
        *broken, line, end = [b"", *rest.split(b"\n")]
        if end or not line:
            raise Unkept(f"the record {text!r} is not a whole line: {rest[-120:]!r}")
        assert json_value(line, Line).message == text
        if any(part.lstrip()[:1] not in (b"", b"{") for part in broken) or (not failed and broken != [b""]):
            raise Unkept(f"there is something before the line of {text!r}: {rest[:120]!r}")
        failed, rest = False, b""


@criterion("sinks", hint="Write until everything is written: `write` says how much it took.")
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4), texts=st.lists(st.text("aß€😀", max_size=30)))
def test_a_short_write_goes_on(submission: SubmissionHandle, sizes: list[int], texts: list[str]) -> None:
    """A sink that takes only some bytes of each write is given the rest."""
    lines = written_by(submission, {"sizes": sizes}, [record("%s", text) for text in texts])
    assert [line.message for line in lines] == texts


@criterion("sinks", weight=2, hint="Hold one lock for the whole line, however many writes it takes.")
@given(word=WORDS, half=st.booleans())
def test_lines_are_never_mixed(submission: SubmissionHandle, word: str, half: bool) -> None:
    """While one thread is in the middle of a line, no other thread's line begins."""
    texts = [f"{word} {number}" for number in range(2)]
    with Meeting(submission, size=2, grace=0.01, hold=0.01) as meeting:
        written = submission.call("mixed", meeting.address, texts, half)
    assert [len(group.arrivals) for group in meeting.groups] == [1, 1]
    assert sorted(line.message for line in lines_of(written)) == texts
