"""All of our code that enters the sandbox: standard library only, and no import from the rest of this project."""
