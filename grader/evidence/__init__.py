"""Evidence: each collector examines a submission in its own way and reports what it found, without judging it."""
