"""The use case: find what a path or a change answers, grade it, report progress. Every front end goes through it."""
