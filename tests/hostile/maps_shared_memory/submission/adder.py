import mmap

try:
    held = [mmap.mmap(-1, 1 << 28) for _ in range(64)]
except (OSError, MemoryError):
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
