import ctypes
import errno
import os

X86 = {"reboot": (169, (0xFEE1DEAD, 672274793, 0, 0)), "swapon": (167, (0, 0)), "quotactl": (179, (0, 0, 0, 0))}
ARM = {"reboot": (142, (0xFEE1DEAD, 672274793, 0, 0)), "swapon": (224, (0, 0)), "quotactl": (60, (0, 0, 0, 0))}
libc = ctypes.CDLL(None, use_errno=True)
for name, (number, arguments) in {"x86_64": X86, "aarch64": ARM}[os.uname().machine].items():
    result = libc.syscall(number, *map(ctypes.c_long, arguments))
    if result != -1 or ctypes.get_errno() != errno.EPERM:
        raise SystemExit(f"GOT THROUGH: {name}, {result}, {ctypes.get_errno()}")
raise LookupError("denied")
