"""`grader scan`: which of the 27 skills a repository's code shows, where, how strongly, and with what quality.

    repository_text   the text of a repository, in batches; what is left out or cannot be read, and why
    scan_sandbox      ANALYSE sandboxes for it: two, and what happens when a text ends one
    scanning          the use case: batches through the sandboxes, counts together
    strength          from signs to a strength of 0 to 3
    inventory         the result, as values; what is written as JSON
    scan_terminal, scan_markdown     the result for people
    scan_output       where it goes; nothing of others is overwritten

Text only: nothing of the repository is imported or run, outside or inside. It is evidence, not proof, and no rating
comes from it alone.
"""
