"""Run as root, by `python -I -S`: makes the sandbox's sources reachable, drops to an unprivileged user, becomes bwrap.

bwrap must not run as real root, because hundreds of the host's sysctls would stay writable from inside. An unprivileged
user cannot reach sources below a folder that only root may enter, though, so all sources are first bound below a
private /tmp; what only root may read is copied there. The configuration is read from the descriptor that is the only
argument. Its fields are separated by NUL:

    the user to become
    the number of binds; for each, a source, a target below /tmp, and "deep" or nothing
    the command to become

A "deep" source is checked down to its last file; the others, which are large and installed in one go, only on the first
level. Nothing is left on disk: the mounts live in a mount namespace that ends with the sandbox. This program imports as
little as it can, because every sandbox waits for it.
"""

import ctypes
import os
import stat
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 2, 4, 4096, 16384, 1 << 18
ROOM = 64 << 20
"""The most bytes that may be copied, across all sources."""


def main(descriptor: int) -> None:
    """Become bwrap, or end with a message on standard error; never return."""
    with open(descriptor, "rb") as file:
        fields = iter(os.fsdecode(file.read()).split("\0"))
    user = next(fields)
    binds = [(next(fields), next(fields), next(fields)) for _ in range(int(next(fields)))]
    command = list(fields)
    stage(binds)
    become(int(user))
    os.execve(command[0], command, {})


def become(user: int) -> None:
    """Become an ordinary user; root cannot be regained."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def stage(binds: list[tuple[str, str, str]]) -> None:
    """Put every source below a fresh /tmp that exists only for this process and its descendants."""
    _check(LIBC.unshare(CLONE_NEWNS), "unshare")
    _mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    opened = [(os.open(source, os.O_PATH), target, deep) for source, target, deep in binds]
    _mount(b"tmpfs", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755,size=%d" % ROOM)
    for descriptor, target, deep in opened:
        source = "/proc/self/fd/%d" % descriptor  # noqa: UP031 # the sources may lie below the /tmp that was covered
        os.makedirs(os.path.dirname(target), mode=0o755, exist_ok=True)
        if not is_readable(source, levels=1000 if deep else 1):
            copy(source, target)
        else:
            bind(source, target)
        os.close(descriptor)


def bind(source: str, target: str) -> None:
    """Bind-mount `source` at `target`."""
    if os.path.isdir(source):
        os.mkdir(target, 0o755)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    _mount(os.fsencode(source), os.fsencode(target), None, MS_BIND | MS_REC, None)


def is_readable(path: str, *, levels: int) -> bool:
    """Return whether unprivileged users may read `path` and what is at most `levels` below it."""
    mode = os.stat(path).st_mode
    if not stat.S_ISDIR(mode):
        return bool(mode & 0o004) or not stat.S_ISREG(mode)
    if mode & 0o005 != 0o005:
        return False
    if levels == 0:
        return True
    with os.scandir(path) as entries:
        return all(entry.is_symlink() or is_readable(entry.path, levels=levels - 1) for entry in entries)


def copy(source: str, target: str) -> None:
    """Copy regular files, folders and links, so that everybody can read the copies."""
    if not os.path.isdir(source):
        copy_file(source, target)
        return
    os.mkdir(target, 0o755)
    with os.scandir(source) as entries:
        for entry in entries:
            there = os.path.join(target, entry.name)
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), there)
            elif entry.is_dir():
                copy(entry.path, there)
            elif entry.is_file():
                copy_file(entry.path, there)


def copy_file(source: str, target: str) -> None:
    """Copy one file with its times, because byte code is valid only for a source with the same time."""
    with open(source, "rb") as file, open(target, "xb") as new:
        while chunk := file.read(1 << 20):
            new.write(chunk)
    found = os.stat(source)
    os.chmod(target, 0o755 if found.st_mode & 0o100 else 0o644)
    os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))


def _mount(source: bytes, target: bytes, kind: bytes | None, flags: int, options: bytes | None) -> None:
    _check(LIBC.mount(source, target, kind, flags, options), "mount " + target.decode())


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


if __name__ == "__main__":
    os.umask(0o022)
    try:
        main(int(sys.argv[1]))
    except OSError as error:
        sys.exit(f"the sandbox could not be prepared: {error}")
