import os

for path in (os.__file__, __file__):
    descriptor = os.open(path, os.O_RDONLY)
    for flags in (os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND):
        try:
            os.open(f"/proc/self/fd/{descriptor}", flags)
        except OSError:
            continue
        raise SystemExit("GOT THROUGH")
raise LookupError("denied")
