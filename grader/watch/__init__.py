"""Grading again at each save: notice the save, grade what it changed on one warm Grader, report the difference.

saves     a thread that reports writes below a path, in groups
session   one watch of a path: gradings are started, ended and repeated
telling   two reports -> one screen of text; pure
"""
