"""The only module that knows everything: it puts the parts together."""

from library.adapters.sqlite import SqliteStore
from library.adapters.web import Web
from library.application import Lending


def build(path, today, notify):
    store = SqliteStore(path)
    lending = Lending(store.unit, today, notify)
    return Web(lending)
