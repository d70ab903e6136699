import os

others = [int(name) for name in os.listdir("/proc") if name.isdigit()]
if len(others) > 4 or os.getppid() > 1:
    raise SystemExit(f"GOT THROUGH: {others}")
raise LookupError("denied")
