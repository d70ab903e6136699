"""What any of the systems can grow: it rests on every method that changes the object, whatever was drawn before."""

from typing import NamedTuple


class Growth(NamedTuple):
    """A requirement of stage 3."""

    brief: str
    imports: str
    head: str
    """What stands before the class; defines `_change` if methods are to be marked."""
    methods: dict[str, str]
    flaws: dict[str, dict[str, str]]
    """Known mistakes, each as methods or, under the name `head`, as what stands before the class."""
    alt: dict[str, str]
    """The methods of a class that keeps what happened (`_events`) and works its state out from that."""


PARAMETERS = 'P = ParamSpec("P")\nT = TypeVar("T")\n'
UNDO_HEAD = PARAMETERS + '''

def _change(method: Callable[Concatenate[KIND, P], T]) -> Callable[Concatenate[KIND, P], T]:
    """Remember what the object was before a change that succeeds."""

    @functools.wraps(method)
    def changing(self: KIND, /, *args: P.args, **kwargs: P.kwargs) -> T:
        before = copy.deepcopy({name: value for name, value in vars(self).items() if name != "_past"})
        past = [*self._past]
        result = method(self, *args, **kwargs)
        self._past = [*past, before]  # one change, however many it is made of
        return result

    return changing
'''
JOURNAL_HEAD = PARAMETERS + '''

def _change(method: Callable[Concatenate[KIND, P], T]) -> Callable[Concatenate[KIND, P], T]:
    """Note a change that succeeds."""

    @functools.wraps(method)
    def changing(self: KIND, /, *args: P.args, **kwargs: P.kwargs) -> T:
        noted = len(self._journal)
        try:
            result = method(self, *args, **kwargs)
        except ValueError:
            del self._journal[noted:]
            raise
        self._journal[noted:] = [(method.__name__, [*args])]  # one change, however many it is made of
        return result

    return changing
'''
TYPED = "import copy\nimport functools\nfrom collections.abc import Callable\nfrom typing import Any, Concatenate, ParamSpec, TypeVar\n"

BATCH = Growth(
    brief="""
Several calls are to be carried out together, or not at all:

- `batch(calls: list[tuple[str, list[Any]]]) -> list[Any]` carries out calls of public methods, each a name and its arguments, in order,
  and returns what each returned. If one of them raises ValueError, everything is as it was before, and the ValueError is raised again.
""",
    imports="import copy\nfrom typing import Any\n",
    head="",
    methods={"batch": '''
    def batch(self, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        """Carry out all calls, or none."""
        before = copy.deepcopy(vars(self))
        try:
            return [getattr(self, name)(*arguments) for name, arguments in calls]
        except ValueError:
            vars(self).update(before)
            raise
'''},
    flaws={
        "nothing_is_taken_back": {"batch": '''
    def batch(self, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        """Carry out all calls, or none."""
        return [getattr(self, name)(*arguments) for name, arguments in calls]
'''},
        "only_the_surface_is_kept": {"batch": '''
    def batch(self, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        """Carry out all calls, or none."""
        before = copy.copy(vars(self))
        try:
            return [getattr(self, name)(*arguments) for name, arguments in calls]
        except ValueError:
            vars(self).update(before)
            raise
'''},
        "the_refusal_is_swallowed": {"batch": '''
    def batch(self, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        """Carry out all calls, or none."""
        before = copy.deepcopy(vars(self))
        try:
            return [getattr(self, name)(*arguments) for name, arguments in calls]
        except ValueError:
            vars(self).update(before)
            return []
'''},
    },
    alt={"batch": '''
    def batch(self, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        """Carry out all calls, or none."""
        kept = len(self._events)
        try:
            return [getattr(self, name)(*arguments) for name, arguments in calls]
        except ValueError:
            del self._events[kept:]
            raise
'''},
)
UNDO = Growth(
    brief="""
Changes can be taken back:

- `undo() -> None` takes back the last change that succeeded and was not taken back yet. Calls that only ask, and calls that raised, are no
  changes. If there is nothing left to take back, it raises ValueError.
""",
    imports=TYPED,
    head=UNDO_HEAD,
    methods={"undo": '''
    def undo(self) -> None:
        """Take back the last change."""
        if not self._past:
            raise ValueError("there is nothing to take back")
        vars(self).update(self._past.pop())
'''},
    flaws={
        "the_same_change_again_and_again": {"undo": '''
    def undo(self) -> None:
        """Take back the last change."""
        if not self._past:
            raise ValueError("there is nothing to take back")
        vars(self).update(self._past[-1])
'''},
        "only_one_change_is_kept": {"head": UNDO_HEAD.replace("[*past, before]", "[before]")},
        "what_was_refused_is_a_change": {"head": UNDO_HEAD.replace(
            "        result = method", "        self._past = [*past, before]\n        result = method"
        )},
    },
    alt={"undo": '''
    def undo(self) -> None:
        """Take back the last change."""
        if not self._events:
            raise ValueError("there is nothing to take back")
        self._events.pop()
'''},
)
JOURNAL = Growth(
    brief="""
What happened is to be kept, and the system rebuilt from it:

- `journal() -> list[tuple[str, list[Any]]]` returns every change that succeeded, in order: the method's name and its positional arguments. Calls
  that only ask, and calls that raised, are no changes; a change that uses other methods is one change. Changing the list changes nothing.
- `rebuild(journal: list[tuple[str, list[Any]]])` is a static or class method: it returns a new object to which all that happened.
""",
    imports=TYPED,
    head=JOURNAL_HEAD,
    methods={"journal": '''
    def journal(self) -> list[tuple[str, list[Any]]]:
        """Return what happened."""
        return copy.deepcopy(self._journal)
''', "rebuild": '''
    @staticmethod
    def rebuild(journal: list[tuple[str, list[Any]]]) -> KIND:
        """Return a new object to which all that happened."""
        made = KIND()
        for name, arguments in journal:
            getattr(made, name)(*arguments)
        return made
'''},
    flaws={
        "what_was_refused_is_noted": {"head": JOURNAL_HEAD.replace(
            "            del self._journal[noted:]\n            raise",
            "            self._journal[noted:] = [(method.__name__, [*args])]\n            raise",
        )},
        "without_arguments": {"head": JOURNAL_HEAD.replace("[*args])]", "[])]")},
        "begun_anew": {"rebuild": '''
    @staticmethod
    def rebuild(journal: list[tuple[str, list[Any]]]) -> KIND:
        """Return a new object to which all that happened."""
        return KIND()
'''},
    },
    alt={"journal": '''
    def journal(self) -> list[tuple[str, list[Any]]]:
        """Return what happened."""
        return copy.deepcopy(self._events)
''', "rebuild": '''
    @classmethod
    def rebuild(cls, journal: list[tuple[str, list[Any]]]) -> KIND:
        """Return a new object to which all that happened."""
        made = cls()
        made._events = copy.deepcopy(journal)
        return made
'''},
)
GROWTHS = {"batch": BATCH, "undo": UNDO, "journal": JOURNAL}
