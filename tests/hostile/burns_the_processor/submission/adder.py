def add(a, b):
    while True:
        pass


def history():
    return []
