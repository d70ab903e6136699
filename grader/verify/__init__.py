"""`grader verify`: a challenge proves its own strength before anybody is judged by it."""
