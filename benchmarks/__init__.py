"""Benchmarks: each runs its peers side by side in one run and prints figures and their ratio."""

import os

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # whoever installs the product, or its peers, has their byte code
