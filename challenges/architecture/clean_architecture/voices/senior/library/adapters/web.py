"""The library over HTTP, as a WSGI application."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from library.application import Lending
from library.domain import Book, Refused, Unknown


class Web:
    """Translates between HTTP and the use cases; decides nothing itself."""

    def __init__(self, lending: Lending) -> None:
        self._lending = lending

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body: dict[str, Any] = json.loads(environ["wsgi.input"].read(length) or b"{}")
        status, answer = self._answer(request, body)
        data = json.dumps(answer).encode()
        start_response(
            f"{status.value} {status.phrase}",
            [("Content-Type", "application/json"), ("Content-Length", str(len(data)))],
        )
        return [data]

    def _answer(self, request: str, body: dict[str, Any]) -> tuple[HTTPStatus, dict[str, Any]]:
        try:
            return self._use(request, body)
        except Unknown as error:
            return HTTPStatus.NOT_FOUND, {"error": str(error)}
        except Refused as error:
            return HTTPStatus.CONFLICT, {"error": str(error)}

    def _use(self, request: str, body: dict[str, Any]) -> tuple[HTTPStatus, dict[str, Any]]:
        match request.split("/"):
            case ["POST ", "loans"]:
                due = self._lending.borrow(body["member"], body["books"])
                return HTTPStatus.CREATED, {"due": due.isoformat()}
            case ["POST ", "returns"]:
                return HTTPStatus.OK, {"fine": self._lending.give_back(body["books"])}
            case ["POST ", "reservations"]:
                return HTTPStatus.CREATED, {"place": self._lending.reserve(body["member"], body["book"])}
            case ["GET ", "loans", member] if member:
                return HTTPStatus.OK, {"loans": [_loan(book) for book in self._lending.loans(member)]}
            case _:
                return HTTPStatus.NOT_FOUND, {"error": f"no such request: {request}"}


def _loan(book: Book) -> dict[str, Any]:
    return {"book": book.number, "title": book.title, "due": book.due and book.due.isoformat()}
