"""The wall: untrusted Python behind it, plain data across it. It imports nothing else of this project."""
