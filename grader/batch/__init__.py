"""Many submissions: a cohort in, a results folder out, resumable at any point.

cohort       what a folder holds: one entry a folder, archive or repository
plan         entries -> tasks, each with the content address of its result
results      the folder on disk: content-addressed reports, written atomically
run          tasks -> rows, on a warm engine of this machine or on a cluster
summary      rows -> CSV, Markdown, HTML (pure)
"""
