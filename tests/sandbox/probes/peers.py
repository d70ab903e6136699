"""Probes of what meets, is killed, and leaves files behind."""

import os
import pathlib
import socket
import struct
import threading
import time


def _local(name):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect("\0" + name)
    _line(connection)  # the server speaks first
    return connection


def _line(connection):
    data = b""
    while not data.endswith(b"\n"):
        part = connection.recv(100)
        if not part:
            raise ConnectionError("closed")
        data += part
    return data.decode().strip()


def tell(name, text):
    """Say something at an abstract address and return what is answered, and who we are."""
    with _local(name) as connection:
        connection.sendall(text.encode() + b"\n")
        return [_line(connection), os.getpid()]


def tell_by_another(name):
    """Connect, and let a forked process speak."""
    with _local(name) as connection:
        pid = os.fork()
        if pid == 0:
            connection.sendall(b"it is me\n")
            time.sleep(60)
        return [_line(connection), os.getpid(), pid]


def tell_as_the_worker(name):
    """Claim to be process 1."""
    with _local(name) as connection:
        claim = struct.pack("=3i", 1, os.getuid(), os.getgid())
        try:
            connection.sendmsg([b"I am 1\n"], [(socket.SOL_SOCKET, 2, claim)])
        except PermissionError:
            connection.sendall(b"refused\n")
        return [_line(connection), os.getpid()]


def hand_over(name):
    """Send a descriptor along."""
    with _local(name) as connection:
        socket.send_fds(connection, [b"here\n"], [0])
        return [_line(connection), os.getpid()]


def wait_for_release(name):
    """Say that we are there and wait for a word that may never come."""
    pathlib.Path("before.txt").write_text("written")
    with _local(name) as connection:
        connection.sendall(b"there\n")
        _line(connection)
    pathlib.Path("after.txt").write_text("written")


def special(names):
    """Leave one file of each sort behind, by name."""
    pathlib.Path("target").write_text("x")
    pathlib.Path(names[0]).symlink_to("/etc/passwd")
    pathlib.Path(names[1]).hardlink_to("target")
    os.mkfifo(names[2])
    pathlib.Path(names[3]).mkdir()
    with pathlib.Path(names[4]).open("wb") as file:
        file.truncate(3 << 20)
    pathlib.Path(names[5]).write_text("x")
    pathlib.Path(names[5]).chmod(0)


def threads(count):
    for _ in range(count):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


def helpers(count, seconds):
    """Start processes that each burn so much and then sleep."""
    started = []
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            end = time.process_time() + seconds
            while time.process_time() < end:
                pass
            time.sleep(60)
            os._exit(0)
        started.append(pid)
    return started


def spin_in_thread():
    """Compute for ever, while the first thread waits for the next call."""

    def work():
        while True:
            pass

    threading.Thread(target=work, daemon=True).start()
