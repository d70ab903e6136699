import sys


def refuse(event, arguments):
    raise RuntimeError(event)


sys.addaudithook(refuse)


def add(a, b):
    return a + b


def history():
    return []
