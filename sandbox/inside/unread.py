"""Watches, in a child, for code that is in no file: text that is compiled, byte code, modules in writable places.

Code objects come into being in few places of the interpreter, and each raises an audit event: `compile`,
`marshal.loads`, `code.__new__`, extension modules, other interpreters. What is made there must be the content of a file
that is mounted read-only, or what the standard library generates for features of its own: named tuples, dataclasses,
annotations. So the file name of a code object can be trusted, too. Anything else is reported but still runs; what it
costs is decided outside.

The submission runs in the same process, so

- a report is sent before the code exists, over a socket that cannot be read back, at a number that cannot be taken
again because the limit of open files is below it; a process that closes the socket ends at its first report; - the
functions that decide have names and built-ins of their own, unknown to the garbage collector; a change to them is
reported, and so is a change to what a function of the library runs.
"""

from __future__ import annotations

import _imp
import ast
import builtins
import ctypes
import dataclasses
import os
import re
import sys
import types

from . import places, reach
from .places import ANSWER, FROZEN, LIBRARY, ONLY_AST, OURS, PACKAGES, STANDARD, content, is_mounted
from .reach import FILES, HOLDERS, REACHES, REPORTED, reached
from .reports import MOST, REACH

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Callable, Iterator
    from typing import Any

ENDED = 86
"""Exit status of a process that could not report."""
EVENTS = frozenset(
    {"compile", "marshal.loads", "marshal.load", "code.__new__", "import", "object.__setattr__"}
    | {"ctypes.dlopen", "ctypes.dlsym", "ctypes.call_function", "ctypes.cdata", "cpython.PyInterpreterState_New"}
    | {"subprocess.Popen", "os.exec", "os.posix_spawn"}
)
PROGRAMS = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn"})
PYTHON = re.compile(r"(?:.*/)?python[\d.]*")
COMMAND = re.compile(r"-[A-Za-z]*c.*", re.DOTALL)
"""A Python option that is followed by a text to run."""
PARTS = frozenset({"__code__", "__defaults__", "__kwdefaults__"})
"""The parts of a function that run when it is called."""
STRINGS = re.compile(r"""'[^'\\\n]*'|"[^"\\\n]*\"""")
COMPUTES = re.compile(
    r"\b(?:lambda|for|if|else|await|yield|and|or|not|in|is)\b|[\w\])\"]\s*\((?!\)\])|[^\w\s.,|*()\[\]\"-]"
)
"""Patterns that no type contains: words and signs of computing expressions, and calls."""
STARRED = re.compile(r"\((\*.*),\)\[0\]", re.DOTALL)
"""The form in which `typing` compiles `*Ts`."""
SPACE = re.compile(r"\s+")
NAMED_TUPLE = re.compile(rb"lambda _cls, (?:\w+(?:, \w+)*,?)?: _tuple_new\(_cls, \((?:\w+(?:, \w+)*)?,?\)\)")
MOCK = re.compile(
    rb"def \w+\(\*args, \*\*kwargs\):\n    _checksig_\(\*args, \*\*kwargs\)\n    return \w+\(\*args, \*\*kwargs\)"
)
TIMER = re.compile(
    rb"pass\n?|pass\npass|\ndef inner\(_it, _timer(?:, _setup=_setup)?(?:, _stmt=_stmt)?\):\n    (?:pass|_setup\(\))\n"
    rb"    _t0 = _timer\(\)\n    for _i in _it:\n        (?:pass|_stmt\(\))\n        pass\n    _t1 = _timer\(\)\n"
    rb"    return _t1 - _t0\n"
)
PARSE, PROCESS_CLASS, COROUTINE = (
    ast.parse.__code__,
    vars(dataclasses)["_process_class"].__code__,
    types.coroutine.__code__,
)
IMPORTS = vars(sys.modules["_frozen_importlib"])["_call_with_frames_removed"].__code__
FROZEN_OBJECT = _imp.get_frozen_object
PRISTINE = (
    (vars(dataclasses), tuple(vars(dataclasses).items())),
    (vars(dataclasses.Field), tuple(vars(dataclasses.Field).items())),
)
"""The definitions with which `dataclass` generates its code."""

# Of the child at hand: `install` gives the functions below their values, those of `ANSWER` and `FILES` too.
CODES: tuple[tuple[str, bytes], ...] = ()
"""Byte code imported from memory: the path that it would have on disk, and the code."""
CHILD, SOCKET = 0, -1
"""The child's first process, and the descriptor on which it reports."""


def judge(event: str, args: tuple[Any, ...], frame: Any) -> None:
    """Report code made from anything but a file."""
    what = ""
    if event == "compile":
        what = of_text(args[0], args[1], frame)
    elif event == "marshal.loads":
        what = "" if is_byte_code(args[0], frame) or is_frozen(frame) else "unmarshalled bytecode"
    elif event == "import":
        what = "" if args[1] is None or is_mounted(args[1]) else "an extension module"
    elif event == "object.__setattr__":
        changed = args[1] in PARTS and type(args[0]) is FUNCTION
        what = "a changed library function" if changed and is_foreign(args[0], frame) else ""
    elif event == "code.__new__":
        renamed = frame.f_code.co_filename.startswith(OURS)  # by the probe kit: what runs is the same
        what = "" if renamed or frame.f_code is COROUTINE or is_librarys(frame) else "a code object made by hand"
    elif event in PROGRAMS:
        what = of_program(args[0], args[1])
    elif event.startswith("ctypes"):
        what = "" if is_librarys(frame) else "native code"
    else:
        what = "unmarshalled bytecode" if event == "marshal.load" else "another interpreter"
    if what:
        report(what, frame)
        REPORTED.append(what)


def end_reaching(event: str, args: tuple[Any, ...], frame: Any) -> None:
    """End the process where the submission reaches for what it was not given."""
    if what := reached(event, args, frame):
        report(f"{REACH}{what}", frame)
        os_kill(CHILD, 9)
        os_exit(ENDED)


def of_text(source: object, path: object, frame: Any) -> str:
    """Describe the text being compiled, or return an empty string if it may be compiled."""
    if frame.f_code is PARSE and frame.f_locals["flags"] & ONLY_AST:
        return ""
    if type(source) is bytes:
        if is_mounted(path) and (content(str(path)) == source or is_underlined(source, str(path))):
            return ""
        if any(pattern.fullmatch(source) for pattern in (NAMED_TUPLE, TIMER, MOCK)) or is_of_dataclass(frame):
            return ""
        if is_type(source.decode("utf-8", "replace")):
            return ""
    if is_librarys(frame):
        return ""
    file = frame.f_code.co_filename
    if file.startswith(FROZEN + "importlib"):
        return f"the module {str(path).rpartition('/')[2]}, loaded from elsewhere"
    if file.startswith(LIBRARY):
        module = file.removeprefix(STANDARD).removeprefix(PACKAGES).removeprefix(FROZEN).rstrip(">")
        return f"text compiled by {frame.f_code.co_name} in {module}"
    return "compiled text"


def of_program(path: Any, arguments: Any) -> str:
    """Describe what another Python is to run, or return an empty string for a file that nothing inside can write."""
    given = [os_fspath(word) for word in (path, *arguments)]
    program, *words = [word.decode("utf-8", "replace") if isinstance(word, bytes) else word for word in given]
    if not PYTHON.fullmatch(program):
        return ""
    for word in words[1:]:
        if COMMAND.fullmatch(word):
            return "text run by another Python process"
        if word.startswith("-m"):  # `timeit` takes a text, and a folder that is written to may come first
            return "a module run by another Python process"
        if not word.startswith("-"):
            file = word if word.startswith("/") else f"{os_getcwd()}/{word}"
            return "" if is_mounted(file) else "a file run by another Python process"
    return "input read by another Python process"


def is_byte_code(data: object, frame: Any) -> bool:
    """Return whether byte code is that of the file that an import claims to read, or was compiled for all children."""
    path = frame.f_locals.get("bytecode_path")
    if type(data) is not bytes or not is_mounted(path):
        return False
    return any(known[16:] == data for place, known in CODES if place == path) or content(path)[16:] == data


def is_frozen(frame: Any) -> bool:
    """Return whether the interpreter is importing one of its own frozen modules, given nothing but the name."""
    given = frame.f_locals
    return frame.f_code is IMPORTS and given["f"] is FROZEN_OBJECT and len(given["args"]) == 1 and not given["kwds"]


def is_of_dataclass(frame: Any) -> bool:
    """Return whether an unchanged `dataclass` writes a text, for fields whose names are identifiers."""
    file = PROCESS_CLASS.co_filename
    while frame is not None and frame.f_code is not PROCESS_CLASS and frame.f_code.co_filename == file:
        frame = frame.f_back
    if frame is None or frame.f_code is not PROCESS_CLASS:
        return False
    if not all(tuple(names.items())[: len(known)] == known for names, known in PRISTINE):
        return False
    if not all(name.startswith("__") for name in [*PRISTINE[0][0]][len(PRISTINE[0][1]) :]):
        return False
    return all(
        type(name) is str and name.isidentifier() and type(field) is FIELD and field.name is name
        for name, field in frame.f_locals["fields"].items()
    )


def is_type(text: str) -> bool:
    """Return whether a text is written like a type or is an annotation in a file that was read."""
    starred = STARRED.fullmatch(text)
    text = starred[1] if starred else text
    return COMPUTES.search(STRINGS.sub('""', text)) is None or bare(text) in written_annotations()


def is_underlined(source: bytes, path: str) -> bool:
    """Return whether the source is code from within one line of a file, which a traceback compiles to underline it."""
    data = content(path)
    if source not in data or b"\n" in source:
        return False
    lines = data.split(b"\n")
    return any(
        node.lineno == node.end_lineno and lines[node.lineno - 1][node.col_offset : node.end_col_offset] == source
        for node in nodes_of(data, path)
        if hasattr(node, "lineno")
    )


def nodes_of(data: bytes, path: str) -> Iterator[Any]:
    """Yield all nodes of a file's tree, except those in f-strings, which do not say where they are."""
    nodes: list[Any] = [compile(data, path, "exec", ONLY_AST, True)]  # noqa: FBT003 - its own future, not ours
    while nodes:
        node = nodes.pop()
        yield node
        for value in vars(node).values() if type(node) is not F_STRING else ():
            nodes += [part for part in (value if type(value) is list else [value]) if isinstance(part, AST)]


def bare(text: str) -> str:
    """Return an expression without white space and with double quotes only, so that spelling makes no difference."""
    return SPACE.sub("", text).replace("'", '"')


def written_annotations() -> Iterator[str]:
    """Yield the annotations in the files of the answer, each as `bare` returns it."""
    for path in FILES:
        data = content(path)
        lines = data.split(b"\n")
        for node in nodes_of(data, path):
            for name, value in vars(node).items():
                if name in ("annotation", "returns") and isinstance(value, AST):
                    written = lines[value.lineno - 1 : value.end_lineno]
                    written[-1] = written[-1][: value.end_col_offset]
                    written[0] = written[0][value.col_offset :]
                    yield bare(b" ".join(written).decode("utf-8", "replace"))


def is_foreign(function: types.FunctionType, frame: Any) -> bool:
    """Return whether a function of the library, or one of ours, is changed by anything but its own module."""
    file = function.__code__.co_filename
    own = file == frame.f_code.co_filename or is_librarys(frame)
    return file.startswith(OURS) or (file.startswith(LIBRARY) and not own)


def is_librarys(frame: Any) -> bool:
    """Return whether a library acts on its own behalf: while being imported, or in a public function of its package."""
    direct = frame.f_code.co_filename.startswith(PACKAGES)
    called = ""
    while frame is not None and not frame.f_code.co_filename.startswith((ANSWER, *OURS)):
        code = frame.f_code
        if code.co_filename.startswith(LIBRARY):
            called = code.co_qualname
            if code.co_name == "<module>":
                return True
        frame = frame.f_back
    return (
        direct
        and frame is not None
        and not any(part.startswith("_") and part[:2] != "__" for part in called.split("."))
    )


def report(what: str, frame: Any) -> None:
    """Tell the worker what runs, and which line of the submission makes it run."""
    file, line = "", 0
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(ANSWER):
            file, line = code.co_filename.removeprefix(ANSWER), frame.f_lineno
            break
        frame = frame.f_back
    try:
        os_write(SOCKET, f"{file}\0{line}\0{what}".encode("utf-8", "replace")[:MOST])
    except BlockingIOError:  # there are reports already
        pass
    except OSError:
        os_kill(CHILD, 9)
        os_exit(ENDED)


FIELD, FUNCTION = dataclasses.Field, types.FunctionType
AST: Any = ast.AST
F_STRING: Any = ast.JoinedStr
os_fspath, os_getcwd = os.fspath, os.getcwd
os_write, os_kill, os_exit = os.write, os.kill, os._exit


def caller(box: list[Any]) -> Iterator[Any]:
    """Yield the frame that caused an event, to the hook that runs this generator and has put it into the box.

    `sys._getframe` would raise an event of its own, which nothing could tell from one that the submission raises.
    """
    yield box.pop().gi_frame.f_back.f_back


def hook_of(names: dict[str, Any]) -> Callable[[str, tuple[Any, ...]], None]:
    """Return the audit hook, which uses no names but its own."""

    def hook(
        event: str,
        args: tuple[Any, ...],
        events: frozenset[str] = EVENTS,
        reaches: frozenset[str] = names["REACHES"],
        holders: frozenset[str] = HOLDERS,
        caller: Any = names["caller"],
        own: Any = names["caller"].__code__,
        advance: Any = next,
        judge: Any = names["judge"],
        end_reaching: Any = names["end_reaching"],
        report: Any = names["report"],
        names: Any = names,
        known: tuple[Any, ...] = tuple(names.items()),
    ) -> None:
        if event == "object.__getattr__" and (
            args[1] not in holders or (args[1] == "gi_frame" and args[0].gi_code is own)
        ):
            return
        if event in events or event in reaches:
            box: list[Any] = []
            box.append(caller(box))
            frame = advance(box[0])
            (end_reaching if event in reaches else judge)(event, args, frame)
            if (*names.items(),) != known:
                report("a change to the code that watches it", frame)

    return hook


def hide(kept: object) -> None:
    """Keep an object forever, where no search of the interpreter's memory finds it."""
    for function in (ctypes.pythonapi.Py_IncRef, ctypes.pythonapi.PyObject_GC_UnTrack):  # freed, it would be a crash
        function.argtypes = [ctypes.py_object]
        function.restype = None
        function(kept)


def install(
    answer: str, codes: dict[str, tuple[str, Any, bytes]], descriptor: int, *, ends_reaching: bool = True
) -> None:
    """Watch this process and its forks from now on. `descriptor` is a socket at a number that is out of reach.

    `ends_reaching` says whether to end a process that reaches for what it was not given (`reach.py`).
    """
    root = answer.rstrip("/") + "/"
    files = [os.path.join(place, name) for place, _, names in os.walk(root) for name in names if name.endswith(".py")]
    names: dict[str, Any] = {**vars(places), **vars(reach), **globals(), "REPORTED": []}
    names["REACHES"] = REACHES if ends_reaching else frozenset()
    names |= {"ANSWER": root, "FILES": tuple(files), "CHILD": os.getpid(), "SOCKET": descriptor}
    names |= {"CODES": tuple((path, data) for path, (_, _, data) in codes.items())}
    names |= {"__builtins__": dict(vars(builtins))}
    for name, value in names.items():
        if type(value) is types.FunctionType and value.__module__ in (__name__, places.__name__, reach.__name__):
            names[name] = types.FunctionType(value.__code__, names, name)
            hide(names[name])
    hook = hook_of(names)
    sys.addaudithook(hook)
    for secret in (hook, hook.__defaults__, names, names["__builtins__"], names["REPORTED"]):
        hide(secret)
