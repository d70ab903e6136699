import errno
import fcntl
import socket
import struct

GET, SET = 0x8913, 0x8914
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    flags = struct.unpack("16sh", fcntl.ioctl(any_socket, GET, struct.pack("16sh14x", b"lo", 0))[:18])[1]
    try:
        fcntl.ioctl(any_socket, SET, struct.pack("16sh14x", b"lo", flags & ~1))
    except OSError as error:
        if error.errno == errno.EPERM:
            raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
