"""A public simulator of a small system under traffic: `python -m simulator design.toml`; MODEL.md describes it."""
