"""The probe of the conformance suite: what a well-meant and what a hostile submission would do."""

# ruff: noqa: PTH123, PTH208, SIM115

import asyncio
import ctypes
import os
import pathlib
import signal
import socket
import sys
import threading
import time

from peers import (  # noqa: F401 # probes of their own
    hand_over,
    helpers,
    special,
    spin_in_thread,
    tell,
    tell_as_the_worker,
    tell_by_another,
    threads,
    wait_for_release,
)

STATE = []


def speak_the_users_language():
    """The documented first line of a program that sorts and formats for people."""
    import locale

    return [locale.setlocale(locale.LC_ALL, ""), "\u00e4".encode() == bytes("\u00e4", sys.getfilesystemencoding())]


def fail_in_the_library(depth):
    """Raise within json, below many frames of its own."""
    import json

    class Deep:
        def __init__(self, left):
            self.left = left

    def default(value):
        return Deep(value.left - 1) if value.left else json.loads("")

    return json.dumps(Deep(depth), default=default)


def echo(value):
    return value


def remember(value):
    STATE.append(value)
    return STATE


def keywords(*args, **kwargs):
    return [args, kwargs]


def touch(path):
    pathlib.Path(path).write_text("left behind")
    return sorted(str(item) for item in pathlib.Path(path).parent.iterdir())


def listing(path):
    return sorted(os.listdir(path))


def read(path):
    return pathlib.Path(path).read_text()


def write(path, text):
    pathlib.Path(path).write_text(text)


def fill(path, size):
    with open(path, "wb") as file:
        while size > 0:
            size -= file.write(b"x" * min(size, 1 << 20))


def flood_inodes(folder, count):
    for number in range(count):
        pathlib.Path(folder, str(number)).touch()


def sleep(seconds):
    time.sleep(seconds)
    return "awake"


def leave(status):
    os._exit(status)


def exit_politely():
    sys.exit(4)


def interrupt():
    raise KeyboardInterrupt


def kill_self(number):
    os.kill(os.getpid(), number)
    time.sleep(5)


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def big(size):
    return "x" * size


def integer(bits):
    return 1 << bits


class Liar(str):
    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


def lie():
    return Liar("anything")


def surrogate():
    return "\ud800"


class Nasty(Exception):
    def __str__(self):
        raise SystemExit("gone")


def fail(message):
    raise LookupError(message)


def fail_nastily():
    raise Nasty


async def later(value):
    await asyncio.sleep(0.001)
    return value


def in_thread(value):
    seen = []
    thread = threading.Thread(target=seen.append, args=(value,))
    thread.start()
    thread.join()
    return seen


def say(text, times):
    for _ in range(times):
        print(text)
    print("to stderr", file=sys.stderr)


def raw(data):
    os.write(4, data)
    time.sleep(5)


def raw_after(data):
    threading.Timer(0.05, os.write, (4, data)).start()
    return "fine"


def close_wire():
    os.close(4)
    time.sleep(5)


def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def burn_among(count, seconds):
    """Compute, while `count` other processes do."""
    for _ in range(count):
        if os.fork() == 0:
            burn(seconds)
            os._exit(0)
    burn(seconds)


def burn_beside(count, seconds):
    """Wait for `count` processes that all compute at the same time."""
    for _ in range(count):
        if os.fork() == 0:
            burn(seconds)
            os._exit(0)
    for _ in range(count):
        os.wait()
    return "burnt"


def count_down(times):
    while times:
        times -= 1


def allocate(size):
    STATE.append(bytearray(b"x") * size)


def free():
    STATE.clear()


def forget_peak():
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def daemon():
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    os.wait()


def forks(count):
    made = 0
    try:
        for _ in range(count):
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            made += 1
    except BlockingIOError:
        pass
    return made


def processes():
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid())


def descriptors():
    return sorted(int(name) for name in os.listdir("/proc/self/fd") if os.path.lexists("/proc/self/fd/" + name))


def environment():
    return dict(os.environ)


def status(key):
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return value.strip()
    return None


def ids():
    return [os.getpid(), os.getuid(), os.getgid(), os.getgroups(), socket.gethostname()]


def fetch(port, text):
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(text.encode())
        return connection.recv(100).decode()


def meet_oneself(port):
    """Connect to a port of one's own, where that is free, and leave it known to the network for a minute."""
    with socket.socket() as server:
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return "it is known"
        server.listen()
        with socket.create_connection(("127.0.0.1", port)) as client, server.accept()[0] as there:
            there.shutdown(socket.SHUT_WR)
            client.shutdown(socket.SHUT_WR)
    return "it is free"


def hash_of(text):
    return hash(text)


def modules():
    return sorted(sys.modules)


def imported(name):
    module = __import__(name)
    return [getattr(module, "__file__", None), getattr(module, "WHOSE", None)]


def system_call(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments))
    return ctypes.get_errno() if result == -1 else 0


def core_limit():
    return list(__import__("resource").getrlimit(__import__("resource").RLIMIT_CORE))


def attack_worker():
    """Everything that one process of the same user may try on process 1."""
    outcomes = {}
    for name, attempt in {
        "kill": lambda: os.kill(1, signal.SIGKILL),
        "environ": lambda: pathlib.Path("/proc/1/environ").read_bytes(),
        "descriptors": lambda: [os.open(f"/proc/1/fd/{number}", os.O_RDWR) for number in os.listdir("/proc/1/fd")],
        "memory": lambda: open("/proc/1/mem", "rb"),
        "priority": lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),
        "affinity": lambda: os.sched_setaffinity(1, {0}),
        "limits": lambda: __import__("resource").prlimit(1, 7, (1, 1)),
    }.items():
        try:
            attempt()
            outcomes[name] = "done"
        except OSError as error:
            outcomes[name] = type(error).__name__
    return outcomes


def hoard(count, size):
    """Fork processes that each hold some memory, and wait for all of them to have it at once, or for ever."""
    read, write = os.pipe()
    hoarders = []
    for _ in range(count):
        hoarders.append(os.fork())
        if hoarders[-1] == 0:
            held = bytearray(b"x") * size
            os.write(write, b"1")
            time.sleep(30)
            os._exit(len(held) % 2)
    ready = 0
    while ready < count:
        ready += len(os.read(read, 100))
    time.sleep(0.3)
    if any(os.waitpid(pid, os.WNOHANG) != (0, 0) for pid in hoarders):
        signal.pause()
    return ready


def bury(folder, depth):
    """Folders in folders, by names as long as can be, the innermost locked."""
    os.chdir(folder)
    for _ in range(depth):
        pathlib.Path("x" * 200).mkdir()
        os.chdir("x" * 200)
    pathlib.Path("treasure").touch()
    pathlib.Path().chmod(0)


def exchange(port, size):
    """Send and receive at the same time; the number of bytes that came back."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:

        def send():
            connection.sendall(b"x" * size)
            connection.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=send)
        thread.start()
        count = 0
        while chunk := connection.recv(1 << 16):
            count += len(chunk)
        thread.join()
        return count
