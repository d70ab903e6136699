"""The tables of our documentation, generated from what they describe.

    python -m grader.reference docs        rewrites each table below `docs`, between its markers

A page is written by hand, its tables are not; a test checks that they are up to date.
"""
