"""The analysers: they read hostile text inside the sandbox and run none of it.

This package and `grader.rules` are all of the grader that enters an ANALYSE sandbox. They import the standard library,
the analysers' own distributions and each other, and speak plain data: `probe` is the only way in.

    probe       what the outside may ask; one function an analyser
    findings    what they answer, as plain data
    gate        cheap checks that stop every attack on a parser, before any other analyser reads a file
    imports     which imports this challenge allows; which of the files are in play
    staging     the files on the sandbox's own disk, for analysers that read files
    typecheck   mypy, with `directives` that would silence it blanked, code `hiding` from it refused, and its messages
                in better `wording`; `priming` makes the cache that keeps it fast
    cyclomatic  radon
    insecure    bandit
    constructs  requirements of a challenge against the rules, over `source`: LibCST trees, names, classes, reach
    integrity   the means of tampering, for a reviewer: `means`, and the `origins` of names

An analyser that gives up on a text says so in a finding whose id ends in `unanalysable`. Silence is never clean.
"""
