import os
import stat

for place in range(5, 4096):
    try:
        os.fstat(place)
    except OSError:
        continue
    if place == 256 and stat.S_ISSOCK(os.fstat(place).st_mode):
        try:
            os.dup2(4, place)
        except OSError:
            continue  # a line that reports only, at a number that takes no other
    if os.readlink(f"/proc/self/fd/{place}") != __file__:
        raise SystemExit(f"GOT THROUGH: {place}")
for place in range(1, 5):
    if not stat.S_ISFIFO(os.fstat(place).st_mode) and not stat.S_ISSOCK(os.fstat(place).st_mode):
        raise SystemExit(f"GOT THROUGH: {place} can be opened again")
raise LookupError("denied")
