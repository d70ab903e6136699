"""Persisted formats: the keys of `challenge.toml` and `grader.toml`, and the fields of a JSON report.

Everything comes from the types that read and write these formats; a key's meaning is the docstring below its field.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from enum import Enum
from itertools import pairwise

import msgspec
from msgspec import inspect as schema

from grader.challenges.manifest import Manifest
from grader.intake.config import RepositoryConfig
from grader.interview.issued import IssuedSession, IssuedStage, ReceivedAnswer, RefusedAnswer
from grader.interview.receipt import Receipt
from grader.interview.sealed_answer import SealedAnswer
from grader.interview.session import Session
from grader.interview.ticket import Ticket
from grader.model import RepositoryReport
from grader.portfolio.badges.badge_office import BadgeIssuer, IssuedBadge, RevokedBadge
from grader.portfolio.certificate import Credential
from grader.portfolio.external import EvidenceFile
from grader.portfolio.journal import JournalEntry
from grader.portfolio.profile import Profile
from grader.portfolio.trust import TrustFile
from grader.reference.layout import table

NAMED = {schema.IntType: "integer", schema.FloatType: "number", schema.DateTimeType: "time"}
KEYS = ("key", "takes", "default", "means")


def challenge_toml() -> str:
    """List every key of `challenge.toml`."""
    return table(KEYS, _keys(Manifest, ""))


def profile_toml() -> str:
    """List every key of a portfolio's `profile.toml`."""
    return table(KEYS, _keys(Profile, ""))


def issuers_toml() -> str:
    """List every key of a verifier's `issuers.toml`."""
    return table(KEYS, _keys(TrustFile, ""))


def journal_toml() -> str:
    """List every key of an entry in a portfolio's journal."""
    return table(KEYS, _keys(JournalEntry, ""))


def office_toml() -> str:
    """List every key of an issuer's `office.toml`."""
    return table(KEYS, _keys(BadgeIssuer, ""))


def issued_toml() -> str:
    """List every key of an issuer's record of a badge."""
    return table(KEYS, _keys(IssuedBadge, ""))


def revoked_toml() -> str:
    """List every key of an issuer's record of a revocation."""
    return table(KEYS, _keys(RevokedBadge, ""))


def grader_toml() -> str:
    """List every key of `grader.toml`."""
    return table(KEYS, _keys(RepositoryConfig, ""))


def evidence_toml() -> str:
    """List every key of a piece of evidence in a portfolio."""
    return table(KEYS, _keys(EvidenceFile, ""))


def certificate_json() -> str:
    """List every object of a certificate's credential and its fields."""
    return _objects(Credential)


def session_json() -> str:
    """List every object of a practice session's file and its fields."""
    return _objects(Session)


def issued_session_json() -> str:
    """List every field of an issuer's record of a session."""
    return "\n\n".join(_object(kind) for kind in (IssuedSession, IssuedStage, ReceivedAnswer, RefusedAnswer))


def ticket_json() -> str:
    """List every field of a ticket."""
    return _object(Ticket)


def sealed_answer_json() -> str:
    """List every field of a sealed answer."""
    return _objects(SealedAnswer)


def receipt_json() -> str:
    """List every field of a receipt."""
    return _object(Receipt)


def report_json() -> str:
    """List every object of a JSON report and its fields, in the order in which a reader meets them."""
    return _objects(RepositoryReport)


def _objects(outermost: type[msgspec.Struct]) -> str:
    waiting: list[type[msgspec.Struct]] = [outermost]
    sections = []
    for kind in waiting:  # grows while it is read
        sections.append(_object(kind))
        waiting += [inner for inner in _objects_below(kind) if inner not in waiting]
    return "\n\n".join(sections)


def _object(kind: type[msgspec.Struct]) -> str:
    meanings = meanings_of(kind)
    rows = ((f"`{field.encode_name}`", _holds(field.type), meanings.get(field.name, "")) for field in _fields(kind))
    return f"### {kind.__name__}\n\n{inspect.cleandoc(kind.__doc__ or '')}\n\n{table(('field', 'is', 'means'), rows)}"


def _holds(kind: schema.Type) -> str:
    match kind:
        case schema.StructType(cls=cls):
            return f"[{cls.__name__}](#{cls.__name__.lower()})"
        case schema.VarTupleType(item_type=item):
            return f"list of {_holds(item)}"
        case schema.UnionType(types=types):
            return " or ".join(_holds(part) for part in types)
        case schema.DictType(value_type=value):
            return f"object of {_holds(value)}"
        case schema.NoneType():
            return "null"
        case schema.EnumType(cls=cls):
            return ", ".join(f"`{member.value}`" for member in cls)
        case schema.LiteralType(values=values):
            return ", ".join(f"`{value}`" for value in values)
        case schema.IntType() | schema.FloatType() | schema.DateTimeType():
            return NAMED[type(kind)]
        case _:
            return _takes(kind)


def _objects_below(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for field in _fields(kind):
        for inner in _parts(field.type):
            if isinstance(inner, schema.StructType):
                yield inner.cls


def _parts(kind: schema.Type) -> tuple[schema.Type, ...]:
    match kind:
        case schema.UnionType(types=types):
            return tuple(part for inner in types for part in _parts(inner))
        case schema.VarTupleType(item_type=item) | schema.DictType(value_type=item):
            return _parts(item)
        case _:
            return (kind,)


def _fields(kind: type[msgspec.Struct]) -> tuple[schema.Field, ...]:
    described = schema.type_info(kind)
    assert isinstance(described, schema.StructType)
    return described.fields


def _keys(kind: type[msgspec.Struct], prefix: str) -> Iterator[tuple[str, ...]]:
    meanings = meanings_of(kind)
    for field in _fields(kind):
        below = _below(field.type)
        repeated = isinstance(field.type, schema.VarTupleType)
        named = isinstance(field.type, schema.DictType)
        name = f"{prefix}{field.encode_name}"
        yield f"`{name}`", _takes(field.type), _default(field), meanings[field.name]
        if below is not None:
            yield from _keys(below, f"{name}[]." if repeated else f"{name}.NAME." if named else f"{name}.")


def _below(kind: schema.Type) -> type[msgspec.Struct] | None:
    """Return the type of the table that a key holds, alone, in a list or under names."""
    match kind:
        case schema.VarTupleType(item_type=inner) | schema.DictType(value_type=inner):
            pass
        case _:
            inner = kind
    return inner.cls if isinstance(inner, schema.StructType) else None


def _takes(kind: schema.Type) -> str:
    match kind:
        case schema.EnumType(cls=cls):
            return ", ".join(f"`{member.value}`" for member in cls)
        case schema.VarTupleType(item_type=schema.StructType(), min_length=least):
            return "tables" + (f", at least {least}" if least else "")
        case schema.VarTupleType(item_type=item, min_length=least):
            return f"list of {_takes(item)}" + (f", at least {least}" if least else "")
        case schema.UnionType(types=types):
            return " or ".join(_takes(part) for part in types if not isinstance(part, schema.NoneType))
        case schema.DateType():
            return "date"
        case schema.StructType() | schema.DictType():
            return "table"
        case schema.StrType():
            return _text(kind)
        case schema.IntType() | schema.FloatType():
            return _number(kind)
        case schema.BoolType():
            return "`true` or `false`"
        case _:
            raise TypeError(f"there is no description for the type {kind}")


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
    if isinstance(value, msgspec.Struct) or value in ((), msgspec.NODEFAULT, "", None):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def meanings_of(kind: type[msgspec.Struct] | type[Enum]) -> dict[str, str]:
    """Return the docstring below each field or member of a class, by name."""
    tree = ast.parse(inspect.getsource(sys.modules[kind.__module__]))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)
    meanings = {}
    for field, following in pairwise(body):
        match field, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(meaning))),
            ):
                meanings[name] = meaning
            case _:
                pass
    return meanings
