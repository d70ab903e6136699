import html
import json
import sqlite3
from email.message import EmailMessage

from invoicing import Discount, Invoice, Invoicing, Notifier, Reader, Renderer, Writer


class SqliteStore(Reader, Writer):
    """Keeps invoices in a file."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS invoices (number INTEGER PRIMARY KEY, customer TEXT, kind TEXT, lines TEXT)"
        )

    def save(self, invoice: Invoice) -> None:
        row = (invoice.number, invoice.customer, invoice.kind, json.dumps(invoice.lines))
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO invoices VALUES (?, ?, ?, ?)", row)

    def load(self, number: int) -> Invoice:
        row = self._db.execute("SELECT * FROM invoices WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise KeyError(number)
        return Invoice(row[0], row[1], row[2], tuple((what, many, cents) for what, many, cents in json.loads(row[3])))

    def numbers(self) -> list[int]:
        return [number for (number,) in self._db.execute("SELECT number FROM invoices ORDER BY number")]


class MemoryStore(Reader, Writer):
    """Keeps invoices as long as the process lives."""

    def __init__(self) -> None:
        self._invoices = {}

    def save(self, invoice: Invoice) -> None:
        self._invoices[invoice.number] = invoice

    def load(self, number: int) -> Invoice:
        return self._invoices[number]

    def numbers(self) -> list[int]:
        return list(self._invoices.keys())


class Archive(Reader):
    """A store that may only be read."""

    def __init__(self, reader: Reader) -> None:
        # copy everything, so that nobody can change it
        self._invoices = {}
        for number in reader.numbers():
            self._invoices[number] = reader.load(number)

    def load(self, number: int) -> Invoice:
        return self._invoices[number]

    def numbers(self) -> list[int]:
        return list(self._invoices.keys())


class RegularDiscount(Discount):
    def cents_off(self, invoice: Invoice) -> int:
        return 0


class LoyalDiscount(Discount):
    def cents_off(self, invoice: Invoice) -> int:
        return invoice.subtotal * 5 // 100


class BulkDiscount(Discount):
    def cents_off(self, invoice: Invoice) -> int:
        count = 0
        for _, quantity, _ in invoice.lines:
            count += quantity
        if count >= 100:
            return invoice.subtotal // 10
        else:
            return 0


class TextRenderer(Renderer):
    def render(self, invoice: Invoice, total: int) -> str:
        text = f"Invoice {invoice.number}\n"
        for what, quantity, cents in invoice.lines:
            text += f"{quantity} x {what}: {cents / 100:.2f}\n"
        text += f"Total: {total / 100:.2f}"
        return text


class HtmlRenderer(Renderer):
    def render(self, invoice: Invoice, total: int) -> str:
        rows = ""
        for what, quantity, _ in invoice.lines:
            rows += f"<li>{quantity} x {html.escape(what)}</li>"
        return f"<h1>Invoice {invoice.number}</h1><ul>{rows}</ul><p>{total / 100:.2f}</p>"


class EmailNotifier(Notifier):
    def __init__(self, send):
        self.send = send

    def notify(self, invoice: Invoice, text: str) -> None:
        message = EmailMessage()
        message["To"] = invoice.customer
        message["Subject"] = f"Invoice {invoice.number}"
        message.set_content(text)
        self.send(message.as_string())


class SmsNotifier(Notifier):
    def __init__(self, send):
        self.send = send

    def notify(self, invoice: Invoice, text: str) -> None:
        self.send(f"{invoice.customer} {text[:40]}")


DISCOUNTS = {
    "regular": RegularDiscount(),
    "loyal": LoyalDiscount(),
    "bulk": BulkDiscount(),
}
RENDERERS = {
    "text": TextRenderer(),
    "html": HtmlRenderer(),
}


def standard(reader, writer, send, *, discounts={}, renderers={}, notifiers={}):
    all_notifiers = {"email": EmailNotifier(send), "sms": SmsNotifier(send)}
    DISCOUNTS.update(discounts)
    RENDERERS.update(renderers)
    all_notifiers.update(notifiers)
    return Invoicing(reader, writer, discounts=DISCOUNTS, renderers=RENDERERS, notifiers=all_notifiers)


class InvoiceManager(Invoicing):
    def __init__(self, path, send):
        store = SqliteStore(path)
        super().__init__(
            store,
            store,
            discounts=DISCOUNTS,
            renderers=RENDERERS,
            notifiers={"email": EmailNotifier(send), "sms": SmsNotifier(send)},
        )
