"""The skill inventory behind the wall: which of the 27 skills a repository's text shows, and with what quality.

    source_text    one file: its tree, or the reason why it cannot be parsed
    newer_syntax   syntax that this Python does not know, blanked with tree-sitter so that the rest can be read
    walk           one walk over a tree, which gives each node to the rules that look at its type
    skill_rule     the base of all rules: what counts, why, and examples
    language, architecture, performance, testing, production     the rules, one class for each skill
    skills         the table of all rules
    across         what only several files together show: implemented abstractions, layers
    figures        complexity, measured by radon, and weaknesses, found by bandit
    lint           likely mistakes, found by ruff
    project_files  how the project is configured
    layering       the graph of imports: its size, and the imports that close cycles

Only text is read. A rule reports signs, strong or weak; nothing here rates anybody.
"""
