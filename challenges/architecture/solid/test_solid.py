"""Hidden suite of architecture/solid: drawn programs, run with the submission's parts and with ours, and on a model."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

KINDS, FORMATS, CHANNELS = ["regular", "loyal", "bulk"], ["text", "html"], ["email", "sms"]
STANDARD = (KINDS, FORMATS, CHANNELS)
Pairs = list[list[Any]]
EMPTY: Pairs = []
Invoice = list[Any]
"""`[number, customer, kind, lines]`; a line is `[what, quantity, cents]`."""

# ---- the model --------------------------------------------------------------------------------------------------


class Brought(NamedTuple):
    """Parts of ours: `[key, factor]` of discounts, `[key, word]` of renderers and of notifiers."""

    discounts: Pairs
    renderers: Pairs
    notifiers: Pairs


class Step(NamedTuple):
    """How a step ended, and the calls that parts of ours got. `plain`: nothing of it is by a standard part."""

    ending: list[Any]
    calls: list[list[Any]]
    plain: bool


class Failed(Exception):
    """A part failed, or something was refused."""

    def __init__(self, *ending: Any) -> None:
        self.ending = ["raised", *ending]


@dataclass
class Model:
    """Invoicing as the brief describes it. `keeps`: what is saved is in the reader, too."""

    brought: Brought
    stock: dict[int, Invoice]
    keeps: bool = True
    standard: bool = True
    fails: Pairs = field(default_factory=list)
    """In which steps which role fails: `[step, role, exception]`."""
    step: int = -1
    calls: list[list[Any]] = field(default_factory=list)
    plain: bool = True

    def run(self, program: list[Any]) -> list[Step]:
        steps = []
        for number, step in enumerate(program):
            self.step = number
            if step[0] == "arrive":
                self.stock[step[1][0]] = step[1]
                continue
            self.calls, self.plain = [], True
            try:
                ending = ["gave", getattr(self, step[0])(*step[1:])]
            except Failed as error:
                ending = error.ending
            steps.append(Step(ending, self.calls, self.plain))
        return steps

    def note(self, role: str, *what: Any) -> None:
        self.calls.append([role, *what])
        if any(planned[:2] == [self.step, role] for planned in self.fails):
            raise Failed("the part's own")

    def issue(self, invoice: Invoice) -> int:
        if fault := fault_of(invoice):
            raise Failed("ValueError", [fault])
        total = self.total(invoice)
        self.note("save", told(invoice))
        if self.keeps:
            self.stock[invoice[0]] = invoice
        return total

    def load(self, number: int) -> Invoice:
        self.note("load", number)
        if number not in self.stock:
            raise Failed("KeyError", [number])
        return self.stock[number]

    def show(self, number: int, kind: str) -> str:
        return self.rendered(self.load(number), kind)

    def rendered(self, invoice: Invoice, kind: str) -> str:
        word = self.part("format", kind, self.brought.renderers, FORMATS)
        total = self.total(invoice)
        if word is None:
            self.plain = False
            return text_of(invoice, total) if kind == "text" else html_of(invoice, total)
        self.note("render", word, invoice[0], total)
        return f"{word} {invoice[0]} {invoice[1]} {len(invoice[3])} {total}"

    def send(self, number: int, kind: str, channel: str) -> None:
        word = self.part("channel", channel, self.brought.notifiers, CHANNELS)
        invoice = self.load(number)
        text = self.rendered(invoice, kind)
        if word is None:
            self.plain = False
            self.note("sent", message_of(channel, invoice, text))
        else:
            self.note("notify", word, number, text)

    def owed(self, customer: str) -> int:
        self.note("numbers")
        invoices = [self.load(number) for number in sorted(self.stock)]
        return sum(self.total(invoice) for invoice in invoices if invoice[1] == customer)

    def total(self, invoice: Invoice) -> int:
        factor = self.part("kind", invoice[2], self.brought.discounts, KINDS)
        subtotal = subtotal_of(invoice)
        if factor is None:
            self.plain = self.plain and invoice[2] == "regular"
            return subtotal - standard_discount(invoice)
        self.note("discount", factor, invoice[0])
        return max(0, subtotal - subtotal * int(factor) // 1000)

    def part(self, what: str, key: str, brought: Pairs, standard: list[str]) -> Any:
        """Our part's word; None for a standard part."""
        words = dict(map(tuple, brought))
        if key not in words and not (self.standard and key in standard):
            raise Failed("ValueError", [f"unknown {what}: {key}"])
        return words.get(key)


def subtotal_of(invoice: Invoice) -> int:
    return sum(many * cents for _, many, cents in invoice[3])


def standard_discount(invoice: Invoice) -> int:
    pieces = sum(many for _, many, _ in invoice[3])
    return {
        "regular": 0,
        "loyal": subtotal_of(invoice) * 5 // 100,
        "bulk": subtotal_of(invoice) // 10 if pieces >= 100 else 0,
    }[invoice[2]]


def text_of(invoice: Invoice, total: int) -> str:
    lines = "".join(f"\n{many} x {title}: {cents / 100:.2f}" for title, many, cents in invoice[3])
    return f"Invoice {invoice[0]}{lines}\nTotal: {total / 100:.2f}"


def html_of(invoice: Invoice, total: int) -> str:
    rows = [f"<li>{many} x {html.escape(title)}</li>" for title, many, _ in invoice[3]]
    return f"<h1>Invoice {invoice[0]}</h1><ul>{''.join(rows)}</ul><p>{total / 100:.2f}</p>"


def message_of(channel: str, invoice: Invoice, text: str) -> str:
    return email_of(invoice, text) if channel == "email" else f"{invoice[1]} {text[:40]}"


def email_of(invoice: Invoice, text: str) -> str:
    message = EmailMessage()
    message["To"], message["Subject"] = invoice[1], f"Invoice {invoice[0]}"
    message.set_content(text)
    return message.as_string()


def fault_of(invoice: Invoice) -> str:
    """The text of the first fault, empty where there is none."""
    number, customer, _, lines = invoice
    faults = [f"invalid number: {number}"] if number < 1 else []
    faults += [f"invalid customer: {customer}"] if "@" not in customer else []
    faults += [] if lines else ["no lines"]
    faults += [f"invalid line: {title}" for title, many, cents in lines if many < 1 or cents < 0]
    return faults[0] if faults else ""


def told(invoice: Invoice) -> list[Any]:
    """An invoice as the probe tells it."""
    return [*invoice[:3], tuple(map(tuple, invoice[3]))]


# ---- what is drawn ----------------------------------------------------------------------------------------------
#
# What standard parts say is for the criterion `kept` alone: elsewhere, a step that they had a part in counts as far as
# it ended well, so that one mistake costs points once.

WORDS = st.from_regex(r"[a-z]{3,7}", fullmatch=True).filter(lambda word: not any(word in keys for keys in STANDARD))
CUSTOMERS = st.shared(
    st.lists(st.from_regex(r"[a-z]{1,6}@[a-z]{1,6}\.example", fullmatch=True), min_size=2, max_size=2, unique=True),
    key="customers",
)
NUMBERS = st.shared(st.lists(st.integers(1, 2**40), min_size=6, max_size=6, unique=True), key="numbers")
WHATS = st.text("abcXYZ 0é<>&\"'", min_size=1, max_size=9)
MANY = st.integers(1, 9) | st.integers(1, 120)
CENTS = st.integers(1, 999) | st.integers(0, 10**6)
LINES = st.lists(st.tuples(WHATS, MANY, CENTS).map(list), min_size=1, max_size=3)
FACTORS = st.integers(1, 900)
EXCEPTIONS = st.sampled_from(["Scripted", "Halt", "ValueError", "KeyError", "OSError", "NotImplementedError"])


@st.composite
def keyed(draw: st.DrawFn, standard: list[str], values: st.SearchStrategy[Any]) -> Pairs:
    """Parts under one or two new keys, and in place of some standard parts, if any are named."""
    keys = draw(st.lists(WORDS, min_size=1, max_size=2, unique=True))
    if standard:
        keys += draw(st.lists(st.sampled_from(standard), min_size=1, unique=True))
    return [[key, draw(values)] for key in draw(st.permutations(keys))]


def keys_of(pairs: Pairs, standard: list[str]) -> list[str]:
    return list(dict.fromkeys([*standard, *(key for key, _ in pairs)]))


@st.composite
def invoices(draw: st.DrawFn, kinds: list[str]) -> list[Invoice]:
    """One of each kind, in any order; numbers of six, customers of two."""
    numbers, customers = draw(NUMBERS), draw(CUSTOMERS)
    return [
        [number, draw(st.sampled_from(customers)), kind, draw(LINES)]
        for number, kind in zip(numbers, draw(st.permutations(kinds)), strict=False)
    ]


class Case(NamedTuple):
    """What the probe is asked to run."""

    brought: Brought
    stock: list[Invoice]
    program: list[list[Any]]


@st.composite
def cases(
    draw: st.DrawFn,
    *,
    discounts: bool = False,
    renderers: bool = False,
    notifiers: bool = False,
    over: tuple[list[str], ...] = (),
    standard: bool = True,
    issues: bool = True,
) -> Case:
    """Programs with brought parts. Every kind is issued (or in stock), every format shown, every channel used.

    Only what is in `over` is replaced: whoever cannot replace anything loses `extension`, and nothing else.
    """
    brought = Brought(
        draw(keyed(KINDS if KINDS in over else [], FACTORS)) if discounts else [],
        draw(keyed(FORMATS if FORMATS in over else [], WORDS)) if renderers else [],
        draw(keyed(CHANNELS if CHANNELS in over else [], WORDS)) if notifiers else [],
    )
    kinds, formats, channels = (
        keys_of(pairs, keys if standard else []) for pairs, keys in zip(brought, STANDARD, strict=True)
    )
    stock = draw(invoices(kinds))
    numbers = st.sampled_from([invoice[0] for invoice in stock])
    program = [["issue", invoice] for invoice in stock] if issues else []
    steps = [["owed", customer] for customer in draw(CUSTOMERS)]
    steps += [["show", draw(numbers), form] for form in (formats if renderers else [])]
    steps += [["send", draw(numbers), draw(st.sampled_from(formats)), channel] for channel in channels if notifiers]
    return Case(brought, [] if issues else stock, [*program, *draw(st.permutations(steps))])


def answers(
    submission: SubmissionHandle, case: Case, how: str = "standard", stores: str = "one", fails: Pairs = EMPTY
) -> list[list[Any]]:
    """Let the probe run a case; the calls that came to `send` are left out."""
    seen = submission.call("run", how, stores, [list(pairs) for pairs in case.brought], case.stock, case.program, fails)
    steps = [step for step in case.program if step[0] != "arrive"]
    assert isinstance(seen.value, list)
    assert len(seen.value) == len(steps)
    return [list(outcome) for outcome in seen.value]


def modelled(case: Case, *, keeps: bool = True, standard: bool = True, fails: Pairs = EMPTY) -> list[Step]:
    stock = {invoice[0]: invoice for invoice in case.stock}
    return Model(case.brought, stock, keeps, standard, fails).run(case.program)


def asked(case: Case) -> list[list[Any]]:
    return [step for step in case.program if step[0] != "arrive"]


def agree_on_results(seen: list[list[Any]], case: Case, expected: list[Step]) -> None:
    """Compare how steps ended; where a standard part took part, whether they ended well."""
    for (ending, _), step, right in zip(seen, asked(case), expected, strict=True):
        if right.plain:
            assert ending == right.ending, step
        else:
            assert ending[:1] == right.ending[:1], step


def agree_on_calls(seen: list[list[Any]], case: Case, expected: list[Step], *roles: str) -> None:
    """Compare the calls of parts in these roles: in order, but for those of `owed`."""
    for (_, calls), step, right in zip(seen, asked(case), expected, strict=True):
        came, due = ([call for call in calls if call[0] in roles] for calls in (calls, right.calls))
        if step[0] == "owed":
            came, due = sorted(came, key=repr), sorted(due, key=repr)
        assert came == due, step


# ---- extension --------------------------------------------------------------------------------------------------


@criterion(
    "extension", weight=3, hint="Look the kind up in a mapping; let what the caller brings replace what is there."
)
@given(case=cases(discounts=True, over=(KINDS,)))
def test_brought_discounts_price(submission: SubmissionHandle, case: Case) -> None:
    """The caller's discount prices the invoices of its kind, whether the kind is new or a standard one."""
    agree_on_results(answers(submission, case), case, modelled(case))


@criterion("extension", weight=3, hint="Look the format up in a mapping; the renderer gets the invoice and its total.")
@given(case=cases(renderers=True, over=(FORMATS,)))
def test_brought_renderers_show(submission: SubmissionHandle, case: Case) -> None:
    """The caller's renderer shows invoices in its format, whether the format is new or a standard one."""
    agree_on_results(answers(submission, case), case, modelled(case))


@criterion("extension", weight=3, hint="Look the channel up in a mapping; the notifier gets the invoice and the text.")
@given(case=cases(renderers=True, notifiers=True, over=(CHANNELS,)))
def test_brought_notifiers_send(submission: SubmissionHandle, case: Case) -> None:
    """The caller's notifier gets what is sent by its channel, whether the channel is new or a standard one."""
    seen = answers(submission, case)
    for (ending, calls), step, right in zip(seen, asked(case), modelled(case), strict=True):
        if step[0] == "send":
            assert ending[:1] == ["gave"], step
            came, due = (
                [call for call in calls if call[0] in ("notify", "sent")][-1:] for calls in (calls, right.calls)
            )
            depth = 4 if right.plain else 1 if due[0][0] == "sent" else 3
            assert [call[:depth] for call in came] == [call[:depth] for call in due], step


@criterion("extension", weight=3, hint="Look up every part on its own: no part knows which others there are.")
@given(case=cases(discounts=True, renderers=True, notifiers=True, over=STANDARD))
def test_parts_of_every_kind_work_together(submission: SubmissionHandle, case: Case) -> None:
    """The caller's discounts, renderers and notifiers work with each other and with the standard ones."""
    seen, expected = answers(submission, case), modelled(case)
    agree_on_results(seen, case, expected)
    for (_, calls), step, right in zip(seen, asked(case), expected, strict=True):
        if step[0] == "send" and right.plain:
            assert [call for call in calls if call[0] == "notify"][-1:] == right.calls[-1:], step


@criterion("extension", weight=2, hint="Ask each part once, and only those that the operation is about.")
@given(case=cases(discounts=True, renderers=True, notifiers=True, standard=False))
def test_parts_are_asked_once(submission: SubmissionHandle, case: Case) -> None:
    """Each operation calls the discount, renderer and notifier that it needs, each once, and no others."""
    agree_on_calls(answers(submission, case), case, modelled(case), "discount", "render", "notify")


@st.composite
def lacking(draw: st.DrawFn) -> Case:
    """Steps that name a part that nobody has brought, a standard one among them, beside steps that do not."""
    case = draw(cases(discounts=True, renderers=True, notifiers=True, standard=False))
    kinds, formats, channels = ([key for key, _ in pairs] for pairs in case.brought)
    known = {*kinds, *formats, *channels}
    unknown = [draw(st.sampled_from(keys) | WORDS.filter(lambda word: word not in known)) for keys in STANDARD]
    number, customer = case.program[0][1][:2]
    bad = [
        ["issue", [number, customer, unknown[0], draw(LINES)]],
        ["show", number, unknown[1]],
        ["send", number, unknown[1], draw(st.sampled_from(channels))],
        ["send", number, draw(st.sampled_from(formats)), unknown[2]],
    ]
    return case._replace(program=[*case.program, *draw(st.permutations(bad)), ["show", number, formats[0]]])


@criterion("extension", weight=3, hint="`Invoicing` has no part of its own: what it was not given, it does not know.")
@given(case=lacking())
def test_parts_that_nobody_brought_are_unknown(submission: SubmissionHandle, case: Case) -> None:
    """A kind, format or channel without a part raises ValueError with today's text; nothing is saved or sent."""
    seen, expected = answers(submission, case, "alone"), modelled(case, standard=False)
    for (ending, calls), step, right in zip(seen, asked(case), expected, strict=True):
        assert ending == right.ending, step
        if ending[0] == "raised":
            assert [call for call in calls if call[0] in ("save", "notify")] == [], step


@st.composite
def generous(draw: st.DrawFn) -> Case:
    """Discounts of about everything, and of more."""
    case = draw(cases(discounts=True, standard=False))
    factors = [draw(st.sampled_from([999, 1000, 1001, 1500]) | st.integers(900, 5000)) for _ in case.brought.discounts]
    factors[0] = draw(st.integers(1100, 5000))
    pairs = [[key, factor] for (key, _), factor in zip(case.brought.discounts, factors, strict=True)]
    return case._replace(brought=case.brought._replace(discounts=pairs))


@criterion("extension", weight=1, hint="max(0, ...)")
@given(case=generous())
def test_totals_are_never_below_zero(submission: SubmissionHandle, case: Case) -> None:
    """A discount of more than the subtotal makes a total of 0."""
    agree_on_results(answers(submission, case, "alone"), case, modelled(case, standard=False))


# ---- inversion --------------------------------------------------------------------------------------------------


@criterion(
    "inversion", weight=8, hint="invoicing.py never imports manager.py or what details need, not even inside functions."
)
@given(case=cases(discounts=True, renderers=True, notifiers=True, standard=False))
def test_the_rules_run_without_the_details(submission: SubmissionHandle, case: Case) -> None:
    """The rules work where manager.py, sqlite3, email and html do not exist, and import none of these libraries."""
    bare = submission.without("manager.py")
    assert bare.call("details_among_the_rules") == []
    agree_on_results(answers(bare, case, "alone"), case, modelled(case, standard=False))


@st.composite
def changing(draw: st.DrawFn) -> Case:
    """Invoices that change in the reader between two looks at them."""
    case = draw(cases(discounts=True, renderers=True, standard=False, issues=False))
    formats = [key for key, _ in case.brought.renderers]
    looks: list[Any] = []
    for invoice in case.stock:
        other = draw(st.sampled_from(draw(CUSTOMERS)))
        arrived = [invoice[0], other, draw(st.sampled_from(case.brought.discounts))[0], draw(LINES)]
        looks += [["show", invoice[0], draw(st.sampled_from(formats))], ["arrive", arrived]]
        looks.append(["show", invoice[0], draw(st.sampled_from(formats))])
    owed = [["owed", customer] for customer in draw(CUSTOMERS)]
    return case._replace(program=[*owed, *looks, *owed])


@criterion("inversion", weight=2, hint="Ask the reader each time; keep no invoice.")
@given(case=changing())
def test_the_reader_is_what_counts(submission: SubmissionHandle, case: Case) -> None:
    """Whatever the caller's reader returns is used, even if it differs from what it returned before."""
    agree_on_results(answers(submission, case, "alone"), case, modelled(case, standard=False))


ROLES = {
    "issue": ["discount", "save"],
    "show": ["load", "discount", "render"],
    "send": ["load", "discount", "render", *["notify"] * 4],
    "owed": ["numbers", "load", "discount"],
}


@st.composite
def failing(draw: st.DrawFn) -> tuple[Case, list[list[Any]]]:
    """Programs in which parts fail in about every other step, as `[step, role, exception]`."""
    case = draw(cases(discounts=True, renderers=True, notifiers=True, standard=False, issues=False))
    formats, channels = ([key for key, _ in pairs] for pairs in case.brought[1:])
    numbers = st.sampled_from([invoice[0] for invoice in case.stock])
    steps: list[list[Any]] = [["issue", invoice] for invoice in case.stock]
    steps += [["owed", case.stock[0][1]], ["show", draw(numbers), draw(st.sampled_from(formats))]]
    steps += [["send", draw(numbers), draw(st.sampled_from(formats)), channel] for channel in channels]
    program = draw(st.permutations([*steps, *steps]))
    fails: list[list[Any]] = []
    for kind in ROLES:
        first, *others = [number for number, step in enumerate(program) if step[0] == kind]
        for number in [first, *(number for number in others if draw(st.booleans()))]:
            fails.append([number, draw(st.sampled_from(ROLES[kind])), draw(EXCEPTIONS)])
    return case._replace(program=program), fails


@criterion("inversion", weight=2, hint="Catch nothing that a part raises, and save last.")
@given(planned=failing())
def test_failures_of_parts_pass_through(submission: SubmissionHandle, planned: tuple[Case, list[list[Any]]]) -> None:
    """Whatever a part raises reaches the caller unchanged, and no further part is called."""
    case, fails = planned
    seen, expected = answers(submission, case, "alone", fails=fails), modelled(case, standard=False, fails=fails)
    for (ending, calls), step, right in zip(seen, asked(case), expected, strict=True):
        assert ending[:2] == right.ending[:2] or ending[0] == right.ending[0] == "gave", step
        if ending[0] == "raised":
            roles = [call[0] for call in calls]
            assert {"save", "notify"}.intersection(roles) <= {call[0] for call in right.calls}, step
            assert roles.index(right.calls[-1][0]) == len(roles) - 1, step


@st.composite
def faulty(draw: st.DrawFn) -> Case:
    """Invoices with one fault each, among them ones of a kind that nobody has brought."""
    case = draw(cases(discounts=True, standard=False))
    number, customer, kind, lines = case.program[0][1]
    bad = [
        ["issue", [draw(st.sampled_from([0, -number])), customer, kind, lines]],
        ["issue", [number, draw(WORDS), kind, lines]],
        ["issue", [number, customer, kind, []]],
        ["issue", [number, customer, kind, [*lines, [draw(WHATS), draw(st.integers(-9, 0)), 5]]]],
        ["issue", [number, customer, kind, [[draw(WHATS), 1, -1], *lines]]],
    ]
    return case._replace(program=draw(st.permutations([*case.program, *bad])))


@criterion("inversion", weight=2, hint="Which invoices are valid is a rule: check them in `Invoicing.issue`, first.")
@given(case=faulty())
def test_the_rules_check_invoices(submission: SubmissionHandle, case: Case) -> None:
    """An invalid invoice raises ValueError with the caller's parts as well, and no part is called."""
    seen, expected = answers(submission, case, "alone"), modelled(case, standard=False)
    for (ending, calls), step, right in zip(seen, asked(case), expected, strict=True):
        assert ending[:2] == right.ending[:2] or ending[0] == right.ending[0] == "gave", step
        if step[0] == "issue" and right.ending[0] == "raised":
            assert calls == [], step


class Renamed(NamedTuple):
    """A program with the standard parts, and the same one where these have other keys."""

    program: list[list[Any]]
    keys: dict[str, str]
    renamed: list[list[Any]]


@st.composite
def renamed(draw: st.DrawFn) -> Renamed:
    """Everything that standard parts do, each of them at least once."""
    known = [*KINDS, *FORMATS, *CHANNELS]
    keys = dict(zip(known, draw(st.lists(WORDS, min_size=7, max_size=7, unique=True)), strict=True))
    stock = draw(invoices(KINDS))
    numbers = st.sampled_from([invoice[0] for invoice in stock])
    looks = [["show", invoice[0], form] for invoice in stock for form in FORMATS]
    looks += [["send", draw(numbers), draw(st.sampled_from(FORMATS)), channel] for channel in CHANNELS]
    looks += [["owed", customer] for customer in draw(CUSTOMERS)]
    program = [*(["issue", invoice] for invoice in stock), *draw(st.permutations(looks))]
    again: list[list[Any]] = []
    for step in program:
        match step:
            case ["issue", [number, customer, kind, lines]]:
                again.append(["issue", [number, customer, keys[kind], lines]])
            case [name, number, *named]:
                again.append([name, number, *(keys[key] for key in named)])
            case _:
                again.append(step)
    return Renamed(program, keys, again)


MADE_BY = {"standard": "standard(...)", "manager": "InvoiceManager(...)"}


@criterion(
    "inversion",
    weight=6,
    hint="Give `Invoicing` the standard parts like any others; let each do its own work.",
)
@given(case=renamed())
def test_standard_parts_are_parts(submission: SubmissionHandle, case: Renamed) -> None:
    """The standard parts do the same in another Invoicing, under other keys, each behind a part that delegates to
    it.
    """
    for how in ("standard", "manager"):
        seen = submission.call("taken_apart", how, case.program, case.keys, case.renamed)
        assert isinstance(seen.value, list)
        assert len(seen.value) == 3
        overridden, whole, apart = seen.value
        assert overridden == [], f"{MADE_BY[how]} makes an object whose class has these methods of its own"
        assert isinstance(whole, list)
        assert isinstance(apart, list)
        assert len(whole) == len(apart) == len(case.program)
        for step, (ending, calls), (again, later) in zip(case.program, whole, apart, strict=True):
            assert ending[0] == "gave", step
            assert again == ending, step
            if step[0] == "show":  # what else is in it is another promise
                assert isinstance(ending[1], str)
                assert str(step[1]) in ending[1], step
            assert [call for call in later if call[0] == "sent"] == [call for call in calls if call[0] == "sent"], step


# ---- substitution -----------------------------------------------------------------------------------------------


@st.composite
def stored(draw: st.DrawFn) -> list[list[Any]]:
    """Save a few invoices, some of them again with other content, and look at everything."""
    numbers = draw(NUMBERS)
    kinds = st.sampled_from(KINDS) | WORDS
    places = [*draw(st.permutations(range(4))), *draw(st.lists(st.integers(0, 3), min_size=1, max_size=2))]
    customer = st.sampled_from(draw(CUSTOMERS))
    program: list[list[Any]] = []
    for place in places:
        program.append(["save", [numbers[place], draw(customer), draw(kinds), draw(LINES)]])
        looks: list[list[Any]] = [
            ["numbers"],
            ["load", numbers[place]],
            ["load", draw(st.sampled_from(numbers))],
            ["load", numbers[5]],
        ]
        program += draw(st.permutations(looks))[: draw(st.integers(1, 3))]
    return [*program, ["numbers"], *(["load", number] for number in numbers)]


def keeping(program: list[list[Any]]) -> list[Any]:
    """What a store gives, and what an archive of it gives."""
    kept: dict[int, Invoice] = {}
    endings: list[Any] = []
    for step in program:
        match step:
            case ["save", invoice]:
                kept[invoice[0]] = invoice
                endings.append(["gave", None])
            case ["write", _]:
                endings.append(["raised", "AttributeError", []])
            case ["load", number]:
                endings.append(["gave", told(kept[number])] if number in kept else ["raised", "KeyError", [number]])
            case _:
                endings.append(["gave", sorted(kept)])
    return endings


def agree_on_store(seen: Any, program: list[list[Any]]) -> None:
    right = keeping(program)
    assert isinstance(seen.value, list)
    assert len(seen.value) == len(right)
    for step, ending, expected in zip(program, seen.value, right, strict=True):
        assert ending == expected, step


@criterion(
    "substitution", weight=2, hint="A MemoryStore answers as a SqliteStore does, even when it is asked for nothing."
)
@given(program=stored())
def test_the_memory_store_is_like_the_others(submission: SubmissionHandle, program: list[list[Any]]) -> None:
    """A MemoryStore replaces, loads, refuses and lists exactly as the SqliteStore does."""
    agree_on_store(submission.call("keep", "memory", program), program)


@criterion("substitution", weight=3, hint="An Archive hands each question on to the reader that it was given.")
@given(program=stored(), kind=st.sampled_from(["memory", "sqlite", "brought"]), depth=st.integers(1, 2))
def test_an_archive_is_like_what_it_reads(
    submission: SubmissionHandle, program: list[list[Any]], kind: str, depth: int
) -> None:
    """An Archive of any reader, including one of ours or another archive, answers as that reader does at that
    moment.
    """
    agree_on_store(submission.call("archive", kind, depth, program), program)


# ---- segregation ------------------------------------------------------------------------------------------------


@criterion(
    "segregation", weight=2, hint="Ask the reader to read and the writer to write, and neither for anything else."
)
@given(case=cases(discounts=True, renderers=True, standard=False), extra=st.data())
def test_reader_and_writer_are_two(submission: SubmissionHandle, case: Case, extra: st.DataObject) -> None:
    """A reader that cannot write and a writer that cannot read are all that is needed."""
    stock = extra.draw(invoices([key for key, _ in case.brought.discounts]))
    free = case.brought._replace(discounts=[[key, 0] for key, _ in case.brought.discounts])
    apart = case._replace(brought=free, stock=stock)
    stores = extra.draw(st.sampled_from(["two", "archive"]))
    how = extra.draw(st.sampled_from(["alone", "standard"]))
    agree_on_results(
        answers(submission, apart, how, stores), apart, modelled(apart, keeps=False, standard=how == "standard")
    )


@criterion(
    "segregation", weight=2, hint="`issue` reads nothing, the others write nothing, and nothing is loaded twice."
)
@given(case=cases(discounts=True, renderers=True, notifiers=True, standard=False))
def test_stores_are_asked_for_what_is_needed(submission: SubmissionHandle, case: Case) -> None:
    """Each operation loads, lists and saves exactly what it needs, once."""
    twice = case._replace(program=[*case.program, *case.program])
    agree_on_calls(answers(submission, twice, "alone"), twice, modelled(twice), "load", "numbers", "save")


@st.composite
def writing(draw: st.DrawFn) -> list[list[Any]]:
    """Attempts to save in an archive."""
    program: list[list[Any]] = []
    for step in draw(stored()):
        program.append(step)
        if step[0] == "save" and draw(st.booleans()):
            program.append(["write", [step[1][0], *draw(invoices(KINDS))[0][1:]]])
    invoice = draw(invoices(KINDS))[0]
    return [*program, ["write", invoice], ["numbers"], ["load", invoice[0]]]


@criterion("segregation", weight=1, hint="Do not offer what cannot be done: an Archive has no `save`.")
@given(program=writing(), kind=st.sampled_from(["memory", "sqlite", "brought"]))
def test_an_archive_cannot_be_asked_to_save(submission: SubmissionHandle, program: list[list[Any]], kind: str) -> None:
    """An Archive has no `save`, so nobody has to refuse it; attempting it changes nothing."""
    seen = submission.call("archive", kind, 1, program)
    assert isinstance(seen.value, list)
    assert len(seen.value) == len(program)
    for step, ending, right in zip(program, seen.value, keeping(program), strict=True):
        if step[0] == "write":
            assert ending == right, step


# ---- kept -------------------------------------------------------------------------------------------------------


@st.composite
def pieces(draw: st.DrawFn, total: int) -> list[list[Any]]:
    """One or two lines of so many pieces."""
    first = draw(st.integers(1, total - 1) | st.just(total))
    amounts = [first, total - first] if first < total else [first]
    return [[draw(WHATS), many, draw(CENTS)] for many in amounts]


@st.composite
def priced(draw: st.DrawFn) -> list[list[Any]]:
    """An invoice of each kind, three of them bulk at the edge, some of them replaced."""
    numbers, customers = draw(NUMBERS), st.sampled_from(draw(CUSTOMERS))
    lines = [draw(LINES), draw(LINES), *(draw(pieces(total)) for total in (99, 100, 101))]
    kinds = ["regular", "loyal", "bulk", "bulk", "bulk"]
    issued = [
        ["issue", [number, draw(customers), kind, own]]
        for number, kind, own in zip(numbers, kinds, lines, strict=False)
    ]
    again = ["issue", [draw(st.sampled_from(numbers)), draw(customers), draw(st.sampled_from(KINDS)), draw(LINES)]]
    owed = [["owed", customer] for customer in [*draw(CUSTOMERS), "nobody@example.org"]]
    return [*draw(st.permutations(issued)), *owed, again, *owed]


def agree_on_old(submission: SubmissionHandle, how: str, program: list[list[Any]], *roles: str) -> None:
    """Compare endings with today's, or the calls of these roles. `how` is "manager" or "standard"."""
    seen = submission.call("old", how, program)
    assert isinstance(seen.value, list)
    assert len(seen.value) == len(program)
    for (ending, calls), step, right in zip(
        seen.value, program, Model(Brought([], [], []), {}).run(program), strict=True
    ):
        if roles:
            assert [call for call in calls if call[0] in roles] == [call for call in right.calls if call[0] in roles], (
                step
            )
        else:
            assert ending == right.ending, step


@criterion("kept", weight=3, hint="Today's numbers: 5 %, and 10 % from 100 pieces on, rounded down.")
@given(program=priced())
def test_old_kinds_cost_what_they_did(submission: SubmissionHandle, program: list[list[Any]]) -> None:
    """What InvoiceManager and the standard parts issue, and what customers owe, is priced as before."""
    for how in ("manager", "standard"):
        agree_on_old(submission, how, program)


@st.composite
def shown(draw: st.DrawFn) -> list[list[Any]]:
    """Regular invoices, so that their prices are no question, in both formats."""
    issued = draw(invoices(["regular"] * 3))
    shows = [["show", invoice[0], form] for invoice in issued for form in FORMATS]
    return [*(["issue", invoice] for invoice in issued), *draw(st.permutations(shows))]


@criterion("kept", weight=2, hint="Move the code of each format as it is, including the escaping.")
@given(program=shown())
def test_old_formats_look_as_they_did(submission: SubmissionHandle, program: list[list[Any]]) -> None:
    """InvoiceManager and the standard parts show the same text and the same HTML as before, byte for byte."""
    for how in ("manager", "standard"):
        agree_on_old(submission, how, program)


@st.composite
def sent(draw: st.DrawFn) -> list[list[Any]]:
    """Regular invoices sent in both ways, as text."""
    issued = draw(invoices(["regular"] * 3))
    sends = [["send", invoice[0], "text", channel] for invoice in issued for channel in CHANNELS]
    return [*(["issue", invoice] for invoice in issued), *draw(st.permutations(sends))]


@criterion("kept", weight=2, hint="Move the code of each channel as it is.")
@given(program=sent())
def test_old_channels_send_what_they_did(submission: SubmissionHandle, program: list[list[Any]]) -> None:
    """InvoiceManager and the standard parts give the same messages to `send` as before, once each, byte for byte."""
    for how in ("manager", "standard"):
        agree_on_old(submission, how, program, "sent")


@st.composite
def mixed(draw: st.DrawFn) -> Case:
    """Invoices of every kind, some of them brought, shown and sent in every standard way and in a brought format."""
    case = draw(cases(discounts=True, renderers=True, over=(KINDS,)))
    formats = keys_of(case.brought.renderers, FORMATS)
    program = [step for step in case.program if step[0] == "issue"]
    for _, invoice in list(program):
        program += [["show", invoice[0], form] for form in formats]
        program += [["send", invoice[0], draw(st.sampled_from(formats)), channel] for channel in CHANNELS]
    return case._replace(program=program)


@criterion("kept", weight=2, hint="A renderer shows the total, and a notifier sends the text, that it is given.")
@given(case=mixed())
def test_old_parts_use_what_they_are_given(submission: SubmissionHandle, case: Case) -> None:
    """Standard formats show the total of any discount, and standard channels send the text of any format."""
    old = case._replace(program=[step for step in case.program if step[0] == "issue" or step[2] in FORMATS])
    old = old._replace(program=[step for step in old.program if step[0] != "issue" or step[1][2] in KINDS])
    there = {step[1][0] for step in old.program if step[0] == "issue"}
    old = old._replace(program=[step for step in old.program if step[0] == "issue" or step[1] in there])
    agree_on_what_is_given(submission.call("old", "manager", old.program).value, old.program)
    agree_on_what_is_given(answers(submission, case), case.program)


def agree_on_what_is_given(seen: Any, program: list[list[Any]]) -> None:
    """Compare what is shown by the totals that were returned before, and what is sent by the texts that were shown."""
    invoices: dict[int, Invoice] = {}
    totals: dict[int, Any] = {}
    texts: dict[tuple[int, str], Any] = {}
    assert isinstance(seen, list)
    assert len(seen) == len(program)
    for (ending, calls), step in zip(seen, program, strict=True):
        match step, ending:
            case ["issue", invoice], ["gave", total]:
                invoices[invoice[0]], totals[invoice[0]] = invoice, total
            case ["show", number, form], ["gave", text]:
                texts[number, form] = text
                if form in FORMATS and number in totals:
                    right = text_of if form == "text" else html_of
                    assert text == right(invoices[number], totals[number]), step
            case ["send", number, form, channel], ["gave", _] if number in totals and (number, form) in texts:
                assert [call for call in calls if call[0] == "sent"] == [
                    ["sent", message_of(channel, invoices[number], texts[number, form])]
                ], step
            case _:
                continue


@st.composite
def refused(draw: st.DrawFn) -> list[list[Any]]:
    """Invoices with one fault or several, what is unknown, and what is fine, then what is there."""
    numbers, customers = draw(NUMBERS), st.sampled_from(draw(CUSTOMERS))
    program: list[list[Any]] = [["issue", [numbers[0], draw(customers), "regular", draw(LINES)]]]
    whats = draw(st.lists(WHATS, min_size=3, max_size=3))
    bad_line = st.sampled_from([0, -1, -7]).map(lambda many: [whats[0], many, 5]) | st.just([whats[1], 3, -1])
    for place, fault in enumerate(draw(st.permutations(["number", "customer", "empty", "line", "kind"]))):
        also = draw(st.sets(st.sampled_from(["number", "customer", "empty", "line", "kind"]), max_size=2)) | {fault}
        number = draw(st.sampled_from([0, -numbers[place]])) if "number" in also else numbers[place]
        customer = draw(WORDS) if "customer" in also else draw(customers)
        lines = [*draw(LINES), draw(bad_line), *draw(st.lists(bad_line, max_size=1))] if "line" in also else draw(LINES)
        kind = draw(WORDS) if "kind" in also else draw(st.sampled_from(KINDS))
        program.append(["issue", [number, customer, kind, [] if "empty" in also else lines]])
    program += [
        ["issue", [1, draw(customers), "regular", [[whats[2], 1, 0]]]],
        ["show", numbers[1], draw(st.sampled_from(FORMATS))],
        ["show", numbers[0], draw(WORDS)],
        ["send", numbers[0], "text", draw(WORDS)],
    ]
    return [*program, *(["owed", customer] for customer in draw(CUSTOMERS)), ["show", numbers[0], "text"]]


@criterion("kept", weight=2, hint="Check in today's order, with today's texts, before anything is saved.")
@given(program=refused())
def test_old_refusals_are_the_same(submission: SubmissionHandle, program: list[list[Any]]) -> None:
    """What InvoiceManager refused, it still refuses, with the same error and text, and nothing of it is kept."""
    agree_on_old(submission, "manager", program)


@criterion("kept", weight=2, hint="Turn lines back into tuples after they were text.")
@given(program=stored(), kind=st.sampled_from(["sqlite", "again"]))
def test_the_file_store_does_what_it_did(submission: SubmissionHandle, program: list[list[Any]], kind: str) -> None:
    """A SqliteStore replaces, loads, refuses and lists as before, even after the file is reopened."""
    agree_on_store(submission.call("keep", kind, program), program)


@criterion("kept", weight=2, hint="Leave the table and the text in it as they are.")
@given(data=st.data())
def test_old_files_are_read_and_written(submission: SubmissionHandle, data: st.DataObject) -> None:
    """Files written by today's code can be read, and today's code can read what is written."""
    before = data.draw(invoices(["regular"] * 3))
    after = data.draw(st.permutations(data.draw(invoices(["regular"] * 4))))[:2]
    customer = before[0][1]
    there = {invoice[0]: invoice for invoice in [*before, *after]}
    owed = sum(subtotal_of(invoice) for invoice in there.values() if invoice[1] == customer)
    assert submission.call("files", before, after, customer) == [
        [["gave", text_of(invoice, subtotal_of(invoice))] for invoice in before],
        [["gave", subtotal_of(invoice)] for invoice in after],
        ["gave", owed],
        [there[number] for number in sorted(there)],
    ]
