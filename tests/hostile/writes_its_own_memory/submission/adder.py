try:
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(id(object))
        memory.write(b"\0")
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
