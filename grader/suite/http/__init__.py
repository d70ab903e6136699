"""A trusted HTTP server that a hidden suite serves into the sandbox."""
