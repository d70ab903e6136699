import os
import time

for _ in range(8):
    if os.fork() == 0:
        held = bytearray(96 << 20)
        time.sleep(1)
        os._exit(0)
raise LookupError("no more")
