"""Rewords mypy's messages for candidates."""

from __future__ import annotations

from typing import TypedDict

from grader.inside.findings import FindingDict, finding
from grader.inside.types.directives import IGNORE

CODES = "https://mypy.readthedocs.io/en/stable/_refs.html#code-"
HELP = {
    "no-untyped-def": "Annotate every parameter and the return value; use `-> None` if nothing is returned.",
    "no-untyped-call": "Annotate the function that is called.",
    "type-arg": "Give the generic type its parameters: `list[str]`, not `list`.",
    "no-any-return": "Narrow the value with isinstance or a typed variable before it is returned.",
    "unreachable": "According to the types, this code never runs: correct the annotation or remove the code.",
    "import-not-found": "The module is not available for grading; use only the packages that the brief allows.",
    "import-untyped": "The package has no types; wrap the parts that you use in typed functions.",
    "override": "Keep the parent's signature, or widen it: accept at least what the parent accepts.",
    "arg-type": "Convert the argument, or widen the parameter's annotation if the function really accepts such values.",
    "return-value": "Return a value of the annotated type, or correct the annotation.",
    "assignment": "Give the variable a type that covers every value assigned to it.",
    "union-attr": "Handle the other members of the union first, as in `if value is None: ...`.",
    "attr-defined": "Declare the attribute where the type checker sees it: in the class body or in `__init__`.",
    "syntax": "Correct the syntax, so that mypy can parse the file.",
}


class Message(TypedDict):
    """One line of mypy's output."""

    file: str
    line: int
    column: int
    message: str
    hint: str | None
    code: str | None
    severity: str


def submission_finding(message: Message, file: str | None, source: str) -> FindingDict:
    """Return a finding for an error in one of the submission's files; `source` is the file's text as submitted."""
    code = message["code"] or "error"
    hint = None if code.startswith("import") else message["hint"]
    text = message["message"] + (f" ({hint})" if hint else "")
    text = text if text.endswith((".", ")", "?")) else f"{text}."
    lines = source.split("\n")
    if 0 < message["line"] <= len(lines) and IGNORE.search(lines[message["line"] - 1]):
        text += " The comment on this line, which silences a type checker, is not honoured here."
    return finding(
        f"types.{code}",
        text,
        help=HELP.get(code, f"See {CODES}{code}."),
        file=file,
        line=message["line"] if message["line"] > 0 else None,
        column=message["column"] + 1 if message["column"] >= 0 else None,
    )


def contract_finding(message: Message, contract: str) -> FindingDict:
    """Return a finding for an error in the challenge's typed usage of the API: it is the API that has to change."""
    lines = contract.split("\n")
    number = message["line"]
    usage = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    if message["code"] == "unused-ignore":
        usage = usage.partition("# type: ignore")[0].strip()
        return finding(
            "types.contract.accepted",
            f"The type checker accepts a misuse that it must reject: `{usage}` (contract.py, line {number}).",
            help="Make the annotations of the API narrow enough for a type checker to reject this use.",
        )
    return finding(
        f"types.contract.{message['code'] or 'error'}",
        f"The type checker rejects a promised use of the API: `{usage}` (contract.py, line {number}): "
        f"{message['message']}.",
        help="Correct the annotations of the API; `grader show SLUG --contract` prints every use that must type-check.",
    )
