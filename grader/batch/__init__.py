"""Grades many submissions: a cohort in, a results folder out, resumable at any point.

plan         a folder -> entries -> tasks, each with the content address of its result
shared_exam  which submissions sit a shared exam, and its secret seed
run          tasks -> rows, with a Grader on this machine or a cluster
cohort       the whole process, for the command line and other callers
summary      rows -> CSV, Markdown, HTML (pure)

`grader.store.results` keeps the results in a results folder.
"""
