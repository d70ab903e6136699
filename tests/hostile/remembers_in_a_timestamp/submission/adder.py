import os

for path in (os.__file__, __file__, os.path.dirname(__file__)):
    for change in (lambda path: os.utime(path, (1, 1)), lambda path: os.chmod(path, 0o600)):
        try:
            change(path)
        except OSError:
            continue
        raise SystemExit("GOT THROUGH")
raise LookupError("denied")
