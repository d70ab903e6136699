"""What invoices have always cost, looked like and been sent by. Each part is made of one function."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import NamedTuple

from ports import Invoice


class Percent(NamedTuple):
    """So many of a hundred, from so many pieces on."""

    percent: int
    pieces: int = 0

    def cents_off(self, invoice: Invoice) -> int:
        """Round down."""
        enough = sum(line[1] for line in invoice.lines) >= self.pieces
        return invoice.subtotal * self.percent // 100 if enough else 0


@dataclass(frozen=True)
class Format:
    """A renderer by a function."""

    render: Callable[[Invoice, int], str]


@dataclass(frozen=True)
class Channel:
    """A notifier by a function that makes the message."""

    message: Callable[[Invoice, str], str]
    send: Callable[[str], None]

    def notify(self, invoice: Invoice, text: str) -> None:
        """Send the message."""
        self.send(self.message(invoice, text))


def money(cents: int) -> str:
    """Return an amount with two decimals."""
    return f"{cents / 100:.2f}"


def text(invoice: Invoice, total: int) -> str:
    """Line by line."""
    lines = [f"Invoice {invoice.number}"]
    for what, quantity, cents in invoice.lines:
        lines.append(f"{quantity} x {what}: {money(cents)}")
    return "\n".join((*lines, "Total: " + money(total)))


def page(invoice: Invoice, total: int) -> str:
    """A fragment of HTML."""
    items = [f"<li>{quantity} x {html.escape(what)}</li>" for what, quantity, _ in invoice.lines]
    return "".join(("<h1>Invoice ", str(invoice.number), "</h1><ul>", *items, "</ul><p>", money(total), "</p>"))


def email(invoice: Invoice, body: str) -> str:
    """A whole message."""
    message = EmailMessage()
    message["To"] = invoice.customer
    message["Subject"] = f"Invoice {invoice.number}"
    message.set_content(body)
    return message.as_string()


def sms(invoice: Invoice, body: str) -> str:
    """What fits."""
    return f"{invoice.customer} {body[:40]}"
