"""Recognises what a submission reaches for that it was not given: its callers' variables, the list of all objects.

A probe's frames hold the plan of a test, and its objects know what is about to fail. One process cannot hide either
from code that runs in it: `f_back` leads from any frame to its callers, and the collector lists every object. But each
way to a first frame and to the collector's lists raises an audit event before it gives anything: `sys._getframe`, the
frames of tracebacks, generators and coroutines, `sys._current_frames`, traces, `gc.get_objects`. So the process ends
there, by the hook of `unread.py`, and nothing that was reached for can be used.

What a library does on its own behalf is no concern of this, and neither are uses that reveal nothing:

    sys._getframe(1).f_globals["__name__"]     inspect.currentframe().f_code.co_name     inspect.stack()[1].function
    error.__traceback__.tb_frame.f_lineno      walking by `f_back` to compare the names of files

What a library or the probe does on its own behalf is known by the text that it executes, which names the event's
function: behind an attribute, or in an iterator that it is given, there may be `partial(sys._getframe)`, whose call
has no frame of the submission. The other uses are told apart by the text around the call: a frame may be asked for
plain things only, and so may a local name that is bound to it, as long as the submission names nothing by which values
are had under computed names (`getattr`, `locals`). The interpreter hands frames to signal handlers without any event,
and nothing here watches those.
"""

from __future__ import annotations

import ast
import opcode
import re

from .places import ANSWER, LIBRARY, ONLY_AST, OURS, content

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from typing import Any

HOLDERS = frozenset({"tb_frame", "gi_frame", "cr_frame", "ag_frame"})
"""Attributes that are frames."""
LISTS = frozenset({"gc.get_objects", "gc.get_referrers", "gc.get_referents"})
TRACES = frozenset({"sys.settrace", "sys.setprofile"})
ALL_FRAMES = frozenset({"sys._current_frames", "sys._current_exceptions"})
REACHES = frozenset({"sys._getframe", "object.__getattr__"}) | LISTS | TRACES | ALL_FRAMES
"""The events to judge; of attributes, only the holders of frames."""
SOURCES = HOLDERS | {
    "_getframe",
    "_current_frames",
    "settrace",
    "setprofile",
    "currentframe",
    "walk_stack",
    "walk_tb",
    "get_stack",
}
"""Names that the code of a library's function uses if it looks at frames on its own behalf."""
ASKED = SOURCES | {"stack"}
"""Names by which a library or the probe calls a function that looks at frames for it."""
GIVERS = frozenset(
    {
        *(f"inspect.{name}" for name in ("currentframe", "stack", "trace", "getouterframes", "getinnerframes")),
        *(f"inspect.get{kind}locals" for kind in ("generator", "coroutine", "asyncgen")),
        *("traceback.walk_stack", "traceback.walk_tb", "logging/__init__.<lambda>", "logging/__init__.currentframe"),
        *("asyncio/base_tasks._task_get_stack", "asyncio/tasks.get_stack"),
    }
)
"""Functions of the standard library that return frames, or what is in them, to their caller."""
TRACERS = ("bdb.", "pdb.", "profile.", "trace.", "code.")
"""Modules that hand frames to methods that a submission may override."""
PLAIN = frozenset({"f_code", "f_lineno", "f_lasti", "f_builtins"})
ABOUT_A_MODULE = frozenset({"__name__", "__package__", "__file__", "__doc__"})
IN_AN_ENTRY = frozenset({"filename", "lineno", "function", "code_context", "index", "positions"})
"""The parts of an entry of `inspect.stack` that are no frame: all but the first one."""
COMPUTED = re.compile(
    rb"\b(?:_*builtins_*|locals|vars|dir|globals|eval|exec|compile|getattr|getattr_static|__getattribute__|attrgetter"
    rb"|methodcaller|__dict__|f_locals|__closure__|cell_contents|getclosurevars|getmembers|import_module|__import__"
    rb"|resolve_name|locate|Formatter|pickle|marshal|shelve|get_type_hints|get_annotations|eval_str|ForwardRef|mock"
    rb"|code|codeop|rlcompleter|doctest|timeit|runpy|config)\b"
)
"""Names by which the value of a local name may be had without a text that names it."""
FILES: tuple[str, ...] = ()
"""The submission's modules; `unread.install` gives it its value."""
REPORTED: list[str] = []
"""What was reported in this process. Once it runs code from elsewhere, the text of its files proves nothing."""

HAS_NAME, HAS_CONSTANT = frozenset(opcode.hasname), frozenset(opcode.hasconst)
MOST_NAMES = 127
"""The number of names up to which one byte holds a name's number, and a flag that some instructions add."""

AST: Any = ast.AST
CALL, ATTRIBUTE, SUBSCRIPT, NAME, CONSTANT = ast.Call, ast.Attribute, ast.Subscript, ast.Name, ast.Constant
TUPLE: Any = ast.Tuple
ASSIGN, ANNOTATED, LOOP = ast.Assign, ast.AnnAssign, ast.For
IF, WHILE, ASSERT, AND_OR, NOT, CHOICE, COMPARE = (
    ast.If,
    ast.While,
    ast.Assert,
    ast.BoolOp,
    ast.Not,
    ast.IfExp,
    ast.Compare,
)
UNARY, EXPRESSION, DELETE = ast.UnaryOp, ast.Expr, ast.Delete
DEFINITION, ASYNC_DEFINITION, LAMBDA, CLASS = ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef
GLOBAL, NONLOCAL, LOAD, STORE = ast.Global, ast.Nonlocal, ast.Load, ast.Store


def reached(event: str, args: tuple[Any, ...], frame: Any) -> str:
    """Describe what the submission reaches for, or return an empty string."""
    name = args[1] if event == "object.__getattr__" else event.rpartition(".")[2]
    asker, through = asked_by(frame, name)
    if asker is None:
        return ""
    if not asker.f_code.co_filename.startswith(ANSWER):
        return "the frames of other code, by a function in C"
    if event in LISTS:
        return "the collector's lists of objects"
    if event in ALL_FRAMES:
        return "the frames of all threads"
    text = None if REPORTED else text_at(asker)
    if event in TRACES:
        return "" if text is not None and ends_a_trace(text, through) else "the frames of other code, by a trace"
    holder = args[0] if event == "sys._getframe" else held(*args)
    if holder is None or (text is not None and is_harmless(text, holder, through)):
        return ""
    return "the frames of other code"


def held(owner: Any, name: str) -> Any:
    """Return an object's frame, by a text that names it."""
    if name == "tb_frame":
        return owner.tb_frame
    if name == "gi_frame":
        return owner.gi_frame
    return owner.cr_frame if name == "cr_frame" else owner.ag_frame


def asked_by(frame: Any, name: str) -> tuple[Any, tuple[str, ...]]:
    """Return the submission's frame on whose behalf something of that name is used, and the functions that it calls
    for that.

    The frame is None if a library, or the probe, acts on its own behalf, as its text says. If neither says so, it is
    the innermost one of theirs: something has been called that no frame of the submission shows.
    """
    through: tuple[str, ...] = ()
    names, innermost = frozenset({name}), frame
    while frame is not None and not frame.f_code.co_filename.startswith((ANSWER, *OURS)):
        code = frame.f_code
        label = f"{code.co_filename.removeprefix(LIBRARY[0]).removesuffix('.py')}.{code.co_name}"
        looks = not SOURCES.isdisjoint(code.co_names) or {"inspect", "stack"} <= {*code.co_names}
        is_own = code.co_filename.startswith(LIBRARY) and label not in GIVERS and not label.startswith(TRACERS)
        if looks and is_own and says(frame, names):
            return None, ()
        names = ASKED
        through = (*through, label)
        frame = frame.f_back
    if frame is not None and frame.f_code.co_filename.startswith(ANSWER):
        return frame, through
    return (None if frame is not None and says(frame, names) else innermost), through


def says(frame: Any, names: frozenset[str]) -> bool:
    """Return whether the expression that a frame is evaluating has one of the names, as its bytecode says.

    If it has none, a function in C calls what it was given, as `map` does, and no frame tells by whom. Nothing is read
    from a file here: while a thread's trace begins, that would let others run in between.
    """
    code = frame.f_code
    places = [*code.co_positions()]
    start, end, column, last = places[frame.f_lasti // 2]
    if column is None or len(code.co_names) > MOST_NAMES:
        return not names.isdisjoint(code.co_names)
    words = code.co_code
    for index, (first, final, left, right) in enumerate(places):
        if left is not None and (start, column) <= (first, left) and (final, right) <= (end, last):
            operation, number = words[2 * index], words[2 * index + 1]
            said: Any = ()
            if operation in HAS_NAME:
                said = (*code.co_names[number : number + 1], *code.co_names[number // 2 :][:1])
            elif operation in HAS_CONSTANT:
                said = code.co_consts[number : number + 1]
            if any(type(word) is str and word in names for word in said):
                return True
    return False


def is_ours(frame: Any) -> bool:
    """Return whether a frame, or None for an unknown one, may be the probe's."""
    return frame is None or frame.f_code.co_filename.startswith(OURS)


def text_at(frame: Any) -> tuple[Any, dict[Any, Any]] | None:
    """Return the node of the text that a frame is executing and the parents of all nodes, or None."""
    start, end, column, last = [*frame.f_code.co_positions()][frame.f_lasti // 2]
    data = content(frame.f_code.co_filename)
    parents: dict[Any, Any] = {}
    nodes = [compile(data, frame.f_code.co_filename, "exec", ONLY_AST, True)]  # noqa: FBT003 - its own future, not ours
    found: list[Any] = []
    loop = None
    while nodes:
        node = nodes.pop()
        for value in vars(node).values():
            for part in value if type(value) is list else [value]:
                if isinstance(part, AST):
                    parents[part] = node
                    nodes.append(part)
        if type(node) is LOOP and (node.lineno, node.col_offset) == (start, column):
            loop = node.iter
        elif type(node) in (CALL, ATTRIBUTE) and (node.end_lineno, node.end_col_offset) == (end, last):
            found.append(node)
    node = loop or (found[0] if len(found) == 1 else None)
    return None if node is None else (node, parents)


def ends_a_trace(text: tuple[Any, dict[Any, Any]], through: tuple[str, ...]) -> bool:
    """Return whether a call of `sys.settrace` removes a trace, or a profiler starts that shows no frames."""
    call = text[0]
    if through:
        return all(name.startswith("cProfile.") for name in through)
    return type(call) is CALL and [type(argument) for argument in call.args] == [CONSTANT] and not call.keywords


def is_harmless(text: tuple[Any, dict[Any, Any]], frame: Any, through: tuple[str, ...]) -> bool:
    """Return whether the submission asks a frame, which it got through these functions, for plain things only."""
    node, parents = text
    names = [name.rpartition(".")[2] for name in through if name in GIVERS]
    others = [name for name in through if name not in GIVERS]
    if others:  # a summary of frames holds their variables, if they are asked for
        return names == ["walk_tb"] and all(name.startswith("traceback.") for name in others) and not is_ours(frame)
    if any(name.endswith("locals") for name in names):
        return False
    if any(name.startswith("walk_") for name in names):
        target: Any = getattr(parents[node], "target", None)
        if type(parents[node]) is not LOOP or type(target) is not TUPLE or type(target.elts[0]) is not NAME:
            return False
        return name_is_plain(target.elts[0], frame if names == ["walk_tb"] else None, parents, ())
    if names and names != ["currentframe"]:
        return entries_are_plain(node, parents)
    return frame_is_plain(node, frame, parents, ())


def frame_is_plain(node: Any, frame: Any, parents: dict[Any, Any], known: tuple[str, ...]) -> bool:
    """Return whether the value of a node, which is that frame or an unknown one, is asked for plain things only."""
    parent = parents[node]
    kind = type(parent)
    if kind is ATTRIBUTE:
        if parent.attr == "f_back":
            return frame_is_plain(parent, frame.f_back if frame is not None else None, parents, known)
        if parent.attr == "f_globals" and is_ours(frame):
            return names_are_plain(parent, parents, known)
        return parent.attr in PLAIN or parent.attr == "f_globals"
    if kind in (CHOICE, AND_OR) and node is not getattr(parent, "test", None):
        return frame_is_plain(parent, frame, parents, known)
    return is_tested(node, parent) or is_bound(node, parent, name_is_plain, frame, parents, known)


def names_are_plain(node: Any, parents: dict[Any, Any], known: tuple[str, ...]) -> bool:
    """Return whether the global names of a frame are only asked what describes their module."""
    parent = parents[node]
    kind = type(parent)
    if kind is SUBSCRIPT:
        return type(parent.slice) is CONSTANT and parent.slice.value in ABOUT_A_MODULE
    if kind is ATTRIBUTE:
        call = parents[parent]
        asks = parent.attr == "get" and type(call) is CALL and call.func is parent and call.args
        return bool(asks) and type(call.args[0]) is CONSTANT and call.args[0].value in ABOUT_A_MODULE
    if kind is CHOICE and node is not parent.test:
        return names_are_plain(parent, parents, known)
    return is_tested(node, parent) or is_bound(node, parent, names_are_plain_by_name, None, parents, known)


def entries_are_plain(node: Any, parents: dict[Any, Any]) -> bool:
    """Return whether a list of frames with their places is asked for a part of one entry that is no frame."""
    entry = parents[node]
    part = parents.get(entry)
    if type(entry) is not SUBSCRIPT or node is not entry.value or type(entry.slice) is not CONSTANT:
        return False
    if type(part) is ATTRIBUTE:
        return part.attr in IN_AN_ENTRY
    index = getattr(part, "slice", None)
    return type(part) is SUBSCRIPT and type(index) is CONSTANT and type(index.value) is int and index.value > 0


def is_tested(node: Any, parent: Any) -> bool:
    """Return whether a value is only tested, dropped or compared with None."""
    kind = type(parent)
    if kind is COMPARE:
        return all(type(side) is CONSTANT for side in (parent.left, *parent.comparators) if side is not node)
    if kind is UNARY:
        return type(parent.op) is NOT
    return kind in (EXPRESSION, DELETE) or (kind in (IF, WHILE, ASSERT, CHOICE) and node is parent.test)


def is_bound(node: Any, parent: Any, follow: Any, frame: Any, parents: dict[Any, Any], known: tuple[str, ...]) -> bool:
    """Return whether a value is only bound to a local name, of which the same holds."""
    kind = type(parent)
    targets = parent.targets if kind is ASSIGN else [parent.target] if kind is ANNOTATED else []
    if len(targets) != 1 or type(targets[0]) is not NAME or node is not parent.value:
        return False
    return bool(follow(targets[0], frame, parents, known))


def name_is_plain(name: Any, frame: Any, parents: dict[Any, Any], known: tuple[str, ...]) -> bool:
    """Return whether a name of a function that holds a frame is asked for plain things only."""
    if name.id in known:
        return True
    uses = uses_of(name, parents)
    bound = [use for use in uses if type(use.ctx) is STORE]
    frame = frame if len(bound) == 1 else None
    return bool(uses) and all(
        frame_is_plain(use, frame, parents, (*known, name.id)) for use in uses if type(use.ctx) is LOAD
    )


def names_are_plain_by_name(name: Any, _frame: Any, parents: dict[Any, Any], known: tuple[str, ...]) -> bool:
    """Return whether a name of a function that holds global names is asked for plain things only."""
    if name.id in known:
        return True
    uses = uses_of(name, parents)
    return bool(uses) and all(names_are_plain(use, parents, (*known, name.id)) for use in uses if type(use.ctx) is LOAD)


def uses_of(name: Any, parents: dict[Any, Any]) -> tuple[Any, ...]:
    """Return the nodes of a local name of a function, or nothing if its value may be had in other ways."""
    scope = scope_of(name, parents)
    if type(scope) not in (DEFINITION, ASYNC_DEFINITION) or any(COMPUTED.search(content(path)) for path in FILES):
        return ()
    uses = []
    for node in parents:
        if type(node) in (GLOBAL, NONLOCAL) and name.id in node.names:
            return ()
        if type(node) is NAME and node.id == name.id and is_within(node, scope, parents):
            uses.append(node)
    return (*uses,)


def scope_of(node: Any, parents: dict[Any, Any]) -> Any:
    """Return the innermost function around a node, or None."""
    while node is not None and type(node) not in (DEFINITION, ASYNC_DEFINITION):
        node = None if type(node) in (LAMBDA, CLASS) else parents.get(node)
    return node


def is_within(node: Any, scope: Any, parents: dict[Any, Any]) -> bool:
    """Return whether a node lies in a function."""
    while node is not None and node is not scope:
        node = parents.get(node)
    return node is scope
