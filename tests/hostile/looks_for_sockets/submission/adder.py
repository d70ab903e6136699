import socket

with open("/proc/net/unix") as file:
    listed = len(file.readlines()) - 1
with open("/proc/net/tcp") as file:
    listed += len(file.readlines()) - 1
for name in ("/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket", "\0/tmp/.X11-unix/X0"):
    try:
        socket.socket(socket.AF_UNIX).connect(name)
    except OSError:
        continue
    raise SystemExit(f"GOT THROUGH: {name}")
if listed > 8:
    raise SystemExit(f"GOT THROUGH: {listed} sockets")
raise LookupError("denied")
