"""The library over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeAlias
from wsgiref.types import StartResponse, WSGIEnvironment

from library.application import Lending
from library.domain import Refused, Unknown

Body: TypeAlias = dict[str, Any]
Answer: TypeAlias = tuple[HTTPStatus, Body]


class Web:
    """A table of requests, each of which is a use case."""

    def __init__(self, lending: Lending) -> None:
        self._lending = lending
        self._routes: dict[str, Callable[[Body], Answer]] = {
            "POST /loans": self._borrow,
            "POST /returns": self._give_back,
            "POST /reservations": self._reserve,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(length) or b"{}")
        try:
            status, answer = self._answer(environ["REQUEST_METHOD"], environ["PATH_INFO"], body)
        except (Unknown, Refused) as error:
            status = HTTPStatus.NOT_FOUND if isinstance(error, Unknown) else HTTPStatus.CONFLICT
            answer = {"error": str(error)}
        data = json.dumps(answer).encode()
        start_response(f"{status} {status.phrase}", [("Content-Type", "application/json")])
        return [data]

    def _answer(self, method: str, path: str, body: Body) -> Answer:
        if method == "GET" and path.startswith("/loans/"):
            return self._loans(path[len("/loans/") :])
        if (handle := self._routes.get(f"{method} {path}")) is None:
            raise Unknown("Nobody answers this.")
        return handle(body)

    def _borrow(self, body: Body) -> Answer:
        return HTTPStatus.CREATED, {"due": str(self._lending.borrow(body["member"], body["books"]))}

    def _give_back(self, body: Body) -> Answer:
        return HTTPStatus.OK, {"fine": self._lending.give_back(body["books"])}

    def _reserve(self, body: Body) -> Answer:
        return HTTPStatus.CREATED, {"place": self._lending.reserve(body["member"], body["book"])}

    def _loans(self, member: str) -> Answer:
        books = self._lending.loans(member)
        return HTTPStatus.OK, {"loans": [{"book": b.number, "title": b.title, "due": str(b.due)} for b in books]}
