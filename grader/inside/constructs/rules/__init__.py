"""The construct rules: what a challenge may require to be true of an exported name. One file per rule.

A rule's docstring is its page in the author's guide; its VALID and INVALID examples are its tests. To add a rule, write
its file and its line in `table.py`. This package enters the sandbox: it imports the standard library, LibCST,
`grader.inside` and nothing else.
"""
