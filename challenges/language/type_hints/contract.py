"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, assert_never, assert_type

from repository import (
    Added,
    Change,
    Conflict,
    Duplicate,
    EventName,
    NotFound,
    Reader,
    Removed,
    Replaced,
    Repository,
)


@dataclass(frozen=True)
class Animal:
    name: str


@dataclass(frozen=True)
class Dog(Animal):
    tricks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Invoice:
    number: int


def name_of(animal: Animal) -> str:
    return animal.name


def number_of(invoice: Invoice) -> int:
    return invoice.number


def construction(dog_list: list[Dog], animal_list: list[Animal]) -> None:
    assert_type(Repository(number_of), Repository[int, Invoice])
    assert_type(Repository(name_of, [Animal("Ada")]), Repository[str, Animal])
    dogs: Repository[str, Dog] = Repository(name_of, dog_list)
    assert_type(list(dogs), list[Dog])
    Repository[str, Invoice](number_of)  # type: ignore[arg-type]
    Repository[str, Dog](name_of, animal_list)  # type: ignore[arg-type]
    Repository(3)  # type: ignore[arg-type]


def storing(invoices: Repository[int, Invoice], invoice: Invoice, dog: Dog) -> None:
    assert_type(invoices.add(invoice), Added[Invoice])
    assert_type(invoices.add(invoice).entity, Invoice)
    assert_type(invoices.remove(3), Removed[Invoice])
    assert_type(invoices.put(invoice), Added[Invoice] | Replaced[Invoice])
    invoices.add(dog)  # type: ignore[arg-type]
    invoices.put(3)  # type: ignore[arg-type]
    invoices.remove("3")  # type: ignore[arg-type]
    invoices.put(invoice).old  # type: ignore[union-attr]


def narrowing(dogs: Repository[str, Dog], dog: Dog) -> Dog:
    match dogs.put(dog):
        case Added(entity):
            assert_type(entity, Dog)
            return entity
        case Replaced(old, new):
            assert_type(old, Dog)
            return new
        case other:
            assert_never(other)


def getting(invoices: Repository[int, Invoice]) -> None:
    assert_type(invoices.get(1), Invoice)
    assert_type(invoices.get(1, None), Invoice | None)
    assert_type(invoices.get(1, "none"), Invoice | str)
    assert_type(invoices.get(1, default=0.5), Invoice | float)
    assert_type(invoices.get(1).number, int)
    assert_type("anything" in invoices, bool)
    assert_type(iter(invoices), Iterator[Invoice])
    invoices.get("1")  # type: ignore[call-overload]
    invoices.get(1).amount  # type: ignore[attr-defined]
    invoices.get(1, None).number  # type: ignore[union-attr]


def querying(animals: Repository[str, Animal], order: str) -> None:
    assert_type(animals.select(lambda animal: animal.name > "M"), list[Animal])
    assert_type(animals.select(lambda animal: True, order="newest"), list[Animal])
    assert_type(animals.of_type(Dog), list[Dog])
    assert_type(animals.group(lambda animal: len(animal.name)), dict[int, list[Animal]])
    assert_type(animals.group(name_of), dict[str, list[Animal]])
    animals.select(number_of)  # type: ignore[arg-type]
    animals.select(lambda animal: True, order="up")  # type: ignore[arg-type]
    animals.select(lambda animal: True, order=order)  # type: ignore[arg-type]
    animals.group(number_of)  # type: ignore[arg-type]
    animals.of_type("Dog")  # type: ignore[arg-type]


def snapshots(animals: Repository[str, Animal], form: str) -> None:
    assert_type(animals.snapshot(), list[Animal])
    assert_type(animals.snapshot("list"), list[Animal])
    assert_type(animals.snapshot("dict"), dict[str, Animal])
    animals.snapshot("tuple")  # type: ignore[call-overload]
    animals.snapshot(form)  # type: ignore[call-overload]


def on_added(event: Added[Animal]) -> None: ...


def on_removed(event: Removed[Dog]) -> str:
    return event.entity.name


def on_replaced(event: Replaced[Dog]) -> None: ...


def on_invoice(event: Added[Invoice]) -> None: ...


def on_change(event: Change[Dog]) -> None: ...


def on_anything(event: object) -> None: ...


def listening(dogs: Repository[str, Dog], event_name: str, known: Literal["added"]) -> None:
    assert_type(dogs.on("added", on_added), Callable[[], None])
    dogs.on("removed", on_removed)()
    dogs.on("replaced", on_replaced)
    dogs.on("added", on_change)
    dogs.on("removed", on_anything)
    dogs.on("added", lambda event: event.entity.tricks)
    dogs.on("replaced", lambda event: event.old.tricks + event.new.tricks)
    dogs.on(known, on_added)
    dogs.on("added", on_removed)  # type: ignore[call-overload]
    dogs.on("removed", on_added)  # type: ignore[call-overload]
    dogs.on("added", on_invoice)  # type: ignore[call-overload]
    dogs.on("renamed", on_anything)  # type: ignore[call-overload]
    dogs.on(event_name, on_anything)  # type: ignore[call-overload]


def events(added: Added[Dog], replaced: Replaced[Dog], dog: Dog) -> Change[Animal]:
    assert_type(Added(dog), Added[Dog])
    assert_type(replaced.old, Dog)
    wider: Added[Animal] = added
    also: Replaced[Animal] = replaced
    added.entity = dog  # type: ignore[misc]
    narrower: Added[Dog] = wider  # type: ignore[assignment]
    mixed: Replaced[Dog] = Replaced(dog, Animal("Ada"))  # type: ignore[arg-type]
    return also if mixed.old is narrower.entity else wider


def names(name: EventName) -> Literal["added", "replaced", "removed"]:
    right: EventName = "removed"
    wrong: EventName = "renamed"  # type: ignore[assignment]
    return name if right == wrong else right


def changing(dogs: Repository[str, Dog], animals: Repository[str, Animal], invoices: Repository[int, Invoice]) -> None:
    assert_type(dogs.history(), list[Added[Dog] | Replaced[Dog] | Removed[Dog]])
    dogs.apply(dogs.history())
    animals.apply(iter(dogs.history()))
    dogs.apply(animals.history())  # type: ignore[arg-type]
    dogs.apply(invoices.history())  # type: ignore[arg-type]


def reading(dogs: Repository[str, Dog]) -> None:
    same: Reader[str, Dog] = dogs
    wider: Reader[str, Animal] = same
    assert_type(wider.get("Ada"), Animal)
    assert_type(wider.get("Ada", None), Animal | None)
    assert_type([animal.name for animal in wider], list[str])
    assert_type(len(wider), int)
    wider.add(Dog("Ada"))  # type: ignore[attr-defined]
    other_key: Reader[int, Dog] = dogs  # type: ignore[assignment]
    other_entity: Reader[str, Invoice] = dogs  # type: ignore[assignment]
    writable: Repository[str, Animal] = dogs  # type: ignore[assignment]
    assert_type((other_key.get(1), other_entity.get("1"), writable.get("1")), tuple[Dog, Invoice, Animal])


class Fixed:
    """A reader of its own: nothing but the right methods."""

    def get(self, key: str, default: Any = None) -> Dog:
        return Dog(key)

    def __iter__(self) -> Iterator[Dog]:
        return iter(())

    def __len__(self) -> int:
        return 0


def structural(broader_keys: Reader[object, Dog]) -> None:
    reader: Reader[str, Animal] = Fixed()
    narrower_keys: Reader[str, Dog] = broader_keys
    unfit: Reader[int, Animal] = Fixed()  # type: ignore[assignment]
    assert_type((reader.get("Ada"), narrower_keys.get("Ada"), unfit.get(1)), tuple[Animal, Dog, Animal])


def failing(errors: tuple[NotFound, Duplicate, Conflict]) -> tuple[LookupError, ValueError, ValueError]:
    return errors
