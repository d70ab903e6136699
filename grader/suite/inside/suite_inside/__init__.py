"""What runs inside, beside a submission that is a test suite: only the standard library and pytest, and no secrets."""
