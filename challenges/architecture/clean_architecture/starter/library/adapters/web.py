"""The library over HTTP, as a WSGI application."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment


class Web:
    """Given: how requests are read and answers are written."""

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
        """Answer a request, such as `POST /loans`. Yours."""
        raise NotImplementedError
