import ctypes
import errno
import os

NUMBER = {"x86_64": 313, "aarch64": 273}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
result = libc.syscall(NUMBER, 0, None, 0)
error = ctypes.get_errno()
if result != -1 or error not in (errno.EPERM, errno.ENOSYS):
    raise SystemExit(f"GOT THROUGH: {result}, {errno.errorcode.get(error)}")
raise LookupError("denied")
