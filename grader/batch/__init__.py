"""Many submissions: a cohort in, a results folder out, resumable at any point.

plan         a folder -> entries -> tasks, each with the content address of its result
shared_exam  which submissions sit a shared exam, and its secret seed
run          tasks -> rows, with a Grader of this machine or a cluster
cohort       the whole story, for the command line and whoever else grades a cohort
summary      rows -> CSV, Markdown, HTML (pure)

The results are kept in a results folder: grader.store.results.
"""
