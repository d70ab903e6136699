import errno
import socket

for family, protocol in ((socket.AF_INET, socket.IPPROTO_ICMP), (socket.AF_INET6, 58), (socket.AF_INET, 255)):
    try:
        socket.socket(family, socket.SOCK_RAW, protocol)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES):
            continue
    raise SystemExit(f"GOT THROUGH: {family}")
raise LookupError("denied")
