import socket

try:
    socket.socket(16, socket.SOCK_RAW)
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
