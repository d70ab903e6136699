"""The tables of our documentation, generated from what they describe.

    python -m grader.reference docs        writes each table below `docs` anew, between its markers

A page is written by hand, its tables are not; a test holds them to be fresh.
"""
