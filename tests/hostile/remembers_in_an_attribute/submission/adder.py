import os

for path in (os.__file__, __file__):
    try:
        os.setxattr(path, "user.remembered", b"1")
    except OSError:
        continue
    raise SystemExit("GOT THROUGH")
raise LookupError("denied")
