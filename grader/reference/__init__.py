"""The tables of our documentation, generated from what they describe.

    python -m grader.reference docs        rewrites each table below `docs`, between its markers

Pages are written by hand, but their tables are not; a test checks that the tables are up to date.
"""
