"""The use case: find what a path or a change answers, grade it, report progress. Every front end goes through it.

    find(path, catalogue)                  -> Assignments
    Grader(backend).grade(assignment)      -> Report, with typed events on the way

The command line, batches, clusters and services use these two and nothing below them.
"""
