"""Private keys, as commands get them: from a file, from the environment, or made on the spot."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.errors import UserError

VARIABLE = "GRADER_SIGNING_KEY"

new_key_option = click.option(
    "--new-key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Make a key pair, FILE (secret) and FILE.pub, and sign with it.",
)


def private_key(path: Path | None) -> bytes:
    """Return the private key in a file or else in the environment. Raises UserError."""
    from grader.store.sign import read_key

    if path is not None:
        return read_key(path)
    if text := os.environ.get(VARIABLE):
        return text.encode()
    raise UserError(
        f"no key was given. Pass --key FILE or set {VARIABLE}; `grader sign --new-key FILE` makes a key pair."
    )


def given_key(path: Path | None, new: Path | None) -> bytes | None:
    """Return the private key in one file, or a new one in the other; None if neither is named. Raises UserError."""
    from grader.store.sign import public_half

    if path is not None and new is not None:
        raise UserError("--new-key makes the key to sign with, so --key cannot name another one. Use one of the two.")
    if new is not None:
        click.echo(f"grader: {make_key(new)}", err=True)
    if (place := path or new) is None:
        return None
    private = private_key(place)
    public_half(private)  # refuses what is no private key before anything else is done
    return private


def make_key(path: Path) -> str:
    """Write a new key pair, over nothing, and return where it is, in words. Raises UserError."""
    from grader.store.sign import key_id, new_key

    public = path.with_name(f"{path.name}.pub")
    for file in (path, public):
        if file.exists():
            raise UserError(f"{file} already exists. Choose a new file.")
    private_text, public_text = new_key()
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
            stream.write(private_text)
        public.write_bytes(public_text)
    except OSError as error:
        raise UserError(str(path), str(error.strerror), "Choose a folder that you can write to") from None
    return f"Wrote the private key to {path} (keep it secret), and the public key {key_id(public_text)} to {public}."
