import os

try:
    os.listdir("/proc/1/fd")
    open("/proc/1/mem", "rb")
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
