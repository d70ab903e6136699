import ctypes
import errno
import os

NUMBER = {"x86_64": 135, "aarch64": 92}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
result = libc.syscall(NUMBER, 0x0040000)
error = ctypes.get_errno()
if result != -1 or error not in (errno.EPERM, errno.ENOSYS):
    raise SystemExit(f"GOT THROUGH: {result}, {errno.errorcode.get(error)}")
raise LookupError("denied")
