"""The signs of tampering that the integrity analyser knows: the name of each, and what a reviewer is told.

Each of them has honest uses. None of them is proof, so none of them costs points: they say where a person should look.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from grader.inside.findings import Severity


class TamperingSign(NamedTuple):
    """One way to reach behind the code that a candidate was asked to write."""

    id: str
    severity: Severity
    what: str
    """Begins a message: `what` and then the text found."""
    look: str
    """What a reviewer should look for."""


class SignUse(NamedTuple):
    """A sign, and where it was found."""

    sign: TamperingSign
    node: ast.AST
    shown: str


def _means(name: str, severity: Severity, what: str, look: str) -> TamperingSign:
    return TamperingSign(f"integrity.{name}", severity, what, look)


FRAMES = _means(
    "frames", "note", "Reaches for the frames of its callers", "Does it read or change what its caller knows?"
)
MODULES = _means(
    "modules",
    "warning",
    "Changes the table of imported modules, or how modules are found",
    "Whose module is replaced? Replacing the probe's, or one that it uses, is an attempt to answer in its place.",
)
HEAP = _means(
    "heap",
    "warning",
    "Searches the interpreter's memory for objects",
    "What does it look for? Objects that nobody handed to it belong to the harness.",
)
NATIVE = _means(
    "native",
    "warning",
    "Uses the interpreter's memory or the system directly",
    "No brief asks for foreign functions: what are they for?",
)
BUILTINS = _means(
    "builtins",
    "warning",
    "Changes built-in names for everybody",
    "Which code, other than its own, is meant to see the change?",
)
DESCRIPTORS = _means(
    "descriptors",
    "warning",
    "Uses a file descriptor that it did not open",
    "Descriptors that exist before the submission runs belong to the harness: does it read requests or write answers?",
)
SYSTEM_FILES = _means(
    "system-files",
    "warning",
    "Names a file of the kernel's",
    "Does it look for the harness, or at its own descriptors?",
)
PROBE = _means(
    "probe",
    "warning",
    "Knows of the probe, the harness's own module",
    "A submission has no reason to import, name or replace it.",
)
EXIT = _means(
    "exit",
    "warning",
    "Ends or signals a process without clean-up",
    "Does it leave before it can be seen to fail, or aim at another process?",
)
SIGNALS = _means(
    "signals", "note", "Installs signal handlers or timers", "Does the brief ask for it, or does it dodge a deadline?"
)
PATCHED = _means(
    "patched",
    "warning",
    "Replaces a part of the standard library",
    "Which code, other than its own, is meant to see the change? Measurements rely on clocks, json and sockets.",
)
TRACE = _means(
    "trace",
    "warning",
    "Watches or steps through other code as it runs",
    "Whose code is watched: its own, or the probe's?",
)
ENCODED = _means(
    "encoded-code",
    "warning",
    "Runs code that was encoded",
    "Decode it and read it. Code to be assessed should be written as code.",
)
FROM_TEXT = _means(
    "dynamic-code",
    "warning",
    "Runs code that is not a statement of the submission",
    "Nobody judged the types, the complexity or the weaknesses of what runs. Where does it come from?",
)
BYTECODE = _means(
    "byte-code", "warning", "Makes or exchanges byte code", "Which function ends up running something else?"
)
COMPUTED = _means(
    "computed-import",
    "note",
    "Imports a module, or takes a part of one, by a computed name",
    "Can the name become one that a plain import would give away?",
)
REBOUND = _means(
    "rebound",
    "warning",
    "Rebinds a name at run time",
    "What runs under that name, and is it what was read under it?",
)
CODE_TEXT = _means(
    "code-text",
    "note",
    "Holds a definition in a string",
    "Does the submission run it, and why is it not written as code?",
)
AGREEABLE = _means(
    "agreeable",
    "warning",
    "Answers every comparison or type test in its own favour",
    "It would pass any assertion made inside its process. Is there an honest reason?",
)
TESTS = _means(
    "looks-for-tests",
    "warning",
    "Checks whether it is being tested",
    "Does it behave differently when it is?",
)

CALLS: dict[str, TamperingSign] = {
    **dict.fromkeys(
        (
            "sys._getframe",
            "sys._getframemodulename",
            "sys._current_frames",
            "inspect.currentframe",
            "inspect.stack",
            "inspect.trace",
            "inspect.getouterframes",
            "traceback.walk_stack",
        ),
        FRAMES,
    ),
    **dict.fromkeys(("gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._debugmallocstats"), HEAP),
    **dict.fromkeys(
        ("os._exit", "os.abort", "os.kill", "os.killpg", "signal.raise_signal", "signal.pthread_kill"), EXIT
    ),
    **dict.fromkeys(("signal.signal", "signal.alarm", "signal.setitimer", "signal.pthread_sigmask"), SIGNALS),
    **dict.fromkeys(
        ("sys.settrace", "sys.setprofile", "sys.addaudithook", "threading.settrace", "threading.setprofile"), TRACE
    ),
    **dict.fromkeys(("sys.gettrace", "sys.getprofile", "threading.gettrace", "threading.getprofile"), TESTS),
    **dict.fromkeys(("marshal.loads", "marshal.load"), BYTECODE),
    **dict.fromkeys(("resource.prlimit", "resource.setrlimit"), NATIVE),
}
"""Functions of the standard library, by their full names, whose mere use deserves a look."""

NATIVE_MODULES = frozenset({"ctypes", "_ctypes", "cffi", "_cffi_backend", "_posixsubprocess", "_testcapi", "fcntl"})
HARNESS_MODULES = frozenset({"probe", "probe_kit", "sandbox", "suite_inside"})
"""Modules of ours that are inside with a submission."""

FRAME_ATTRIBUTES = frozenset(
    {"f_back", "f_locals", "f_globals", "f_builtins", "f_trace", "tb_frame", "gi_frame", "cr_frame"}
)
DESCRIPTOR_CALLS = frozenset(
    f"os.{name}"
    for name in ("read", "write", "close", "dup", "dup2", "pread", "pwrite", "readv", "writev", "closerange", "fdopen")
) | {"open", "io.open", "io.FileIO", "socket.fromfd", "os.sendfile", "fcntl.fcntl", "fcntl.ioctl"}
DECODERS = frozenset(
    {
        *(
            f"base64.{name}"
            for name in ("b64decode", "b32decode", "b16decode", "b85decode", "a85decode", "decodebytes")
        ),
        "base64.urlsafe_b64decode",
        "base64.standard_b64decode",
        "binascii.unhexlify",
        "binascii.a2b_base64",
        "bytes.fromhex",
        "bytearray.fromhex",
        "zlib.decompress",
        "gzip.decompress",
        "bz2.decompress",
        "lzma.decompress",
        "codecs.decode",
        "codecs.encode",
    }
)
RUNNERS = frozenset({"exec", "eval", "compile", "builtins.exec", "builtins.eval", "builtins.compile"})
_PROFILERS = ("cProfile.Profile()", "profile.Profile()", "bdb.Bdb()", "pdb.Pdb()", "trace.Trace()")
_CONSOLES = ("code.InteractiveInterpreter()", "code.InteractiveConsole()")
TEXT_RUNNERS = RUNNERS | {
    *(f"{module}.{name}" for module in ("cProfile", "profile", "pdb") for name in ("run", "runctx", "runeval")),
    *(f"{tracer}.{name}" for tracer in _PROFILERS for name in ("run", "runctx", "runeval")),
    *(f"{console}.{name}" for console in _CONSOLES for name in ("runsource", "runcode", "push", "interact")),
    *("code.interact", "code.compile_command", "codeop.compile_command", "codeop.Compile", "codeop.CommandCompiler"),
    *("runpy.run_path", "runpy.run_module", "runpy._run_module_as_main", "runpy._run_code"),
    *(f"doctest.{name}" for name in ("testmod", "testfile", "run_docstring_examples", "debug_src", "debug_script")),
    *("doctest.DocTestRunner", "doctest.DebugRunner", "doctest.testsource"),
    *(f"importlib.machinery.{name}" for name in ("SourceFileLoader", "SourcelessFileLoader", "ExtensionFileLoader")),
    *(f"importlib.util.{name}" for name in ("spec_from_file_location", "spec_from_loader", "module_from_spec")),
    *("importlib.abc.InspectLoader", "importlib.abc.SourceLoader", "zipimport.zipimporter", "imp.load_source"),
    *("marshal.loads", "marshal.load", "_imp.get_frozen_object", "_imp._fix_co_filename"),
    *("dataclasses._create_fn", "gettext.c2py", "site.addsitedir", "site.addpackage", "timeit.main"),
    *("_xxsubinterpreters.run_string", "_testcapi.run_in_subinterp", "_posixsubprocess.fork_exec"),
    *(f"ctypes.{name}" for name in ("pythonapi", "memmove", "memset", "cast", "CFUNCTYPE", "PYFUNCTYPE")),
    *(f"_ctypes.{name}" for name in ("CFuncPtr", "_memmove_addr", "_memset_addr", "_cast_addr", "PyObj_FromPtr")),
}
"""What runs code that is not a statement of the submission, by full name; naming it is enough."""
RESOLVERS = frozenset(
    {"getattr", "builtins.getattr", "inspect.getattr_static", "pkgutil.resolve_name", "pydoc.locate"}
    | {"operator.attrgetter()", "operator.methodcaller()"}
)
"""What returns an object for its name."""
MAKERS = frozenset({"types.FunctionType", "types.LambdaType", "types.CodeType"})
"""What makes functions from code objects when called; programs also name them in type tests."""
TIMERS = frozenset({"timeit.timeit", "timeit.repeat", "timeit.Timer"})
"""What runs text if it is given text, or names to look up in it."""
EVALUATORS = frozenset({"typing.get_type_hints", "inspect.get_annotations", "inspect.signature"})
"""What evaluates annotations: harmless as long as they are written where they belong."""
RUNNER_CLASSES = frozenset(name.removesuffix("()") for name in (*_PROFILERS, *_CONSOLES))
"""Classes of the standard library whose instances run text."""
LOADERS = frozenset({"marshal.loads", "pickle.loads", "pickle.load", "dill.loads", "cloudpickle.loads"})
IMPORTERS = frozenset({"__import__", "builtins.__import__", "importlib.import_module", "importlib.__import__"})
IMPORT_TABLES = frozenset({"sys.modules", "sys.meta_path", "sys.path_hooks", "sys.path_importer_cache"})
CHANGING = frozenset(
    {"update", "setdefault", "pop", "popitem", "clear", "insert", "append", "extend", "remove", "__setitem__"}
)
OWN_TO_SET = frozenset(
    f"sys.{name}"
    for name in ("stdout", "stderr", "stdin", "argv", "path", "excepthook", "ps1", "ps2", "tracebacklimit")
)
"""Parts of the standard library that programs set as a matter of course."""
SEARCHED = frozenset({"sys", "os", "gc", "builtins", "inspect", "signal", "importlib", "threading"})
"""Modules whose parts are better named than computed."""
KERNEL_FILES = ("/proc/", "/sys/", "/dev/fd", "/dev/mem")
ALWAYS_TRUE = frozenset({"__eq__", "__instancecheck__", "__subclasscheck__", "__contains__"})
