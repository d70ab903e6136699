"""Hidden suite of architecture/domain_driven_design: drawn programs, run on the submission and on a model out here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

Step = list[Any]
Steps = list[Step]

# ---- the model --------------------------------------------------------------------------------------------------


class Ended(Exception):
    """A step of the model's program raised the class of that name."""

    def __init__(self, *words: str) -> None:
        self.ending = ["raised", *words]


@dataclass
class Order:
    """An order as the brief describes it; also a copy of one, and what the repository keeps."""

    ident: str
    limit: int
    currency: str
    lines: dict[str, tuple[int, int]] = field(default_factory=dict)
    status: str = "draft"
    version: int = 0
    events: list[Any] = field(default_factory=list)

    def copy(self) -> Order:
        return Order(self.ident, self.limit, self.currency, dict(self.lines), self.status, self.version)

    def money(self, amount: int) -> list[Any]:
        return ["Money", amount, self.currency]

    def total(self) -> int:
        return sum(quantity * price for quantity, price in self.lines.values())

    def state(self) -> list[Any]:
        lines = [
            ["Line", sku, quantity, self.money(price), self.money(quantity * price)]
            for sku, (quantity, price) in self.lines.items()
        ]
        limit, total = self.money(self.limit), self.money(self.total())
        return [self.ident, limit, lines, total, self.status, self.version]

    def add(self, sku: str, quantity: int, price: list[Any]) -> None:
        _, amount, currency = price
        held, known = self.lines.get(sku, (0, amount))
        self.refuse_if(self.status != "draft")
        self.refuse_if(quantity < 1 or amount < 0 or currency != self.currency or known != amount)
        self.refuse_if(self.total() + quantity * amount > self.limit)
        self.lines[sku] = held + quantity, amount
        self.events.append(["LineChanged", self.ident, sku, held + quantity])

    def change(self, pairs: list[list[Any]]) -> None:
        wanted = dict(pairs)
        self.refuse_if(self.status != "draft")
        self.refuse_if(any(sku not in self.lines or quantity < 0 for sku, quantity in wanted.items()))
        lines = {sku: (wanted.get(sku, held), price) for sku, (held, price) in self.lines.items()}
        self.refuse_if(sum(quantity * price for quantity, price in lines.values()) > self.limit)
        changed = [[sku, quantity] for sku, quantity in wanted.items() if lines[sku] != self.lines[sku]]
        self.events += [["LineChanged", self.ident, *pair] for pair in changed]
        self.lines = {sku: line for sku, line in lines.items() if line[0]}

    def place(self) -> None:
        self.refuse_if(self.status != "draft" or not self.lines)
        self.status = "placed"
        self.events.append(["OrderPlaced", self.ident, self.money(self.total())])

    def cancel(self) -> None:
        self.refuse_if(self.status == "cancelled")
        self.status = "cancelled"
        self.events.append(["OrderCancelled", self.ident])

    def refuse_if(self, broken: bool) -> None:
        if broken:
            raise Ended("Refused")


@dataclass
class Model:
    """A repository, the orders that clerks hold, and what was delivered."""

    scripts: list[Steps]
    held: dict[str, Order] = field(default_factory=dict)
    stored: dict[str, Order] = field(default_factory=dict)
    elsewhere: dict[str, Order] = field(default_factory=dict)
    delivered: list[Any] = field(default_factory=list)
    deliveries: int = 0

    def step(self, step: Step) -> list[Any]:
        above, self.delivered = self.delivered, []
        try:
            ending = ["gave", self.perform(*step)]
        except Ended as error:
            ending = error.ending if error.ending[1:] else ["skipped"]
        delivered, self.delivered = self.delivered, above
        return [ending, delivered]

    def perform(self, what: str, name: str, *arguments: Any) -> Any:
        match what:
            case "new":
                self.held[name] = Order(arguments[0], *arguments[1][1:])
            case "get":
                self.held[name] = self.of(arguments[0]).copy()
            case "stored":
                return self.of(name).state()
            case "meddle with the repository":
                pass
            case _:
                if name not in self.held:
                    raise Ended
                return self.perform_on(self.held[name], what, arguments)
        return None

    def perform_on(self, order: Order, what: str, arguments: tuple[Any, ...]) -> Any:
        match what:
            case "add" | "change" | "place" | "cancel":
                getattr(order, what)(*arguments)
            case "save":
                self.save(order, self.elsewhere if arguments else self.stored)
            case "look":
                return order.state()
            case "same":
                return [self.likeness(order, self.held.get(name)) for name in arguments[0]]
            case _:
                pass
        return None

    def of(self, ident: str) -> Order:
        if ident not in self.stored:
            raise Ended("KeyError")
        return self.stored[ident]

    @staticmethod
    def likeness(order: Order, other: Order | None) -> Any:
        if other is None:
            return None
        equal = order.ident == other.ident
        return [equal, equal, equal, order is other]

    def save(self, order: Order, stored: dict[str, Order]) -> None:
        if order.version != (stored[order.ident].version if order.ident in stored else 0):
            raise Ended("Stale")
        order.version += 1
        stored[order.ident] = order.copy()
        while order.events:
            self.deliver(order.events.pop(0))

    def deliver(self, event: Any) -> None:
        entry: list[Any] = [event, []]
        self.delivered.append(entry)
        script = self.scripts[self.deliveries] if self.deliveries < len(self.scripts) else []
        self.deliveries += 1
        for step in script:
            if step[0] == "fail":
                raise Ended(*(["Stale"] if step[2:] else ["Scripted", step[1]]))
            entry[1].append(self.step(step))


@dataclass(frozen=True)
class Program:
    """What is run: what each delivery performs, and the steps."""

    steps: Steps
    scripts: list[Steps] = field(default_factory=list)


def agree(submission: SubmissionHandle, program: Program, *, heard: bool = False) -> None:
    """Compare how each step ended; where it is about events, what was delivered as well."""
    model = Model(program.scripts)
    expected = [model.step(step) for step in program.steps]
    trace = submission.call("run", program.scripts, program.steps)
    assert len(trace) == len(expected)
    for step, right, answer in zip(program.steps, expected, trace, strict=True):
        assert answer[0] == right[0], step
        if heard:
            assert answer[1] == right[1], step


# ---- what programs are made of ----------------------------------------------------------------------------------

CURRENCIES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3)
SKUS = st.lists(st.text("abcdefghijklmnop", min_size=1, max_size=6), min_size=5, max_size=5, unique=True)
IDS = st.lists(st.text("PQRSTUVW0123456789-", min_size=1, max_size=8), min_size=3, max_size=3, unique=True)
PRICES = st.integers(1, 10**6) | st.integers(10**20, 10**20 + 10**6)
QUANTITIES = st.integers(1, 9)
FREE = 10**30
"""A limit that nothing reaches."""


@dataclass
class Author:
    """Draws steps: articles with prices, orders with ids."""

    draw: st.DrawFn

    def __post_init__(self) -> None:
        self.currency = self.draw(CURRENCIES)
        self.skus = self.draw(SKUS)
        self.prices = {sku: self.draw(PRICES) for sku in self.skus}
        self.idents = self.draw(IDS)

    def money(self, amount: int) -> list[Any]:
        return ["Money", amount, self.currency]

    def new(self, name: str, ident: str | None = None, limit: int = FREE) -> Step:
        return ["new", name, ident or self.idents[0], self.money(limit)]

    def add(self, name: str, sku: str | None = None, quantity: int | None = None) -> Step:
        sku = sku or self.draw(st.sampled_from(self.skus[:4]))
        return ["add", name, sku, quantity or self.draw(QUANTITIES), self.money(self.prices[sku])]

    def change(self, name: str, skus: list[str] | None = None) -> Step:
        """Set some of the quantities, each to another one than before, most probably."""
        chosen = self.draw(st.permutations(skus or self.skus[:2]))[: self.draw(st.integers(1, 2))]
        return ["change", name, [[sku, self.draw(st.integers(1, 99))] for sku in chosen]]

    def filled(self, name: str, ident: str | None = None, limit: int = FREE) -> Steps:
        """A new order with its first articles."""
        return [self.new(name, ident, limit), *(self.add(name, sku) for sku in self.skus[:2])]

    def edit(self, name: str) -> Step:
        """Something that changes a draft with lines, for sure: one more piece."""
        return self.add(name)

    def turn(self, steps: list[Step], count: int) -> Steps:
        """Some of the steps, in any order."""
        return [self.draw(st.sampled_from(steps)) for _ in range(count)]


def after(steps: Steps, *looks: Step) -> Steps:
    """Look after each step."""
    return [step for own in steps for step in (own, *looks)]


def written(make: Callable[[Author], Program]) -> st.SearchStrategy[Program]:
    """Programs that this function writes."""

    @st.composite
    def drawn(draw: st.DrawFn) -> Program:
        return make(Author(draw))

    return drawn()


def totals(steps: Steps) -> list[int]:
    """What the order comes to after each step, if nothing limits it."""
    model = Model([])
    found = []
    for step in steps:
        model.step(step)
        found.append(model.held["a"].total())
    return found


# ---- invariants -------------------------------------------------------------------------------------------------


def near_the_limit(author: Author) -> Program:
    """Adding and changing one article at a time; the limit is what some step reaches, or one less."""
    steps = author.filled("a")
    for _ in range(8):
        step = author.add("a")
        if author.draw(st.booleans()):
            step = ["change", "a", [[author.draw(st.sampled_from(author.skus[:2])), author.draw(st.integers(1, 20))]]]
        steps.append(step)
    reached = totals(steps)
    near = max(reached[: author.draw(st.integers(3, len(steps)))]) - author.draw(st.sampled_from([0, 0, 1]))
    limit = max(near, reached[2])  # the articles that are changed later are taken
    tight = [["change", "a", [[author.skus[0], 0]]], author.add("a", author.skus[4], 1)]
    return Program(after([author.new("a", limit=limit), *steps[1:], *tight], ["look", "a"]))


@criterion(
    "invariants", weight=2, hint="Check the rule about the whole order wherever a quantity rises, and check it first."
)
@given(program=written(near_the_limit))
def test_a_total_never_exceeds_its_limit(submission: SubmissionHandle, program: Program) -> None:
    """Adding and changing articles never brings the total above the limit; exactly the limit is fine."""
    agree(submission, program)


def at_once(author: Author) -> Program:
    """One article grows and another shrinks: only both together fit; then changes that are wrong in their last part."""
    first, second, third = author.skus[:3]
    size = author.draw(st.integers(3, 9))
    price = author.draw(PRICES)
    author.prices.update(dict.fromkeys((first, second, third), price))
    grow, spare = author.draw(st.integers(2, size - 1)), author.draw(st.integers(0, 1))
    opening = [author.new("a", limit=price * (3 * size + spare) + 1)]
    opening += [author.add("a", sku, size) for sku in (first, second, third)]
    swap = [[first, size + grow + spare], [second, size - grow]]
    wrong = [[author.skus[4], 1], [second, -1], [third, 3 * size + grow + 2], [author.skus[4], 0]]
    steps = [
        ["change", "a", [[third, author.draw(st.integers(0, size))], last]]
        if last[0] != third
        else ["change", "a", [[first, size - 1], last]]
        for last in author.draw(st.permutations(wrong))
    ]
    steps.insert(author.draw(st.integers(0, len(steps))), ["change", "a", swap])
    steps.append(["change", "a", [[second, 0], [third, author.draw(st.integers(1, size))]]])
    steps.append(["change", "a", [[second, 1]]])
    return Program(after([*opening, *steps, author.add("a", second, 1)], ["look", "a"]))


@criterion("invariants", weight=2, hint="Work out the result beside the order, check every rule on it, then adopt it.")
@given(program=written(at_once))
def test_a_change_is_whole_or_not_at_all(submission: SubmissionHandle, program: Program) -> None:
    """`change` is judged by its result, and a refused change leaves no trace."""
    agree(submission, program)


def senseless(author: Author) -> Program:
    """Lines that are refused, each next to one that is taken."""
    sku, other = author.skus[0], author.skus[4]
    price = author.prices[sku]
    foreign = ["Money", price, author.draw(CURRENCIES.filter(lambda currency: currency != author.currency))]
    wrong: Steps = [
        ["add", "a", author.draw(st.sampled_from([sku, other])), 0, author.money(price)],
        ["add", "a", other, -author.draw(QUANTITIES), author.money(price)],
        ["add", "a", sku, -1, author.money(price)],
        ["add", "a", other, author.draw(QUANTITIES), author.money(-author.draw(QUANTITIES))],
        ["add", "a", sku, 1, author.money(price + author.draw(QUANTITIES))],
        ["add", "a", sku, 1, author.money(price - 1)],
        ["add", "a", author.draw(st.sampled_from([sku, other])), 1, foreign],
        ["change", "a", [[other, author.draw(st.integers(0, 9))]]],
        ["change", "a", [[sku, -author.draw(QUANTITIES)]]],
    ]
    fine: Steps = [author.add("a"), ["add", "a", author.skus[3] + "0", author.draw(QUANTITIES), author.money(0)]]
    middle = author.draw(st.permutations([*wrong, *fine]))
    return Program(after([*author.filled("a"), *middle], ["look", "a"]))


@criterion("invariants", hint="Check quantity, price, currency and SKU before anything changes.")
@given(program=written(senseless))
def test_only_sensible_lines_are_taken(submission: SubmissionHandle, program: Program) -> None:
    """Quantities, prices, currencies and SKUs that the brief refuses are refused, and change nothing."""
    agree(submission, program)


def lives(author: Author) -> Program:
    """Two orders that go through their states, while everything is tried in each."""
    steps = [author.new("a", author.idents[0]), author.new("b", author.idents[1])]
    steps += [["place", "a"], author.add("a", author.skus[0]), author.add("b", author.skus[0])]

    def everything() -> Steps:
        wishes: Steps = [author.add("a"), ["change", "a", [[author.skus[0], author.draw(st.integers(10, 99))]]]]
        return author.draw(st.permutations([*wishes, ["change", "a", []], ["place", "a"]]))

    steps += [["place", "a"], *everything(), ["cancel", "a"], *everything(), ["cancel", "a"]]
    steps += [["change", "b", []], ["cancel", "b"], *author.turn([["place", "b"], ["cancel", "b"]], 3)]
    emptied = [author.new("c", author.idents[2]), author.add("c", author.skus[1])]
    emptied += [["change", "c", [[author.skus[1], 0]]], ["place", "c"], ["look", "c"], author.edit("c"), ["place", "c"]]
    return Program([*after(steps, ["look", "a"], ["look", "b"]), *emptied, ["look", "c"]])


@criterion("invariants", hint="Every method checks for the state that it needs.")
@given(program=written(lives))
def test_a_state_allows_what_it_allows(submission: SubmissionHandle, program: Program) -> None:
    """Only drafts change and can be placed, if they have lines; drafts and placed orders can be cancelled, once."""
    agree(submission, program)


def much(author: Author, opening: Steps) -> int:
    """A quantity that is far too much for an order whose limit is near what it has."""
    return 3 + totals(opening)[-1] // max(1, author.prices[author.skus[0]])


def assignments(author: Author) -> Program:
    """Assign and delete what an order says of itself, before and after it was saved; then use it."""
    values: dict[str, list[Any]] = {
        "id": [author.draw(st.text("xyz", min_size=1, max_size=4))],
        "limit": [author.money(author.draw(PRICES) * 10**12), author.money(0)],
        "lines": [[["Line", author.skus[2], author.draw(QUANTITIES), author.money(author.draw(PRICES))]], []],
        "total": [author.money(author.draw(PRICES))],
        "status": [author.draw(st.sampled_from(["placed", "cancelled"]))],
        "version": [author.draw(st.integers(1, 99))],
    }
    name = author.draw(st.sampled_from("ab"))
    steps = [["assign", name, attribute, value] for attribute, choice in values.items() for value in [*choice, None]]
    ident = author.idents[0]
    opening = author.filled("a")
    limit = totals(opening)[-1] + author.prices[author.skus[0]] + 1
    opening[0] = author.new("a", limit=limit)
    loaded = [["save", "a"], ["get", "b", ident]] if name == "b" else []
    use = [
        *author.draw(st.permutations(steps)),
        author.add(name, author.skus[0], much(author, opening)),
        author.add(name, author.skus[0], 1),
    ]
    return Program([*opening, *loaded, *after(use, ["look", name]), ["save", name], ["stored", ident]])


@criterion("invariants", weight=3, hint="Read-only properties over attributes with an underscore.")
@given(program=written(assignments))
def test_assigning_an_attribute_changes_no_order(submission: SubmissionHandle, program: Program) -> None:
    """Assigning or deleting an order's attributes changes nothing: the order goes on as before."""
    agree(submission, program)


def meddling(author: Author) -> Program:
    """Change what an order and the repository give out, in place, as far as it can be changed."""
    opening = author.filled("a")
    limit = totals(opening)[-1] + author.prices[author.skus[0]] + 1
    opening[0] = author.new("a", limit=limit)
    ident = author.idents[0]
    meddle: Step = ["meddle", "a"]
    steps = [*opening, ["meddle with the repository", ""], meddle, ["look", "a"], ["save", "a"]]
    steps += [meddle, ["look", "a"], ["stored", ident]]
    steps += [["get", "b", ident], ["meddle", "b"], ["look", "b"], ["look", "a"], ["stored", ident]]
    steps += [["meddle with the repository", ""], ["stored", ident], ["look", "a"]]
    steps += [
        ["get", "c", ident],
        [author.draw(st.sampled_from(["place", "cancel"])), "c"],
        ["meddle", "c"],
        ["look", "c"],
    ]
    ending = [author.add("a", author.skus[0], much(author, opening)), author.add("a", author.skus[0], 1)]
    return Program([*steps, *after(ending, ["look", "a"])])


@criterion(
    "invariants",
    weight=3,
    hint="Hand out immutable values or copies. No public attribute is what the order itself works with.",
)
@given(program=written(meddling))
def test_what_an_order_gives_out_is_not_its_own(submission: SubmissionHandle, program: Program) -> None:
    """Whatever is done to what public attributes return, no order changes, stored or not, and no event is lost."""
    agree(submission, program, heard=True)


# ---- saving -----------------------------------------------------------------------------------------------------


CHOICES = {
    None: ["get", "save"],
    "draft": ["add", "add", "change", "save", "save", "save", "get", "place", "cancel"],
    "placed": ["save", "save", "get", "cancel"],
    "cancelled": ["save", "get"],
}
"""What a clerk does next, by the state of the order that he holds: nothing that would be refused."""


def two_sessions(author: Author) -> Program:
    """Two clerks and three orders: load, add, save and look, as it comes."""
    steps: Steps = []
    for number, ident in enumerate(author.idents[: author.draw(st.integers(1, 3))]):
        steps += [*author.filled(f"a{number}", ident), ["save", f"a{number}"], ["get", f"b{number}", ident]]
    model = Model([])
    for step in steps:
        model.step(step)
    for _ in range(12):
        number = author.draw(st.integers(0, 2))
        name, ident = author.draw(st.sampled_from("ab")) + str(number), author.idents[number]
        held = model.held.get(name)
        match author.draw(st.sampled_from(CHOICES[held.status if held else None])):
            case "add":
                step = author.edit(name)
            case "change":
                step = author.change(name)
            case "get":
                step = ["get", name, ident]
            case what:
                step = [what, name]
        model.step(step)
        steps += [step, ["look", name], ["stored", ident]]
    return Program(steps)


@criterion("saving", weight=2, hint="A version on each copy, compared with the stored one in `save`.")
@given(program=written(two_sessions))
def test_two_sessions_see_what_was_saved(submission: SubmissionHandle, program: Program) -> None:
    """Whatever two clerks do with three orders, each sees their own copy, and both see what was saved last."""
    agree(submission, program)


def stale(author: Author) -> Program:
    """Both load, both change; the second save is stale, as often as it is tried; made anew, the change is saved."""
    ident = author.idents[0]
    first, second = author.draw(st.permutations("ab"))
    looks: Steps = [["look", "a"], ["look", "b"], ["stored", ident]]
    ahead = author.draw(st.integers(1, 3))
    steps = [*author.filled("x"), *[["save", "x"], author.edit("x")] * author.draw(st.integers(0, 1)), ["save", "x"]]
    steps += [["get", "a", ident], ["get", "b", ident], author.edit(second)]
    for _ in range(ahead):
        steps += [author.edit(first), ["save", first]]
    again = [["save", second], *looks, author.edit(second), ["save", second], *looks]
    retry = [["get", second, ident], author.edit(second), ["save", second], *looks, ["save", first], *looks]
    return Program([*steps, *again, *retry])


@criterion("saving", weight=3, hint="Compare first, and touch neither side if the versions differ.")
@given(program=written(stale))
def test_a_stale_save_changes_nothing(submission: SubmissionHandle, program: Program) -> None:
    """Saving a copy that somebody has overtaken raises Stale every time, and changes nothing; loaded again, it
    works.
    """
    agree(submission, program)


def apart(author: Author) -> Program:
    """Copies of one order that are changed without being saved."""
    ident = author.idents[0]
    looks: Steps = [["look", "x"], ["look", "a"], ["look", "b"], ["stored", ident]]
    steps = [*author.filled("x"), ["save", "x"], author.edit("x"), ["get", "a", ident], ["get", "b", ident]]
    changes = [author.edit("a"), author.edit("b"), author.change("x"), ["place", "a"], ["cancel", "b"]]
    steps += after(author.draw(st.permutations(changes)), *looks)
    steps += [["save", author.draw(st.sampled_from("xab"))], *looks, ["get", "a", ident], author.edit("a"), *looks]
    return Program(steps)


@criterion("saving", weight=2, hint="Store a copy, give a copy.")
@given(program=written(apart))
def test_copies_know_nothing_of_each_other(submission: SubmissionHandle, program: Program) -> None:
    """Unsaved changes are seen by nobody else, whether the order was loaded or has just been saved."""
    agree(submission, program)


def arriving(author: Author) -> Program:
    """New orders, taken ids, unknown ids, and a loaded order that another repository has never seen."""
    one, two, three = author.idents
    steps = [["get", "a", one], *author.filled("a", one), ["get", "b", one], *author.filled("b", one)]
    steps += [["save", "a"], ["save", "b"], ["look", "b"], ["stored", one], ["get", "c", two], ["stored", two]]
    steps += [author.new("d", two), *[["save", "d"]] * author.draw(st.integers(1, 3)), ["look", "d"], ["stored", two]]
    steps += [*author.filled("e", three), ["stored", three], ["save", "a", "other"], ["look", "a"], ["save", "a"]]
    steps += [["look", "a"], ["save", "b", "other"], ["look", "b"], ["stored", one], ["get", "f", three]]
    return Program(steps)


@criterion("saving", hint="An order that the repository does not have counts as version 0.")
@given(program=written(arriving))
def test_new_orders_and_unknown_ids(submission: SubmissionHandle, program: Program) -> None:
    """A new order is saved once under its id, a second one is stale; an id that nobody has saved raises KeyError."""
    agree(submission, program)


# ---- events -----------------------------------------------------------------------------------------------------


def recording(author: Author) -> Program:
    """One clerk: each change is heard once, with the next save."""
    first, second = author.skus[:2]
    steps = author.filled("a")
    for _ in range(author.draw(st.integers(2, 4))):
        pairs = [[sku, author.draw(st.integers(10, 10**6))] for sku in author.draw(st.permutations([first, second]))]
        steps += [["change", "a", pairs], *[["save", "a"]] * author.draw(st.integers(0, 2)), author.add("a", second)]
        steps += [["change", "a", [[first, pairs[0][1] if pairs[0][0] == first else pairs[1][1]], [second, 3]]]]
    steps += [author.add("a", author.skus[2]), ["change", "a", [[author.skus[2], 0], [first, 1]]], ["save", "a"]]
    steps += [["save", "a"], ["get", "b", author.idents[0]], author.edit("b"), ["save", "b"]]
    return Program([*steps, ["place", "b"], ["cancel", "b"], ["save", "b"], ["save", "b"]])


@criterion("events", weight=2, hint="Record in the order, hand over in `save`, and forget what was handed over.")
@given(program=written(recording))
def test_events_are_handed_over_once(submission: SubmissionHandle, program: Program) -> None:
    """What changed is delivered by the next save, in order and once; what did not change is not delivered."""
    agree(submission, program, heard=True)


def not_happened(author: Author) -> Program:
    """Refused calls and stale saves between those that succeed."""
    ident, other = author.idents[:2]
    steps = [*author.filled("x", limit=FREE), ["save", "x"], ["get", "a", ident], ["get", "b", ident]]
    some, any_price = author.draw(st.integers(10, 99)), author.money(author.draw(PRICES))
    refused: Steps = [
        ["add", "a", author.skus[4], 2 * FREE, any_price],
        ["change", "a", [[author.skus[0], some], [author.skus[4], 1]]],
        ["change", "a", [[author.skus[1], some], [author.skus[0], some + 1], [author.skus[4], 1]]],
    ]
    steps += [*author.draw(st.permutations(refused)), author.edit("a"), author.edit("b"), ["save", "a"]]
    steps += [["save", "b"], author.edit("b"), ["save", "b"], ["get", "b", ident], author.edit("b"), ["save", "b"]]
    steps += [["place", "b"], ["place", "b"], ["save", "b"], ["cancel", "b"], ["save", "b"], ["save", "a"]]
    taken = [*author.filled("y", other), *author.filled("z", other), ["save", "y"], ["save", "z"]]
    return Program([*steps, *taken, ["save", "z", "other"], ["save", "z", "other"]])


@criterion("events", weight=2, hint="Record after checking the rules; hand over after comparing the versions.")
@given(program=written(not_happened))
def test_nothing_is_heard_of_what_did_not_happen(submission: SubmissionHandle, program: Program) -> None:
    """Refused calls and stale saves deliver nothing, neither then nor with a later save of another copy."""
    agree(submission, program, heard=True)


def reacting(author: Author) -> Program:
    """Who hears of an order looks at it, changes another one, and overtakes the copy that is being saved."""
    ident, other = author.idents[:2]
    looks: Steps = [["stored", ident], ["look", "a"]]
    react: Steps = [["get", "c", other], author.edit("c"), ["save", "c"], ["stored", other]]
    overtake: Steps = [["get", "d", ident], author.edit("d"), ["save", "d"], ["stored", ident]]
    opening = [author.new("x", other), ["save", "x"], author.new("a"), ["save", "a"]]
    opening += [author.add("a", sku) for sku in author.skus[:3]]
    scripts = [looks, [*react, *looks], [], overtake]
    ending = [["save", "a"], *looks, author.edit("a"), ["save", "a"], *looks]
    ending += [["get", "a", ident], author.edit("a"), ["save", "a"], ["stored", ident], ["stored", other]]
    return Program([*opening, *ending], scripts)


@criterion("events", hint="Store, raise both versions, and only then deliver.")
@given(program=written(reacting))
def test_handlers_see_what_was_saved(submission: SubmissionHandle, program: Program) -> None:
    """When events are delivered, the save is complete: handlers load the new state, save, and overtake this copy."""
    agree(submission, program, heard=True)


def failing(author: Author) -> Program:
    """A handler raises at some event; the copy is saved again, or somebody else comes first."""
    ident = author.idents[0]
    count = author.draw(st.integers(3, 5))
    steps = [author.new("a"), ["save", "a"], *(author.edit("a") for _ in range(count))]
    word = author.draw(st.text("xyz", min_size=1, max_size=5))
    fail: Step = author.draw(st.sampled_from([["fail", word], ["fail", "", "Stale"]]))
    scripts: list[Steps] = [[] for _ in range(author.draw(st.integers(0, count - 3)))]
    scripts += [[fail], *[[fail]] * author.draw(st.integers(0, 1))]
    steps += [["save", "a"], ["look", "a"], ["stored", ident], ["get", "b", ident]]
    if author.draw(st.booleans()):
        steps += [author.edit("a"), ["save", "a"], ["save", "a"], ["save", "a"], ["save", "b"]]
    else:
        steps += [author.edit("b"), ["save", "b"], ["save", "a"], ["get", "a", ident], author.edit("a"), ["save", "a"]]
    return Program(steps, scripts)


@criterion("events", hint="Remove an event from the order before you deliver it.")
@given(program=written(failing))
def test_a_failing_handler_loses_no_event(submission: SubmissionHandle, program: Program) -> None:
    """What `deliver` raises passes through `save`; the order is saved, and the rest is delivered by its next save."""
    agree(submission, program, heard=True)


# ---- money ------------------------------------------------------------------------------------------------------

AMOUNTS = st.integers(-(10**6), 10**6) | st.integers(-(2**100), 2**100)
MONEY: st.SearchStrategy[list[Any]] = st.tuples(st.just("Money"), AMOUNTS, CURRENCIES).map(list)
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


@st.composite
def calculations(draw: st.DrawFn) -> list[list[Any]]:
    """Every operation on amounts that are near each other, or equal."""
    currency = draw(CURRENCIES)
    cases = []
    for operation in OPERATIONS:
        for _ in range(2):
            left = draw(AMOUNTS)
            right = draw(st.sampled_from([left, left + 1, left - 1]) | AMOUNTS)
            cases.append([operation, ["Money", left, currency], ["Money", right, currency]])
    return [*cases, *(["*", draw(MONEY), draw(st.integers(-9, 9) | st.integers(-(2**70), 2**70))] for _ in range(2))]


@criterion("money", hint="Integers all the way: a float has 53 bits.")
@given(cases=calculations())
def test_arithmetic_is_exact(submission: SubmissionHandle, cases: list[list[Any]]) -> None:
    """Adding, subtracting, multiplying and ordering amounts of one currency is exact, whatever their size."""
    expected = []
    for operation, (_, left, currency), other in cases:
        if operation == "*":
            result: Any = ["Money", left * other, currency]
        else:
            result = OPERATIONS[operation](left, other[1])
            result = result if type(result) is bool else ["Money", result, currency]
        expected.append(["gave", result])
    assert submission.call("calculate", cases) == expected


@st.composite
def refused_calculations(draw: st.DrawFn) -> list[tuple[list[Any], list[Any]]]:
    """Operations that are refused, between those that are not, each with how it ends."""
    (_, amount, currency), other = draw(MONEY), draw(CURRENCIES)
    money: list[Any] = ["Money", amount, currency]
    position = draw(st.integers(0, 2))
    foreign = ["Money", draw(st.sampled_from([amount, 0]) | AMOUNTS), other]
    plain = [draw(AMOUNTS), 0, draw(st.floats(1, 9)), draw(st.text("12", min_size=1, max_size=3))]
    cases: list[tuple[list[Any], list[Any]]] = []
    for operation in OPERATIONS:
        if other != currency:
            cases.append(([operation, money, foreign], ["raised", "CurrencyMismatch"]))
        cases.append(([operation, money, draw(st.sampled_from(plain))], ["raised", "TypeError"]))
    factor = draw(st.sampled_from([money, *plain[2:], 0.5, 2.0]))
    cases.append((["*", money, factor], ["raised", "TypeError"]))
    for letter in ("a", "z", "É", "1", " ", "\n", "", "XY"):
        wrong = currency[:position] + letter + currency[position + 1 :]
        cases.append((["new", amount, wrong], ["raised", "ValueError"]))
    for wrong in (f"{currency}\n", f"{currency}{other}", "", currency.lower()):
        cases.append((["new", amount, wrong], ["raised", "ValueError"]))
    cases += [(["new", amount, right], ["gave", ["Money", amount, right]]) for right in (currency, "AAA", "ZZZ")]
    return draw(st.permutations(cases))


@criterion("money", hint="NotImplemented for anything that is not money; compare currencies before amounts.")
@given(cases=refused_calculations())
def test_money_keeps_its_currency(submission: SubmissionHandle, cases: list[tuple[list[Any], list[Any]]]) -> None:
    """Another currency raises CurrencyMismatch, other operands TypeError, and an invalid currency ValueError."""
    assert submission.call("calculate", [case for case, _ in cases]) == [ending for _, ending in cases]


def parts(amount: int, weights: list[int]) -> list[int]:
    """By exact fractions, and by handing out units one by one."""
    size = abs(amount)
    shares = [int(Fraction(size * weight, sum(weights))) for weight in weights]
    left = size - sum(shares)
    for index, weight in enumerate(weights):
        if weight and left:
            shares[index], left = shares[index] + 1, left - 1
    return [share if amount > 0 else -share for share in shares]


@st.composite
def allocations(draw: st.DrawFn) -> list[list[Any]]:
    """Amounts and weights, some of them wrong."""
    currency = draw(CURRENCIES)
    weights = st.lists(st.sampled_from([0, 1, 1, 3]) | st.integers(1, 99), min_size=1, max_size=6)
    cases = []
    for _ in range(5):
        drawn = draw(weights.filter(any))
        small = draw(st.integers(1, 2 * len(drawn)))
        cases += [[draw(AMOUNTS), currency, drawn], [small, currency, [0, *drawn]], [-small, currency, drawn]]
    wrong = [[], [0], [0, 0], [draw(st.integers(3, 9)), -1], [-draw(QUANTITIES)], [2, -1, 0]]
    return draw(st.permutations([*cases, *([draw(AMOUNTS), currency, weights] for weights in wrong)]))


@criterion("money", weight=2, hint="Whole parts first, by `//` on the absolute amount; then the rest, unit by unit.")
@given(cases=allocations())
def test_allocating_loses_nothing(submission: SubmissionHandle, cases: list[list[Any]]) -> None:
    """Parts are in proportion to their weights and add up to the amount; units left over go to the first parts."""
    expected = [
        ["raised", "ValueError"]
        if sum(weights) <= 0 or min(weights) < 0
        else ["gave", [["Money", part, currency] for part in parts(amount, weights)]]
        for amount, currency, weights in cases
    ]
    assert submission.call("allocate", cases) == expected


# ---- values -----------------------------------------------------------------------------------------------------

WORDS = st.text("abcdefgh", min_size=1, max_size=5)


@st.composite
def related(draw: st.DrawFn) -> list[list[Any]]:
    """Values of all classes that share fields with each other, in any order, some of them twice."""
    currency, other = draw(st.lists(CURRENCIES, min_size=2, max_size=2, unique=True))
    amount, quantity = draw(AMOUNTS), draw(st.integers(0, 99))
    word, another = draw(st.lists(WORDS, min_size=2, max_size=2, unique=True))
    money: list[list[Any]] = [["Money", amount, currency], ["Money", amount, other], ["Money", amount + 1, currency]]
    lines: list[list[Any]] = [["Line", word, quantity, price] for price in money]
    lines += [["Line", another, quantity, money[0]], ["Line", word, quantity + 1, money[0]]]
    events: list[list[Any]] = [["LineChanged", word, another, quantity], ["LineChanged", another, another, quantity]]
    events += [["LineChanged", word, word, quantity], ["LineChanged", word, another, quantity + 1]]
    events += [["OrderPlaced", word, price] for price in money]
    events += [["OrderPlaced", another, money[0]], ["OrderCancelled", word], ["OrderCancelled", another]]
    specs = [*money, *lines, *events]
    return draw(st.permutations([*specs, *(draw(st.sampled_from(specs)) for _ in range(4))]))


@criterion(
    "values", weight=2, hint="`__eq__` over class and fields, and a `__hash__` to match: frozen dataclasses have both."
)
@given(specs=related())
def test_values_are_equal_by_their_fields(submission: SubmissionHandle, specs: list[list[Any]]) -> None:
    """Money, lines and events are equal, with equal hashes, exactly if their classes and fields are."""
    expected = []
    for spec in specs:
        alike = [index for index, known in enumerate(specs) if known == spec]
        expected.append([spec, alike, alike, alike, [False, False]])
    assert submission.call("compare", specs) == expected


FIELDS = {
    "Money": ["amount", "currency"],
    "Line": ["sku", "quantity", "price"],
    "LineChanged": ["order", "sku", "quantity"],
    "OrderPlaced": ["order", "total"],
    "OrderCancelled": ["order"],
}


@criterion("values", weight=2, hint="`@dataclass(frozen=True)`, or properties without setters.")
@given(specs=related(), seed=st.integers(0, 99))
def test_values_are_immutable(submission: SubmissionHandle, specs: list[list[Any]], seed: int) -> None:
    """Assigning to a field of a money, line or event raises AttributeError and changes nothing."""
    others = {spec[0]: spec for spec in specs}
    cases = [[spec, name, others[spec[0]][1 + index]] for spec in specs for index, name in enumerate(FIELDS[spec[0]])]
    cases = cases[seed % len(cases) :] + cases[: seed % len(cases)]
    assert submission.call("assign", cases) == [["AttributeError", spec] for spec, _, _ in cases]


def alike(author: Author) -> Program:
    """Copies of orders in different states, and an order that only looks the same."""
    one, two, three = author.idents
    names = ["a", "b", "c", "d", "e", "f"]
    steps = [*author.filled("a", one), ["save", "a"], ["get", "b", one], author.edit("b"), ["place", "b"]]
    steps += [
        author.new("c", two),
        author.new("d", three),
        ["new", "e", author.draw(st.sampled_from([two, three])), author.money(1)],
    ]
    others = author.draw(st.permutations(names))
    return Program([*steps, *(["same", name, others] for name in author.draw(st.permutations(names)))])


@criterion("values", hint="An order's `__eq__` and `__hash__` look only at the id.")
@given(program=written(alike))
def test_orders_are_equal_by_their_ids(submission: SubmissionHandle, program: Program) -> None:
    """Two copies of an order are equal, with equal hashes, in whatever state they are; orders of two ids never are."""
    agree(submission, program)
