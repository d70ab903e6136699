import os

try:
    for number in range(20_000):
        os.mkdir(f"/tmp/{number}")
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
