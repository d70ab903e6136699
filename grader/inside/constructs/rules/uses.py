"""The rule `uses`."""

from __future__ import annotations

from collections.abc import Iterable

from grader.inside.constructs.resolver.values import Instance, Value
from grader.inside.constructs.rules.queries import Use, covered, reached_references, references
from grader.inside.constructs.rules.rule import (
    Judgement,
    Option,
    Question,
    Rule,
    RuleExample,
    Status,
    nearest_module,
    place,
)


class Uses(Rule):
    """It uses one of `names`, such as `functools.singledispatch`, itself or through what it calls.

    An import alone does not count. Decorators on the definition count. For a module, everything reached from its public
    names counts. With `every`, all of the names must be used.
    """

    name = "uses"
    of = "a function, a class or a module"
    message = "{of} does not use the part of the standard library that the brief names."
    help = "Use the named part in {of} or in a function that {of} calls."
    options = (
        Option("names", default=[], means="Names that must be used, such as `functools.singledispatch` or `weakref`."),
        Option("every", default=False, means="All of the names must be used, not just one of them."),
    )
    VALID = (
        RuleExample(
            "import functools\n@functools.singledispatch\ndef Thing(x): return x",
            options={"names": ["functools.singledispatch"]},
        ),
        RuleExample(
            {
                "m.py": "from store import Store as Thing",
                "store.py": """
                    from weakref import WeakValueDictionary as Weak
                    class Store:
                        def __init__(self): self._items = self._fresh()
                        def _fresh(self): return Weak()
                    """,
            },
            options={"names": ["weakref"]},
        ),
        RuleExample(
            "import heapq\ndef _top(x): return heapq.nlargest(1, x)\ndef Thing(x): return _top(x)",
            of="m",
            options={"names": ["heapq.nlargest"]},
        ),
        RuleExample(
            "import heapq, bisect\ndef Thing(x):\n    heapq.heapify(x)\n    return bisect.bisect(x, 1)",
            options={"names": ["heapq", "bisect"], "every": True},
        ),
        RuleExample("def Thing(x): return isinstance(x, int)", options={"names": ["isinstance"]}),
    )
    INVALID = (
        RuleExample("import heapq\ndef Thing(x): return sorted(x)", options={"names": ["heapq"]}),
        RuleExample(
            "import heapq\ndef unused(x): return heapq.heappop(x)\ndef Thing(x): return sorted(x)",
            options={"names": ["heapq"]},
            status=Status.DECOY,
        ),
        RuleExample(
            "import heapq\ndef Thing(x):\n    return sorted(x)\n    heapq.heapify(x)", options={"names": ["heapq"]}
        ),
        RuleExample("def Thing(x): return heapq(x)\ndef heapq(x): return x", options={"names": ["heapq"]}),
        RuleExample(
            "import heapq\ndef Thing(x): return heapq.merge(x)", options={"names": ["heapq", "re"], "every": True}
        ),
    )

    def judge(self, question: Question) -> Judgement:
        subjects = question.project.export(question.of)
        if not subjects:
            return Judgement(Status.ABSENT, f"{question.of} is not defined.", nearest_module(question))
        if all(_enough(reached_references(question.project, _defined(subject)), question) for subject in subjects):
            return Judgement(Status.MET)
        scopes = [module.scope for module in question.project.modules.values()]
        scopes += [definition.body for definition in question.project.definitions()]
        anywhere = (reference for scope in scopes for reference in references(question.project, scope))
        status = Status.DECOY if _enough(anywhere, question) else Status.ABSENT
        return Judgement(status, "", *place(subjects[-1]))


def _defined(value: Value) -> Value:
    return value.of if isinstance(value, Instance) else value


def _enough(found: Iterable[tuple[Use, str]], question: Question) -> bool:
    names = question.words("names")
    there: set[str] = set()
    for _, name in found:
        there.update(word for word in names if covered(name, [word]))
        if len(there) == len(names) or (there and not question.flag("every")):
            return True
    return False
