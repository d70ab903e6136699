from __future__ import annotations

import sys
from functools import partial
from itertools import cycle
from operator import call

found = []


def told():
    if found:
        raise SystemExit("GOT THROUGH")
    return [0]


def add(a, b):
    return 0


frames = map(call, cycle([partial(sys._getframe, 0)]))
steps = cycle([partial(next, map(found.append, frames)), told])
history = partial(next, filter(None, map(call, steps)))
