from __future__ import annotations

import sys
from functools import partial
from itertools import cycle
from operator import call

found = []


def hook(frame, *_):
    found.append(frame.f_back)


def traced():
    return None


def told():
    if found:
        raise SystemExit("GOT THROUGH")
    return [0]


def add(a, b):
    return 0


steps = cycle([partial(sys.setprofile, hook), traced, partial(sys.setprofile, None), told])
history = partial(next, filter(None, map(call, steps)))
