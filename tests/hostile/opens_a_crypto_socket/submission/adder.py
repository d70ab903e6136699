import socket

try:
    socket.socket(38, socket.SOCK_SEQPACKET)
except OSError:
    raise LookupError("denied") from None
raise SystemExit("GOT THROUGH")
