from decimal import Decimal
from fractions import Fraction

KINDS = iter(())


def add(a, b):
    return Fraction(a + b) if a % 2 else Decimal(a + b)


def history():
    return []
