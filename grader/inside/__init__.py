"""The part of the grader that enters an ANALYSE sandbox, where it reads hostile text and runs none of it.

It imports only the standard library, the analysers' own distributions and itself, and exchanges plain data; `probe` is
the only way in.

    probe       the questions that the outside may ask; one function per analyser
    findings    their answers, as plain data
    gate        cheap checks that stop every attack on a parser, before any other analyser reads a file
    imports     the imports that this challenge allows; the files that belong to the answer
    staging     the files on the sandbox's own disk, for analysers that read files
    types       mypy, with directives that would silence it blanked and code that hides from it refused; `priming` makes
                the cache that keeps it fast
    complexity  radon
    security    bandit
    constructs  a challenge's requirements, judged by the `rules` with the `resolver`: trees, names, classes, reach
    tampering   signs of tampering, for a reviewer
    inventory   for `grader scan`: the framework's skills in a whole repository, and its quality; reads ungated files

An analyser that gives up on a text says so in a finding whose id ends in `unanalysable`. No file is passed over in
silence.
"""
