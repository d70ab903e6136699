"""The wall: untrusted Python behind it, plain data across it. It imports nothing else from this project."""
