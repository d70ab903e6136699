import ctypes

if ctypes.CDLL(None).mlockall(3) == 0:
    raise SystemExit("GOT THROUGH")
raise LookupError("denied")
