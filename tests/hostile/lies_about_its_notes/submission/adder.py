class Odd(LookupError):
    args = property(lambda self: 1 / 0)
    __notes__ = property(lambda self: (note for note in iter(int, 1)))
    __module__ = property(lambda self: 1 / 0)
    __qualname__ = "x" * 100_000


raise Odd("odd")
