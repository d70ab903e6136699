"""The worker: process 1 of the sandbox, which forks the children and never imports the submission.

Orders and reports are JSON messages on an inherited SOCK_SEQPACKET socket; descriptors travel beside them.

    outside -> worker   settings, once            {"module", "path", "compile", "preload", "limits", "caps", "filter",
                                              "watch"}
    worker  -> outside  {"ready": true}           with a pidfd of the worker
    outside -> worker   {"order": "fork"}         with requests, answers, stdout, stderr
    worker  -> outside  {"pid": 7}                with a pidfd of the child; or {"error": "..."}
    outside -> worker   {"order": "reap", "pid": 7}
    worker  -> outside  {"status": 9, "memory": false}   all but the worker is dead; wait status, or null, and whether
                                                         the worker killed because memory was used up ("watch")
    outside -> worker   {"order": "listen"}
    worker  -> outside  {"port": 40001}           with a listening socket

The worker leaves at the end of its socket, so a grader that was killed leaves no sandbox behind.
"""

from __future__ import annotations

import _socket
import gc
import importlib
import json
import os
import signal
import site
import struct
import sys
import types

from . import bytecode, confine, serve, wire
from .watch import Watch, kill_others

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Sequence
    from typing import Any

PACKAGES = "/packages"
COMMON = ("contextlib", "dataclasses", "typing")
"""What nearly every submission imports; each child would do it again."""
ROOM = 1 << 20


class Control:
    """The worker's socket."""

    def __init__(self, descriptor: int) -> None:
        self._socket = _socket.socket(fileno=descriptor)
        os.set_inheritable(descriptor, False)  # noqa: FBT003 # it has no keyword

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def send(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Send one message."""
        rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack(f"{len(descriptors)}i", *descriptors))]
        self._socket.sendmsg([json.dumps(message).encode()], rights if descriptors else [])

    def receive(self) -> tuple[dict[str, Any], list[int]]:
        """Return one message and its descriptors; leave when the other end is gone."""
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
    settings["codes"] = bytecode.compiled(settings)
    gc.collect()
    gc.freeze()
    watch = Watch(settings)
    while True:
        watch.until_readable(control)
        message, descriptors = control.receive()
        obey(control, settings, watch, message, descriptors)
        for number in descriptors:
            os.close(number)


def obey(
    control: Control, settings: dict[str, Any], watch: Watch, message: dict[str, Any], descriptors: list[int]
) -> None:
    """Carry out one order and report it."""
    order = message["order"]
    if order == "fork":
        watch.has_killed = False
        fork(control, settings, descriptors)
    elif order == "reap":
        status = reap().get(message["pid"])
        control.send({"status": status, "memory": watch.has_killed})
    elif order == "listen":
        listen(control)
    else:
        control.send({"error": "no such order"})


def listen(control: Control) -> None:
    """Make a listening socket in the sandbox's own network and hand it out."""
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    control.send({"port": listener.getsockname()[1]}, [listener.fileno()])
    listener.close()


def become_worker() -> None:
    """Nothing inside can signal, stop, trace or read this process."""
    confine.set_dumpable(yes=False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)


def preload(settings: dict[str, Any]) -> None:
    """Import trusted modules once, from the standard library and the runtime packages alone, never the submission."""
    sys.path[:] = [place for place in sys.path if place.startswith(sys.base_prefix)]
    standard = list(sys.path)
    sys.path += [place for place in settings["path"] if place == PACKAGES or place.startswith(PACKAGES + "/")]
    for name in settings["preload"]:
        importlib.import_module(name)
    sys.path[:] = standard + settings["path"]
    site.setquit()
    compile("0", "warm", "exec")  # the first compilation builds the parser's types: once here, not in every child


def fork(control: Control, settings: dict[str, Any], descriptors: list[int]) -> None:
    """Fork a child and report it once it is confined."""
    confined, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            child(settings, descriptors, tell)
        finally:
            os._exit(70)
    os.close(tell)
    word = os.read(confined, 4096)
    os.close(confined)
    if word != b"confined":
        reap()
        control.send({"error": word.decode("utf-8", "replace") or "the child ended while it confined itself"})
        return
    own = os.pidfd_open(pid)
    control.send({"pid": pid}, [own])
    os.close(own)


def child(settings: dict[str, Any], descriptors: list[int], tell: int) -> None:
    """Everything that happens in a child. Does not return control to the worker's code."""
    telling = os.dup2(tell, 200, inheritable=False)
    frames = wire.Frames(confine.REQUESTS, confine.ANSWERS)
    try:
        confine.confine(settings, descriptors, keep=telling)
        server = serve.Server(frames, module=settings["module"], roots=settings["path"], caps=settings["caps"])
        disguise()
        bytecode.use(settings["codes"])
    except BaseException as error:
        os.write(telling, f"{type(error).__name__}: {error}".encode())
        return
    os.write(telling, b"confined")
    os.close(telling)
    server.run()
    os._exit(0)


def disguise() -> None:
    """Give the submission the streams and the modules of a fresh interpreter: none of our names is in its way."""
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
