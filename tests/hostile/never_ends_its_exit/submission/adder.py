import atexit
import time

atexit.register(time.sleep, 600)
raise LookupError("leaving")
