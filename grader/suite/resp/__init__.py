"""A small Redis of ours that a hidden suite serves into the sandbox."""
