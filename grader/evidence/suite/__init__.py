"""Behaviour: the process that runs a hidden suite, what it is told and what it says."""
