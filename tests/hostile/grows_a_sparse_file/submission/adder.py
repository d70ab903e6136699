import os

try:
    with open("/tmp/sparse", "wb") as file:
        os.truncate(file.fileno(), 1 << 40)
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
