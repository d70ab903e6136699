import os
import stat

for name in os.listdir("/dev"):
    path = f"/dev/{name}"
    if stat.S_ISCHR(os.lstat(path).st_mode):
        try:
            os.utime(path)
        except OSError:
            continue
        raise SystemExit(f"GOT THROUGH: {path}")
raise LookupError("denied")
