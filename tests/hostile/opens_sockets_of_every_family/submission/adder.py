import errno
import socket

for family in range(64):
    if family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6):
        continue
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind)
        except OSError as error:
            if error.errno == errno.EAFNOSUPPORT:
                continue
        raise SystemExit(f"GOT THROUGH: {family}, {kind}")
raise LookupError("denied")
