import fcntl
import os

held = 0
try:
    while held < 512 << 20:
        _, write = os.pipe2(os.O_NONBLOCK)
        fcntl.fcntl(write, 1031, 1 << 18)
        held += os.write(write, b"x" * (1 << 18))
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
