import ctypes
import errno
import os

NUMBER = {"x86_64": 165, "aarch64": 40}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
result = libc.syscall(NUMBER, b"none", b"/tmp", b"tmpfs", 0, None)
error = ctypes.get_errno()
if result != -1 or error not in (errno.EPERM, errno.ENOSYS):
    raise SystemExit(f"GOT THROUGH: {result}, {errno.errorcode.get(error)}")
raise LookupError("denied")
