"""Runs inside, beside the submission: carries out drawn steps on a new object, and returns how each ended.

[name, arguments, keywords]    a method; or something about its surroundings:
["/clock", [minute]]           what the clock says from now on
["/failing", [flag]]           whether messages fail from now on
["/sent", []]                  the messages so far
["/rows", [query]]             rows of the database
["/read", [method, text]]      a method that reads a file with this text; without a text, one that is not there
["/write", [method]]           a method that writes a file, and what it wrote
["/into", [method, ...]]       a method that writes into a folder: the files that are in it or around it
["/both", [method, ...]]       a method that writes into a folder, once with each of these arguments: how many files are in it
["/nowhere", [method, ...]]    the same, with a folder that is not there
["/lost", [method]]            a method that writes a file into a folder that is not there
"""

import functools
import sqlite3
import tempfile
from pathlib import Path

from probe_kit import ended, plain

import service


class Surroundings:
    def __init__(self, clock):
        self.minute, self.failing, self.messages = clock, False, []

    @functools.cached_property
    def connection(self):
        return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)

    @functools.cached_property
    def folder(self):
        return Path(tempfile.mkdtemp())

    def now(self):
        return self.minute

    def send(self, who, text):
        if self.failing:
            raise ConnectionError("the mail server is away")
        self.messages.append(who)

    def clock(self, _, minute):
        self.minute = minute

    def fail(self, _, flag):
        self.failing = flag

    def sent(self, _):
        return self.messages

    def rows(self, _, query):
        return [list(row) for row in self.connection.execute(query).fetchall()]

    def read(self, subject, method, text=None):
        path = self.folder / "given.csv"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8")
        return getattr(subject, method)(path)

    def write(self, subject, method):
        path = self.folder / "written.csv"
        result = getattr(subject, method)(path)
        return [plain(result), path.read_text(encoding="utf-8")]

    def into(self, subject, method, *arguments):
        folder = self.folder / "inner" / "folder"
        folder.mkdir(parents=True)
        getattr(subject, method)(*arguments, folder)
        around = folder.parent.parent
        return [[path.parent == folder, path.read_text(encoding="utf-8")] for path in sorted(around.rglob("*")) if path.is_file()]

    def both(self, subject, method, *calls):
        folder = self.folder / "both"
        folder.mkdir()
        for arguments in calls:
            getattr(subject, method)(*arguments, folder)
        return sum(path.is_file() for path in folder.iterdir())

    def nowhere(self, subject, method, *arguments):
        return str(getattr(subject, method)(*arguments, self.folder / "is not there"))

    def lost(self, subject, method):
        return getattr(subject, method)(self.folder / "is not there" / "written.csv")


def run(kind, given, clock, steps):
    around = Surroundings(clock)
    subject = getattr(service, kind)(*(getattr(around, name) for name in given))
    own = {"/clock": around.clock, "/failing": around.fail, "/sent": around.sent, "/rows": around.rows,
           "/read": around.read, "/write": around.write,
           "/into": around.into, "/both": around.both, "/nowhere": around.nowhere, "/lost": around.lost}
    return [
        ended(own[name], subject, *arguments) if name in own else ended(getattr(subject, name), *arguments, **(keywords or [{}])[0])
        for name, arguments, *keywords in steps
    ]
