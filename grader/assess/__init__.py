"""The use case: find which challenges a path or a change answers, grade the answers, report progress.

    find(path, catalogue)                  -> Assignments
    Grader(backend).grade(assignment)      -> Report, with typed events on the way

Every front end (the command line, batches, clusters, services) uses these two and nothing below them.
"""
