def add(a, b):
    return "x" * (1 << 24)


def history():
    return []
