"""The analysers: they read hostile text inside the sandbox and run none of it.

This package and `grader.rules` are all of the grader that enters an ANALYSE sandbox. They import the standard library,
the analysers' own distributions and each other, and speak plain data: `probe` is the only way in.

    probe       what the outside may ask; one function an analyser
    gate        cheap checks that stop every attack on a parser, before any other analyser reads a file
    imports     which imports this challenge allows; which of the files are in play
    typecheck   mypy, without the directives that would silence it
    complexity  radon
    security    bandit
    source/     LibCST trees, names, classes: what the construct rules look at
    constructs  requirements of a challenge against the rules

An analyser that gives up on a text says so in a finding whose id ends in `unanalysable`. Silence is never clean.
"""
