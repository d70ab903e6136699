"""Reads texts and codes character by character."""

LIMIT = 9_999


def encode(text: str) -> str:
    """Return the code of a text."""
    if len(text) > LIMIT:
        raise ValueError(len(text))
    parts: list[str] = []
    index = 0
    while index < len(text):
        character = text[index]
        end = index
        while end < len(text) and text[end] == character:
            end += 1
        count = end - index
        if count > 3 or character == "~":
            parts.append("~" + str(count) + ";" + character)
        else:
            parts.append(text[index:end])
        index = end
    return "".join(parts)


def decode(code: str) -> str:
    """Return the text with this code."""
    parts: list[str] = []
    total = 0
    index = 0
    while index < len(code):
        count, character, index = _scanned(code, index)
        total += count
        if total > LIMIT:
            raise ValueError("too long")
        parts.append(character * count)
    text = "".join(parts)
    if encode(text) != code:
        raise ValueError("another way to write it")
    return text


def _scanned(code: str, index: int) -> tuple[int, str, int]:
    if code[index] != "~":
        return 1, code[index], index + 1
    end = code.find(";", index)
    digits = code[index + 1 : end]
    if end < 0 or not digits.isdecimal() or not digits.isascii() or len(digits) > 4:
        raise ValueError("a count is wrong")
    if end + 1 == len(code):
        raise ValueError("it ends too early")
    return int(digits), code[end + 1], end + 2
