import socket

try:
    socket.socket(40, socket.SOCK_STREAM)
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
