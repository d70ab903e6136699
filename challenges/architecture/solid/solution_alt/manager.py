"""Puts the rules and the details together."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from types import MappingProxyType

import parts
from invoicing import Discount, Invoicing, Notifier, Reader, Renderer, Writer
from stores import Archive, MemoryStore, SqliteStore

__all__ = ["Archive", "InvoiceManager", "MemoryStore", "SqliteStore", "standard"]

DISCOUNTS: Mapping[str, Discount] = {
    "regular": parts.Percent(0),
    "loyal": parts.Percent(5),
    "bulk": parts.Percent(10, pieces=100),
}
RENDERERS: Mapping[str, Renderer] = {"text": parts.Format(parts.text), "html": parts.Format(parts.page)}
NO_DISCOUNTS: Mapping[str, Discount] = MappingProxyType({})
NO_RENDERERS: Mapping[str, Renderer] = MappingProxyType({})
NO_NOTIFIERS: Mapping[str, Notifier] = MappingProxyType({})


def _notifiers(send: Callable[[str], None]) -> dict[str, Notifier]:
    return {"email": parts.Channel(parts.email, send), "sms": parts.Channel(parts.sms, send)}


def standard(
    reader: Reader,
    writer: Writer,
    send: Callable[[str], None],
    *,
    discounts: Mapping[str, Discount] = NO_DISCOUNTS,
    renderers: Mapping[str, Renderer] = NO_RENDERERS,
    notifiers: Mapping[str, Notifier] = NO_NOTIFIERS,
) -> Invoicing:
    """Lay what the caller brings over what there is."""
    return Invoicing(
        reader,
        writer,
        discounts=ChainMap(dict(discounts), dict(DISCOUNTS)),
        renderers={**RENDERERS, **renderers},
        notifiers=_notifiers(send) | dict(notifiers),
    )


class InvoiceManager(Invoicing):
    """What there was before there were parts."""

    def __init__(self, path: str, send: Callable[[str], None]) -> None:
        store = SqliteStore(path)
        super().__init__(store, store, discounts=DISCOUNTS, renderers=RENDERERS, notifiers=_notifiers(send))
