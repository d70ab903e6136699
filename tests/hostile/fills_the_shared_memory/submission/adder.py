written = 0
with open("/dev/shm/fill", "wb", buffering=0) as file, open("/dev/shm/more", "wb", buffering=0) as more:
    try:
        while written < 256 << 20:
            written += (file if written < 8 << 20 else more).write(b"x" * (1 << 20))
    except OSError:
        raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
