"""The skill inventory behind the wall: which of the 27 skills a repository's text shows, and with what quality.

    source_text    one file: whether it can be parsed, and as what
    newer_syntax   syntax that this Python does not know, blanked with tree-sitter so that the rest can be read
    walk           one walk over a tree, dispatched by the nodes' types to all rules at once
    skill_rule     what a rule is: what counts, why, examples
    language, architecture, performance, testing, production     the rules, one class for each skill
    skills         the table of all rules
    across         what only several files together show: abstractions at work, layers
    figures        radon and bandit in numbers; how the project is configured
    layering       the graph of imports: chains, cycles

Only text is read. A rule reports signs, strong or weak; nothing here rates anybody.
"""
