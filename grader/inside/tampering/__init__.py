"""Signs of tampering in a submission's text, for a reviewer."""
