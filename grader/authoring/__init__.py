"""The authoring side: a challenge proves its own strength before anybody is judged by it."""
