"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from collections.abc import Callable
from typing import assert_type

from invoicing import Discount, Invoice, Invoicing, Notifier, Reader, Renderer, Writer
from manager import Archive, InvoiceManager, MemoryStore, SqliteStore, standard


class Half:
    def cents_off(self, invoice: Invoice) -> int:
        return invoice.subtotal // 2


class Csv:
    def render(self, invoice: Invoice, total: int) -> str:
        return f"{invoice.number};{total}"


class Outbox:
    def notify(self, invoice: Invoice, text: str) -> None: ...


class Replica:
    def load(self, number: int) -> Invoice:
        raise KeyError(number)

    def numbers(self) -> list[int]:
        return []


class Queue:
    def save(self, invoice: Invoice) -> None: ...


class Fraction:
    def cents_off(self, invoice: Invoice) -> float:
        return invoice.subtotal / 2


def bringing(send: Callable[[str], None], reader: Reader, writer: Writer) -> None:
    Invoicing(Replica(), Queue(), discounts={"half": Half()}, renderers={"csv": Csv()}, notifiers={"out": Outbox()})
    assert_type(standard(Replica(), Queue(), send), Invoicing)
    standard(reader, writer, print, discounts={"half": Half()}, renderers={"csv": Csv()}, notifiers={"out": Outbox()})
    halves = {"half": Half()}
    standard(reader, writer, send, discounts=halves)
    standard(Queue(), writer, send)  # type: ignore[arg-type]
    standard(reader, Replica(), send)  # type: ignore[arg-type]
    standard(reader, Archive(reader), send)  # type: ignore[arg-type]
    standard(reader, writer, send, discounts={"fraction": Fraction()})  # type: ignore[dict-item]
    standard(reader, writer, send, renderers={"half": Half()})  # type: ignore[dict-item]
    standard(reader, writer, send, notifiers={"csv": Csv()})  # type: ignore[dict-item]
    standard(reader, writer)  # type: ignore[call-arg]
    standard(reader, writer, "mail")  # type: ignore[arg-type]
    Invoicing(Queue(), writer, discounts={}, renderers={}, notifiers={})  # type: ignore[arg-type]


def stores(path: str) -> list[Reader]:
    writers: list[Writer] = [SqliteStore(path), MemoryStore()]
    assert len(writers) == 2
    assert_type(MemoryStore().load(7), Invoice)
    SqliteStore(7)  # type: ignore[arg-type]
    MemoryStore().save(7)  # type: ignore[arg-type]
    Archive(Queue())  # type: ignore[arg-type]
    return [SqliteStore(path), MemoryStore(), Archive(MemoryStore()), Archive(Replica())]


def using(send: Callable[[str], None], invoice: Invoice, path: str) -> None:
    invoicing: Invoicing = InvoiceManager(path, send)
    assert_type(invoicing.issue(invoice), int)
    assert_type(invoicing.show(7, "text"), str)
    assert_type(invoicing.owed("ann@example.org"), int)
    invoicing.send(7, "text", "email")
    invoicing.show("7", "text")  # type: ignore[arg-type]
    invoicing.issue(7)  # type: ignore[arg-type]


def parts(discount: Discount, renderer: Renderer, notifier: Notifier, reader: Reader, invoice: Invoice) -> str:
    assert_type(discount.cents_off(invoice), int)
    assert_type(reader.load(7), Invoice)
    assert_type(reader.numbers(), list[int])
    discount.cents_off(7)  # type: ignore[arg-type]
    renderer.render(invoice, "450")  # type: ignore[arg-type]
    notifier.notify(invoice, 450)  # type: ignore[arg-type]
    reader.load("7")  # type: ignore[arg-type]
    text = renderer.render(invoice, 450)
    notifier.notify(invoice, text)
    invoice.kind = "vip"  # type: ignore[misc]
    return text
