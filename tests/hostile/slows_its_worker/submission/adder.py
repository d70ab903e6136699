import os

PROCESS, GROUP, USER = os.PRIO_PROCESS, os.PRIO_PGRP, os.PRIO_USER
os.setpriority(PROCESS, 0, os.getpriority(PROCESS, 0))  # its own is its own affair
for which in (GROUP, USER):
    try:
        os.setpriority(which, 0, 19)
    except PermissionError:
        continue
    raise SystemExit(f"GOT THROUGH: {which}")
raise LookupError("denied")
