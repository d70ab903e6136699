import os

for path in (os.__file__, __file__):
    try:
        os.link(path, "/tmp/second_name")
    except OSError:
        continue
    raise SystemExit("GOT THROUGH")
raise LookupError("denied")
