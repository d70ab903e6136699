"""All of the grader that enters an ANALYSE sandbox: it reads hostile text there and runs none of it.

It imports the standard library, the analysers' own distributions and itself, and speaks plain data: `probe` is the only
way in.

    probe       what the outside may ask; one function an analyser
    findings    what they answer, as plain data
    gate        cheap checks that stop every attack on a parser, before any other analyser reads a file
    imports     which imports this challenge allows; which of the files are in play
    staging     the files on the sandbox's own disk, for analysers that read files
    types       mypy, with directives that would silence it blanked and code hiding from it refused; `priming` makes the
                cache that keeps it fast
    complexity  radon
    security    bandit
    constructs  requirements of a challenge against the `rules`, over the `resolver`: trees, names, classes, reach
    tampering   signs of tampering, for a reviewer

An analyser that gives up on a text says so in a finding whose id ends in `unanalysable`. Silence never means that a
file is clean.
"""
