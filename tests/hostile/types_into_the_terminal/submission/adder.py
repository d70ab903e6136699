import fcntl
import os

opened = 0
for place in (0, 1, 2, os.open("/dev/ptmx", os.O_RDWR) if os.path.exists("/dev/ptmx") else 2):
    try:
        fcntl.ioctl(place, 0x5412, b"x")
    except OSError:
        continue
    raise SystemExit("GOT THROUGH")
raise LookupError("denied")
