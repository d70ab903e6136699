"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from collections.abc import Mapping
from typing import assert_type

from accounts import Accounts, Denied, Note


def now() -> float:
    return 0.0


def users(key: str) -> str:
    service = Accounts("accounts.db", "files", key, clock=now)
    Accounts("accounts.db", "files", key)
    Accounts("accounts.db", "files", key.encode())  # type: ignore[arg-type]
    Accounts("accounts.db", "files", key, now)  # type: ignore[call-arg]
    Accounts("accounts.db", "files", key, clock=0.0)  # type: ignore[arg-type]
    service.register("ann", "correct horse")
    service.register("ann", None)  # type: ignore[arg-type]
    service.login("ann")  # type: ignore[call-arg]
    access, refresh = service.login("ann", "correct horse")
    assert_type(access, str)
    assert_type(refresh, str)
    pair: tuple[str, str] = service.refresh(refresh)
    service.refresh(pair)  # type: ignore[arg-type]
    return pair[0]


def notes(service: Accounts, token: str, fields: Mapping[str, object]) -> list[Note]:
    number = service.write(token, fields)
    assert_type(number, int)
    assert_type(service.write(token, {"title": "Ink"}, number), int)
    service.write(token, {"title": ["of", "any", "kind"]}, note=number)
    service.write(token, {1: "Ink"})  # type: ignore[dict-item]
    service.write(token, fields, "1")  # type: ignore[arg-type]
    assert_type(service.read(token, number), Note)
    service.read(number, token)  # type: ignore[arg-type]
    note = service.read(token, number)
    assert_type((note.id, note.owner, note.title, note.body), tuple[int, str, str, str])
    note.owner = "bob"  # type: ignore[misc]
    service.search(token, 7)  # type: ignore[arg-type]
    found: list[Note] = service.search(token, "Ink", "title desc")
    return [*found, *service.search(token, "Ink", order="id")]


def files(service: Accounts, token: str, note: int) -> bytes:
    service.attach(token, note, "a.txt", b"a")
    service.attach(token, note, "a.txt", "a")  # type: ignore[arg-type]
    try:
        return service.download(token, note, "a.txt")
    except (Denied, KeyError):
        return b""
