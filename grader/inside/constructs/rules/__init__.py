"""The construct rules, one file each: the properties that a challenge may require of an exported name.

A rule's docstring is its page in the author's guide; its VALID and INVALID examples are its tests. To add a rule, write
its file and add its line to `table.py`. This package enters the sandbox, so it imports only the standard library,
LibCST, grimp and `grader.inside`.
"""
