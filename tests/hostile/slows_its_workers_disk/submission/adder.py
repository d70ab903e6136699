import ctypes
import errno
import os

NUMBER = {"x86_64": 251, "aarch64": 30}[os.uname().machine]
GROUP, USER, IDLE = 2, 3, 3 << 13
libc = ctypes.CDLL(None, use_errno=True)
for which in (GROUP, USER):
    result = libc.syscall(NUMBER, which, 0, IDLE)
    error = ctypes.get_errno()
    if result != -1 or error not in (errno.EPERM, errno.ENOSYS):
        raise SystemExit(f"GOT THROUGH: {which}, {result}, {errno.errorcode.get(error)}")
raise LookupError("denied")
