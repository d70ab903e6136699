"""The worker in a container: everything goes over standard input and output, because no descriptor can be passed there.

    worker  -> outside  {"python": "3.11", "machine": "x86_64"}      once
    outside -> worker   settings, once: those of `__main__.py`, and {"lifetime": seconds}
    worker  -> outside  {"ready": true}, or {"error": "..."}
    outside -> worker   {"order": "fork", "number": 2, "keep": ["store.db"]}
    worker  -> outside  {"pid": 7, "lacking": {}}, or {"error": "..."}
    outside -> worker   {"order": "kill"}
    worker  -> outside  {"killed": true}
    outside -> worker   {"order": "reap"}
    worker  -> outside  {"status": 9, "clean": true, "unread": []}
    outside -> worker   {"order": "listen"}
    worker  -> outside  {"port": 40001}
    outside -> worker   {"order": "listen_local"}
    worker  -> outside  {"name": "...", "number": 65536}
    outside -> worker   {"order": "processes"}
    worker  -> outside  {"processes": [[7, 4711, 1000000, 1, 1], ...]}
    outside -> worker   {"order": "peak"}
    worker  -> outside  {"peak": bytes}

As a rule, a container cannot make namespaces for each child. So only one child lives at a time, and when it ends,
everything that it started is killed; "clean" is false if that failed, and then the container has to be replaced. The
container's writable folders are emptied before the next child is forked, except for what that child keeps; if they
cannot be emptied, no child is forked. The worker exits at the end of its input, and when its lifetime is over.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time

from . import __main__ as worker
from . import kept_files, reports, stream
from .link import MOST, CreditedLink, Link, is_current
from .processes import all_processes
from .tidy import Traces, is_alone, peak, wipe
from .watch import kill_others

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Callable
    from typing import Any

IN, OUT = 0, 1
FOLDERS = ("/tmp", "/dev/shm")  # noqa: S108 # the container's
LOCAL = 1 << 16
"""The number of the first local listener, above all port numbers."""
BROKEN = 70
"""The exit status of a worker that cannot continue."""


class Kid:
    """The living child, and the worker's ends of its pipes."""

    def __init__(self, number: int, pid: int, ends: tuple[int, int, int, int], caps: dict[str, int]) -> None:
        self.number = number
        self.pid = pid
        self.requests, self.answers, self.out, self.err = ends
        self.pending = bytearray()
        self.answer = caps["answer"]
        self.room = stream.CHUNK
        """The number of bytes of answers that may be passed on before the next request."""
        self.left = {self.out: caps["output"], self.err: caps["output"]}
        self.open = set(ends)
        self.status: int | None = None
        self.reports: worker.Reports = None
        for descriptor in ends:
            os.set_blocking(descriptor, False)


class Relay:
    """Carries everything between the stream and the pipes and sockets inside."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._parser = stream.Parser()
        self._settings: dict[str, Any] = {}
        self._traces: Traces | None = None
        self._end = time.monotonic() + 60
        self._kid: Kid | None = None
        self._links: dict[int, Link] = {}
        self._next = 1
        self._locals = 0
        self._wakeups = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._watch(IN, self._take)

    def run(self) -> None:
        """Serve until the stream ends or the worker's lifetime is over."""
        self.report({"python": "{}.{}".format(*sys.version_info[:2]), "machine": os.uname().machine})
        while (left := self._end - time.monotonic()) > 0:
            for key, events in self._selector.select(left):
                if is_current(self._selector, key):
                    key.data(events)

    def send(self, channel: int, kind: int, payload: bytes = b"") -> None:
        view = memoryview(stream.frames(channel, kind, payload))
        while view:
            view = view[os.write(OUT, view) :]

    def report(self, message: dict[str, Any]) -> None:
        """Send a report in answer to an order."""
        self.send(0, stream.ORDER, json.dumps(message).encode())

    def _watch(
        self, what: int | socket.socket, ready: Callable[[int], object], events: int = selectors.EVENT_READ
    ) -> None:
        self._selector.register(what, events, ready)

    def _take(self, _events: int) -> None:
        data = os.read(IN, stream.CHUNK)
        if not data:
            os._exit(0)
        for channel, kind, payload in self._parser.feed(data):
            if channel == 0:
                self._obey(json.loads(payload))
            elif channel in self._links:
                self._links[channel].take(kind, payload)
                self._look_after(channel)
            elif self._kid is not None and channel == self._kid.number and kind == stream.REQUESTS:
                self._ask(self._kid, payload)

    def _obey(self, message: dict[str, Any]) -> None:
        match message.get("order"):
            case None:
                self._start(message)
            case "fork":
                self._fork(message["number"], message["keep"])
            case "kill":
                kill_others()
                self.report({"killed": True})
            case "reap":
                self._reap()
            case "listen":
                listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
                port = listener.getsockname()[1]
                self._serve(listener, port, Link)
                self.report({"port": port})
            case "listen_local":
                local, number = socket.socket(fileno=worker.local_listener().detach()), LOCAL + self._locals
                self._locals += 1
                self._serve(local, number, CreditedLink)
                self.report({"name": local.getsockname()[1:].decode(), "number": number})
            case "processes":
                self.report({"processes": all_processes()})
            case "peak":
                self.report({"peak": peak(self._kid.pid) if self._kid is not None else 0})
            case _:
                pass

    def _start(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._traces = Traces(settings)
        self._end = time.monotonic() + settings["lifetime"]
        try:
            worker.preload(settings)
            if settings.get("answer"):
                settings["install"] = worker.watch_code()
        except BaseException as error:
            self.report({"error": f"{type(error).__name__}: {error}"})
            os._exit(BROKEN)
        gc.collect()
        gc.freeze()
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._wakeups[1], warn_on_full_buffer=False)
        self._watch(self._wakeups[0], self._wait)
        self.report({"ready": True})

    # --- the child ---------------------------------------------------------------------------------------------------

    def _fork(self, number: int, keep: list[str]) -> None:
        assert self._traces is not None
        if not keep and self._traces.are_left():
            self.report({"error": worker.USED})
            return
        lacking = self._empty_folders(keep)
        if lacking is None:
            self.report({"error": "the files that the previous child left behind cannot be removed"})
            return
        (there, requests), (answers, answer), (out, out_there), (err, err_there) = (os.pipe() for _ in range(4))
        theirs = [there, answer, out_there, err_there]
        handler, wakeups = signal.signal(signal.SIGCHLD, signal.SIG_DFL), signal.set_wakeup_fd(-1)
        pid, word, line = worker.fork(self._settings, theirs, keep=[], left=-1)
        signal.set_wakeup_fd(wakeups, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, handler)
        for descriptor in theirs:
            os.close(descriptor)
        self._kid = Kid(number, pid, (requests, answers, out, err), self._settings["caps"])
        self._kid.reports = line
        if not word.startswith(worker.CONFINED):
            self._forget(self._kid)
            worker.reap()
            self.report({"error": word.decode("utf-8", "replace") or "the child exited while confining itself"})
            return
        self._watch(answers, lambda _events: self._answer())
        for end, kind in ((out, stream.STDOUT), (err, stream.STDERR)):
            self._watch(end, functools.partial(self._print, end, kind))
        self.report({"pid": pid, "lacking": lacking})

    def _empty_folders(self, keep: list[str]) -> dict[str, str] | None:
        """Remove what the previous child left but kept files; return why any are missing, or None on failure."""
        folder = os.open(worker.FOLDER, os.O_RDONLY | os.O_DIRECTORY)
        opened, lacking = kept_files.open_files(folder, keep, self._settings["limits"]["tmp"] // 2)
        os.close(folder)
        if not all(wipe(folder) for folder in FOLDERS):
            for descriptor in opened.values():
                os.close(descriptor)
            return None
        return lacking | kept_files.write_files(worker.FOLDER, opened, self._settings.get("user") or None)

    def _ask(self, kid: Kid, payload: bytes) -> None:
        if kid.answers in kid.open and kid.answers not in self._selector.get_map():
            self._watch(kid.answers, lambda _events: self._answer())
        kid.room = kid.answer + 2 * stream.CHUNK
        kid.pending += payload
        self._write(kid)

    def _write(self, kid: Kid) -> None:
        watched = kid.requests in self._selector.get_map()
        try:
            while kid.pending:
                del kid.pending[: os.write(kid.requests, kid.pending)]
        except BlockingIOError:
            if not watched:
                self._watch(kid.requests, lambda _events: self._write(kid), selectors.EVENT_WRITE)
            return
        except OSError:
            kid.pending.clear()
        if watched:
            self._selector.unregister(kid.requests)

    def _answer(self) -> None:
        kid = self._kid
        assert kid is not None
        data = os.read(kid.answers, min(stream.CHUNK, kid.room))
        kid.room -= len(data)
        if not data or kid.room == 0:
            self._selector.unregister(kid.answers)
        if data:
            self.send(kid.number, stream.ANSWERS, data)
        else:
            kid.open.discard(kid.answers)
            os.close(kid.answers)
            self.send(kid.number, stream.CLOSED)

    def _print(self, end: int, kind: int, _events: int = 0) -> bool:
        """Pass on what was printed, up to the cap; return False if there is nothing more for now."""
        kid = self._kid
        assert kid is not None
        try:
            data = os.read(end, stream.CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(end)
            kid.open.discard(end)
            os.close(end)
            return False
        if kept := data[: kid.left[end]]:
            kid.left[end] -= len(kept)
            self.send(kid.number, kind, kept)
        return True

    def _wait(self, _events: int) -> None:
        """Reap every process that has ended, and report the child's end."""
        os.read(self._wakeups[0], stream.CHUNK)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self._kid is not None and pid == self._kid.pid:
                self._kid.status = status
                self.send(self._kid.number, stream.ENDED)

    def _reap(self) -> None:
        statuses, kid = worker.reap(), self._kid
        for number in list(self._links):
            self._links[number].drop()
            self._look_after(number)
        status, told = None, []
        if kid is not None:
            status, told = statuses.get(kid.pid, kid.status), reports.reported(kid.reports)
            for end, kind in ((kid.out, stream.STDOUT), (kid.err, stream.STDERR)):
                for _ in range(32):
                    if end not in kid.open or not self._print(end, kind):
                        break
            self._forget(kid)
        self.report({"status": status, "clean": is_alone(), "unread": told})

    def _forget(self, kid: Kid) -> None:
        for descriptor in kid.open:
            if descriptor in self._selector.get_map():
                self._selector.unregister(descriptor)
            os.close(descriptor)
        reports.reported(kid.reports)
        self._kid = None

    # --- connections -------------------------------------------------------------------------------------------------

    def _serve(self, listener: socket.socket, number: int, kind: type[Link]) -> None:
        """Relay connections to a listener, which is known outside by its number."""
        listener.setblocking(False)  # noqa: FBT003 # it has no keyword
        self._watch(listener, lambda _events: self._accept(listener, number, kind))

    def _accept(self, listener: socket.socket, place: int, kind: type[Link]) -> None:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        if len(self._links) >= MOST:
            connection.close()
            return
        number = self._next
        self._next += 2
        self.send(number, stream.OPEN, place.to_bytes(4, "big"))
        self._links[number] = kind(connection, lambda what, payload: self.send(number, what, payload))
        self._look_after(number)

    def _look_after(self, number: int) -> None:
        """Wait for the events that the connection needs now, or drop the connection once it is over."""
        link = self._links[number]
        if link.socket in self._selector.get_map():
            self._selector.unregister(link.socket)
        if link.is_over:
            del self._links[number]
            link.socket.close()
        elif interest := link.interest():
            self._watch(link.socket, lambda events: self._carry(number, events), interest)

    def _carry(self, number: int, events: int) -> None:
        self._links[number].ready(events)
        self._look_after(number)


def main() -> None:
    """Serve over standard input and output, and exit."""
    worker.become_worker()
    os.environ.pop("HOSTNAME", None)
    try:
        Relay().run()
    except BrokenPipeError:
        os._exit(0)
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(BROKEN)
    os._exit(0)
