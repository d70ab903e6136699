import os

for number in range(12):
    if os.fork() == 0:
        try:
            for part in range(64):
                with open(f"/dev/shm/{number}-{part}", "wb") as file:
                    file.write(b"x" * (8 << 20))
        finally:
            os._exit(0)
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
raise LookupError("no more")
