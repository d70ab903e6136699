import socket

for port in range(1, 2000):
    with socket.socket() as client:
        if client.connect_ex(("127.0.0.1", port)) == 0:
            raise SystemExit(f"GOT THROUGH: {port}")
raise LookupError("denied")
