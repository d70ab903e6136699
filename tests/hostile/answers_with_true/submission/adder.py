def add(a, b):
    return True


def history():
    return [True]
