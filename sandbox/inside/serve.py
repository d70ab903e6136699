"""The child's loop: import the probe at the first call, answer requests, describe exceptions as text.

Everything here runs in the submission's own process and can be taken over by it. Nothing outside believes it.
"""

import importlib
import os

from . import wire

MESSAGE, NAME, FRAMES, BASES = 2000, 200, 12, 30
HERE = os.path.dirname(__file__)


class NoSuchProbe(AttributeError):
    """The probe module has no public function of that name."""


class Server:
    """Answers requests until the stream ends."""

    def __init__(self, frames, *, module, roots, caps):
        self._frames = frames
        self._module = module
        self._roots = tuple(sorted((root.rstrip("/") + "/" for root in roots), key=len, reverse=True))
        self._encoder = wire.Encoder(depth=caps["depth"], integer_bits=caps["integer_bits"])
        self._room = caps["answer"]
        self._probe = None
        self._broken = None

    def run(self):
        """Serve; return when the trusted side has closed its end."""
        while (request := self._frames.receive()) is not None:
            replies = [self._reply(*call) for call in request["calls"]]
            self._frames.send(self._body(request["id"], replies))

    def _body(self, ident, replies):
        body = wire.body_of({"id": ident, "all": replies})
        if len(body) > self._room:
            why = "the probe's answer has %d bytes; at most %d can be observed" % (len(body), self._room)
            refusal = {"err": self._described(wire.UnencodableObservation(why))}
            body = wire.body_of({"id": ident, "all": [refusal] * len(replies)})
        return body

    def _reply(self, name, arguments, keywords):
        try:
            self._import()
        except BaseException as error:
            self._broken = self._broken or self._described(error)
            return {"err": self._broken}
        try:
            decode = wire.decode
            result = self._function(name)(*map(decode, arguments), **{key: decode(item) for key, item in keywords})
            if hasattr(type(result), "__await__"):
                result = _awaited(result)
            return {"ok": self._encoder.encode(result)}
        except BaseException as error:  # SystemExit and KeyboardInterrupt are observations too
            return {"err": self._described(error)}

    def _import(self):
        if self._probe is None:
            if self._broken is not None:
                raise ImportError
            self._probe = importlib.import_module(self._module)

    def _function(self, name):
        try:
            return getattr(self._probe, name)
        except AttributeError:
            raise NoSuchProbe("the probe has no function %r" % name) from None

    def _described(self, error):
        kinds = _safely(lambda: type(error).__mro__[:BASES], (type(error),))
        return {
            "kind": _text(lambda: type(error).__name__, NAME),
            "bases": [_text(lambda kind=kind: kind.__name__, NAME) for kind in kinds],
            "message": _text(lambda: str(error), MESSAGE),
            "where": self._where(error),
        }

    def _where(self, error):
        places, trace = [], _safely(lambda: error.__traceback__, None)
        while trace is not None and len(places) < 1000:
            file = trace.tb_frame.f_code.co_filename
            if not file.startswith((HERE, "<frozen importlib")):
                places.append("%s:%d" % (self._shown(file), trace.tb_lineno))
            trace = trace.tb_next
        return places[-FRAMES:]

    def _shown(self, file):
        for root in self._roots:
            if file.startswith(root):
                return file[len(root) :][-NAME:]
        return file.rpartition("/")[2][-NAME:]


def _awaited(result):
    import asyncio

    async def wait():
        return await result

    return asyncio.run(wait())


def _text(make, most):
    return _safely(lambda: str.__str__(make())[:most].encode("utf-8", "backslashreplace").decode(), "<unprintable>")


def _safely(make, otherwise):
    try:
        return make()
    except BaseException:
        return otherwise
