import atexit
import os
import sys
import threading

sys.excepthook = sys.unraisablehook = threading.excepthook = lambda *_: os._exit(0)
atexit.register(os._exit, 0)
raise LookupError("a failure")
