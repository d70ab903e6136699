import ctypes
import errno
import os

NUMBER = {"x86_64": 203, "aarch64": 122}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
result = libc.syscall(NUMBER, 1, 8, ctypes.create_string_buffer(8))
error = ctypes.get_errno()
if result != -1 or error not in (errno.EPERM, errno.ENOSYS):
    raise SystemExit(f"GOT THROUGH: {result}, {errno.errorcode.get(error)}")
raise LookupError("denied")
