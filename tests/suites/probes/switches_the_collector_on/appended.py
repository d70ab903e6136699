import gc
import operator

_made = Sprite.__init__


class Collected(Sprite):
    __slots__ = ()

    def __init__(self, name: str, x: float, y: float) -> None:
        operator.attrgetter("enable")(gc)()
        super().__init__(name, x, y)


globals()["Sprite"] = Collected
