import fcntl
import os
import struct

GET, SET = 1035, 1036
with open(os.__file__, "rb") as file:
    try:
        before = fcntl.fcntl(file, GET, struct.pack("Q", 0))
        if struct.unpack("Q", before)[0] != 0:
            raise SystemExit(f"LEAK: {before}")
        fcntl.fcntl(file, SET, struct.pack("Q", 3))
    except OSError as error:
        raise LookupError(f"refused: {error}") from None
raise LookupError("nothing remembered")
