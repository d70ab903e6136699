"""Hidden suite of production/security: attacks with drawn secrets, each beside what an honest user does meanwhile."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import re
import statistics
from base64 import b64encode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, Unkept, alone, criterion, settled

Step = list[Any]

A01 = "OWASP A01:2021 Broken Access Control"
A02 = "OWASP A02:2021 Cryptographic Failures"
A03 = "OWASP A03:2021 Injection"
A07 = "OWASP A07:2021 Identification and Authentication Failures"
A08 = "OWASP A08:2021 Software and Data Integrity Failures"
A09 = "OWASP A09:2021 Security Logging and Monitoring Failures"
API4 = "OWASP API4:2023 Unrestricted Resource Consumption"

# ---- who takes part ------------------------------------------------------------------------------------------------

ACCESS, REFRESH, TOLERANCE = 600, 604_800, 30
SECONDS = 0.1
"""Processor time that a call may take."""

LOWER = "abcdefghijklmnopqrstuvwxyz"
LETTERS = LOWER + LOWER.upper() + "0123456789"
WORDS = st.text(LOWER, min_size=4, max_size=9)
TEXTS = st.text(LETTERS + " .,äßø€漢𝒳", max_size=20)


@dataclass(frozen=True)
class Cast:
    """A service's key and time, and users with passwords; words that nothing else has."""

    key: str
    now: int
    names: list[str]
    passwords: list[str]
    words: list[str]


@st.composite
def casts(draw: st.DrawFn) -> Cast:
    names = [
        draw(st.sampled_from(["", ".", "-"])).join(parts)
        for parts in draw(
            st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=4, max_size=4, unique_by=lambda parts: parts[0])
        )
    ]
    secret = st.text(LETTERS, min_size=12, max_size=30).map("{}9".format)  # the digit: no name or word contains one
    return Cast(
        key=draw(st.text(LETTERS, min_size=64, max_size=80)),
        now=draw(st.integers(10**8, 4 * 10**9)),
        names=names,
        passwords=draw(st.lists(secret, min_size=4, max_size=4, unique=True)),
        words=draw(st.lists(WORDS, min_size=6, max_size=6, unique=True)),
    )


class Pair(NamedTuple):
    """What `login` and `refresh` return."""

    access: str
    refresh: str


class Service:
    """The submission's service, as its callers see it."""

    def __init__(self, submission: SubmissionHandle, cast: Cast) -> None:
        self._submission = submission
        self.cast = cast
        self.slept = 0
        self.home = submission.call("begin", cast.key, cast.now).value

    def ended(self, *steps: Step) -> list[Any]:
        """Return how each step ended."""
        endings = self._submission.call("run", list(steps)).value
        assert isinstance(endings, list)
        assert [[type(part) for part in ending[:1]] for ending in endings if type(ending) is list] == [[str]] * len(
            steps
        )
        return endings

    def gave(self, *step: Any) -> Any:
        """Return what a step gave."""
        [ending] = self.ended(list(step))
        assert ending[0] == "gave", step
        return ending[-1]

    def refused(self, kind: str, *steps: Step) -> list[Any]:
        """Return the texts with which the steps were refused, each by an exception of this kind."""
        endings = self.ended(*steps)
        for step, ending in zip(steps, endings, strict=True):
            assert ending[:2] == ["raised", kind], step
        return [str(ending[2:]) for ending in endings]

    def restart(self) -> None:
        """Begin a new process, which finds the files of the old one and nothing else."""
        name, key, now = self._submission.call("pack").value, self.cast.key, self.cast.now + self.slept
        assert isinstance(name, str)
        self._submission.fresh(keep=[name])
        self._submission.call("unpack", name, key, now)

    def sleep(self, seconds: int) -> None:
        self.slept += seconds
        self.gave("sleep", seconds)

    def register(self, *users: int) -> None:
        for user in users:
            self.gave("register", self.cast.names[user], self.cast.passwords[user])

    def login(self, user: int) -> Pair:
        return pair_of(self.gave("login", self.cast.names[user], self.cast.passwords[user]))

    def refresh(self, token: str) -> Pair:
        return pair_of(self.gave("refresh", token))

    def sign_up(self, user: int) -> Pair:
        self.register(user)
        return self.login(user)

    def write(self, token: str, fields: dict[str, Any], *note: int) -> int:
        number = self.gave("write", token, fields, *note)
        assert type(number) is int
        return number

    def claims(self, token: str) -> list[Any] | None:
        """Return header and claims of a token; None if it is no JWT."""
        parts = self._submission.call("claims", token).value
        is_jwt = isinstance(parts, list) and [type(part) for part in parts] == [dict, dict] and token.count(".") == 2
        return parts if is_jwt else None

    def snapshot(self, *users: tuple[Pair, list[int]]) -> list[Any]:
        """Return everything that these users see of their notes."""
        steps: list[Step] = [["search", pair.access, ""] for pair, _ in users]
        steps += [["read", pair.access, note] for pair, notes in users for note in notes]
        return self.ended(*steps)


def opened(submission: SubmissionHandle, cast: Cast) -> tuple[Service, Pair, int]:
    """Begin a service; the first user signs up and writes a note with the first word as its title."""
    service = Service(submission, cast)
    pair = service.sign_up(0)
    return service, pair, service.write(pair.access, {"title": cast.words[0]})


def pair_of(value: Any) -> Pair:
    assert isinstance(value, tuple)
    assert len(value) == 2
    assert all(isinstance(token, str) for token in value)
    return Pair(*value)


def note_of(number: int, owner: str, title: str, body: str) -> list[Any]:
    return ["Note", number, owner, title, body]


# ---- forged tokens -------------------------------------------------------------------------------------------------


def encoded(part: Any) -> bytes:
    return json.dumps(part, default=str, skipkeys=True).encode()


def segment(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(claims: Any, key: str, algorithm: str = "HS256", **header: str) -> str:
    """Return a JWT, made by hand."""
    parts = [{"typ": "JWT", "alg": algorithm, **header}, claims]
    text = ".".join(segment(encoded(part)) for part in parts)
    return f"{text}.{signature(text, key, algorithm)}"


def signature(text: str, key: str, algorithm: str = "HS256") -> str:
    return segment(hmac.new(key.encode(), text.encode(), f"sha{algorithm[-3:]}").digest())


def unsigned(claims: Any, algorithm: str) -> str:
    header = segment(encoded({"alg": algorithm, "typ": "JWT"}))
    return f"{header}.{segment(encoded(claims))}."


def changed(token: str) -> list[str]:
    """Return tokens of whatever form that differ from this one in a few characters."""
    middle = next(place for place in range(len(token) // 2, len(token)) if token[place].isalnum())
    other = token[:middle] + ("0" if token[middle] != "0" else "1") + token[middle + 1 :]
    return [other, token[:-2], token + "xy", token[1:], f"{token}.{token}"]


def forged(token: str, parts: list[Any] | None, cast: Cast) -> list[str]:
    """Return what somebody without the key makes of a token."""
    if parts is None:
        return changed(token)
    _, claims = parts
    header, payload, mark = token.split(".")
    later = {**claims, "exp": cast.now + 10**9}
    someone = {**claims, "sub": cast.names[1]}
    return [
        *changed(token),
        *(unsigned(claims, algorithm) for algorithm in ("none", "None", "NONE", "nOnE")),
        unsigned(later, "none") + mark,
        *(".".join([header, segment(encoded(fields)), mark]) for fields in (someone, later)),
        f"{header}.{payload}.",
        signed(claims, ""),
        signed(claims, cast.words[0]),
        signed(claims, "", kid="../../../../dev/null"),
        signed(claims, cast.words[0], kid=f"' UNION SELECT '{cast.words[0]}"),
    ]


# ---- tokens --------------------------------------------------------------------------------------------------------


@criterion("tokens", weight=3, hint=f"Know a login's latest token; an older one ends them all. {A07} (CWE-294)")
@given(cast=casts(), length=st.integers(2, 4), replayed=st.integers(0, 1))
def test_a_replayed_refresh_ends_its_family(
    submission: SubmissionHandle, cast: Cast, length: int, replayed: int
) -> None:
    """A refresh token works once; used again, it ends those of its login alone."""
    service = Service(submission, cast)
    chain, other = [service.sign_up(0)], service.login(0)
    for number in range(length):
        chain.append(service.refresh(chain[-1].refresh))
        if number == 0:
            other = service.refresh(other.refresh)
    assert len({pair.refresh for pair in (*chain, other)}) == len(chain) + 1, "no token comes twice"
    service.restart()
    service.refused("Denied", ["refresh", chain[replayed].refresh])
    service.restart()
    service.refused("Denied", *(["refresh", pair.refresh] for pair in reversed(chain)))
    latest = service.refresh(other.refresh)
    service.write(latest.access, {"title": cast.words[0]})
    service.refused("Denied", ["refresh", other.refresh], ["refresh", latest.refresh])
    service.refresh(service.login(0).refresh)


@criterion("tokens", weight=3, hint=f"Name the one algorithm that is good when you decode. {A02} (CWE-347)")
@given(cast=casts())
def test_forged_access_tokens_are_denied(submission: SubmissionHandle, cast: Cast) -> None:
    """An access token that was changed, is unsigned, or is signed by another key or algorithm opens nothing."""
    service, pair, note = opened(submission, cast)
    parts = service.claims(pair.access)
    assert parts is not None, "an access token is a JWT"
    assert parts[0].get("alg") == "HS256"
    text, _, mark = pair.access.rpartition(".")
    assert mark == signature(text, cast.key)
    other_algorithms = [signed(parts[1], cast.key, algorithm) for algorithm in ("HS384", "HS512")]
    strange = ["", "..", cast.words[0], f"é.{cast.words[1]}.漢", text]
    tokens = [*forged(pair.access, parts, cast), *other_algorithms, *strange]
    seen = service.snapshot((pair, [note]))
    service.refused("Denied", *(step for token in tokens for step in every_method(token, note, cast)))
    assert service.snapshot((pair, [note])) == seen


@criterion("tokens", weight=2, hint=f"Ask for the audience and for the claims that must be there. {A07} (CWE-287)")
@given(cast=casts())
def test_tokens_for_others_are_denied(submission: SubmissionHandle, cast: Cast) -> None:
    """A token that is signed with the right key, but for another audience, or without audience or expiry, is denied."""
    service, pair, note = opened(submission, cast)
    parts = service.claims(pair.access)
    assert parts is not None, "an access token is a JWT"
    claims = parts[1]
    assert claims.get("sub") == cast.names[0]
    assert claims.get("aud") == "notes"
    audiences = [cast.words[1], f"notes{cast.words[1]}", "note", "", None, [cast.words[1], cast.words[2]]]
    wrong = [
        *({**claims, "aud": audience} for audience in audiences),
        {name: value for name, value in claims.items() if name != "aud"},
        {name: value for name, value in claims.items() if name != "exp"},
    ]
    tokens = [signed(claims, cast.key) for claims in wrong]
    seen = service.snapshot((pair, [note]))
    service.refused("Denied", *(step for token in tokens for step in every_method(token, note, cast)))
    service.refused("Denied", *(["refresh", token] for token in tokens))
    assert service.snapshot((pair, [note])) == seen


@criterion("tokens", weight=2, hint=f"Compare the expiry with `clock`, with the tolerance. {A07} (CWE-613)")
@given(cast=casts(), early=st.integers(0, ACCESS), later=st.integers(0, REFRESH))
def test_tokens_expire(submission: SubmissionHandle, cast: Cast, early: int, later: int) -> None:
    """Both tokens are good until 30 seconds after they expired by `clock`, and no second longer."""
    service = Service(submission, cast)
    first = service.sign_up(0)
    second = service.login(0)
    note = service.write(first.access, {"title": cast.words[0]})
    shown = note_of(note, cast.names[0], cast.words[0], "")
    assert lifetime(service, first) == cast.now + ACCESS
    for seconds in (early, ACCESS + TOLERANCE - 1 - early):
        service.sleep(seconds)
        assert service.gave("read", first.access, note) == shown, "before it expires"
    service.sleep(1)
    service.restart()
    service.refused("Denied", *every_method(first.access, note, cast), ["search", second.access, ""])
    service.sleep(REFRESH - ACCESS - 1)
    third = service.refresh(first.refresh)
    assert service.gave("read", third.access, note) == shown
    assert lifetime(service, third) == cast.now + REFRESH + TOLERANCE - 1 + ACCESS
    service.sleep(1)
    service.refused("Denied", ["refresh", second.refresh])
    service.sleep(later)
    fourth = service.refresh(third.refresh)
    service.sleep(REFRESH + TOLERANCE)
    service.refused("Denied", ["refresh", fourth.refresh], ["read", fourth.access, note])


def lifetime(service: Service, pair: Pair) -> Any:
    parts = service.claims(pair.access)
    return parts and parts[1].get("exp")


@criterion("tokens", weight=2, hint=f"Let each token say what it is for, and look. {A07} (CWE-287)")
@given(cast=casts())
def test_each_token_has_one_use(submission: SubmissionHandle, cast: Cast) -> None:
    """A refresh token opens nothing but `refresh`, and an access token does not refresh."""
    service, pair, note = opened(submission, cast)
    service.gave("attach", pair.access, note, "a.txt", b"a")
    seen = service.snapshot((pair, [note]))
    service.refused("Denied", *every_method(pair.refresh, note, cast), ["refresh", pair.access])
    assert service.snapshot((pair, [note])) == seen
    assert service.gave("download", pair.access, note, "a.txt") == b"a"
    again = service.refresh(pair.refresh)
    service.refused("Denied", *every_method(again.refresh, note, cast), ["refresh", again.access])
    assert service.snapshot((again, [note])) == seen


def every_method(token: str, note: int, cast: Cast) -> list[Step]:
    return [
        ["write", token, {"title": cast.words[1]}],
        ["write", token, {"title": cast.words[1]}, note],
        ["read", token, note],
        ["search", token, ""],
        ["attach", token, note, "a.txt", b"b"],
        ["download", token, note, "a.txt"],
    ]


@criterion("tokens", hint=f"Look at the token before anything else. {A07} (CWE-287)")
@given(cast=casts())
def test_the_token_comes_first(submission: SubmissionHandle, cast: Cast) -> None:
    """Without a good token, a call is denied, whatever else is wrong with it."""
    service, pair, note = opened(submission, cast)
    for token in (pair.refresh, pair.access[:-2], cast.words[2]):
        service.refused("Denied", *wrong_calls(token, note, cast))
    for ending in service.ended(*wrong_calls(pair.access, note, cast)):
        assert ending[:2] != ["raised", "Denied"]


def wrong_calls(token: str, note: int, cast: Cast) -> list[Step]:
    """Return calls that are wrong even with a good token."""
    return [
        ["write", token, {"owner": cast.names[1]}],
        ["write", token, {"title": cast.words[1]}, note + 10**6],
        ["read", token, note + 10**6],
        ["search", token, "", cast.words[1]],
        ["search", token, cast.words[1] * 51],
        ["attach", token, note, "..", b"b"],
        ["download", token, note, "%2e"],
    ]


@criterion("tokens", hint=f"Nothing may happen on the word of a token that is not good. {A07} (CWE-384)")
@given(cast=casts())
def test_forged_refresh_tokens_change_nothing(submission: SubmissionHandle, cast: Cast) -> None:
    """A refresh token cannot be guessed; a forged one is denied, and the one that it imitates still works."""
    elsewhere = Service(submission, replace(cast, key=cast.key + cast.words[0])).sign_up(0)
    service = Service(submission, cast)
    pair = service.sign_up(0)
    assert pair.refresh != elsewhere.refresh, "a refresh token can be computed without the key"
    for _ in range(2):
        parts = service.claims(pair.refresh)
        tokens = [*forged(pair.refresh, parts, cast), *misissued(parts, cast), "", cast.words[0]]
        service.refused("Denied", *(["refresh", token] for token in tokens))
        pair = service.refresh(pair.refresh)


def misissued(parts: list[Any] | None, cast: Cast) -> list[str]:
    """Return what others who have the key might sign in place of a token, if it is a JWT."""
    if parts is None or parts[0].get("alg") != "HS256":
        return []
    header, claims = parts
    names = [name for name in ("aud", "exp") if name in claims]
    changes = [{name: value for name, value in claims.items() if name != missing} for missing in names]
    changes += [{**claims, "aud": cast.words[1]}] if "aud" in claims else []
    others = {name: value for name, value in header.items() if name != "alg"}
    tokens = [signed(change, cast.key, **others) for change in changes]
    return [*tokens, *(signed(claims, cast.key, algorithm, **others) for algorithm in ("HS384", "HS512"))]


# ---- access --------------------------------------------------------------------------------------------------------


@criterion("access", weight=3, hint=f"Ask for the note and its owner in one query. {A01} (CWE-639)")
@given(cast=casts())
def test_notes_of_others_are_out_of_reach(submission: SubmissionHandle, cast: Cast) -> None:
    """Another user's note, with its attachments, can be neither read nor changed."""
    service = Service(submission, cast)
    ann, bob = service.sign_up(0), service.sign_up(1)
    hers = service.write(ann.access, {"title": cast.words[0], "body": cast.words[1]})
    his = service.write(bob.access, {"title": cast.words[2]})
    service.gave("attach", ann.access, hers, "a.txt", cast.words[3].encode())
    seen = service.snapshot((ann, [hers]), (bob, [his]))
    steps = of_a_note(bob.access, hers, cast)
    for step, ending in zip(steps, service.ended(*steps), strict=True):
        assert ending[0] == "raised", step
    assert service.snapshot((ann, [hers]), (bob, [his])) == seen
    assert service.gave("download", ann.access, hers, "a.txt") == cast.words[3].encode()
    service.refused("KeyError", ["download", ann.access, hers, "b.txt"])
    service.write(bob.access, {"title": cast.words[4]}, his)


@criterion("access", hint=f"Keep a note's files under its whole id, and apart from all others. {A01} (CWE-639)")
@given(cast=casts())
def test_names_lead_to_no_files_of_others(submission: SubmissionHandle, cast: Cast) -> None:
    """Notes whose ids begin alike do not share attachments, whatever digits the names begin with."""
    service, ann, hers = opened(submission, cast)
    bob = service.sign_up(1)
    his = [service.write(bob.access, {"title": cast.words[1]}) for _ in range(10)]
    for note in his:
        service.gave("attach", bob.access, note, cast.words[2], cast.words[3].encode())
    service.refused("KeyError", ["download", ann.access, his[0], cast.words[2]])
    rests = [str(note).removeprefix(str(hers)) for note in his]
    names = [f"{rest}{joint}{cast.words[2]}" for rest in rests for joint in ("", "-", "_", ".")]
    names = [name for name in names if not name.startswith(".")]
    service.refused("KeyError", *(["download", ann.access, hers, name] for name in names))


@criterion("access", hint=f"Ask for the note and its owner in one query. {A01} (CWE-203)")
@given(cast=casts())
def test_notes_of_others_do_not_exist(submission: SubmissionHandle, cast: Cast) -> None:
    """Another user's note is a KeyError with the same text as one that does not exist."""
    service, ann, hers = opened(submission, cast)
    bob = service.sign_up(1)
    service.gave("attach", ann.access, hers, "a.txt", b"a")
    texts = [
        [
            re.sub(rf"(?<!\w){note}\b", "#", text)
            for text in service.refused("KeyError", *of_a_note(bob.access, note, cast))
        ]
        for note in (hers, hers + 10**6, 2**63, 2**70, 0, -1)
    ]
    assert texts == texts[:1] * 6, "the texts tell which notes exist"


def of_a_note(token: str, note: int, cast: Cast) -> list[Step]:
    return [
        ["read", token, note],
        ["write", token, {"title": cast.words[4]}, note],
        ["write", token, {"body": cast.words[4]}, note],
        ["write", token, {}, note],
        ["attach", token, note, "a.txt", b""],
        ["attach", token, note, "b.txt", b""],
        ["download", token, note, "a.txt"],
        ["download", token, note, "b.txt"],
    ]


@criterion("access", weight=2, hint=f"List the fields that may be set. {A08} (CWE-915)")
@given(cast=casts())
def test_users_set_their_own_fields_only(submission: SubmissionHandle, cast: Cast) -> None:
    """`write` refuses every field but title and body, in new notes and in old ones, and changes nothing then."""
    service, ann, hers = opened(submission, cast)
    bob = service.sign_up(1)
    his = service.write(bob.access, {"title": cast.words[1]})
    seen = service.snapshot((ann, [hers]), (bob, [his]))
    names = [("owner", cast.names[0]), ("id", hers), ("id", hers + 10**6), ("rowid", hers + 10**6), ("Title", "x")]
    wrong = [{name: value} for name, value in [*names, (cast.words[5], "x"), ("", "x")]]
    both = [{**fields, "title": cast.words[2]} for fields in wrong]
    service.refused("ValueError", *(["write", bob.access, fields, his] for fields in [*wrong, *both]))
    service.refused("ValueError", *(["write", bob.access, fields] for fields in [*wrong, *both]))
    assert service.snapshot((ann, [hers]), (bob, [his])) == seen


# ---- injection -----------------------------------------------------------------------------------------------------


@criterion("injection", weight=2, hint=f"Give values to `execute` beside the query, never in it. {A03} (CWE-89)")
@given(cast=casts())
def test_nobody_logs_in_by_sql(submission: SubmissionHandle, cast: Cast) -> None:
    """Names and passwords are data, whatever SQL is in them."""
    service = Service(submission, cast)
    service.register(0)
    name, word, wrong = cast.names[0], cast.words[0], cast.passwords[2]
    hostile = f"{word}'); DROP TABLE users; --\"%"
    service.gave("register", cast.names[1], hostile)
    tries: list[Step] = [
        [f"{name}' --", wrong],
        [f"{name}' OR '1'='1", wrong],
        [f"' UNION SELECT '{name}' --", wrong],
        [name, "' OR '1'='1"],
        [cast.names[1], hostile.replace("'", "''")],
    ]
    service.refused("Denied", *(["login", *arguments] for arguments in tries))
    service.refused("ValueError", ["register", f"{word}', '') --", cast.passwords[2]])
    pairs = [service.login(0), pair_of(service.gave("login", cast.names[1], hostile))]
    for user, pair in enumerate(pairs):
        note = service.write(pair.access, {"title": cast.words[user]})
        assert service.gave("read", pair.access, note) == note_of(note, cast.names[user], cast.words[user], "")


QUOTES = ["'", '"', "''", "\\'; {}", "\u2019{}\u02bc"]
QUERIES = ["{}' --", "{}'); DROP TABLE notes; --", "' OR '1'='1", "') OR 1=1 --", "{}', owner = '{}"]
QUERIES += ["' UNION SELECT 1, name, password, '' FROM users --"]
WILDCARDS = ["%", "_{}_", "?{}:1", "*[a-z]{}"]
MARKUP = ["<b>{}</b>&amp;", "%41{}+%7a", "e\u0301{}\u212b", "{}\r\n{}\x0b\x01{}"]


@st.composite
def hostile(draw: st.DrawFn) -> list[str]:
    """Every kind of text that means something somewhere, each with a drawn word in it."""
    texts = draw(st.permutations([*QUOTES, *QUERIES, *WILDCARDS, *MARKUP]))
    return [text.replace("{}", draw(WORDS)) for text in texts]


@criterion("injection", weight=3, hint=f"Values stand beside the query; wildcards mean nothing. {A03} (CWE-89)")
@given(cast=casts(), texts=hostile())
def test_text_of_notes_is_data(submission: SubmissionHandle, cast: Cast, texts: list[str]) -> None:
    """Titles, bodies and what is searched for come back as they are, and find what they are, whatever is in them."""
    service = Service(submission, cast)
    ann, bob = service.sign_up(0), service.sign_up(1)
    his = service.write(bob.access, {"title": cast.words[0], "body": cast.words[1]})
    shown = []
    for title, body in zip(texts, reversed(texts), strict=True):
        note = service.write(ann.access, {"title": body, "body": title})
        service.write(ann.access, {"title": title, "body": body}, note)
        shown.append(note_of(note, cast.names[0], title, body))
    assert service.ended(*(["read", ann.access, note[1]] for note in shown)) == [["gave", note] for note in shown]
    wanted = [*texts, cast.words[0], " "]
    found = [[note for note in shown if text in note[3]] for text in wanted]
    assert service.ended(*(["search", ann.access, text] for text in wanted)) == [["gave", notes] for notes in found]
    assert service.gave("read", bob.access, his) == note_of(his, cast.names[1], *cast.words[:2])


@criterion("injection", weight=2, hint=f"Look names and orders up among yours. {A03} (CWE-89)")
@given(cast=casts())
def test_orders_and_fields_are_no_sql(submission: SubmissionHandle, cast: Cast) -> None:
    """`order` is one of the four, and names of fields are two: SQL in them is refused, and changes nothing."""
    service = Service(submission, cast)
    ann = service.sign_up(0)
    numbers = [service.write(ann.access, {"title": word}) for word in cast.words[:3]]
    seen = service.snapshot((ann, numbers))
    near = "title; DROP TABLE notes|title desc --|title desc, id|TITLE|title DESC| id|title asc|id  desc|body|1|"
    query = f"(CASE WHEN (SELECT 1 FROM users WHERE name = '{cast.names[0]}') THEN title ELSE id END)"
    orders = [query, *near.split("|"), cast.words[4]]
    service.refused("ValueError", *(["search", ann.access, "", order] for order in orders))
    names = [
        f"title = '{cast.words[4]}' --",
        f"title) VALUES ('{cast.words[4]}') --",
        "title, owner",
        'title"',
        "body = (SELECT group_concat(name) FROM users), title",
    ]
    fields = [{name: cast.words[5]} for name in names]
    for ending in service.ended(*(["write", ann.access, chosen, numbers[1]] for chosen in fields)):
        assert ending[:2] in (["raised", "ValueError"], ["gave", numbers[1]])  # whether ignored is for `access` to say
    assert service.snapshot((ann, numbers)) == seen


def climbing(target: str) -> list[str]:
    """Return names that lead to this file, from folders of several depths, encoded or not."""
    paths = ["../" * depth + target for depth in range(1, 4)]
    encoded = [path.replace(".", "%2e").replace("/", "%2f") for path in paths]
    return [*paths, *encoded, *(quote(path) for path in encoded), *(quote(quote(path)) for path in encoded)]


@criterion("injection", weight=3, hint=f"Decode once, then compare with what a plain name may have. {A01} (CWE-22)")
@given(cast=casts())
def test_names_of_files_lead_nowhere_else(submission: SubmissionHandle, cast: Cast) -> None:
    """Names that lead out of their folder, encoded once, twice or not at all, are refused; no other file is touched."""
    service, ann, hers = opened(submission, cast)
    bob = service.sign_up(1)
    his = service.write(bob.access, {"title": cast.words[1]})
    service.gave("attach", ann.access, hers, "a.txt", cast.words[2].encode())
    service.gave("attach", bob.access, his, "a%20b.txt", cast.words[3].encode())
    before = submission.call("outside").value
    assert service.gave("attach", bob.access, his, "%62..txt", b"b") is None
    targets = ["secret.txt", f"{hers}/a.txt", "data/accounts.db", f"files/{hers}/a.txt"]
    strange = ". .. %2e .a %2ea a/b a%2fb a%252fb a%5cb a%2520b.txt ~ a%0a %zz a+b.txt a%ffb.txt é.txt %c3%a9.txt ٣.txt"
    absolute = [f"{service.home}/secret.txt", quote(f"{service.home}/secret.txt", safe="")]
    names = [
        *(name for target in targets for name in climbing(target)),
        *absolute,
        *strange.split(),
        "",
        "\u2024\u2024/a",
    ]
    service.refused("ValueError", *(["attach", bob.access, his, name, b"stolen"] for name in names))
    service.refused("ValueError", *(["download", bob.access, his, name] for name in names))
    assert submission.call("outside").value == before, "files outside the folder"
    kept = [(ann, hers, "a.txt", cast.words[2]), (bob, his, "a b.txt", cast.words[3]), (bob, his, "b..txt", "b")]
    for pair, note, name, content in kept:
        assert service.gave("download", pair.access, note, name) == content.encode()


# ---- limits --------------------------------------------------------------------------------------------------------


@criterion("limits", weight=2, hint=f"Match the whole name (`fullmatch`); count characters. {A07} (CWE-521)")
@given(cast=casts(), separator=st.sampled_from(".-"))
def test_names_and_passwords_have_limits(submission: SubmissionHandle, cast: Cast, separator: str) -> None:
    """Names and passwords that the brief allows are registered, and good as they are; others leave nothing behind."""
    service = Service(submission, cast)
    word, password = cast.words[0], cast.passwords[0]
    longest = (separator.join(cast.words) * 2)[:31].rstrip(".-")
    longest += "0" * (32 - len(longest))
    shortest = f"{word[0]}{separator}{word[1]}"
    names = ["", word[:2], f"{longest}0", word.upper(), f"{word}É", f"{word}٣", f"{word} {word}", f"{word}_{word}"]
    names += [f"{separator}{word}", f"{word}{separator}", f"{word}{separator}{separator}{word}", f"{word}.-{word}"]
    names += [f"{word}\n", f"\n{word}", f"{word}\n{word}", f"{word}@{word}", f"{word}é"]
    service.refused("ValueError", *(["register", name, password] for name in names))
    wrong = ["", password[:7], (password * 11)[:129], "é" * 7]
    service.refused("ValueError", *(["register", shortest, text] for text in wrong))
    long, spaced, other = (password * 11)[:128], f" x{password} ", f"{word}1"
    for name, text in [(shortest, long), (longest, "é" * 128), (f"{word}0", "é" * 8), (other, spaced)]:
        assert service.gave("register", name, text) is None
        pair_of(service.gave("login", name, text))
    near = [(shortest, (password * 11)[:129]), (shortest, long[:-1] + "!"), (other, spaced.swapcase())]
    near += [(other, spaced.strip()), (f"{word}0", "?" * 8), (f"{longest}0", password)]
    near += [(name, spaced) for name in (other.upper(), f" {other}", f"{other}\n")]
    service.refused("Denied", *(["login", *login] for login in near))


@criterion("limits", weight=2, hint=f"Check kind and size of what comes in before you use it. {API4} (CWE-770)")
@given(cast=casts())
def test_texts_and_files_have_limits(submission: SubmissionHandle, cast: Cast) -> None:
    """Fields that are no text, and texts, names and files that are too long, are refused; the longest are taken."""
    service, ann, note = opened(submission, cast)
    letter, name = cast.words[0][0], cast.words[1]
    title, body = (letter * 200, letter * 65_536)
    values: list[Any] = [None, 7, True, 1.5, ["x"], {"title": "x"}, title + "x", title + " "]
    fields = [{"title": value} for value in values] + [{"body": value} for value in [None, 7, ["x"], body + " "]]
    service.gave("attach", ann.access, note, "a.txt", b"a")
    seen = service.snapshot((ann, [note]))
    service.refused("ValueError", *(["write", ann.access, given] for given in fields))
    service.refused("ValueError", *(["write", ann.access, given, note] for given in fields))
    service.refused("ValueError", ["search", ann.access, title + "x"])
    wrong: list[Step] = [[name, {"repeat": [b"x", 262_144, b"x"]}] for name in ("a.txt", "b.txt")]
    wrong += [[name, b""] for name in ("a" * 101, "%61" * 101, "")]
    service.refused("ValueError", *(["attach", ann.access, note, *arguments] for arguments in wrong))
    service.refused("KeyError", ["download", ann.access, note, "b.txt"])
    assert service.gave("download", ann.access, note, "a.txt") == b"a"
    assert service.snapshot((ann, [note])) == seen
    assert service.gave("write", ann.access, {"title": title, "body": body}, note) == note
    assert service.gave("search", ann.access, title) == [note_of(note, cast.names[0], title, body)]
    content = letter.encode() * 262_144
    for good in ("a" * 100, "%61" * 100, "%61" * 99 + "b", name):
        service.gave("attach", ann.access, note, good, {"repeat": [letter.encode(), 262_144, b""]})
    told = [len(content), hashlib.sha256(content).hexdigest()]
    assert service.gave("download", ann.access, note, "a" * 99 + "b") == told


@criterion("limits", weight=3, hint=f"Mind nested repetitions and `\\s+$`; lengths first. {API4} (CWE-1333, CWE-400)")
def test_no_input_is_explosive(submission: SubmissionHandle, rng: random.Random) -> None:
    """No call takes more than 0.1 s of processor time: neither for names and texts made to explode, nor for 4 MiB."""
    cast = drawn(rng)
    service, ann, note = opened(submission, cast)
    password = cast.passwords[1]
    letter, huge = cast.words[0][0], 4 << 20
    body = letter + "".join(rng.choice(" \t\n") for _ in range(19_000)) + letter
    explosive: list[Step] = [
        ["ValueError", "register", letter * 24 + "!", password],
        ["ValueError", "register", f"{letter}." * 12 + "_", password],
        ["ValueError", "register", {"repeat": [letter, huge, ""]}, password],
        ["ValueError", "register", cast.names[1], {"repeat": [letter, huge, ""]}],
        ["Denied", "login", {"repeat": [letter, huge, "!"]}, password],
        ["Denied", "login", cast.names[0], {"repeat": [letter, huge, ""]}],
        ["Denied", "read", {"repeat": [letter, huge, ""]}, note],
        ["Denied", "refresh", {"repeat": [f"{letter}.", huge // 2, ""]}],
        ["ValueError", "write", ann.access, {"title": {"repeat": [" ", huge, "x"]}}, note],
        ["ValueError", "write", ann.access, {"body": {"repeat": [" ", huge, "x"]}}, note],
        ["ValueError", "write", ann.access, {letter * 40 + "!": ""}, note],
        ["ValueError", "search", ann.access, {"repeat": [letter, huge, ""]}],
        ["ValueError", "search", ann.access, "", letter * 40 + "!"],
        ["ValueError", "attach", ann.access, note, {"repeat": ["%61", huge // 3, ""]}, b""],
        ["ValueError", "download", ann.access, note, {"repeat": ["../", huge // 3, ""]}],
        ["ValueError", "attach", ann.access, note, letter * 60 + "!", b""],
        ["ValueError", "download", ann.access, note, f"{letter}." * 40 + "!"],
        ["ValueError", "attach", ann.access, note, "a.txt", {"repeat": [b"x", huge, b""]}],
        ["", "write", ann.access, {"title": cast.words[0], "body": body}, note],
    ]
    for kind, *step in explosive:
        taken, ending = timed(submission, service, step)
        assert (ending[0] == "gave") if not kind else (ending[:2] == ["raised", kind]), step
        if taken > SECONDS:
            raise Unkept(f"{step[0]} took {taken:.2f} s of processor time for {step[1:]}; {SECONDS} s are allowed")
    assert service.gave("read", ann.access, note) == note_of(note, cast.names[0], cast.words[0], body)


def timed(submission: SubmissionHandle, service: Service, step: Step) -> tuple[float, list[Any]]:
    """Return the processor time of a step, read outside, and how it ended."""
    before = alone(submission).cpu_seconds
    [ending] = service.ended(step)
    return alone(submission).cpu_seconds - before, ending


def drawn(rng: random.Random) -> Cast:
    """Draw a cast without Hypothesis, for what is measured once."""

    def texts(count: int, length: int, letters: str) -> list[str]:
        return ["".join(rng.choices(letters, k=length)) for _ in range(count)]

    now, [key] = rng.randint(10**8, 4 * 10**9), texts(1, 72, LETTERS)
    return Cast(key, now, texts(4, 9, LOWER), texts(4, 20, LETTERS), texts(6, 7, LOWER))


# ---- secrets -------------------------------------------------------------------------------------------------------


@criterion("secrets", weight=2, hint=f"Keep what scrypt makes of it and a random salt. {A02} (CWE-256, CWE-759)")
@given(cast=casts())
def test_the_file_gives_nothing_away(submission: SubmissionHandle, cast: Cast) -> None:
    """No file holds a password, the key or a token, or a quick hash of a password; no salt or hash is there twice."""
    password, other = cast.passwords[:2]
    users = list(zip(cast.names, (password, password, other, other), strict=True))
    hashings(submission)
    Service(submission, cast).ended(*(["register", *user] for user in users))
    earlier = {salt for *_, salt, _ in hashings(submission)}
    service = Service(submission, cast)
    service.ended(*(["register", *user] for user in users))
    salts = {salt for *_, salt, _ in hashings(submission)}
    assert earlier & salts == set(), "a salt is not random"
    hashes = Counter(value for value in stored(submission) if len(value) >= 16)
    assert [value for value, count in hashes.items() if count == 2] == [], "equal passwords are stored alike"
    pair = pair_of(service.gave("login", *users[0]))
    again = service.refresh(pair.refresh)
    wrong = [(cast.names[0], cast.passwords[2]), (cast.names[2] + "0", cast.passwords[3])]
    service.refused("Denied", *(["login", *login] for login in wrong))
    note = service.write(pair.access, {"title": cast.words[0]})
    for token in (pair.access, again.access, again.refresh, pair.access[:-2]):
        service.ended(*every_method(token, note, cast), *wrong_calls(token, note, cast))
    values = stored(submission)
    kept = b"\n".join(values).lower()
    for secret in [*cast.passwords, cast.key, *pair, *again]:
        assert [form for form in spelled(secret.encode()) if form.lower() in kept] == [], f"{secret} is in a file"
    known = {cast.key.encode(), *(name.encode() for name in cast.names), *salts}
    known |= {salt.hex().encode() for salt in salts} | {value for value in values if 8 <= len(value) <= 64}
    for how, digest in (quick for text in cast.passwords for quick in quick_hashes(text.encode(), known)):
        assert not any(form.lower() in kept for form in spelled(digest)), f"{how} of a password is in a file"
    service.refresh(again.refresh)


def hashings(submission: SubmissionHandle) -> list[Any]:
    """Return n, r, p, salt and size of each hash that scrypt gave since this was asked last."""
    calls = submission.call("hashed").value
    assert isinstance(calls, list)
    assert all(isinstance(call, list) and list(map(type, call)) == [int, int, int, bytes, int] for call in calls)
    return calls


def stored(submission: SubmissionHandle) -> list[bytes]:
    """Return the texts and blobs of the database, and all files, as bytes."""
    values = submission.call("stored").value
    assert isinstance(values, list)
    return [value if isinstance(value, bytes) else value.encode() for value in values if isinstance(value, bytes | str)]


def spelled(data: bytes) -> list[bytes]:
    """Return data as it may lie in a file or a text."""
    base64 = b64encode(data).rstrip(b"=")
    return [data, data.hex().encode(), base64, base64.translate(bytes.maketrans(b"+/", b"-_"))]


def quick_hashes(password: bytes, salts: set[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield what quick hashes make of a password, without a salt and with each of these; and how."""
    for salt, name in product({b"", *salts}, ("md5", "sha1", "sha256", "sha512")):
        yield name, hmac.digest(salt, password, name)
        for text in {salt + password, password + salt}:
            yield name, hashlib.new(name, text).digest()


COST = (0.6, 1.6)
"""What a login may cost, as a ratio to the reference's: more than a quick hash, and no other `n`."""
UNKNOWN = 1.5
REPEATS = 9


def registered(submission: SubmissionHandle, cast: Cast) -> Service:
    service = Service(submission, cast)
    service.register(0)
    return service


def medians(rounds: list[list[tuple[SubmissionHandle, Service, str, str]]]) -> list[float]:
    """Return the median processor times of wrong logins that take turns."""
    times = []
    for logins in rounds:
        taken = [timed(handle, service, ["login", *login]) for handle, service, *login in logins]
        assert [ending[:2] for _, ending in taken] == [["raised", "Denied"]] * len(logins)
        times.append([seconds for seconds, _ in taken])
    return [statistics.median(column) for column in zip(*times, strict=True)]


@criterion("secrets", weight=2, hint=f"Hash by scrypt with the cost that the brief gives. {A02} (CWE-916)")
def test_passwords_cost_what_they_should(
    submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random
) -> None:
    """A login costs what scrypt with n=2**12 costs: at least 0.6 times and at most 1.6 times as much as ours."""
    cast, sides = drawn(rng), (submission, reference)
    services = [registered(handle, cast) for handle in sides]
    names = [cast.names[0]] * 2
    calls = hashings(submission)
    assert {tuple(cost) for *cost, _, _ in calls} == {(2**12, 8, 1)}, "n, r, p of hashlib.scrypt"
    assert all(len(salt) >= 8 and size >= 16 for *_, salt, size in calls), "sizes of salt and hash"

    def measure() -> tuple[float, float]:
        wrong = drawn(rng).passwords
        own, ours = medians([list(zip(sides, services, names, [text] * 2, strict=True)) for text in wrong])
        return own, ours

    own, ours = settled(measure, ratio=COST[1])
    if not COST[0] * ours <= own <= COST[1] * ours:
        raise Unkept(f"a login took {own * 1000:.1f} ms of processor time, and ours {ours * 1000:.1f} ms")


@criterion("secrets", weight=2, hint=f"Keep what scrypt returns, and compare with that alone. {A02} (CWE-916)")
@given(cast=casts(), place=st.integers(0, 63), mask=st.integers(1, 255))
def test_scrypt_decides(submission: SubmissionHandle, cast: Cast, place: int, mask: int) -> None:
    """Whether a password is good depends on each byte that scrypt makes of it: where one is another, it is not."""
    service = registered(submission, cast)
    service.login(0)
    for bent in (0, place, -1):
        submission.call("bend", bent, mask)
        service.refused("Denied", ["login", cast.names[0], cast.passwords[0]])
    service.register(1)
    service.login(1)
    submission.call("bend", 0, 0)
    service.refused("Denied", ["login", cast.names[1], cast.passwords[1]])
    service.login(0)


@criterion("secrets", weight=2, hint=f"Hash for unknown names, too; say the same. {A07} (CWE-204, CWE-208)")
def test_names_cannot_be_found_out(submission: SubmissionHandle, rng: random.Random) -> None:
    """`login` says the same for an unknown name as for a wrong password, and takes as long: at most 1.5 times."""
    cast = drawn(rng)
    service = registered(submission, cast)
    known, unknown = cast.names[:2]
    passwords = [drawn(rng).passwords[0] for _ in range(REPEATS)]
    for wrong in (passwords[0], passwords[0][:7], passwords[0] * 11):
        texts = service.refused("Denied", *(["login", name, wrong] for name in (known, unknown)))
        assert texts[0] == texts[1], "the texts tell which names exist"
    names = [(known, f"{unknown}{number}") for number in range(REPEATS)]
    rounds = [[(submission, service, name, text) for name in pair] for pair, text in zip(names, passwords, strict=True)]
    times = medians(rounds)
    if max(times) > UNKNOWN * min(times):
        raise Unkept(
            f"{times[0] * 1000:.2f} ms of processor time for a known name, {times[1] * 1000:.2f} ms for others"
        )


@criterion("secrets", weight=2, hint=f"Say what was wrong, never what was given. {A09} (CWE-532, CWE-209)")
@given(cast=casts())
def test_nothing_tells_secrets(submission: SubmissionHandle, cast: Cast) -> None:
    """No password, key or token is in an exception or its causes, in a log record, in output or in a `repr`."""
    service, first, note = opened(submission, cast)
    second = service.refresh(first.refresh)
    name, unknown = cast.names[:2]
    wrong, long = cast.passwords[1], cast.passwords[2] * 11
    forged_tokens = forged(second.access, service.claims(second.access), cast)
    tokens = [*forged_tokens, second.refresh]
    service.ended(
        *(["login", *login] for login in ((name, wrong), (unknown, wrong), (name, long))),
        *(["register", *user] for user in ((name, wrong), (unknown, long), ("!", wrong))),
        *(["read", token, note] for token in tokens),
        *every_method(second.access, note, cast),
        *wrong_calls(second.access, note, cast),
        *(["refresh", token] for token in (first.refresh, second.refresh, second.access)),
        ["sleep", ACCESS + TOLERANCE],
        ["read", second.access, note],
    )
    heard = submission.call("heard").value
    assert isinstance(heard, str)
    marks = [token.rpartition(".")[2] for token in (*first, *second)]
    secrets = [*cast.passwords[:3], cast.key, *first, *second, *(mark for mark in marks if len(mark) > 20)]
    told = heard.lower().encode(errors="replace")
    assert [secret for secret in secrets if any(form.lower() in told for form in spelled(secret.encode()))] == []
    quick = [digest for text in cast.passwords[:3] for _, digest in quick_hashes(text.encode(), set())]
    assert not any(form.lower() in told for digest in quick for form in spelled(digest)), "a hash of a password"


# ---- kept ----------------------------------------------------------------------------------------------------------


@criterion("kept", hint="What honest users do must still work, also after a restart.")
@given(cast=casts(), reopened=st.lists(st.booleans(), min_size=4, max_size=4))
def test_users_come_and_go(submission: SubmissionHandle, cast: Cast, reopened: list[bool]) -> None:
    """Users register once, log in with their own password, and refresh, also after a restart."""
    service = Service(submission, cast)
    service.register(0, 1)
    if reopened[0]:
        service.restart()
    service.refused("ValueError", ["register", cast.names[0], cast.passwords[2]])
    service.refused("Denied", ["login", cast.names[0], cast.passwords[1]], ["login", cast.names[2], cast.passwords[2]])
    pairs = [service.login(user) for user in (0, 1)]
    for again in reopened[1:]:
        if again:
            service.restart()
        pairs = [service.refresh(pair.refresh) for pair in pairs]
        for user, pair in enumerate(pairs):
            note = service.write(pair.access, {"title": cast.words[user]})
            assert service.gave("read", pair.access, note) == note_of(note, cast.names[user], cast.words[user], "")


@dataclass(frozen=True)
class Writing:
    """A user writes a note, or changes one of their earlier ones."""

    user: int
    fields: dict[str, str]
    earlier: int | None


TITLES = st.sampled_from(["", "a", "B", "ab", "aB", "é", "z", "\uffff", "𝒳", "b a"]) | TEXTS
FIELDS = st.fixed_dictionaries({}, optional={"title": TITLES, "body": TEXTS})
SPACES = st.text(" \t\n\r\x0b\x1f\xa0\u2003", min_size=1, max_size=3)
WRITINGS = st.builds(Writing, st.integers(0, 1), FIELDS, st.none() | st.integers(0, 9))


@criterion("kept", weight=2, hint="What honest users do must still work, also after a restart.")
@given(
    cast=casts(),
    writings=st.lists(WRITINGS, min_size=12, max_size=12),
    spaces=SPACES,
    wanted=st.sampled_from(["a", "b", "B"]),
)
def test_notes_are_written_and_found(
    submission: SubmissionHandle, cast: Cast, writings: list[Writing], spaces: str, wanted: str
) -> None:
    """Notes are written, changed, read and found as before, in all four orders, also after a restart."""
    service = Service(submission, cast)
    pairs = [service.sign_up(user) for user in (0, 1)]
    notes: tuple[dict[int, list[Any]], ...] = ({}, {})
    first, last = (
        [Writing(user, {"title": title}, None) for user in (0, 1) for title in titles] for titles in ("x", "baBb")
    )
    for writing in [*first, *writings, *last]:
        own, token = notes[writing.user], pairs[writing.user].access
        given = {name: spaces + value + spaces for name, value in writing.fields.items()}
        earlier = [] if writing.earlier is None else [list(own)[writing.earlier % len(own)]]
        number = service.write(token, given, *earlier)
        old = own.get(number, note_of(number, cast.names[writing.user], "", ""))
        assert bool(earlier) == (number in own)
        fields = {"title": old[3], "body": old[4]} | {name: text.rstrip() for name, text in given.items()}
        own[number] = note_of(number, cast.names[writing.user], fields["title"], fields["body"])
    service.restart()
    for pair, own in zip(pairs, notes, strict=True):
        assert [service.gave("read", pair.access, number) for number in own] == list(own.values())
        service.refused("KeyError", ["read", pair.access, max(max(notes[0]), max(notes[1])) + 1])
        for text in (wanted, ""):
            found = sorted((note for note in own.values() if text in note[3]), key=lambda note: note[1])
            by_title = [sorted(found, key=lambda note: note[3], reverse=reverse) for reverse in (False, True)]
            assert service.gave("search", pair.access, text) == found
            orders = zip(("id", "id desc", "title", "title desc"), (found, found[::-1], *by_title), strict=True)
            for order, right in orders:
                assert service.gave("search", pair.access, text, order) == right, order


@criterion("kept", hint="What honest users do must still work, also after a restart.")
@given(cast=casts(), contents=st.lists(st.binary(max_size=40), min_size=3, max_size=3, unique=True))
def test_files_are_kept(submission: SubmissionHandle, cast: Cast, contents: list[bytes]) -> None:
    """Attachments belong to their notes, are replaced by those of the same name, and survive a restart."""
    service = Service(submission, cast)
    ann = service.sign_up(0)
    first, second = (service.write(ann.access, {"title": word}) for word in cast.words[:2])
    name = f"{cast.words[2]} {cast.words[3].upper()}-1_2.tar.gz"
    for note, written, content in [
        (first, quote(name), contents[0]),
        (second, name, contents[1]),
        (first, name, contents[2]),
        (first, cast.words[4], b""),
    ]:
        assert service.gave("attach", ann.access, note, written, content) is None
    service.restart()
    assert service.gave("download", ann.access, first, quote(name)) == contents[2]
    assert service.gave("download", ann.access, second, quote(name).replace("-", "%2D")) == contents[1]
    assert service.gave("download", ann.access, first, cast.words[4]) == b""
    service.refused("KeyError", ["download", ann.access, second, cast.words[4]])
    service.refused("KeyError", ["download", ann.access, first, cast.words[4].upper()])
