"""Draws a service, its names and rules, the form of every slot, and what is planted among them."""

import hashlib

from pool import orders, rooms, tickets
from pool.variant import drawn
from pool.writing import files, planted_texts

SERVICES = (rooms.SERVICE, orders.SERVICE, tickets.SERVICE)


def draw(streams):
    """Return the variant, which has one stage."""
    (stream,) = streams
    variant = drawn(stream, SERVICES)
    return {
        "variant": f"{variant.service.title.lower()}-{hashlib.sha256(variant.change.encode()).hexdigest()[:12]}",
        "stages": [files(variant, stream)],
        "planted": planted_texts(variant),
    }
