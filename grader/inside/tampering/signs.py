"""The signs of tampering that the integrity analyser knows, each with its name and the texts for reviewers.

Each sign has honest uses. None of them is proof, so none of them costs points by itself: they show where a person
should look. What does cost points is in `answer.py`.
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
    """The beginning of a message, which ends with the text that was found."""
    look: str
    """The question or hint for a reviewer."""


class SignUse(NamedTuple):
    """A sign, and where it was found."""

    sign: TamperingSign
    node: ast.AST
    shown: str


def _means(name: str, severity: Severity, what: str, look: str) -> TamperingSign:
    return TamperingSign(f"integrity.{name}", severity, what, look)


FRAMES = _means(
    "frames", "note", "Accesses the frames of its callers", "Does it read or change its callers' variables?"
)
MODULES = _means(
    "modules",
    "warning",
    "Changes the table of imported modules, or how modules are found",
    "Which module is replaced? Replacing the probe, or a module that it uses, is an attempt to answer in its place.",
)
HEAP = _means(
    "heap",
    "warning",
    "Searches the interpreter's memory for objects",
    "What does it look for? Objects that were not passed to it belong to the harness.",
)
REACHES = _means(
    "reaches-others",
    "warning",
    "Takes variables, objects or modules that it was neither given nor has imported",
    "What is taken? The probe's variables and objects say what a test asks next.",
)
NATIVE = _means(
    "native",
    "warning",
    "Accesses the interpreter's memory or the system directly",
    "No brief asks for foreign functions: what are they for?",
)
BUILTINS = _means(
    "builtins",
    "warning",
    "Changes built-in names for all code",
    "Which code, other than its own, is meant to see the change?",
)
DESCRIPTORS = _means(
    "descriptors",
    "warning",
    "Uses a file descriptor that it did not open",
    "Descriptors that exist before the submission runs belong to the harness. Does the submission use them to read "
    "requests or write answers?",
)
SYSTEM_FILES = _means(
    "system-files",
    "warning",
    "Refers to a file that the kernel provides",
    "Does it search for the harness or inspect its own descriptors?",
)
PROBE = _means(
    "probe",
    "warning",
    "Refers to the probe, the harness's own module",
    "A submission has no reason to import, name or replace it.",
)
EXIT = _means(
    "exit",
    "warning",
    "Ends a process without clean-up, or sends a signal",
    "Does it exit before its failure can be seen, or does it target another process?",
)
SIGNALS = _means(
    "signals",
    "note",
    "Installs signal handlers or timers",
    "Does the brief ask for them, or do they serve to dodge a deadline?",
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
    "Whose code is watched: the submission's own or the probe's?",
)
ENCODED = _means(
    "encoded-code",
    "warning",
    "Runs code that was encoded",
    "Decode the code and read it. Code that is to be assessed should be readable.",
)
FROM_TEXT = _means(
    "dynamic-code",
    "warning",
    "Runs code that is not a statement of the submission",
    "The types, complexity and weaknesses of the code that runs were not judged. Where does the code come from?",
)
BYTECODE = _means(
    "byte-code", "warning", "Creates or replaces bytecode", "Which function ends up running something else?"
)
COMPUTED = _means(
    "computed-import",
    "note",
    "Imports a module, or accesses a part of one, by a computed name",
    "Which names can result, and would any of them be suspicious in a plain import?",
)
REBOUND = _means(
    "rebound",
    "warning",
    "Rebinds a name at run time",
    "Which code runs under that name, and is it the code that was read?",
)
CODE_TEXT = _means(
    "code-text",
    "note",
    "Contains a definition in a string",
    "Does the submission run the string, and why is the definition not written as code?",
)
AGREEABLE = _means(
    "agreeable",
    "warning",
    "Answers every comparison or type test in its own favour",
    "Such an object would pass any assertion made inside its process. Is there an honest reason for it?",
)
TESTS = _means(
    "looks-for-tests",
    "warning",
    "Checks whether it is being tested",
    "Does it behave differently when it is tested?",
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
"""The harness's modules that are inside the sandbox with a submission."""

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
"""Full names of things that run code other than the submission's statements; naming one of them is enough."""
RESOLVERS = frozenset(
    {"getattr", "builtins.getattr", "inspect.getattr_static", "pkgutil.resolve_name", "pydoc.locate"}
    | {"operator.attrgetter()", "operator.methodcaller()"}
)
"""Functions that return an object for a name."""
MAKERS = frozenset({"types.FunctionType", "types.LambdaType", "types.CodeType"})
"""Types that make functions or code objects when called; programs also name them in type tests."""
TIMERS = frozenset({"timeit.timeit", "timeit.repeat", "timeit.Timer"})
"""Functions that run text if they are given text, or a namespace to run it in."""
EVALUATORS = frozenset({"typing.get_type_hints", "inspect.get_annotations", "inspect.signature"})
"""Functions that evaluate annotations: harmless as long as annotations are written where they belong."""
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
"""Modules whose parts should be accessed by plain names, not by computed ones."""
KERNEL_FILES = ("/proc/", "/sys/", "/dev/fd", "/dev/mem")
ALWAYS_TRUE = frozenset({"__eq__", "__instancecheck__", "__subclasscheck__", "__contains__"})
