import os

null = os.open("/dev/null", os.O_RDWR)
for place in (1, 2, 3, 4):
    os.dup2(null, place)
os._exit(0)
