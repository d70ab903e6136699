"""Writes the other solution of stage 3: it keeps what happened, and works out its state from that for each call."""

import re

CLASS = '''class KIND:
    """What happened, and what follows from it."""

    def __init__(self) -> None:
        self._events: list[tuple[str, list[Any]]] = []

    def _replayed(self) -> _State:
        state = _State()
        for name, arguments in self._events:
            getattr(state, name)(*arguments)
        return state
'''


def program(problem, methods, growth):
    """Return the text of answer.py; a method of the state that changes it is marked with `@change`."""
    state = "".join(text.replace("    @change\n", "") for text in methods.values()).removeprefix("\n")
    outer = "".join(_passed_on(name, text) for name, text in methods.items() if name[0] != "_")
    body = f"class _State:\n{state}\n\n{CLASS}{outer}{''.join(growth.alt.values())}"
    imports = "import copy\n" if "copy." in body else ""
    text = f'"""{problem.title}, as what happened."""\n\nfrom __future__ import annotations\n\n{imports}from typing import Any\n\n\n{body}'
    return re.sub(r"\bKIND\b", problem.kind, text)


def _passed_on(name, text):
    """Return the method of the outer class: it asks the state, and notes a change that succeeded."""
    head = re.search(rf'    def {name}\(self.*?:\n        """.*?"""\n', text)[0]
    names = re.findall(r"(\w+): ", re.search(r"\(self(.*?)\) ->", head)[1])
    call = f"self._replayed().{name}({', '.join(names)})"
    if "@change" not in text:
        return f"\n{head}        return {call}\n"
    note = f'        self._events.append(("{name}", [{", ".join(names)}]))\n'
    if "-> None:" in head:
        return f"\n{head}        {call}\n{note}"
    return f"\n{head}        result = {call}\n{note}        return result\n"
