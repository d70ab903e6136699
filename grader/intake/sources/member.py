"""The members of an archive, or of an answer that was sent as texts, before anybody knows whether their names are
honest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from grader.intake.caps import CAPS, SKIPPED_FOLDERS, Caps
from grader.intake.refusal import Refusal, Refused, shown
from grader.intake.tree import EntryKind, TreeEntry, joined
from grader.model import SourceFile


class Member(NamedTuple):
    """A member as the archive describes it; `read(limit)` returns its content, at most one byte more than `limit`."""

    name: str
    kind: EntryKind
    declared: int
    """The number of bytes that it claims to hold."""
    read: Callable[[int], bytes]


class MemberTree:
    """Members exactly as they are listed. A name that leads out appears at the root, so that it is refused there.

    Raises Refused while it is built.
    """

    fingerprint = ""

    def __init__(self, origin: str, name: str, members: Iterable[Member], caps: Caps) -> None:
        self.origin = origin
        self.name = name
        self._entries: dict[str, list[TreeEntry]] = {"": []}
        self._members: dict[str, Member] = {}
        self._caps = caps
        declared = names = 0
        for member in members:
            names += len(member.name)
            _refuse_long_name(member.name, names, caps)
            parts = [part for part in member.name.removesuffix("/").split("/") if part != "."]
            if not SKIPPED_FOLDERS.intersection(parts):
                self._add(parts, member)
                declared += member.declared
        if declared > caps.unpacked_bytes:
            raise Refused(
                Refusal.BOMB,
                f"declares an unpacked size of {declared} bytes; at most {caps.unpacked_bytes} are allowed.",
            )

    def entries(self, folder: str, *, at_most: int) -> list[TreeEntry]:
        return self._entries.get(folder, [])[:at_most]

    def read(self, path: str, *, limit: int) -> bytes:
        member = self._members[path]
        content = member.read(limit) if member.declared <= limit else b""
        if max(len(content), member.declared) > limit:
            raise Refused(Refusal.TOO_LARGE, f"has more than {limit} bytes.")
        if len(content) != member.declared:
            raise Refused(Refusal.ARCHIVE, "is shorter than the archive says.")
        return content

    def _add(self, parts: list[str], member: Member) -> None:
        if not parts:
            return
        if {"", ".."}.intersection(parts):
            self._entries[""].append(TreeEntry(member.name, member.kind))
            return
        for end in range(1, len(parts)):
            self._add_folder("/".join(parts[: end - 1]), parts[end - 1])
        above, name = "/".join(parts[:-1]), parts[-1]
        if member.kind is EntryKind.FOLDER:
            self._add_folder(above, name)
        else:
            self._entries[above].append(TreeEntry(name, member.kind))
            self._members.setdefault(joined(above, name), member)

    def _add_folder(self, above: str, name: str) -> None:
        path = joined(above, name)
        if path not in self._entries:
            if len(self._entries) > self._caps.folders:
                raise Refused(Refusal.BOMB, f"has more than {self._caps.folders} folders.")
            self._entries[path] = []
            self._entries[above].append(TreeEntry(name, EntryKind.FOLDER))


def _refuse_long_name(name: str, names: int, caps: Caps) -> None:
    """Refuse a path before it is processed, since every folder above it would be stored with a path of its own."""
    if len(name) > caps.member_bytes or name.count("/") >= caps.member_parts:
        most = f"{caps.member_bytes} characters or {caps.member_parts} parts"
        raise Refused(Refusal.BOMB, f"lists a path of more than {most} ({shown(name, most=60)}).")
    if names > caps.names_bytes:
        raise Refused(Refusal.BOMB, f"has members whose paths add up to more than {caps.names_bytes} characters.")


def text_tree(origin: str, texts: Iterable[SourceFile], *, caps: Caps = CAPS) -> MemberTree:
    """Return texts that were sent as data as a tree, held to the rules of archives. Raises Refused."""
    return MemberTree(origin, origin, map(_text_member, texts), caps)


def _text_member(text: SourceFile) -> Member:
    content = text.text.encode("utf-8")
    return Member(text.path, EntryKind.FILE, len(content), lambda limit: content[: limit + 1])
