"""The worker: process 1 of the sandbox, which forks the children and never imports the submission.

Orders and reports are JSON messages on an inherited SOCK_SEQPACKET socket; descriptors travel beside them.

    outside -> worker   settings, once            {"module", "path", "compile", "preload", "warm", "guarded",
                                              "limits", "caps", "filter", "watch", "answer", "served"}
    worker  -> outside  {"ready": true}           with a pidfd of the worker
    outside -> worker   {"order": "fork", "keep": ["store.db"]}   with requests, answers, stdout, stderr
    worker  -> outside  {"pid": 7, "lacking": {}} with a pidfd of the child; or {"error": "..."}
    outside -> worker   {"order": "kill"}
    worker  -> outside  {"killed": true}          SIGKILL was sent to all but the worker
    outside -> worker   {"order": "reap", "pid": 7}
    worker  -> outside  {"status": 9, "memory": false, "unread": []}   all but the worker is dead; wait status, or null,
                                                         whether the worker killed because memory was used up ("watch"),
                                                         and what `unread.py` reported
    outside -> worker   {"order": "listen"}
    worker  -> outside  {"port": 40001}           with a listening socket
    outside -> worker   {"order": "listen_local"}
    worker  -> outside  {"name": "..."}           with a socket that listens on an abstract AF_UNIX address
    outside -> worker   {"order": "processes"}
    worker  -> outside  {"processes": [[7, 4711, 1000000, 1, 1], ...]}   `processes.py` says what they are
    outside -> worker   {"order": "waited"}
    worker  -> outside  {"waited": 1000000}       nanoseconds without a processor, by `processes.py`

The worker exits when its socket ends, so a grader that was killed leaves no sandbox behind.
"""

from __future__ import annotations

import _socket
import contextlib
import gc
import importlib
import json
import os
import signal
import site
import struct
import sys
import types

from . import bytecode, confine, guarded, kept_files, reports, serve, wire
from .processes import all_processes, waited
from .tidy import Traces
from .watch import Watch, kill_others

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Callable, Sequence
    from typing import Any

    Reports = _socket.socket | None

PACKAGES = "/packages"
COMMON = ("__future__", "contextlib", "dataclasses", "typing")
"""Modules that nearly every submission imports; otherwise, each child would import them again."""
ROOM = 1 << 20
FOLDER = "/tmp"  # noqa: S108 # each child's own
LOCAL_BACKLOG = 1024
CONFINED = b"confined"
USED = "an earlier child left traces"


class Control:
    """The worker's end of the control socket."""

    def __init__(self, descriptor: int) -> None:
        self._socket = _socket.socket(fileno=descriptor)
        os.set_inheritable(descriptor, False)  # noqa: FBT003 # it has no keyword

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack(f"{len(descriptors)}i", *descriptors))]
        self._socket.sendmsg([json.dumps(message).encode()], rights if descriptors else [])

    def receive(self) -> tuple[dict[str, Any], list[int]]:
        """Return one message and its descriptors; exit if the other end is gone."""
        data, ancillary, _flags, _address = self._socket.recvmsg(ROOM, _socket.CMSG_SPACE(8 * 4))
        if not data:
            os._exit(0)
        descriptors: list[int] = []
        for level, kind, payload in ancillary:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
                descriptors += struct.unpack(f"{len(payload) // 4}i", payload[: len(payload) // 4 * 4])
        return json.loads(data), descriptors


def main(descriptor: int) -> None:
    """Serve orders until the socket ends."""
    become_worker()
    control = Control(descriptor)
    settings, _none = control.receive()
    preload(settings)
    own = os.pidfd_open(os.getpid())
    control.send({"ready": True}, [own])
    os.close(own)
    for name in COMMON:  # while the trusted side does something else
        importlib.import_module(name)
    if settings.get("answer"):
        settings["install"] = watch_code()
    settings["codes"] = bytecode.compiled(settings)
    gc.collect()
    gc.freeze()
    orders = Orders(control, settings)
    while True:
        orders.watch.until_readable(control)
        message, descriptors = control.receive()
        orders.obey(message, descriptors)
        for number in descriptors:
            os.close(number)


class Orders:
    """Carries out orders, one at a time, and reports on them."""

    def __init__(self, control: Control, settings: dict[str, Any]) -> None:
        self.watch = Watch(settings)
        self._control = control
        self._settings = settings
        self._traces = Traces(settings)
        self._left = -1
        """The working folder of the latest child. It outlives the child's namespace until the next child is forked."""
        self._reports: Reports = None
        """The line on which the latest child reports code that runs and that nobody has read."""

    def obey(self, message: dict[str, Any], descriptors: list[int]) -> None:
        """Carry out one order and report on it."""
        order = message["order"]
        if order == "fork":
            self.watch.has_killed = False
            self._fork(message["keep"], descriptors)
        elif order == "reap":
            status = reap().get(message["pid"])
            reported, self._reports = reports.reported(self._reports), None
            self._control.send({"status": status, "memory": self.watch.has_killed, "unread": reported})
        elif order == "kill":
            kill_others()
            self._control.send({"killed": True})
        elif order == "listen":
            listen(self._control)
        elif order == "listen_local":
            listener = local_listener()
            self._control.send({"name": listener.getsockname()[1:].decode()}, [listener.fileno()])
            listener.close()
        elif order == "processes":
            self._control.send({"processes": all_processes()})
        elif order == "waited":
            self._control.send({"waited": waited()})
        else:
            self._control.send({"error": "no such order"})

    def _fork(self, keep: list[str], descriptors: list[int]) -> None:
        """Fork a child, hand over what it keeps, and report once it is confined."""
        if not keep:
            self._forget_folder()
        if not keep and self._traces.are_left():
            self._control.send({"error": USED})
            return
        reports.reported(self._reports)
        pid, word, self._reports = fork(self._settings, descriptors, keep=keep, left=self._left)
        self._forget_folder()
        if not word.startswith(CONFINED):
            reap()
            self._control.send({"error": word.decode("utf-8", "replace") or "the child exited while confining itself"})
            return
        self._left = folder_of(pid)
        own = os.pidfd_open(pid)
        self._control.send({"pid": pid, "lacking": json.loads(word[len(CONFINED) :])}, [own])
        os.close(own)

    def _forget_folder(self) -> None:
        if self._left >= 0:
            os.close(self._left)
            self._left = -1


def folder_of(pid: int) -> int:
    """Open a child's working folder before any of the submission's code runs in it; return -1 if that is impossible."""
    try:
        return os.open(f"/proc/{pid}/root{FOLDER}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return -1


def local_listener() -> _socket.socket:
    """Listen on an abstract address in the sandbox's own network; the kernel names the sender of each message."""
    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_PASSCRED, 1)  # what is accepted inherits it
    listener.bind(b"\0" + os.urandom(8).hex().encode())
    listener.listen(LOCAL_BACKLOG)
    return listener


def listen(control: Control) -> None:
    """Make a listening socket in the sandbox's own network and hand it out."""
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    control.send({"port": listener.getsockname()[1]}, [listener.fileno()])
    listener.close()


def become_worker() -> None:
    """Prevent everything inside from signalling, stopping, tracing or reading this process."""
    confine.set_dumpable(yes=False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)


def preload(settings: dict[str, Any]) -> None:
    """Import trusted modules once, from the standard library and the runtime packages, never from the submission."""
    sys.path[:] = [place for place in sys.path if place.startswith(sys.base_prefix)]
    standard = list(sys.path)
    sys.path += [place for place in settings["path"] if place == PACKAGES or place.startswith(PACKAGES + "/")]
    for name in settings["preload"]:
        importlib.import_module(name)
    for name in settings["warm"]:
        with contextlib.suppress(ImportError):  # who needs it is told so when it is imported again
            importlib.import_module(name)
    sys.path[:] = standard + settings["path"]
    site.setquit()
    settings["guard"] = guarded.Guard(settings["guarded"])
    compile("0", "warm", "exec")  # the first compilation builds the parser's types: once here, not in every child


def fork(settings: dict[str, Any], descriptors: list[int], *, keep: list[str], left: int) -> tuple[int, bytes, Reports]:
    """Fork a child. Return its number, its message (CONFINED and what it lacks of `keep` as JSON, or what went wrong)
    and the end of its line for reports.

    `left` is the folder that holds what is to be kept, or -1.
    """
    confined, tell = os.pipe()
    there, here = reports.line() if settings.get("answer") else (None, None)
    pid = os.fork()
    if pid == 0:
        try:
            child(settings, descriptors, tell, there, keep=keep, left=left)
        finally:
            os._exit(70)
    os.close(tell)
    if there is not None:
        there.close()
    word = os.read(confined, 1 << 14)
    os.close(confined)
    return pid, word, here


def child(
    settings: dict[str, Any], descriptors: list[int], tell: int, there: Reports, *, keep: Sequence[str], left: int
) -> None:
    """Do everything that happens in a child, which never returns to the worker's code."""
    telling = os.dup2(tell, 200, inheritable=False)
    reporting = [reports.out_of_reach(there, settings["limits"]["open_files"])] if there is not None else []
    frames = wire.Frames(confine.REQUESTS, confine.ANSWERS)
    try:
        confine.enter_namespaces(settings)
        lacking = kept(settings, keep, left)
        confine.confine(settings, descriptors, keep=[telling, *reporting])
        server = serve.Server(
            frames, module=settings["module"], roots=settings["path"], caps=settings["caps"], guard=settings["guard"]
        )
        disguise()
        codes = settings.get("codes", {})
        bytecode.use(codes)
        for descriptor in reporting:
            settings["install"](settings["answer"], codes, descriptor, ends_reaching=bool(settings["guarded"]))
    except BaseException as error:
        os.write(telling, f"{type(error).__name__}: {error}".encode())
        return
    os.write(telling, CONFINED + json.dumps(lacking).encode())
    os.close(telling)
    server.run()
    os._exit(0)


def watch_code() -> Callable[..., None]:
    """Return `unread.install`, imported once for all children, which find no modules of ours."""
    from . import unread

    return unread.install


def kept(settings: dict[str, Any], names: Sequence[str], left: int) -> dict[str, str]:
    """Copy the named files from the folder `left` into the child's own; return those that it lacks, and why."""
    if left < 0:
        return dict.fromkeys(names, kept_files.MISSING)
    opened, lacking = kept_files.open_files(left, names, settings["limits"]["tmp"] // 2)
    return lacking | kept_files.write_files(FOLDER, opened)


def disguise() -> None:
    """Give the submission the streams and modules of a fresh interpreter, with none of our names in its way."""
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout, __stderr__=sys.stderr)
    sys.argv = [""]
    package = __name__.partition(".")[0]
    for name in [name for name in sys.modules if name == package or name.startswith(package + ".")]:
        del sys.modules[name]
    sys.modules["__main__"] = types.ModuleType("__main__")


def reap() -> dict[int, int]:
    """Kill every other process of the sandbox, wait for all of them, and return their wait statuses."""
    statuses: dict[int, int] = {}
    while True:
        kill_others()
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return statuses
        statuses[pid] = status
