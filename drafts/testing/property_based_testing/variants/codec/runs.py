"""Goes by way of a list of runs, which it checks one by one."""


class Damaged(ValueError):
    """No text has this code."""


def encode(text: str) -> str:
    """Return the code of a text."""
    if len(text) >= 10_000:
        raise Damaged("long")
    return "".join(
        character * count if count < 4 and character != "~" else f"~{count};{character}"
        for character, count in _runs_of(text)
    )


def decode(code: str) -> str:
    """Return the text with this code."""
    runs = _runs_in(code)
    for (_, character), (_, following) in zip(runs, runs[1:], strict=False):
        if character == following:
            raise Damaged("one run, written as two")
    if sum(count for count, _ in runs) >= 10_000:
        raise Damaged("long")
    return "".join(character * count for count, character in runs)


def _runs_of(text: str) -> list[tuple[str, int]]:
    runs: list[tuple[str, int]] = []
    for character in text:
        if runs and runs[-1][0] == character:
            runs[-1] = (character, runs[-1][1] + 1)
        else:
            runs.append((character, 1))
    return runs


def _runs_in(code: str) -> list[tuple[int, str]]:
    runs: list[tuple[int, str]] = []
    rest = list(reversed(code))
    while rest:
        character = rest.pop()
        if character == "~":
            runs.append(_counted(rest))
            continue
        count = 1
        while rest and rest[-1] == character:
            rest.pop()
            count += 1
        if count > 3:
            raise Damaged("a long run, written out")
        runs.append((count, character))
    return runs


def _counted(rest: list[str]) -> tuple[int, str]:
    digits = ""
    while rest and rest[-1] in "0123456789" and len(digits) < 5:
        digits += rest.pop()
    if not rest or rest.pop() != ";" or not rest:
        raise Damaged("a count without an end, or without a character")
    character = rest.pop()
    if not digits or digits[0] == "0" or (int(digits) < 4 and character != "~"):
        raise Damaged("a count that nobody writes")
    return int(digits), character
