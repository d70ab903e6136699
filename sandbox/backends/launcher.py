"""Started as root, by `python -I -S`: make the sandbox's sources reachable, drop to an unprivileged user, become bwrap.

bwrap must not run as real root: hundreds of the host's sysctls stay writable from inside then. An unprivileged user
cannot reach sources below a folder that only root may enter, though, so they are bound below a private /tmp first.
The configuration is read from the descriptor that is the only argument, NUL between the fields:

    user, number of binds, then a source and a target below /tmp for each, then the command to become

Nothing is left on disk: the mounts live in a mount namespace that ends with the sandbox. It imports as little as it
can, because every sandbox waits for it.
"""

import ctypes
import os
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 2, 4, 4096, 16384, 1 << 18


def main(descriptor: int) -> None:
    """Never returns: the process becomes bwrap, or ends with a message on standard error."""
    with open(descriptor, "rb") as file:
        user, count, *rest = os.fsdecode(file.read()).split("\0")
    end = 2 * int(count)
    stage(list(zip(rest[:end:2], rest[1:end:2], strict=True)))
    command = rest[end:]
    os.setgroups([])
    os.setresgid(int(user), int(user), int(user))
    os.setresuid(int(user), int(user), int(user))
    os.execve(command[0], command, {})


def stage(binds: list[tuple[str, str]]) -> None:
    """Bind every source below a fresh /tmp that exists for this process and its descendants alone."""
    _check(LIBC.unshare(CLONE_NEWNS), "unshare")
    _mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    opened = [(os.open(source, os.O_PATH), os.path.isdir(source), target) for source, target in binds]
    _mount(b"tmpfs", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755,size=1m")
    for descriptor, is_folder, target in opened:
        os.makedirs(target if is_folder else os.path.dirname(target), mode=0o755, exist_ok=True)
        if not is_folder:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
        _mount(b"/proc/self/fd/%d" % descriptor, os.fsencode(target), None, MS_BIND | MS_REC, None)
        os.close(descriptor)


def _mount(source: bytes, target: bytes, kind: bytes | None, flags: int, options: bytes | None) -> None:
    _check(LIBC.mount(source, target, kind, flags, options), "mount " + target.decode())


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except OSError as error:
        sys.exit(f"launcher: {error}")
