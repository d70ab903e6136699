"""The library over HTTP, as a WSGI application."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from library.application import Lending
from library.domain import Refused, Unknown

Answer = tuple[HTTPStatus, dict[str, Any]]

LOANS_OF = "/loans/"


class Web:
    """The WSGI application: routes requests to the use cases, and errors to statuses."""

    def __init__(self, lending: Lending) -> None:
        self._lending = lending
        self._routes: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "POST /loans": self._borrow,
            "POST /returns": self._give_back,
            "POST /reservations": self._reserve,
        }

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

    def _answer(self, request: str, body: dict[str, Any]) -> Answer:
        """Answer a request, such as `POST /loans`."""
        try:
            return self._dispatch(request, body)
        except Unknown as error:
            return HTTPStatus.NOT_FOUND, {"error": str(error)}
        except Refused as error:
            return HTTPStatus.CONFLICT, {"error": str(error)}

    def _dispatch(self, request: str, body: dict[str, Any]) -> Answer:
        route = self._routes.get(request)
        if route is not None:
            return route(body)
        _, path = request.split(" ", 1)
        if path.startswith(LOANS_OF):
            return self._loans(path.removeprefix(LOANS_OF))
        return HTTPStatus.NOT_FOUND, {"error": "Not found"}

    def _borrow(self, body: dict[str, Any]) -> Answer:
        due = self._lending.borrow(body["member"], body["books"])
        return HTTPStatus.CREATED, {"due": due.isoformat()}

    def _give_back(self, body: dict[str, Any]) -> Answer:
        return HTTPStatus.OK, {"fine": self._lending.give_back(body["books"])}

    def _reserve(self, body: dict[str, Any]) -> Answer:
        return HTTPStatus.CREATED, {"place": self._lending.reserve(body["member"], body["book"])}

    def _loans(self, member: str) -> Answer:
        loans = [
            {"book": book.number, "title": book.title, "due": book.due.isoformat() if book.due else None}
            for book in self._lending.loans(member)
        ]
        return HTTPStatus.OK, {"loans": loans}
