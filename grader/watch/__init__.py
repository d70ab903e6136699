"""Grade again at each save: notice it, grade what it changed on one warm Grader, say what changed.

saves     a thread that tells of writes below a path, gathered
session   what is graded, ended and graded again
telling   two reports -> one screen of text; pure
"""
