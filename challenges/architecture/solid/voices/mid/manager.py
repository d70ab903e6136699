"""Wires everything together."""

from __future__ import annotations

from typing import Callable, Mapping

from formats import (
    BulkDiscount,
    EmailNotifier,
    HtmlRenderer,
    LoyalDiscount,
    RegularDiscount,
    SmsNotifier,
    TextRenderer,
)
from invoicing import Discount, Invoicing, Notifier, Reader, Renderer, Writer
from stores import Archive, MemoryStore, SqliteStore

__all__ = ["Archive", "InvoiceManager", "MemoryStore", "SqliteStore", "standard"]


def standard(
    reader: Reader,
    writer: Writer,
    send: Callable[[str], None],
    *,
    discounts: Mapping[str, Discount] | None = None,
    renderers: Mapping[str, Renderer] | None = None,
    notifiers: Mapping[str, Notifier] | None = None,
) -> Invoicing:
    all_discounts: dict[str, Discount] = {
        "regular": RegularDiscount(),
        "loyal": LoyalDiscount(),
        "bulk": BulkDiscount(),
    }
    all_discounts.update(discounts or {})
    all_renderers: dict[str, Renderer] = {"text": TextRenderer(), "html": HtmlRenderer()}
    all_renderers.update(renderers or {})
    all_notifiers: dict[str, Notifier] = {"email": EmailNotifier(send), "sms": SmsNotifier(send)}
    all_notifiers.update(notifiers or {})
    return Invoicing(
        reader, writer, discounts=all_discounts, renderers=all_renderers, notifiers=all_notifiers
    )


def InvoiceManager(path: str, send: Callable[[str], None]) -> Invoicing:
    store = SqliteStore(path)
    return standard(store, store, send)
