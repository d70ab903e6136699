"""The use cases, and the ports through which they reach what is outside."""
