"""The only module that knows everything: it puts the parts together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from wsgiref.types import WSGIApplication

from library.adapters.sqlite import SqliteStore
from library.adapters.web import Web
from library.application import Lending


def build(path: str, today: Callable[[], date], notify: Callable[[str, int], object]) -> WSGIApplication:
    """Return the library over the SQLite file at the path, as a WSGI application."""
    return Web(Lending(SqliteStore(path).unit, today, notify))
