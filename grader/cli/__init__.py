"""The command line: commands that turn files and options into values, and reports into text."""

from grader.cli.entry_point import main

__all__ = ["main"]
