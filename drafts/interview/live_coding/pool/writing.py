"""Writes the files of a stage: brief, starter, solution, known mistakes, contract and suite, from the pool's texts."""

import re

from pool import replayed, suite

GIVEN = {"batch": "", "undo": "        self._past: list[dict[str, Any]] = []\n",
         "journal": "        self._journal: list[tuple[str, list[Any]]] = []\n"}

JUDGED = (
    ("The system works, and refuses what it must", 30),
    ("The API is typed: mypy --strict accepts it and rejects misuse", 6),
    ("No function is hard to follow", 4),
    ("What changed works, together with what was there", 30),
    ("What it grew works on everything that came before", 30),
)
HALVES = """Hidden tests carry out drawn programs of this stage's calls and of those before it. Half of these points are earned when the stage ends in which they
first count, the other half for what still works at the end of the session. You go on with your own code, and no name is ever changed.
"""
TANGLED = '''

    def _advise(self, count: int, is_new: bool) -> str:
        if count < 0:
            return "negative"
        if count == 0 and is_new:
            return "new and empty"
        if count == 0:
            return "empty"
        if count == 1 and is_new:
            return "new and single"
        if count == 1:
            return "single"
        for bound in (2, 4, 8, 16):
            if count < bound and is_new:
                return f"new and below {bound}"
            if count < bound or count == 3 * bound:
                return f"about {bound}"
        while count > 100:
            count -= 100 if is_new else 50
        return "many" if count else "round"
'''


def files(problem, change, growth_name, growth):
    """Return the files of a stage; without a change, of the first one, and without growth, of the second."""
    methods = problem.methods | (change.methods if change else {})
    made = {
        "README.md": _brief(problem, change, growth),
        "starter/answer.py": _starter(problem, methods, growth),
        "solution/answer.py": _program(problem, methods, growth_name, growth),
        "contract.py": _contract(problem, methods, growth),
        "test_live_coding.py": suite.text(problem, change, growth_name, _model(problem, methods)),
    }
    for criterion, mistake, wrong in _mistakes(problem, change, methods, growth):
        text = _program(problem, wrong.get("methods", methods), growth_name, wrong.get("growth", growth))
        made[f"flawed/{criterion}/{mistake}/answer.py"] = text
        if later := _later(criterion, change, growth):
            made[f"flawed/{criterion}/{mistake}/loses.txt"] = "".join(f"{name}\n" for name in later)
    for name, text in _hard_to_read(made["solution/answer.py"], methods).items():
        made[f"flawed/{name}/answer.py"] = text
        made[f"slips/{name.partition('/')[2]}/answer.py"] = text
    if growth:
        made["solution_alt/answer.py"] = replayed.program(problem, methods, growth)
        made["without_skill/answer.py"] = _program(problem, problem.methods, "", None)
    return made


def _later(criterion, change, growth):
    """Return the criteria that rest on one of them, as far as they count by now."""
    counted = ["core", *(["change"] if change else []), *(["growth"] if growth else [])]
    return counted[counted.index(criterion) + 1 :]


def _mistakes(problem, change, methods, growth):
    """Yield known mistakes. One in what came first shows in all that rests on it, and so loses that, too."""
    replaced = set(change.methods) if change else set()
    apart = {name: wrong for name, wrong in problem.flaws.items() if not replaced.intersection(wrong)}
    for name, wrong in (apart | (change.core_flaws if change else {})).items():
        yield "core", name, {"methods": methods | wrong}
    for name, wrong in (change.flaws if change else {}).items():
        yield "change", name, {"methods": methods | wrong}
    for name, wrong in (growth.flaws if growth else {}).items():
        own = growth.methods | {method: text for method, text in wrong.items() if method != "head"}
        yield "growth", name, {"growth": growth._replace(head=wrong.get("head", growth.head), methods=own)}


def _hard_to_read(program, methods):
    """Return programs that work, and are badly typed or hard to follow."""
    name, signature = next(
        (name, re.search(rf"def {name}\(self, (.*?)\) -> (.*?):\n", text)) for name, text in methods.items()
        if not name.startswith("_") and "(self, " in text
    )
    bare = re.sub(r": \w+", "", signature[1])
    return {
        "types/a_method_without_types": program.replace(f"def {name}(self, {signature[1]}) -> {signature[2]}:", f"def {name}(self, {bare}):"),
        "types/arguments_of_any_type": program.replace(f"def {name}(self, {signature[1]})", f"def {name}(self, {signature[1].replace(': str', ': object').replace(': int', ': object')})"),
        "complexity/one_function_for_everything": program.rstrip() + TANGLED,
    }


def _brief(problem, change, growth):
    parts = [f"# {problem.title}\n\nWrite `answer.py` with the class `{problem.kind}`.\n", problem.brief]
    if change:
        parts.append("\n## The requirements change\n" + change.brief)
    if growth:
        parts.append("\n## It grows\n" + growth.brief)
    parts.append(
        "\n## What is refused\n\nWhatever a method cannot do raises ValueError, and then nothing has changed. Out of scope: arguments of "
        f"other types, threads, files, speed.\n\n```python\n{_example(problem)}```\n"
    )
    rows = "".join(f"| {title} | {points} |\n" for title, points in JUDGED[: 3 + bool(change) + bool(growth)])
    parts.append(f"\n## How it is judged\n\n| what | points |\n| --- | --- |\n{rows}\n{HALVES}")
    return "".join(parts)


def _example(problem):
    """Return the first calls of the problem's programs, each with how it ends."""
    space = {}
    exec(_model(problem, problem.methods), space)  # the pool's own text
    system = space["Model"]()
    lines = [f"system = {problem.kind}()"]
    for name, arguments in problem.prefix[:4]:
        try:
            end = repr(getattr(system, name)(*arguments))
        except ValueError:
            end = "raises ValueError"
        call = f"system.{name}({', '.join(map(repr, arguments))})"
        lines.append(call if end == "None" else f"{call}  # {end}")
    return "".join(f"{line}\n" for line in lines)


def _program(problem, methods, growth_name, growth):
    doc = f'"""{problem.title}."""\n\nfrom __future__ import annotations\n'
    if growth is None:
        return doc + "\n\n" + _class(problem.kind, _unmarked(methods))
    marked = "_change" in growth.head
    own = {name: _marked(text) if marked else text.replace("    @change\n", "") for name, text in methods.items()}
    own["__init__"] = own["__init__"] + GIVEN[growth_name]
    text = doc + "\n" + growth.imports + "\n" + growth.head + "\n\n" + _class(problem.kind, own | growth.methods)
    return re.sub(r"\bKIND\b", problem.kind, text)


def _class(kind, methods):
    return f"class {kind}:\n" + "".join(methods.values()).removeprefix("\n").replace("\n\n\n", "\n\n")


def _model(problem, methods):
    return "class Model:\n" + "".join(_unmarked(methods).values()).removeprefix("\n")


def _marked(text):
    return text.replace("@change\n", "@_change\n")


def _unmarked(methods):
    return {name: text.replace("    @change\n", "") for name, text in methods.items()}


def _public(methods, growth):
    every = methods | (growth.methods if growth else {})
    return {name: text for name, text in every.items() if not name.startswith("_")}


def _starter(problem, methods, growth):
    def bare(text):
        head = re.split(r'\n        """', text.replace("    @change\n", ""))[0]
        doc = re.search(r'""".*?"""', text)[0]
        return f"{head}\n        {doc}\n        raise NotImplementedError\n"

    stubs = "".join(bare(text) for text in _public(methods, growth).values()).removeprefix("\n")
    imports = "from typing import Any\n\n" if "Any" in stubs else ""
    text = f'"""{problem.title}."""\n\nfrom __future__ import annotations\n\n{imports}\nclass {problem.kind}:\n{stubs}'
    return re.sub(r"\bKIND\b", problem.kind, text)


def _contract(problem, methods, growth):
    lines = [f'"""Typed usage of `answer`: every line type-checks, every `type: ignore` marks what must be an error."""\n\n'
             f"from typing import assert_type\n\nfrom answer import {problem.kind}\n\nsystem = {problem.kind}()\n"]
    samples = {"str": '"a"', "int": "1"}
    for name, text in _public(methods, None).items():
        signature = re.search(r"def \w+\(self(?:, (.*?))?\) -> (.*?):\n", text)
        kinds = re.findall(r": (\w+)", signature[1] or "")
        given = ", ".join(samples[kind] for kind in kinds)
        if signature[2] == "None":
            lines.append(f"system.{name}({given})\n")
        else:
            lines.append(f"assert_type(system.{name}({given}), {signature[2]})\n")
        if kinds:
            wrong = ", ".join(["object()", *(samples[kind] for kind in kinds[1:])])
            lines.append(f"system.{name}({wrong})  # type: ignore[arg-type]\n")
    if growth and "undo" in growth.methods:
        lines.append('system.undo()\nsystem.undo(1)  # type: ignore[call-arg]\n')
    if growth and "journal" in growth.methods:
        lines.append(f"assert_type({problem.kind}.rebuild(system.journal()), {problem.kind})\n")
    return "".join(lines)
