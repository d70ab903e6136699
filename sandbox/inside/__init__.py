"""The code that enters the sandbox: standard library only, started isolated (`python -I`)."""
