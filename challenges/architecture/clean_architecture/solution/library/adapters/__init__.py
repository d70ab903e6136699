"""What the library is connected to."""
