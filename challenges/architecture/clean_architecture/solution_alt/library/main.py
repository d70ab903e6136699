"""Puts the library together."""

from __future__ import annotations

from wsgiref.types import WSGIApplication

from .adapters import sqlite, web
from .application import Lending
from .ports import Notify, Today


def build(path: str, today: Today, notify: Notify) -> WSGIApplication:
    store = sqlite.SqliteStore(path)
    return web.Web(Lending(store.unit, today, notify))
