"""The library over HTTP, as a WSGI application."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from library.application import Lending
from library.domain import Refused, Unknown


class Web:
    """Given: how requests are read and answers are written."""

    def __init__(self, lending: Lending) -> None:
        self.lending = lending

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
            if request == "POST /loans":
                due = self.lending.borrow(body["member"], body["books"])
                return HTTPStatus.CREATED, {"due": str(due)}
            elif request == "POST /returns":
                fine = self.lending.give_back(body["books"])
                return HTTPStatus.OK, {"fine": fine}
            elif request == "POST /reservations":
                place = self.lending.reserve(body["member"], body["book"])
                return HTTPStatus.CREATED, {"place": place}
            elif request.startswith("GET /loans/"):
                member = request.split("/")[2]
                loans = []
                for book in self.lending.loans(member):
                    loans.append({"book": book.number, "title": book.title, "due": str(book.due)})
                return HTTPStatus.OK, {"loans": loans}
            else:
                return HTTPStatus.NOT_FOUND, {"error": "not found"}
        except Unknown as e:
            return HTTPStatus.NOT_FOUND, {"error": str(e)}
        except Refused as e:
            return HTTPStatus.CONFLICT, {"error": str(e)}
        except Exception as e:
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": str(e)}
