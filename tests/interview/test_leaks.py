"""Secrets are found however they are written, and nothing else is taken for one."""

from __future__ import annotations

import base64

import pytest

from grader.interview.leaks import leaks

SEED = "00ffa1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e"
FORMS = {
    "plain": SEED.encode(),
    "capitals": SEED.upper().encode(),
    "hexadecimal": SEED.encode().hex().encode(),
    "decimal": str(int(SEED, 16)).encode(),
    "bytes": bytes.fromhex(SEED),
    "base64": base64.b64encode(SEED.encode()),
    "base64 of bytes": base64.b64encode(bytes.fromhex(SEED)),
    "base64 for URLs": base64.urlsafe_b64encode(b"??>" + bytes.fromhex(SEED)).rstrip(b"="),
    "base64 in base64": base64.b64encode(b'{"payload": "' + base64.b64encode(SEED.encode()) + b'"}'),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_seed_is_found_in_any_form(form: str) -> None:
    """With the file and the name of what it tells."""
    files = {"README.md": b"# Brief\n", "ticket.json": b'{"x": "' + FORMS[form] + b'"}'}
    assert leaks(files, {"the seed": SEED}) == ["ticket.json tells the seed"]


def test_a_word_is_found_in_any_case_and_in_names_of_files() -> None:
    """A planted place may be told by a file's name, too."""
    files = {"n_plus_one.py": b"", "a.py": b"# Swallowed-Error here\n"}
    secrets = {"a defect": "n_plus_one", "another": "swallowed-error", "nothing": ""}
    assert leaks(files, secrets) == ["n_plus_one.py tells a defect", "a.py tells another"]


def test_what_tells_nothing_is_quiet() -> None:
    """Text that merely looks like base64 is no secret."""
    assert leaks({"a.py": b"abcdefghijklmnop_the_long_name_of_a_function = 'x' * 64\n"}, {"the seed": SEED}) == []
