import glob
import os

reached = []
for path in (__file__, *glob.glob("/probe/*"), "/submission/new", "/new", os.__file__, "/dev/new", "/proc/new", "/etc/passwd"):
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
    except OSError:
        continue
    reached.append(path)
if reached:
    raise SystemExit(f"GOT THROUGH: {reached}")
raise LookupError("denied")
