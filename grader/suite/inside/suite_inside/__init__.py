"""What runs inside, beside a submission that is a test suite: the standard library and pytest alone, and no secret."""
