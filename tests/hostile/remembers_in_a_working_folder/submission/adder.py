import os

for folder in {os.getcwd(), os.path.expanduser("~"), "/tmp", "/var/tmp", "/dev/shm", "/run"}:
    if os.path.isdir(folder) and "remembered" in os.listdir(folder):
        raise SystemExit(f"LEAK: {folder}")
    try:
        os.mkdir(os.path.join(folder, "remembered"))
    except OSError:
        continue
raise LookupError("nothing remembered")
