"""The child's loop: import the probe at the first call, answer requests, and describe exceptions as text.

Everything here runs in the submission's own process and can be taken over by it, so nothing outside trusts it.
"""

from __future__ import annotations

import functools
import importlib

from . import wire

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Awaitable, Callable
    from types import TracebackType
    from typing import Any

    from .guarded import Guard

MESSAGE, NAME, FRAMES, BASES = 2000, 200, 12, 30
OURS = (__file__.rpartition("/")[0], "<frozen importlib", importlib.__file__)
"""Files whose frames are not the submission's."""
COROUTINE = 0x80
"""`inspect.CO_COROUTINE`, in the flags of a function made by `async def`."""


class NoSuchProbe(AttributeError):
    """The probe module has no public function of that name."""


class Server:
    """Answers requests until the stream ends."""

    def __init__(
        self, frames: wire.Frames, *, module: str, roots: list[str], caps: dict[str, int], guard: Guard
    ) -> None:
        self._frames = frames
        self._module = module
        self._roots = tuple(sorted((root.rstrip("/") + "/" for root in roots), key=len, reverse=True))
        self._encoder = wire.Encoder(depth=caps["depth"], integer_bits=caps["integer_bits"])
        self._room = caps["answer"]
        self._guard = guard
        self._guard.watch([f"{root}/" for root in roots[:1]], [f"{root}/" for root in roots[-1:]])
        self._probe: Any = None
        self._broken: dict[str, Any] | None = None

    def run(self) -> None:
        """Serve; return when the trusted side has closed its end."""
        while (request := self._frames.receive()) is not None:
            replies = [self._reply(*call) for call in request["calls"]]
            if rebound := self._guard.rebound():
                named = [_text(functools.partial(str, name), NAME) for name in rebound]
                self._frames.send(wire.body_of({"id": request["id"], "rebound": named}))
                return
            self._frames.send(self._body(request["id"], replies))

    def _body(self, ident: str, replies: list[dict[str, Any]]) -> bytes:
        body = wire.body_of({"id": ident, "all": replies})
        if len(body) > self._room:
            why = f"the probe's answer has {len(body)} bytes; at most {self._room} are accepted"
            refusal = {"err": self._described(wire.UnencodableObservation(why))}
            body = wire.body_of({"id": ident, "all": [refusal] * len(replies)})
        return body

    def _reply(self, name: str, arguments: list[Any], keywords: list[Any]) -> dict[str, Any]:
        try:
            function = self._function(name)
        except NoSuchProbe as error:
            return {"err": self._described(error)}
        except BaseException as error:
            self._broken = self._broken or self._described(error)
            return {"err": self._broken}
        try:
            decode = wire.decode
            result = function(*map(decode, arguments), **{key: decode(item) for key, item in keywords})
            if _is_async(function):  # a coroutine that the submission returned is what it returned
                result = _awaited(result)
            return {"ok": self._encoder.encode(result)}
        except BaseException as error:  # SystemExit and KeyboardInterrupt are observations too
            return {"err": self._described(error)}

    def _import(self) -> None:
        if self._probe is None:
            if self._broken is not None:
                raise ImportError
            self._probe = importlib.import_module(self._module)
            self._guard.add_modules()

    def _function(self, name: str) -> Any:
        """Return the probe's function or, for `module:function`, that of another module beside it."""
        module, _, function = name.rpartition(":")
        if module:
            return getattr(importlib.import_module(module), function)
        self._import()
        try:
            return getattr(self._probe, name)
        except AttributeError:
            raise NoSuchProbe(f"the probe has no function {name!r}") from None

    def _described(self, error: BaseException) -> dict[str, Any]:
        kinds = _safely(lambda: type(error).__mro__[:BASES], (type(error),))
        return {
            "kind": _text(lambda: type(error).__name__, NAME),
            "bases": [_text(functools.partial(getattr, kind, "__name__"), NAME) for kind in kinds],
            "message": _text(lambda: str(error), MESSAGE),
            "where": self._where(error),
        }

    def _where(self, error: BaseException) -> list[str]:
        """Return the traceback's innermost places, always including the innermost one below a root."""
        places: list[str] = []
        innermost = 0
        trace: TracebackType | None = _safely(lambda: error.__traceback__, None)
        while trace is not None and len(places) < 1000:
            file = trace.tb_frame.f_code.co_filename
            if not file.startswith(OURS):
                if file.startswith(self._roots):
                    innermost = len(places)
                places.append(f"{self._shown(file)}:{trace.tb_lineno}")
            trace = trace.tb_next
        if innermost < len(places) - FRAMES:
            return [places[innermost], *places[1 - FRAMES :]]
        return places[-FRAMES:]

    def _shown(self, file: str) -> str:
        """Show a file below a root relative to that root, and any other file in full."""
        root = next((root for root in self._roots if file.startswith(root)), "")
        return _text(lambda: file[len(root) :], NAME)


def _is_async(function: Any) -> bool:
    return bool(getattr(getattr(function, "__code__", None), "co_flags", 0) & COROUTINE)


def _awaited(result: Awaitable[Any]) -> Any:
    from asyncio import Runner, SelectorEventLoop

    async def wait() -> Any:
        return await result

    with Runner(loop_factory=SelectorEventLoop) as runner:  # whatever policy the submission sets
        return runner.run(wait())


def _text(make: Callable[[], str], most: int) -> str:
    def text() -> str:
        return str.__str__(make())[:most].encode("utf-8", "backslashreplace").decode()

    return str(_safely(text, "<unprintable>"))


def _safely(make: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return make()
    except BaseException:
        return otherwise
