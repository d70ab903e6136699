import socket

PORT = 47_123
server = socket.socket()
try:
    server.bind(("127.0.0.1", PORT))
    server.listen()
    client = socket.create_connection(("127.0.0.1", PORT))
except OSError as error:
    raise (SystemExit if error.errno == 98 else LookupError)(f"LEAK? {error}") from None
there, _ = server.accept()
there.close()
client.close()
raise LookupError("nothing remembered")
