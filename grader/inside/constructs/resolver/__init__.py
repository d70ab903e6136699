"""A submission as the construct rules see it: LibCST trees, names that are followed, classes, what is alive.

    tree      walking a tree; which statements run at all
    binding   what each kind of statement binds
    names     modules and scopes
    values    what a name or an expression can stand for
    lookup    what a bare name stands for: aliases, re-exports, star imports
    resolve   what an expression stands for: attributes, calls, classes
    project   a submission, and every question that a rule may ask
    classes   bases, metaclasses and members
    alive     what can be reached from the exported API

Every query spends from one budget, because the text is hostile. `Exhausted` means that the submission is too tangled
to be judged, which is a finding and not an excuse.
"""
