import fcntl
import os
import time

mark = os.open(os.__file__, os.O_RDONLY)
try:
    fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    raise SystemExit("LEAK: somebody still holds the lock") from None
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
    os._exit(0)
raise LookupError("nothing remembered")
