import os

for become in (os.setuid, os.setgid, os.seteuid):
    try:
        become(0)
    except OSError:
        continue
    raise SystemExit("GOT THROUGH")
try:
    os.setgroups([0])
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
