"""Code that runs inside, beside a submission that is a test suite, with only the standard library, pytest and no
secrets.
"""
