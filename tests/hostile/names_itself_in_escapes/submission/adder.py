import ctypes

ctypes.CDLL(None).prctl(15, b"\x1b]0;x\x07\n::error::", 0, 0, 0)
raise LookupError("named")
