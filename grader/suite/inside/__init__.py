"""What is laid beside a challenge's probe: the standard library alone, and nothing that a verdict rests on."""
