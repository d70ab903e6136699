"""All of our code that enters the sandbox; it imports only the standard library and itself."""
