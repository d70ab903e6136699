"""The Docker backend: one container a session, over one byte stream."""
