import re


def add(a, b):
    return len(re.match(r"(a+)+$", "a" * 60 + "b") or "")


def history():
    return []
