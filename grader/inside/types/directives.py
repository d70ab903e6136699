"""Comments that would silence mypy, blanked in place: every line and column stays where it was."""

from __future__ import annotations

import io
import re
import tokenize

IGNORE = re.compile(r"type\s*:\s*ignore|mypy\s*:", re.IGNORECASE)
CONFIGURATION = re.compile(r"^([ \t]*#[ \t]*)mypy(?=\s*:)", re.MULTILINE | re.IGNORECASE)


def without_directives(text: str) -> str:
    """Return the text without `# type: ignore` and `# mypy: ...`.

    mypy looks for its configuration line by line, even within strings, and so does this function. Only the word itself
    is removed from such a line, since a quote after it may end a string. The text must have passed the gate.
    """
    text = CONFIGURATION.sub(r"\1    ", text)
    if not IGNORE.search(text):
        return text
    lines = text.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and IGNORE.search(token.string):
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + " " * len(token.string) + line[column + len(token.string) :]
    return "\n".join(lines)
