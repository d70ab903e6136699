"""Where the files lie whose code runs in a child, and what stands in them."""

from __future__ import annotations

import os

STANDARD = os.__file__.rpartition("/")[0] + "/"
PACKAGES, FROZEN = "/packages/", "<frozen "
LIBRARY = (STANDARD, PACKAGES, FROZEN)
OURS = (__file__.rpartition("/")[0] + "/", "/probe/")
MOUNTED = (STANDARD, PACKAGES, *OURS, "/stubs/")
ANSWER = "/"
"""The folder of the submission; `unread.install` gives it its value."""

ONLY_AST = 0x400
"""`ast.PyCF_ONLY_AST`."""
os_open, os_read, os_close = os.open, os.read, os.close


def is_mounted(path: object) -> bool:
    """Return whether a path leads to a file that nothing inside can write."""
    return type(path) is str and path.startswith((ANSWER, *MOUNTED)) and "/../" not in path


def content(path: str) -> bytes:
    """Return the content of a file, or b"" if there is none."""
    try:
        descriptor = os_open(path, 0)
    except OSError:
        return b""
    data = b""
    while part := os_read(descriptor, 1 << 20):
        data += part
    os_close(descriptor)
    return data
