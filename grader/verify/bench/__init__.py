"""The bench: a hidden suite that was collected once and tries one thing after another.

Verifying a challenge means running its suite hundreds of times. pytest runs an item again when it is asked to, so
one warm process does it: 0.7 s of imports, collection and first-use caches are paid once. Every trial gets children of
its own, and a sandbox of its own unless it says that it may share one.
"""
