import os

for path in ("/dev/tty", "/dev/ptmx", "/dev/console", "/dev/tty1"):
    try:
        os.open(path, os.O_RDWR)
    except OSError:
        continue
    raise SystemExit(f"GOT THROUGH: {path}")
raise LookupError("denied")
