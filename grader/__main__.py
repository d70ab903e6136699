"""`python -m grader`: the same door as the `grader` command."""

from grader.cli import main

if __name__ == "__main__":
    main()
