"""A submission as the construct rules see it: LibCST trees, resolved names, classes, and the definitions in use.

    tree      walking a tree; the statements that can run at all
    binding   the names that each kind of statement binds
    names     modules and scopes
    values    the values that a name or an expression can have
    lookup    the values of a bare name: aliases, re-exports, star imports
    resolve   the values of an expression: attributes, calls, classes
    project   a submission, and every question that a rule may ask
    classes   bases, metaclasses and members
    alive     the definitions that can be reached from the exported API

Every query spends from one budget, because the text is hostile. `Exhausted` means that the submission is too tangled
to be judged, which is a finding, not an excuse.
"""
