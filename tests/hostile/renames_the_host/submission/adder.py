import ctypes
import errno
import os

NUMBER = {"x86_64": 170, "aarch64": 161}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
result = libc.syscall(NUMBER, b"evil", 4)
error = ctypes.get_errno()
if result != -1 or error not in (errno.EPERM, errno.ENOSYS):
    raise SystemExit(f"GOT THROUGH: {result}, {errno.errorcode.get(error)}")
raise LookupError("denied")
