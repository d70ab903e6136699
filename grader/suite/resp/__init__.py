"""A small Redis server that a hidden suite serves into the sandbox."""
