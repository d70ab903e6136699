"""The tables of `challenges/README.md`, generated from what they describe.

    python -m grader.authoring.guide challenges/README.md      writes them anew between their markers

A marker is `<!-- table: NAME -->` ... `<!-- end -->`.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from msgspec import inspect as schema

from grader import suite
from grader.challenges.manifest import Manifest
from grader.inside.constructs.rules.table import RULES
from grader.suite.contract import SubmissionHandle
from grader.suite.inside import probe_kit
from grader.suite.inside.probe_kit import interleaving, meeting, nameless, running, virtual_time, weighing
from grader.verify.checks import CHECKS

MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def refreshed(text: str) -> str:
    """The guide with every table as it must be today."""
    return MARKED.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n\n{found[3]}", text)


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def words() -> str:
    """Every key of `challenge.toml`."""
    return _table(("key", "takes", "default", "means"), _words(Manifest, ""))


def _words(kind: type[msgspec.Struct], prefix: str) -> Iterator[tuple[str, ...]]:
    meanings = _meanings(kind)
    described = schema.type_info(kind)
    assert isinstance(described, schema.StructType)
    for field in described.fields:
        below = _below(field.type)
        repeated = isinstance(field.type, schema.VarTupleType)
        name = f"{prefix}{field.encode_name}"
        yield f"`{name}`", _takes(field.type), _default(field), meanings[field.name]
        if below is not None:
            yield from _words(below, f"{name}[]." if repeated else f"{name}.")


def _below(kind: schema.Type) -> type[msgspec.Struct] | None:
    """The table that a key holds, or a list of."""
    inner = kind.item_type if isinstance(kind, schema.VarTupleType) else kind
    return inner.cls if isinstance(inner, schema.StructType) else None


def _takes(kind: schema.Type) -> str:
    match kind:
        case schema.EnumType(cls=cls):
            return ", ".join(f"`{member.value}`" for member in cls)
        case schema.VarTupleType(item_type=schema.StructType(), min_length=least):
            return "tables" + (f", at least {least}" if least else "")
        case schema.VarTupleType(item_type=item, min_length=least):
            return f"list of {_takes(item)}" + (f", at least {least}" if least else "")
        case schema.StructType():
            return "table"
        case schema.DictType():
            return "table"
        case schema.StrType():
            return _text(kind)
        case schema.IntType() | schema.FloatType():
            return _number(kind)
        case schema.BoolType():
            return "`true` or `false`"
        case _:
            raise TypeError(f"the guide has no words for {kind}")


def _text(kind: schema.StrType) -> str:
    if kind.pattern is not None:
        return f"text like `{kind.pattern}`"
    least, most = kind.min_length, kind.max_length
    if least and most:
        return f"text of {least} to {most} characters"
    return f"text of at least {least} characters" if least else "text"


def _number(kind: schema.IntType | schema.FloatType) -> str:
    word = "integer" if isinstance(kind, schema.IntType) else "number"
    if kind.ge is not None and kind.ge == kind.le:
        return f"{word} {kind.ge:g}"
    low = f"{kind.ge:g}" if kind.ge is not None else f"above {kind.gt:g}"
    return f"{word}, {low} to {kind.le:g}"


def _default(field: schema.Field) -> str:
    if field.required:
        return "required"
    value = field.default
    if isinstance(value, msgspec.Struct) or value in ((), msgspec.NODEFAULT, ""):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _meanings(kind: type[msgspec.Struct]) -> dict[str, str]:
    """What stands below each field in its class."""
    tree = ast.parse(inspect.getsource(sys.modules[kind.__module__]))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)
    found = {}
    for field, following in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(meaning))):
                    found[field.target.id] = meaning
                case _:
                    pass
    return found


def rules() -> str:
    """Every construct rule, with its options."""
    return _table(("rule", "of", "is met when", "options"), _rules())


def _rules() -> Iterator[tuple[str, ...]]:
    for name, rule in sorted(RULES.items()):
        options = " ".join(f"`{option.name}` ({option.default!r}): {option.means}" for option in rule.options)
        yield f"`{name}`", rule.of, inspect.cleandoc(rule.__doc__ or "").partition("\n\n")[0], options


def checks() -> str:
    """Every check of `grader verify`."""
    rows = ((f"`{each.id}`", each.title, "always" if each.quick else "not with `--quick`") for each in CHECKS)
    return _table(("check", "holds when", "runs"), rows)


def handle() -> str:
    """Everything that a hidden suite can do with a submission."""
    return _table(("`submission.`", "does"), _members(SubmissionHandle))


def kits() -> str:
    """Every kit of `grader.suite`."""
    return _table(
        ("from `grader.suite`", "is"), _documented(suite, (name for names in suite.KITS.values() for name in names))
    )


def in_probes() -> str:
    """Everything that a probe can import as `probe_kit`."""
    modules = (probe_kit, running, virtual_time, meeting, interleaving, nameless, weighing)
    return _table(("in a probe", "is"), (row for module in modules for row in _offered(module)))


def _members(kind: type) -> Iterator[tuple[str, str]]:
    for name, member in vars(kind).items():
        if not name.startswith("_"):
            what = member.fget if isinstance(member, property) else member
            yield f"`{name}{'' if isinstance(member, property) else _signature(what)}`", _first_sentence(what)


def _offered(module: ModuleType) -> Iterator[tuple[str, str]]:
    """What a module of the probe kit defines, or lists in `__all__`."""
    shown = module.__name__.replace(probe_kit.__name__, "probe_kit")
    names = getattr(module, "__all__", None) or [
        name
        for name, thing in vars(module).items()
        if name[0] != "_" and getattr(thing, "__module__", "") == module.__name__
    ]
    for name, what in _documented(module, names):
        yield name.replace("`", f"`{shown}.", 1), what


def _documented(module: ModuleType, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            yield f"`{name}`", _first_sentence(thing)


def _signature(function: Any) -> str:
    """The parameters of a method by name."""
    names = [
        f"{'*' * (parameter.kind is parameter.VAR_POSITIONAL)}{'**' * (parameter.kind is parameter.VAR_KEYWORD)}{name}"
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "self"
    ]
    return f"({', '.join(names)})"


def _first_sentence(thing: object) -> str:
    text = " ".join(inspect.cleandoc(getattr(thing, "__doc__", None) or "").partition("\n\n")[0].split())
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]


TABLES: dict[str, Callable[[], str]] = {
    "words": words,
    "rules": rules,
    "checks": checks,
    "handle": handle,
    "kits": kits,
    "probe_kit": in_probes,
}


def main() -> None:
    """Refresh the guide in place."""
    path = Path(sys.argv[1])
    path.write_text(refreshed(path.read_text("utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
