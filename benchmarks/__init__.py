"""Benchmarks: each runs its peers side by side in one run and prints figures and their ratio."""
