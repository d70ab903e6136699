import mmap

held = []
try:
    for _ in range(64):
        held.append(mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000))
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH: 64 GiB")
