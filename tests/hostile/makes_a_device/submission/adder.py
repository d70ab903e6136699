import os
import stat

try:
    os.mknod("/tmp/disk", stat.S_IFBLK | 0o666, os.makedev(8, 0))
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
