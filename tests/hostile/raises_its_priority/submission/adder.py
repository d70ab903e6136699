import errno
import os

for ask in (lambda: os.nice(-5), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))):
    try:
        ask()
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES):
            continue
    raise SystemExit("GOT THROUGH")
raise LookupError("denied")
