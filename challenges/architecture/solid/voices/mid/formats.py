"""Standard discounts, renderers and notifiers."""

from __future__ import annotations

import html
from email.message import EmailMessage
from typing import Callable

from invoicing import Invoice

Send = Callable[[str], None]


class RegularDiscount:
    def cents_off(self, invoice: Invoice) -> int:
        return 0


class LoyalDiscount:
    def cents_off(self, invoice: Invoice) -> int:
        return invoice.subtotal * 5 // 100


class BulkDiscount:
    minimum = 100

    def cents_off(self, invoice: Invoice) -> int:
        pieces = sum(quantity for _, quantity, _ in invoice.lines)
        if pieces >= self.minimum:
            return invoice.subtotal // 10
        return 0


class TextRenderer:
    def render(self, invoice: Invoice, total: int) -> str:
        lines = [f"{quantity} x {what}: {cents / 100:.2f}" for what, quantity, cents in invoice.lines]
        return "\n".join([f"Invoice {invoice.number}", *lines, f"Total: {total / 100:.2f}"])


class HtmlRenderer:
    def render(self, invoice: Invoice, total: int) -> str:
        rows = "".join(f"<li>{quantity} x {html.escape(what)}</li>" for what, quantity, _ in invoice.lines)
        return f"<h1>Invoice {invoice.number}</h1><ul>{rows}</ul><p>{total / 100:.2f}</p>"


class EmailNotifier:
    def __init__(self, send: Send) -> None:
        self.send = send

    def notify(self, invoice: Invoice, text: str) -> None:
        message = EmailMessage()
        message["To"] = invoice.customer
        message["Subject"] = f"Invoice {invoice.number}"
        message.set_content(text)
        self.send(message.as_string())


class SmsNotifier:
    def __init__(self, send: Send) -> None:
        self.send = send

    def notify(self, invoice: Invoice, text: str) -> None:
        self.send(f"{invoice.customer} {text[:40]}")
