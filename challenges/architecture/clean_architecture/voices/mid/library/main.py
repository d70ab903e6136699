"""The only module that knows everything: it puts the parts together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from wsgiref.types import WSGIApplication

from library.adapters.sqlite import SqliteStore
from library.adapters.web import Web
from library.application import Lending


def build(path: str, today: Callable[[], date], notify: Callable[[str, int], object]) -> WSGIApplication:
    """The WSGI application over the SQLite file at `path`."""
    store = SqliteStore(path)
    return Web(Lending(store.unit, today, notify))
