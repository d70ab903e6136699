"""Evidence: each collector looks at a submission in its own way and says what it found, without judging it."""
