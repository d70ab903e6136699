"""Behaviour: the process that runs a hidden suite, its orders and its messages."""
