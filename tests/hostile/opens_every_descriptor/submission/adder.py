import os

try:
    for _ in range(5000):
        os.open("/dev/null", os.O_RDONLY)
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
