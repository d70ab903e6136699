import os
import threading
import time


def late():
    time.sleep(0.05)
    os.write(4, b"late" * 100)


def add(a, b):
    threading.Thread(target=late, daemon=False).start()
    return 0


def history():
    return []
