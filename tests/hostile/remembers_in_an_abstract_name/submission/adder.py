import os
import socket
import time

mark = socket.socket(socket.AF_UNIX)
try:
    mark.bind("\0remembered")
except OSError:
    raise SystemExit("LEAK: somebody still holds the name") from None
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
raise LookupError("nothing remembered")
