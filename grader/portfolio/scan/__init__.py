"""`grader scan`: which of the 27 skills a repository's code shows, where, how strongly, and with what quality.

    repository_text   the text of a repository, in batches; what is left out or cannot be read, and why
    scan_sandbox      the ANALYSE sandboxes of a scan, and what happens when a text ends one
    scanning          the use case: sends batches through the sandboxes, and adds up what they show
    strength          how signs become a strength from 0 to 3
    inventory         the result, as values and as JSON
    scan_terminal, scan_markdown     the result for people
    scan_output       where the result is written; only scans are ever overwritten

Only text is read: nothing in the repository is imported or run, outside or inside. A scan is evidence, not proof, and
no rating comes from a scan alone.
"""
